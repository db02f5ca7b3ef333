"""`/contacts`: who wrote, what they wrote in every session, and the erasure of one of them."""

from __future__ import annotations

import re
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from whatsapp_hub.api import contacts as api
from whatsapp_hub.api.caller import services
from whatsapp_hub.api.envelope import ApiError
from whatsapp_hub.dashboard.bubbles import stored
from whatsapp_hub.dashboard.own_api import caller, data
from whatsapp_hub.dashboard.pages import go, render
from whatsapp_hub.dashboard.strangers import person
from whatsapp_hub.dashboard.visitor import Administrator, PageError, Reader, Visitor
from whatsapp_hub.database.models import Contact, Mensaje, Session
from whatsapp_hub.store.messages import Messages
from whatsapp_hub.store.people import People
from whatsapp_hub.store.sessions import LARGEST_ID, Sessions

router = APIRouter(include_in_schema=False)

PAGE = 50
Asked = Annotated[str, Query(max_length=100)]
Before = Annotated[int | None, Query(ge=1, le=LARGEST_ID)]


@router.get("/contacts")
async def contacts(visitor: Reader, request: Request, q: Asked = "", before: Before = None) -> Response:
    """People, the newest first."""
    async with services(request).database.read() as transaction:
        found = await People(transaction, visitor.tenant_id).search(wanted(q), limit=PAGE + 1, before=before)
    following = found[PAGE - 1].id if len(found) > PAGE else None
    listed = [shown(each) for each in found[:PAGE]]
    return render(
        request, visitor, "contacts.html", block="people", contacts=listed, asked=q, before=before,
        following=following,
    )  # fmt: skip


@router.get("/contacts/{contact_id}")
async def contact(contact_id: int, visitor: Reader, request: Request, before: Before = None) -> Response:
    """One of them, and what they wrote."""
    return await page(request, visitor, contact_id, before=before)


@router.post("/contacts/{contact_id}/erase")
async def erase(contact_id: int, visitor: Administrator, request: Request) -> Response:
    """The person with chats and messages is gone; only who types the number can mean it."""
    found = await _contact(request, visitor, contact_id)
    typed = (await request.form()).get("confirm")
    if not isinstance(typed, str) or plain(typed) != plain(found.phone):
        return await page(request, visitor, contact_id, 422, wrong="contacts.wrong_confirm")
    try:
        await data(api.erase(contact_id, caller(visitor), request))
    except ApiError:
        raise PageError(404, "contacts.missing") from None
    return go(request, "/contacts", "contacts.erased")


async def page(
    request: Request,
    visitor: Visitor,
    contact_id: int,
    status: int = 200,
    *,
    before: int | None = None,
    wrong: str = "",
) -> Response:
    """The person's page."""
    found = await _contact(request, visitor, contact_id)
    async with services(request).database.read() as transaction:
        rows = await Messages(transaction, visitor.tenant_id).of_contact(
            contact_id, limit=PAGE + 1, before=before
        )
        sessions = await Sessions(transaction, visitor.tenant_id).all(
            Session.id, Session.session_id, Session.name
        )
    names = {each.id: each.name or each.session_id for each in sessions}
    following = rows[PAGE - 1].id if len(rows) > PAGE else None
    return render(
        request, visitor, "contact.html", status, contact=shown(found), before=before, wrong=wrong,
        messages=[said(each, names) for each in rows[:PAGE]], following=following,
    )  # fmt: skip


async def _contact(request: Request, visitor: Visitor, contact_id: int) -> Contact:
    async with services(request).database.read() as transaction:
        store = Messages(transaction, visitor.tenant_id)
        found = await store.contact(contact_id) if 0 < contact_id <= LARGEST_ID else None
    if found is None:
        raise PageError(404, "contacts.missing")
    return found


def wanted(asked: str) -> str:
    """What is looked for: a number however it is spaced, or a part of what else names a person."""
    plain_text = asked.strip().replace("\0", "")
    digits = re.sub(r"[\s()+-]", "", plain_text)
    return digits if digits.isascii() and digits.isdigit() else plain_text


def plain(number: str) -> str:
    """A number without what people put between its digits."""
    return re.sub(r"[\s()+-]", "", number)


def shown(found: Contact) -> dict[str, Any]:
    """A person for the page."""
    return {"id": found.id, "name": person(found.phone), "phone": found.phone, "since": found.created_at}


def said(row: Mensaje, names: dict[int, str]) -> dict[str, Any]:
    """A message for the page; `session` None: it is gone."""
    return {"one": stored(row), "session_id": row.session_pk, "session": names.get(row.session_pk or 0)}
