"""The event: the one thing that SSE, webhooks and metrics are views of (contract A, `GET /events`)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import Any

SESSION_SNAPSHOT = "session.snapshot"
SESSION_STATE = "session.state"
SESSION_QR = "session.qr"
MESSAGE_RECEIVED = "message.received"
MESSAGE_SENT = "message.sent"
MESSAGE_ACK = "message.ack"
MESSAGE_MEDIA = "message.media"
MESSAGE_REACTION = "message.reaction"
MESSAGE_EDITED = "message.edited"
MESSAGE_DELETED = "message.deleted"
MESSAGE_FAILED = "message.failed"
GROUP_PARTICIPANTS = "group.participants"
CALL_RECEIVED = "call.received"
PRESENCE_CHANGED = "presence.changed"

TYPES = (
    SESSION_SNAPSHOT,
    SESSION_STATE,
    SESSION_QR,
    MESSAGE_RECEIVED,
    MESSAGE_SENT,
    MESSAGE_ACK,
    MESSAGE_MEDIA,
    MESSAGE_REACTION,
    MESSAGE_EDITED,
    MESSAGE_DELETED,
    MESSAGE_FAILED,
    GROUP_PARTICIPANTS,
    CALL_RECEIVED,
    PRESENCE_CHANGED,
)


def timestamp(moment: datetime) -> str:
    """ISO 8601 in UTC with milliseconds and `Z`, the form of every time in the contracts."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(frozen=True, kw_only=True)
class Event:
    """One event. `id` never changes and counts once; `seq` grows within a session, restarts included."""

    id: str
    seq: int
    type: str
    time: str
    session: str
    data: dict[str, Any]

    def to_json(self) -> dict[str, Any]:
        """The wire shape, keys in the contract's order."""
        return {
            "id": self.id,
            "seq": self.seq,
            "type": self.type,
            "time": self.time,
            "session": self.session,
            "data": self.data,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Event:
        """Read the wire shape; raises KeyError for a missing key."""
        return cls(**{key: data[key] for key in ("id", "seq", "type", "time", "session", "data")})

    def to_sse(self) -> str:
        """The event as one server-sent event; the SSE id is `seq`, which `Last-Event-ID` brings back."""
        text = json.dumps(self.to_json(), ensure_ascii=False, separators=(",", ":"))
        return f"id: {self.seq}\nevent: {self.type}\ndata: {text}\n\n"


def selected(event_type: str, patterns: tuple[str, ...]) -> bool:
    """Whether `types=` asks for this type: a list of globs such as `session.*`; none: all."""
    return not patterns or any(fnmatchcase(event_type, pattern) for pattern in patterns)
