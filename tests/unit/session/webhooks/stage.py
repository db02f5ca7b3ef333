"""A journal, webhooks over it, and receivers on loopback that verify every call as a stranger would."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from aiohttp import web
from standardwebhooks.webhooks import Webhook as Verifier

from unit.session.doubles import NOW
from whatsapp_contracts.events import MESSAGE_RECEIVED, Event
from whatsapp_session.config import STANDARD, Webhook
from whatsapp_session.database import Database
from whatsapp_session.journal import Journal
from whatsapp_session.net.guard import Guard
from whatsapp_session.webhooks.book import Book
from whatsapp_session.webhooks.dispatcher import Webhooks
from whatsapp_session.webhooks.orchestrator import Origin

SECRET = "whsec_" + "c2lnbiB3aXRoIHRoaXMgc2VjcmV0ISEh"
OLD_SECRET = "whsec_" + "YW5kIHRoaXMgd2FzIHRoZSBvbmUgYmVmb3Jl"
ORIGIN = Origin(server_port=3001, auth_folder_path="/data/cliente_51", phone="5491100000001")
BOUND = 60.0
"""Seconds that a test waits for what must come."""

Answering = Callable[[dict[str, Any], web.Request], Awaitable[web.StreamResponse] | web.StreamResponse]


@dataclass
class Clock:
    """The real time, and what a test adds to it: signatures are verified against the real one."""

    ahead: timedelta = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def move(self, **by: float) -> None:
        self.ahead += timedelta(**by)


@dataclass(kw_only=True)
class Got:
    """One call as it came in."""

    path: str
    headers: dict[str, str]
    body: Any
    raw: str
    status: int

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]


@dataclass
class Recorder:
    """A receiver. `answer` may be replaced by a test; calls that do not verify are kept in `forged`."""

    secrets: tuple[str, ...] = (SECRET,)
    tolerant: bool = False
    """The session's clock is ahead: look at the signature, not at its time."""
    calls: list[Got] = field(default_factory=list)
    forged: list[str] = field(default_factory=list)
    answer: Answering = lambda body, request: web.Response(status=204)
    at_once: int = 0
    most_at_once: int = 0
    connections: set[int] = field(default_factory=set)
    port: int = 0
    _runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def taken(self) -> list[Got]:
        """What was answered 2xx, in its order."""
        return [got for got in self.calls if 200 <= got.status < 300]

    async def start(self) -> None:
        app = web.Application()
        app.router.add_post("/{path:.*}", self._take)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port, reuse_address=True)
        await site.start()
        assert site._server is not None
        self.port = site._server.sockets[0].getsockname()[1]  # type: ignore[attr-defined]

    async def stop(self) -> None:
        if self._runner:
            await self._runner.cleanup()
            self._runner = None

    async def _take(self, request: web.Request) -> web.StreamResponse:
        raw = (await request.read()).decode()
        self.connections.add(id(request.transport))
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            self._verify(raw, dict(request.headers))
            body = json.loads(raw)
            answer = self.answer(body, request)
            response = await answer if isinstance(answer, Awaitable) else answer
        finally:
            self.at_once -= 1
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.calls.append(
            Got(path=request.path_qs, headers=headers, body=body, raw=raw, status=response.status)
        )
        return response

    def _verify(self, raw: str, headers: dict[str, str]) -> None:
        headers = {name.lower(): value for name, value in headers.items()}
        for secret in self.secrets:
            try:
                if self.tolerant:
                    moment = datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC)
                    signed = Verifier(secret).sign(headers["webhook-id"], moment, raw)
                    assert signed in headers["webhook-signature"].split()
                else:
                    Verifier(secret).verify(raw, headers)
            except Exception as error:
                self.forged.append(f"{headers.get('webhook-id')}: {error!r}")


def status(code: int, **headers: str) -> Answering:
    """Always this answer."""
    return lambda body, request: web.Response(
        status=code, headers={name.replace("_", "-"): value for name, value in headers.items()}
    )


async def hang(body: dict[str, Any], request: web.Request) -> web.StreamResponse:
    """No answer as long as anybody waits."""
    await asyncio.sleep(BOUND * 10)
    return web.Response()


class Stage:
    """One session's webhooks on a folder; `restart` is a kill: nothing is written at the end of it."""

    def __init__(
        self, folder: Path, *, allowed: tuple[str, ...] = ("127.0.0.0/8",), timeout: float = 15.0
    ) -> None:
        self.folder = folder
        self.clock = Clock()
        self.database = Database(folder / "journal.sqlite3")
        self.journal = Journal(self.database)
        self.guard = Guard(allowed)
        self.timeout = timeout
        self.write_every = 0.01
        self.random: Callable[[], float] = lambda: 0.5
        self.webhooks = self._webhooks()
        self._task: asyncio.Task[None] | None = None
        self._count = 0

    def _webhooks(self) -> Webhooks:
        return Webhooks(
            database=self.database,
            journal=self.journal,
            guard=self.guard,
            origin=lambda: ORIGIN,
            clock=self.clock,
            random=lambda: self.random(),
            timeout=self.timeout,
            write_every=self.write_every,
        )

    def start(self, *webhooks: Webhook) -> None:
        self.webhooks.configure(webhooks)
        self._task = asyncio.create_task(self.webhooks.run())

    async def stop(self) -> None:
        if self._task:
            self._task.cancel()
            await asyncio.wait({self._task})
            self._task = None

    async def restart(self, *webhooks: Webhook) -> None:
        await self.stop()
        self.webhooks = self._webhooks()
        self.start(*webhooks)

    async def close(self) -> None:
        await self.stop()
        self.database.close()

    def book(self, name: str = "crm") -> Book:
        return self.webhooks._receivers[name].book

    def held(self, name: str = "crm") -> int:
        """Chats that wait for a moment."""
        return sum(line.next_at is not None for line in self.book(name)._lines.values())

    def idle(self, name: str = "crm") -> bool:
        """Whether nothing happens until time goes on or something new comes."""
        receiver = self.webhooks._receivers[name]
        health, book = receiver.health, receiver.book
        all_taken = book.scanned == self.journal.last_seq()
        return (
            not receiver._attempts
            and not any(line.is_ready or line.saving for line in book._lines.values())
            and (all_taken or (health.down and not health.may_probe(self.clock())))
        )

    def rows(self, name: str = "crm") -> tuple[int, int]:
        """What is on disk: waiting and dead."""
        return self.webhooks._store.counts(name)

    def happen(self, chat: str | None = "a@c.us", type: str = MESSAGE_RECEIVED, **data: Any) -> Event:
        """One event in the journal; the webhooks are told."""
        self._count += 1
        return self.write(type, {**({"chatId": chat} if chat else {}), "text": f"text {self._count}", **data})

    def write(self, type: str, data: dict[str, Any]) -> Event:
        """One event in the journal as it is; the webhooks are told."""
        id = f"{type}:{data.get('chatId')}:{self.journal.last_seq() + 1}"
        entry = self.journal.append(id=id, type=type, time=NOW, session="cliente_51", data=data)
        assert entry.event is not None
        self.webhooks.wake()
        return entry.event

    def move(self, **by: float) -> None:
        """Time goes on; whoever waits is told."""
        self.clock.move(**by)
        self.webhooks.wake()


def receiver(to: Recorder | str, name: str = "crm", **fields: Any) -> Webhook:
    """A configured receiver."""
    url = to if isinstance(to, str) else to.url
    return Webhook(**{"name": name, "url": url, "format": STANDARD, "secrets": (SECRET,), **fields})


async def until(condition: Callable[[], bool]) -> None:
    """Wait for a condition, bounded."""
    async with asyncio.timeout(BOUND):
        while not condition():  # noqa: ASYNC110 - any condition, not one event
            await asyncio.sleep(0.002)
