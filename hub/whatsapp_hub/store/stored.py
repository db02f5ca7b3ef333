"""Stored messages of one tenant in pages: what came in, also while no session can be asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from whatsapp_hub.database.models import Contact, Mensaje, Session
from whatsapp_hub.store.scoped import Scoped


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Which of them: all that is None asks for nothing. `before` is a message's id."""

    session_pk: int | None = None
    contact_id: int | None = None
    phone: str | None = None
    since: datetime | None = None
    before: int | None = None


class Stored(Scoped):
    """Messages that came in."""

    async def page(self, asked: Asked, limit: int) -> Sequence[Any]:
        """The last that arrived first: rows of (Mensaje, the name of its session or None).

        In the order of arrival, not of sending: a backlog that is delivered late is in nobody's past pages.
        """
        found = (
            self.columns(Mensaje, Mensaje, Session.session_id)
            .outerjoin(Session, Session.id == Mensaje.session_pk)
            .order_by(Mensaje.id.desc())
            .limit(limit)
        )
        if asked.session_pk is not None:
            found = found.where(Mensaje.session_pk == asked.session_pk)
        if asked.contact_id is not None:
            found = found.where(Mensaje.contact_id == asked.contact_id)
        if asked.phone is not None:
            who = self.columns(Contact, Contact.id).where(Contact.phone == asked.phone)
            found = found.where(Mensaje.contact_id.in_(who))
        if asked.since is not None:
            found = found.where(Mensaje.sent_at >= asked.since)
        if asked.before is not None:
            found = found.where(Mensaje.id < asked.before)
        return (await self._db.execute(found)).all()
