"""A `WebEngine` of its own on the simulator: what it told is kept, and can be waited for."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

from integration.session.conftest import PHONE, Phones
from integration.session.processes import BOUND, eventually
from whatsapp_session.config import Proxy
from whatsapp_session.engine.browser import Options
from whatsapp_session.engine.protocol import LoginWish
from whatsapp_session.engine.web import Patience, WebEngine
from whatsapp_session.facts import ChatMessage, QrShown, Synced
from whatsapp_session.outgoing import Content, Media, Outgoing, Text
from whatsapp_session.settings import DEFAULT_CHROMIUM
from whatsapp_simulator.samples import sample

PATIENCE = Patience()


class Driven:
    """One engine, followed from its start."""

    def __init__(
        self, login: Path, url: str, script: str, phones: Phones, patience: Patience = PATIENCE
    ) -> None:
        self.login = login
        self.url = url
        self.phones = phones
        self.engine = WebEngine(
            Options(executable=Path(DEFAULT_CHROMIUM), profile=login, url=f"{url}/", sandbox=False),
            script=script,
            patience=patience,
        )
        self.told: list[Any] = []
        self._ids = itertools.count(1)
        self._following: asyncio.Task[None] | None = None

    def start(self, wish: LoginWish = LoginWish(), *, proxy: Proxy | None = None) -> None:  # noqa: B008
        self.engine.start(wish, proxy=proxy)
        self._following = self._following or asyncio.create_task(self._follow())

    async def _follow(self) -> None:
        async for one in self.engine.events():
            self.told.append(one.what)

    async def end(self) -> None:
        await self.engine.stop()
        if self._following:
            self._following.cancel()

    async def ready(self) -> None:
        """Starts, logs in by a scan where a QR is shown, and waits until messages can be sent."""
        begun = len(self.told)
        self.start()
        first = await self.first(QrShown | Synced, begun)
        if isinstance(first, QrShown):
            await self.phones.scan(first.code)
            await self.first(Synced, begun)

    async def restart(self) -> None:
        """Another browser on the same login."""
        await self.engine.stop()
        await self.ready()

    async def first(self, kind: Any, begun: int = 0, where: Callable[[Any], bool] = lambda _: True) -> Any:
        """The first of this kind that was told from place `begun` on."""
        found: list[Any] = []

        async def told() -> bool:
            found[:] = [one for one in self.told[begun:] if isinstance(one, kind) and where(one)]
            return bool(found)

        try:
            await eventually(told, f"{kind} is told")
        except AssertionError as error:
            raise AssertionError(f"{error}; told: {self.told[begun:]}") from None
        return found[0]

    async def message(self, where: Callable[[ChatMessage], bool] = lambda _: True) -> ChatMessage:
        """The first incoming message of this kind."""
        found = await self.first(ChatMessage, where=lambda one: not one.from_me and where(one))
        assert isinstance(found, ChatMessage)
        return found

    def bare_id(self) -> str:
        """An id that was not used before, as the outbox makes them."""
        return f"3EB0{next(self._ids):018X}"

    async def send(
        self, to: str, content: Content, *, bare_id: str | None = None, timeout: float = BOUND, **more: Any
    ) -> ChatMessage:
        """Resolves, and sends under an id."""
        outgoing = Outgoing(to=to, content=content, **more)
        chat_id = await self.engine.resolve(to, timeout=BOUND)
        return await self.engine.send(
            outgoing, chat_id=chat_id, bare_id=bare_id or self.bare_id(), timeout=timeout
        )

    async def send_text(self, to: str, text: str, **more: Any) -> ChatMessage:
        return await self.send(to, Text(text=text), **more)

    async def change(self, to: str, content: Content) -> None:
        await self.engine.change(Outgoing(to=to, content=content), timeout=BOUND)

    async def group(self, *members: str) -> str:
        """A group of the session's own account with these members."""
        body = {"owner": PHONE, "name": "Friends", "members": list(members)}
        return str((await self.phones.post("/groups", body))["id"])

    async def rows(self, number: str, own: str = PHONE) -> list[dict[str, Any]]:
        """What the phone `number` has received from the session, as the simulator knows it."""
        return [row for row in await self.phones.get(f"/phones/{number}/messages") if not row["fromMe"]]


def file_of(folder: Path, kind: str, **more: Any) -> Media:
    """A small valid file of a kind, as the media store keeps one."""
    made = sample(kind)
    return media_of(folder, kind, made.data, made.mime_type, made.file_name or f"a {kind}.bin", **more)


def media_of(folder: Path, kind: str, data: bytes, mime_type: str, file_name: str, **more: Any) -> Media:
    """Bytes as the media store keeps them."""
    sha256 = hashlib.sha256(data).hexdigest()
    path = folder / sha256
    path.write_bytes(data)
    return Media(
        kind="video" if kind == "gif" else kind,
        path=str(path),
        mime_type=mime_type,
        file_name=file_name,
        size=len(data),
        sha256=sha256,
        gif=kind == "gif",
        **more,
    )
