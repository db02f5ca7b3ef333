"""What stands around the session in its unit tests.

`FakeEngine` is a fake, for what is not under test here: it tells what a test says, remembers what it was told
to do, and keeps what was sent as WhatsApp would: one message per id. The real engine is tested with real
Chromium in `tests/integration/session`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from whatsapp_contracts.sessions import Account
from whatsapp_session.config import Proxy
from whatsapp_session.engine.protocol import (
    Chat,
    Contact,
    Group,
    LoginWish,
    NotFound,
    Picture,
    Told,
)
from whatsapp_session.facts import AckSeen, ChatMessage, Fact, Happening, QrShown, Synced
from whatsapp_session.outgoing import Outgoing, Text

NOW = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
ACCOUNT = Account(
    phone="5491100000001",
    platform="android",
    push_name="Ana",
    whatsapp_user_id="5491100000001:1@s.whatsapp.net",
)
QR = QrShown(code="2@opaque,code", expires_at=NOW + timedelta(seconds=60))
SYNCED = Synced(account=ACCOUNT)


def message(number: int = 1, *, from_me: bool = False, ack: int = 0, sent_at: datetime = NOW) -> ChatMessage:
    me, other = "5491100000001", "5491100000002"
    return ChatMessage(
        message_id=f"{'true' if from_me else 'false'}_{other}@c.us_{number}",
        chat_id=f"{other}@c.us",
        sender=me if from_me else other,
        recipient=other if from_me else me,
        from_me=from_me,
        kind="text",
        text=f"text {number}",
        sent_at=sent_at,
        ack=ack,
    )


@dataclass
class Clock:
    """A clock that a test moves."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> None:
        self.now += timedelta(**by)


@dataclass
class FakeEngine:
    """A fake `WhatsAppEngine`. `fails` has the exception that a method raises; `before` and `after` are
    called around each send, so that a test can let it wait, or the process die, at that moment."""

    run: int = 0
    did: list[str] = field(default_factory=list)
    store: list[ChatMessage] = field(default_factory=list)
    fails: dict[str, Exception] = field(default_factory=dict)
    since: list[datetime] = field(default_factory=list)
    wish: LoginWish = LoginWish()  # noqa: RUF009 - frozen
    proxy: Proxy | None = None
    sent: dict[str, ChatMessage] = field(default_factory=dict)
    """What WhatsApp has, by bare id, in order."""
    handed_in: list[str] = field(default_factory=list)
    """The bare id of every send that reached WhatsApp, repetitions too."""
    changed: list[Outgoing] = field(default_factory=list)
    resolved: list[str] = field(default_factory=list)
    before: Callable[[Outgoing], Awaitable[None]] | None = None
    after: Callable[[Outgoing], Awaitable[None]] | None = None
    file: bytes = b"file"
    chats_: list[Chat] = field(default_factory=list)
    contacts_: list[Contact] = field(default_factory=list)
    groups_: list[Group] = field(default_factory=list)
    _told: asyncio.Queue[Told] = field(default_factory=asyncio.Queue)

    def tell(self, *what: Fact | ChatMessage | AckSeen | Happening, run: int | None = None) -> None:
        for one in what:
            self._told.put_nowait(Told(run=self.run if run is None else run, what=one))

    def start(self, wish: LoginWish = LoginWish(), *, proxy: Proxy | None = None) -> int:  # noqa: B008 - frozen
        self.run += 1
        self.wish, self.proxy = wish, proxy
        self.did.append("start")
        return self.run

    async def stop(self) -> None:
        self.did.append("stop")

    def hurry(self) -> None:
        self.did.append("hurry")

    async def events(self) -> AsyncIterator[Told]:
        while True:
            yield await self._told.get()

    async def resolve(self, to: str, *, timeout: float) -> str:
        self.resolved.append(to)
        self._fail("resolve")
        return f"{to}@c.us" if to.isdigit() else to

    async def send(self, outgoing: Outgoing, *, chat_id: str, bare_id: str, timeout: float) -> ChatMessage:
        if self.before:
            await self.before(outgoing)
        self._fail("send")
        self.handed_in.append(bare_id)
        text = outgoing.content.text if isinstance(outgoing.content, Text) else ""
        made = sent_message(bare_id, chat_id, text)
        self.sent.setdefault(bare_id, made)
        if self.after:
            await self.after(outgoing)
        self._fail("answer")
        return made

    async def change(self, outgoing: Outgoing, *, timeout: float) -> None:
        if self.before:
            await self.before(outgoing)
        self._fail("change")
        self.changed.append(outgoing)

    async def find(self, chat_id: str, bare_id: str, *, timeout: float) -> ChatMessage | None:
        self.did.append("find")
        self._fail("find")
        found = self.sent.get(bare_id)
        return found if found is None or found.chat_id == chat_id else None

    async def messages(self, since: datetime, *, timeout: float) -> list[ChatMessage]:
        self.since.append(since)
        self._fail("messages")
        return self.store

    async def download(self, message_id: str, into: Path, *, limit: int, timeout: float) -> str:
        self.did.append(f"download {message_id}")
        self._fail("download")
        if len(self.file) > limit:
            raise ValueError(f"larger than {limit} bytes")
        await asyncio.to_thread(into.write_bytes, self.file)
        return "image/jpeg"

    async def mark_read(self, chat_id: str, *, timeout: float) -> None:
        self._fail("mark_read")
        self.did.append(f"read {chat_id}")

    async def typing(self, chat_id: str, state: str, *, timeout: float) -> None:
        self._fail("typing")
        self.did.append(f"{state} {chat_id}")

    async def follow_presence(self, chat_id: str, *, timeout: float) -> None:
        self._fail("follow_presence")
        self.did.append(f"presence {chat_id}")

    async def chats(self, *, timeout: float) -> list[Chat]:
        self._fail("chats")
        return self.chats_

    async def history(
        self, chat_id: str, *, before: str | None, limit: int, timeout: float
    ) -> list[ChatMessage]:
        self._fail("history")
        found = [one for one in reversed(self.store) if one.chat_id == chat_id]
        if not found:
            raise NotFound(f"There is no chat {chat_id}.")
        ids = [one.message_id for one in found]
        start = ids.index(before) + 1 if before in ids else 0
        return found[start : start + limit]

    async def contacts(self, *, timeout: float) -> list[Contact]:
        self._fail("contacts")
        return self.contacts_

    async def groups(self, *, timeout: float) -> list[Group]:
        self._fail("groups")
        return self.groups_

    async def picture(self, id: str, *, timeout: float) -> Picture:
        self._fail("picture")
        return Picture(content=b"picture", mime_type="image/jpeg")

    async def logout(self, *, timeout: float) -> None:
        self.did.append("logout")
        self._fail("logout")

    async def forget(self) -> None:
        self.did.append("forget")

    def _fail(self, method: str) -> None:
        if error := self.fails.get(method):
            raise error


def sent_message(bare_id: str, chat_id: str, text: str, *, ack: int = 1) -> ChatMessage:
    """What WhatsApp has of a message that was sent."""
    return ChatMessage(
        message_id=f"true_{chat_id}_{bare_id}",
        chat_id=chat_id,
        sender=ACCOUNT.phone,
        recipient=chat_id.removesuffix("@c.us"),
        from_me=True,
        kind="text",
        text=text,
        sent_at=NOW,
        ack=ack,
    )
