"""Stand-ins: a backend that only remembers what it was told, and a clock that a test moves."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime, timedelta

from whatsapp_hub.backend.protocol import Answer, BackendError, Call, Owner, Seen, Wanted
from whatsapp_hub.security.secrets import Secrets


class Clock:
    """A moment that stands still until it is moved."""

    def __init__(self, moment: datetime = datetime(2026, 1, 1, 12, tzinfo=UTC)) -> None:
        self.moment = moment

    def __call__(self) -> datetime:
        return self.moment

    def pass_(self, **spans: float) -> None:
        self.moment += timedelta(**spans)


class FakeBackend:
    """Remembers; `broken` makes it refuse everything with that text."""

    secrets = Secrets(b"m" * 32)

    def __init__(self) -> None:
        self.wanted: dict[str, Wanted] = {}
        self.puts: list[Wanted] = []
        self.logins: list[str] = []
        self.deleted: list[Wanted] = []
        self.calls: list[tuple[str, Call]] = []
        self.answer: Callable[[Call], Answer] = lambda call: Answer(status=404, headers={}, body=b"{}")
        self.broken: str | None = None
        self.queue: asyncio.Queue[Seen] = asyncio.Queue()
        self.there: dict[str, Seen] = {}
        self.started: Sequence[Wanted] | None = None

    def _check(self) -> None:
        if self.broken:
            raise BackendError(self.broken)

    def uid(self, owner: Owner, session_id: str) -> str:
        return uuid.uuid4().hex

    def callback_secrets(self, uid: str, key_version: int) -> Sequence[str]:
        return (self.secrets.callback(uid),)

    async def start(self, wanted: Sequence[Wanted]) -> None:
        self.started = wanted

    async def stop(self) -> None:
        pass

    async def put(self, wanted: Wanted) -> None:
        self._check()
        self.puts.append(wanted)
        self.wanted[wanted.uid] = wanted

    async def login(self, uid: str) -> None:
        self._check()
        self.logins.append(uid)

    async def delete(self, wanted: Wanted) -> None:
        self._check()
        self.deleted.append(wanted)
        self.wanted.pop(wanted.uid, None)

    async def look(self, uid: str) -> Seen | None:
        self._check()
        return self.there.get(uid)

    async def seen(self) -> AsyncIterator[Seen]:
        while True:
            yield await self.queue.get()

    async def call(self, uid: str, call: Call) -> Answer:
        self._check()
        self.calls.append((uid, call))
        return self.answer(call)
