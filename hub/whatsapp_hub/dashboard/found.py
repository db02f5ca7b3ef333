"""What a path names, of the visitor's organization; there is no other way to a row for a page."""

from __future__ import annotations

from fastapi import Request

from whatsapp_hub.api import shapes
from whatsapp_hub.api.caller import services
from whatsapp_hub.dashboard.visitor import PageError, Visitor
from whatsapp_hub.database.models import Session
from whatsapp_hub.store.sessions import Sessions


async def session_of(request: Request, visitor: Visitor, id: str) -> Session:
    """The session of this `{id}`, a number or its name. Raises PageError 404."""
    async with services(request).database.read() as transaction:
        row = await Sessions(transaction, visitor.tenant_id).find(id)
    if row is None:
        raise PageError(404, "chats.no_session")
    return row


def title(row: Session) -> str:
    """What a session is called on every page."""
    return row.name or row.session_id


def connected(request: Request, row: Session) -> bool:
    """Whether it can send now, as far as the hub knows."""
    return shapes.word(row, services(request).clock()) == "connected"
