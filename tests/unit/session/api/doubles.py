"""What stands around the API in its unit tests, as far as it is not the real thing.

`FakeSender`, `FakeWebhooks` and `FakeConfiguration` are fakes: they remember what they were asked, and answer
or fail as a test says. The real ones are tested beside their sources, and together in `tests/integration`.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from unit.session.doubles import NOW
from whatsapp_session.config import Config
from whatsapp_session.outbox.entries import Entry, Sent, Stage
from whatsapp_session.outbox.errors import EntryNotFound
from whatsapp_session.outgoing import Media, Outgoing, Text
from whatsapp_session.webhooks.dispatcher import UnknownDeadLetter, UnknownWebhook

MESSAGE_ID = "true_5491100000002@c.us_3EB0AAAAAAAAAAAAAAAAAA"
ENTRY = Entry(
    number=1,
    id="out_1",
    state=Stage.QUEUED,
    outgoing=Outgoing(to="5491100000002", content=Text(text="Hello")),
    bare_id="3EB0AAAAAAAAAAAAAAAAAA",
    created_at=NOW,
)


@dataclass
class Call:
    """One send as the sender got it; `file` is the content of its file at that moment."""

    outgoing: Outgoing
    key: str | None
    fingerprint: str
    send_at: datetime | None = None
    file: bytes | None = None


@dataclass
class FakeSender:
    """A fake `Sender`."""

    calls: list[Call] = field(default_factory=list)
    queued: list[Call] = field(default_factory=list)
    fails: Exception | None = None
    answer: Sent = Sent(message_id=MESSAGE_ID)  # noqa: RUF009 - frozen
    replayed: bool = False
    entries: list[Entry] = field(default_factory=lambda: [ENTRY])
    asked: list[tuple[Any, ...]] = field(default_factory=list)
    earlier: Entry | None = None

    async def send(self, outgoing: Outgoing, *, key: str | None = None, fingerprint: str = "") -> Sent:
        self.calls.append(Call(outgoing, key, fingerprint, file=_file(outgoing)))
        if self.fails:
            raise self.fails
        return self.answer

    async def answered(self, key: str, fingerprint: str) -> Entry | None:
        self.asked.append(("answered", key, fingerprint))
        return self.earlier

    async def enqueue(
        self,
        outgoing: Outgoing,
        *,
        key: str | None = None,
        fingerprint: str = "",
        send_at: datetime | None = None,
    ) -> tuple[Entry, bool]:
        self.queued.append(Call(outgoing, key, fingerprint, send_at, _file(outgoing)))
        if self.fails:
            raise self.fails
        return ENTRY, self.replayed

    async def list(
        self, states: Collection[str] = (), limit: int = 50, after: str | None = None
    ) -> list[Entry]:
        self.asked.append((tuple(states), limit, after))
        return self.entries[:limit]

    async def get(self, id: str) -> Entry:
        return self._known(id)

    async def cancel(self, id: str) -> Entry:
        if self.fails:
            raise self.fails
        return self._known(id)

    async def resolve(self, to: str) -> str:
        if self.fails:
            raise self.fails
        return f"{to}@c.us" if to.isdigit() else to

    def _known(self, id: str) -> Entry:
        found = next((entry for entry in self.entries if entry.id == id), None)
        if found is None:
            raise EntryNotFound(f"The outbox has no {id}. GET /outbox lists its entries.")
        return found


def _file(outgoing: Outgoing) -> bytes | None:
    content = outgoing.content
    return Path(content.path).read_bytes() if isinstance(content, Media) else None


@dataclass
class FakeWebhooks:
    """A fake `Webhooks` with one receiver, `crm`, and one dead letter, 7."""

    did: list[tuple[Any, ...]] = field(default_factory=list)

    async def status(self) -> list[dict[str, Any]]:
        return [
            {
                "name": "crm",
                "url": "https://crm.example.com/hook",
                "format": "Standard",
                "events": [],
                "pending": 0,
                "deadLetters": 1,
                "lastDeliveredAt": None,
                "failingSince": None,
                "lastError": None,
            }
        ]

    async def dead_letters(self, name: str, limit: int, after: int = 0) -> list[dict[str, Any]]:
        self._known(name)
        letter = {
            "seq": 7,
            "event": {
                "id": "ack:1",
                "seq": 7,
                "type": "message.ack",
                "time": "2026-01-01T12:00:00.000Z",
                "session": "cliente_51",
                "data": {},
            },
            "attempts": 1,
            "diedAt": "2026-01-01T12:00:00.000Z",
            "error": "422",
        }
        return [letter] if after < 7 else []

    async def retry(self, name: str, seq: int | None = None) -> int:
        return self._done("retry", name, seq)

    async def discard(self, name: str, seq: int | None = None) -> int:
        return self._done("discard", name, seq)

    def _done(self, what: str, name: str, seq: int | None) -> int:
        self._known(name)
        if seq not in {None, 7}:
            raise UnknownDeadLetter(f"{name} has no dead letter {seq}.")
        self.did.append((what, name, seq))
        return 1

    def _known(self, name: str) -> None:
        if name != "crm":
            raise UnknownWebhook(f"There is no webhook {name}.")


@dataclass
class FakeConfiguration:
    """A fake `Configuration`."""

    current: Config = Config()  # noqa: RUF009 - frozen
    fails: Exception | None = None

    async def put(self, config: Config) -> None:
        if self.fails:
            raise self.fails
        self.current = config
