"""What stands in the outbox, as values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from whatsapp_contracts.events import MESSAGE_FAILED, timestamp
from whatsapp_session.intake import Draft
from whatsapp_session.outgoing import Outgoing


class Stage(StrEnum):
    """How far an entry is. `free` is never shown: a keyed call that sent nothing and may be repeated."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    CANCELLED = "cancelled"
    FREE = "free"


ENDED = frozenset({Stage.SENT, Stage.FAILED, Stage.CANCELLED})


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One thing to send. `number` orders entries; `bare_id` is what its message will be called at WhatsApp.

    `call` is a keyed call that waits for its answer: it is in no queue and never sent again by itself.
    `chat_id` is known once WhatsApp was asked, always before a new message is `sending`. `error` is a code.
    """

    number: int
    id: str
    state: Stage
    outgoing: Outgoing
    bare_id: str
    created_at: datetime
    chat_id: str | None = None
    message_id: str | None = None
    send_at: datetime | None = None
    sent_at: datetime | None = None
    ended_at: datetime | None = None
    error: str | None = None
    message: str | None = None
    key: str | None = None
    fingerprint: str = ""
    call: bool = False
    tries: int = 0
    account: str | None = None
    """The number that it shall go out from, in digits; None: none had ever logged in."""

    @property
    def due(self) -> datetime:
        """From when on it may go out."""
        return self.send_at or self.created_at

    @property
    def lane(self) -> str:
        """What it keeps its order with."""
        return lane(self.outgoing.to)

    def to_json(self) -> dict[str, Any]:
        """As `GET /outbox` shows it."""
        return {
            "id": self.id,
            "state": self.state.value,
            "to": self.outgoing.to,
            "type": self.outgoing.type,
            "messageId": self.message_id,
            "createdAt": timestamp(self.created_at),
            "sendAt": self.send_at and timestamp(self.send_at),
            "sentAt": self.sent_at and timestamp(self.sent_at),
            "error": self.error,
            "message": self.message,
        }


@dataclass(frozen=True, kw_only=True)
class Sent:
    """What a call is answered. `id` is None: it was not queued; `replayed`: it is the first answer again."""

    message_id: str | None
    id: str | None = None
    replayed: bool = False


def lane(to: str) -> str:
    """The chat that `to` names, however it is written."""
    return f"{to}@c.us" if to.isdigit() else to


def failed(entry: Entry) -> Draft:
    """The event of an entry that will not be sent; the same for ever, so that it counts once."""
    data = {
        "id": entry.id,
        "messageId": entry.message_id,
        "to": entry.outgoing.to,
        "error": entry.error,
        "message": entry.message,
    }
    return Draft(id=f"failed:{entry.id}", type=MESSAGE_FAILED, data=data)
