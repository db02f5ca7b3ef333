"""What templates draw. Pure: a row and the moment in, plain data out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from whatsapp_hub import qr
from whatsapp_hub.api.shapes import word
from whatsapp_hub.database.models import Session, SessionChange
from whatsapp_hub.status import MODE_CONNECTED, Status
from whatsapp_hub.times import iso
from whatsapp_hub.waiting import shows_qr

MODE_SUSPENDED = "Suspended"
SHOWN = (
    Session.id,
    Session.uid,
    Session.name,
    Session.session_id,
    Session.description,
    Session.operating_mode,
    Session.expected_phone,
    Session.account_phone,
    Session.push_name,
    Session.platform,
    Session.state,
    Session.reason,
    Session.message,
    Session.state_since,
    Session.connecting_since,
    Session.ended,
    Session.gone,
    Session.qr_png,
    Session.qr_expires_at,
    Session.last_activity,
    Session.created_at,
)
"""The columns that `SessionCard.of` reads, and `uid`."""
WORDS: dict[str, Status] = {"READY": "connected", "DISCONNECTED": "disconnected"}


@dataclass(frozen=True, kw_only=True)
class SessionCard:
    """A session as a card, and as its own page, show it.

    `reason` is the name of a text, and `message` what the session itself says (in English). `qr`: a data URL;
    `qr_until`: when it expires.
    """

    id: int
    name: str
    session_id: str
    description: str
    status: Status
    mode: str
    phone: str | None
    expected_phone: str | None
    reason: str | None
    message: str
    qr: str | None
    qr_until: str | None
    last_activity: datetime | None
    since: datetime | None
    created_at: datetime
    push_name: str | None
    platform: str | None
    gone: bool

    @classmethod
    def of(cls, row: Any, now: datetime) -> SessionCard:
        """The card of a row of `whatsapp_sessions` at this moment."""
        status = word(row, now)
        connected, shown = status == "connected", shows_qr(row, now)
        why, message = because(row, status)
        return cls(
            id=row.id,
            name=row.name or row.session_id,
            session_id=row.session_id,
            description=row.description or "",
            status=status,
            mode=row.operating_mode,
            phone=row.account_phone if connected else None,
            expected_phone=row.expected_phone,
            reason=why,
            message=message,
            qr=qr.PREFIX + row.qr_png if shown else None,
            qr_until=iso(row.qr_expires_at) if shown else None,
            last_activity=row.last_activity,
            since=row.state_since,
            created_at=row.created_at,
            push_name=row.push_name if connected else None,
            platform=row.platform if connected else None,
            gone=row.gone,
        )

    @property
    def can_reconnect(self) -> bool:
        """Whether a new login has something to do."""
        return self.status in ("disconnected", "error")

    @property
    def can_disconnect(self) -> bool:
        """Whether there is something to close."""
        return self.mode == MODE_CONNECTED and not self.gone

    @property
    def suspended(self) -> bool:
        """Whether it was put to rest."""
        return self.mode == MODE_SUSPENDED


def because(row: Any, status: Status) -> tuple[str | None, str]:
    """Why it is not connected: the reason's name, and its message; a person's own doing needs no message."""
    if status in ("pending", "connected"):
        return None, ""
    if row.operating_mode != MODE_CONNECTED:
        return ("Suspended" if row.operating_mode == MODE_SUSPENDED else "Stopped"), ""
    if row.gone:
        return "Gone", ""
    return (None if row.ended else row.reason), row.message


@dataclass(frozen=True, kw_only=True)
class Change:
    """One step of a session's history; `status` colours it."""

    id: int
    at: datetime
    state: str
    status: Status
    reason: str | None
    message: str

    @classmethod
    def of(cls, row: SessionChange) -> Change:
        """The step that a row tells."""
        return cls(
            id=row.id,
            at=row.at,
            state=row.state,
            status=WORDS.get(row.state, "pending"),
            reason=row.reason,
            message=row.message,
        )
