"""What stands around the session in its unit tests.

`FakeEngine` is a fake, for what is not under test here: it tells what a test says, and remembers what it was
told to do. The real engine is tested with real Chromium in `tests/integration/session`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from whatsapp_contracts.sessions import Account
from whatsapp_session.engine.protocol import Told
from whatsapp_session.facts import AckSeen, ChatMessage, Fact, QrShown, Synced

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
    """A fake `WhatsAppEngine`."""

    run: int = 0
    did: list[str] = field(default_factory=list)
    store: list[ChatMessage] = field(default_factory=list)
    sends: Callable[[str, str], ChatMessage] = lambda to, text: message(99, from_me=True, ack=1)
    fails: dict[str, Exception] = field(default_factory=dict)
    since: list[datetime] = field(default_factory=list)
    _told: asyncio.Queue[Told] = field(default_factory=asyncio.Queue)

    def tell(self, *what: Fact | ChatMessage | AckSeen, run: int | None = None) -> None:
        for one in what:
            self._told.put_nowait(Told(run=self.run if run is None else run, what=one))

    def start(self) -> int:
        self.run += 1
        self.did.append("start")
        return self.run

    async def stop(self) -> None:
        self.did.append("stop")

    def hurry(self) -> None:
        self.did.append("hurry")

    async def events(self) -> AsyncIterator[Told]:
        while True:
            yield await self._told.get()

    async def send(self, to: str, text: str, *, timeout: float) -> ChatMessage:
        self._fail("send")
        return self.sends(to, text)

    async def messages(self, since: datetime, *, timeout: float) -> list[ChatMessage]:
        self.since.append(since)
        self._fail("messages")
        return self.store

    async def logout(self, *, timeout: float) -> None:
        self.did.append("logout")
        self._fail("logout")

    async def forget(self) -> None:
        self.did.append("forget")

    def _fail(self, method: str) -> None:
        if error := self.fails.get(method):
            raise error
