"""People and groups: lists, the number check, pictures."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from whatsapp_contracts.errors import ErrorCode
from whatsapp_contracts.events import timestamp
from whatsapp_session.api import schemas
from whatsapp_session.api.describe import described
from whatsapp_session.api.describe import page as page_of
from whatsapp_session.api.errors import ApiError
from whatsapp_session.api.params import USUAL, After, ContactId, GroupId, Limit, Number
from whatsapp_session.api.reading import TIMEOUT, asked, page
from whatsapp_session.api.refusals import refusing
from whatsapp_session.api.safe_files import SAFE, picture_type
from whatsapp_session.api.services import Services
from whatsapp_session.engine.protocol import Contact, Group

ERRORS = (ErrorCode.SESSION_NOT_READY, ErrorCode.ENGINE_TIMEOUT)
PICTURE: dict[str, Any] = {
    "content": {"image/*": {"schema": {"type": "string", "format": "binary"}}},
    "errors": (*ERRORS, ErrorCode.PICTURE_NOT_FOUND),
}
CONTACT_EXAMPLE = {
    "id": "5491123456789@c.us",
    "phone": "5491123456789",
    "lid": "123456789012345@lid",
    "name": "Ana",
    "pushName": "Ana P.",
    "business": False,
    "mine": True,
}
GROUP_EXAMPLE = {
    "id": "120363041234567890@g.us",
    "name": "Sales",
    "owner": "5491100000001@c.us",
    "createdAt": "2026-01-01T12:00:00.000Z",
    "participants": [{"id": "5491123456789@c.us", "phone": "5491123456789", "lid": None, "admin": False}],
}


def router(services: Services) -> APIRouter:
    """The routes of one session."""
    routes = APIRouter(tags=["contacts"])
    session = services.session

    @routes.get(
        "/contacts",
        **described(
            "List the contacts",
            ok=page_of("contacts", schemas.ref("Contact")),
            example={"ok": True, "contacts": [CONTACT_EXAMPLE], "next": None},
            errors=ERRORS,
        ),
    )
    async def contacts(limit: Limit = USUAL, after: After = None) -> dict[str, Any]:
        """Everybody that the account knows, by id."""
        every = await asked(session, lambda engine: engine.contacts(timeout=TIMEOUT))
        found, following = page(
            every, after=after, limit=limit, place=lambda each: each.id, name=lambda each: each.id
        )
        return {"ok": True, "contacts": [contact_json(each) for each in found], "next": following}

    @routes.get(
        "/contacts/{number}",
        **described(
            "Ask whether a number is on WhatsApp",
            ok=schemas.ok(exists=schemas.FLAG, id=schemas.TEXT_OR_NULL),
            example={"ok": True, "exists": True, "id": "5491123456789@c.us"},
            errors=(*ERRORS, ErrorCode.NUMBER_CHECK_FAILED),
        ),
    )
    async def number_check(number: Number) -> dict[str, Any]:
        """The answer is kept for a day: WhatsApp limits how often it is asked."""
        try:
            with refusing(not_found=ErrorCode.NUMBER_CHECK_FAILED, failed=ErrorCode.NUMBER_CHECK_FAILED):
                chat_id = await services.sender.resolve(number)
        except ApiError as error:
            if error.code is ErrorCode.NOT_ON_WHATSAPP:
                return {"ok": True, "exists": False, "id": None}
            raise
        return {"ok": True, "exists": True, "id": chat_id}

    @routes.get(
        "/contacts/{contactId}/picture",
        response_class=Response,
        **described("Get a person's picture", **PICTURE),
    )
    async def contact_picture(contact_id: ContactId) -> Response:
        """404 for a person who has none, or does not show it to this account."""
        return await picture(f"{contact_id}@c.us" if contact_id.isdigit() else contact_id)

    @routes.get(
        "/groups",
        **described(
            "List the groups",
            ok=page_of("groups", schemas.ref("Group")),
            example={"ok": True, "groups": [GROUP_EXAMPLE], "next": None},
            errors=ERRORS,
        ),
    )
    async def groups(limit: Limit = USUAL, after: After = None) -> dict[str, Any]:
        """All groups that the account is in, by id."""
        every = await asked(session, lambda engine: engine.groups(timeout=TIMEOUT))
        found, following = page(
            every, after=after, limit=limit, place=lambda each: each.id, name=lambda each: each.id
        )
        return {"ok": True, "groups": [group_json(each) for each in found], "next": following}

    @routes.get(
        "/groups/{groupId}",
        **described(
            "Get one group",
            ok=schemas.ok(group=schemas.ref("Group")),
            example={"ok": True, "group": GROUP_EXAMPLE},
            errors=(*ERRORS, ErrorCode.CHAT_NOT_FOUND),
        ),
    )
    async def group(group_id: GroupId) -> dict[str, Any]:
        """With its members; 404 for one that the account is not in."""
        every = await asked(session, lambda engine: engine.groups(timeout=TIMEOUT))
        found = next((each for each in every if each.id == group_id), None)
        if found is None:
            raise ApiError(
                ErrorCode.CHAT_NOT_FOUND, f"The account is not in {group_id}. GET /groups lists its groups."
            )
        return {"ok": True, "group": group_json(found)}

    @routes.get(
        "/groups/{groupId}/picture", response_class=Response, **described("Get a group's picture", **PICTURE)
    )
    async def group_picture(group_id: GroupId) -> Response:
        """404 for a group that has none."""
        return await picture(group_id)

    async def picture(id: str) -> Response:
        found = await asked(
            session,
            lambda engine: engine.picture(id, timeout=TIMEOUT),
            not_found=ErrorCode.PICTURE_NOT_FOUND,
        )
        return Response(found.content, media_type=picture_type(found.mime_type), headers=SAFE)

    return routes


def contact_json(contact: Contact) -> dict[str, Any]:
    """The wire shape."""
    return {
        "id": contact.id,
        "phone": contact.phone,
        "lid": contact.lid,
        "name": contact.name,
        "pushName": contact.push_name,
        "business": contact.business,
        "mine": contact.mine,
    }


def group_json(group: Group) -> dict[str, Any]:
    """The wire shape."""
    return {
        "id": group.id,
        "name": group.name,
        "owner": group.owner,
        "createdAt": group.created_at and timestamp(group.created_at),
        "participants": [
            {"id": each.id, "phone": each.phone, "lid": each.lid, "admin": each.admin}
            for each in group.participants
        ],
    }
