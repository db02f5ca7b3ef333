"""Who wrote, what they wrote, and their erasure on request."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from whatsapp_hub.api import examples
from whatsapp_hub.api.caller import Caller, administrator, services, session_caller
from whatsapp_hub.api.describe import described
from whatsapp_hub.api.envelope import ApiError, ok
from whatsapp_hub.api.fields import Id, Short
from whatsapp_hub.api.live_events import shown
from whatsapp_hub.store.messages import Messages
from whatsapp_hub.times import iso

router = APIRouter(prefix="/api/contacts", tags=["contacts"])
Reader = Annotated[Caller, Depends(session_caller("messages:read"))]
Administrator = Annotated[Caller, Depends(administrator)]
Limit = Annotated[int, Query(ge=1, le=500)]


@router.get("", **described("List who wrote", data={"contacts": [examples.PERSON], "next": None}))
async def contacts(
    caller: Reader, request: Request, phone: Short | None = None, limit: Limit = 100, after: Id | None = None
) -> Response:
    """People who wrote, the oldest first; `next` is the following call's `after`."""
    async with services(request).database.read() as transaction:
        found = await Messages(transaction, caller.tenant_id).contacts(
            phone=phone, limit=limit, after=after or 0
        )
    listed = [{"id": each.id, "phone": each.phone, "createdAt": iso(each.created_at)} for each in found]
    return ok({"contacts": listed, "next": found[-1].id if len(found) == limit else None})


@router.get(
    "/{contact_id}/messages",
    **described("Read what a person wrote", data={"messages": [examples.STORED], "next": None}),
)
async def messages(
    contact_id: Id, caller: Reader, request: Request, limit: Limit = 100, before: Id | None = None
) -> Response:
    """What a person wrote, in every session, the newest first; `next` is the following call's `before`."""
    async with services(request).database.read() as transaction:
        store = Messages(transaction, caller.tenant_id)
        if await store.contact(contact_id) is None:
            raise _nobody(contact_id)
        found = await store.of_contact(contact_id, limit=limit, before=before)
    following = found[-1].id if len(found) == limit else None
    return ok({"messages": [shown(each) for each in found], "next": following})


@router.delete("/{contact_id}", **described("Erase a person", data={"id": 3}))
async def erase(contact_id: Id, caller: Administrator, request: Request) -> Response:
    """The person with chats and messages is gone; that it was done stays in the audit log."""
    parts = services(request)
    async with parts.database.begin() as transaction:
        store = Messages(transaction, caller.tenant_id)
        if not await store.erase_contact(contact_id):
            raise _nobody(contact_id)
        await store.audit(
            at=parts.clock(), actor=caller.actor, action="contact.erase", target=f"contact:{contact_id}"
        )
    return ok({"id": contact_id})


def _nobody(contact_id: int) -> ApiError:
    return ApiError(404, f"There is no contact {contact_id}. GET /api/contacts lists them.")
