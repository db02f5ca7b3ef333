"""Stored messages, and what a session went through: from the database, also while its pod is away."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from whatsapp_hub.api import examples
from whatsapp_hub.api.caller import Caller, services, session_caller
from whatsapp_hub.api.describe import described
from whatsapp_hub.api.envelope import ok
from whatsapp_hub.api.fields import Id, Moment, Short
from whatsapp_hub.api.live_events import shown
from whatsapp_hub.api.sessions import find
from whatsapp_hub.store.history import History
from whatsapp_hub.store.stored import Asked, Stored
from whatsapp_hub.times import iso

router = APIRouter(prefix="/api", tags=["messages"])
Reader = Annotated[Caller, Depends(session_caller("messages:read"))]
SessionReader = Annotated[Caller, Depends(session_caller("sessions:read"))]
Limit = Annotated[int, Query(ge=1, le=500)]
Contact = Annotated[Id | None, Query(description="a contact's id")]
Phone = Annotated[Short | None, Query(description="whose: digits, or <lid>@lid")]
Since = Annotated[Moment | None, Query(description="sent then or later, ISO 8601")]
Before = Annotated[Id | None, Query(description="the `next` of the page before")]
CHANGE = {"id": 9, "at": "2026-01-01T12:00:00.000Z", "state": "READY", "reason": None, "message": ""}


@router.get(
    "/messages",
    **described("List stored incoming messages", data={"messages": [examples.STORED], "next": 17}),
)
async def messages(
    caller: Reader,
    request: Request,
    contact: Contact = None,
    phone: Phone = None,
    since: Since = None,
    limit: Limit = 100,
    before: Before = None,
) -> Response:
    """Of every session, deleted ones too (`sessionId` null); the last that arrived first."""
    asked = Asked(contact_id=contact, phone=phone, since=since, before=before)
    return await _page(request, caller, asked, limit)


@router.get(
    "/sessions/{id}/messages",
    **described("List a session's stored messages", data={"messages": [examples.STORED], "next": 17}),
)
async def of_session(
    id: str,
    caller: Reader,
    request: Request,
    contact: Contact = None,
    phone: Phone = None,
    since: Since = None,
    limit: Limit = 100,
    before: Before = None,
) -> Response:
    """What came in and was stored; never asks the session. Own messages are in the chat's list."""
    row = await find(request, caller, id)
    asked = Asked(session_pk=row.id, contact_id=contact, phone=phone, since=since, before=before)
    return await _page(request, caller, asked, limit)


@router.get(
    "/sessions/{id}/history",
    **described("List what a session went through", data={"changes": [CHANGE], "next": None}),
)
async def history(
    id: str, caller: SessionReader, request: Request, limit: Limit = 100, before: Before = None
) -> Response:
    """Its changes of state, the newest first; the last 200 are kept."""
    row = await find(request, caller, id)
    async with services(request).database.read() as transaction:
        found = await History(transaction, caller.tenant_id).history(row.id, limit, before)
    changes = [
        {
            "id": each.id,
            "at": iso(each.at),
            "state": each.state,
            "reason": each.reason,
            "message": each.message,
        }
        for each in found
    ]
    return ok({"changes": changes, "next": found[-1].id if len(found) == limit else None})


async def _page(request: Request, caller: Caller, asked: Asked, limit: int) -> Response:
    async with services(request).database.read() as transaction:
        found = await Stored(transaction, caller.tenant_id).page(asked, limit)
    listed: list[dict[str, Any]] = [shown(row) | {"sessionId": name} for row, name in found]
    return ok({"messages": listed, "next": listed[-1]["id"] if len(listed) == limit else None})
