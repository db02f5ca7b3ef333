"""People, groups and files as a session has them: contract A's calls in contract B's envelope."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from whatsapp_hub.api import examples
from whatsapp_hub.api.caller import Caller, session_caller
from whatsapp_hub.api.conversations import After, Limit
from whatsapp_hub.api.describe import ASKING, described
from whatsapp_hub.api.passing import file_of, handed_on

router = APIRouter(prefix="/api/sessions", tags=["people and groups"])
Reader = Annotated[Caller, Depends(session_caller("messages:read"))]


@router.get(
    "/{id}/contacts",
    **described(
        "List the account's contacts",
        data={"contacts": [examples.CONTACT], "next": None},
        errors=ASKING,
    ),
)
async def contacts(
    id: str, caller: Reader, request: Request, limit: Limit = 50, after: After = None
) -> Response:
    """Everybody that the phone knows; who wrote to any session is in `GET /api/contacts`."""
    return await handed_on(id, caller, request, "GET", "contacts")


@router.get(
    "/{id}/contacts/{number}",
    **described(
        "Ask whether a number is on WhatsApp",
        data={"exists": True, "id": "5491123456789@c.us"},
        errors=ASKING,
    ),
)
async def number_check(id: str, number: str, caller: Reader, request: Request) -> Response:
    """Digits, the country code first. The answer is kept for a day: WhatsApp limits how often it is asked."""
    return await handed_on(id, caller, request, "GET", "contacts", number)


@router.get(
    "/{id}/contacts/{contact}/picture",
    response_class=Response,
    **described("Get a person's picture", file="image/*", errors=ASKING),
)
async def contact_picture(id: str, contact: str, caller: Reader, request: Request) -> Response:
    """By number or id; 404 for one who has none, or does not show it to this account."""
    return await file_of(id, caller, request, "contacts", contact, "picture")


@router.get(
    "/{id}/groups",
    **described("List the groups", data={"groups": [examples.GROUP], "next": None}, errors=ASKING),
)
async def groups(
    id: str, caller: Reader, request: Request, limit: Limit = 50, after: After = None
) -> Response:
    """All that the account is in."""
    return await handed_on(id, caller, request, "GET", "groups")


@router.get(
    "/{id}/groups/{group}", **described("Get one group", data={"group": examples.GROUP}, errors=ASKING)
)
async def group(id: str, group: str, caller: Reader, request: Request) -> Response:
    """With its members."""
    return await handed_on(id, caller, request, "GET", "groups", group)


@router.get(
    "/{id}/groups/{group}/picture",
    response_class=Response,
    **described("Get a group's picture", file="image/*", errors=ASKING),
)
async def group_picture(id: str, group: str, caller: Reader, request: Request) -> Response:
    """404 for a group that has none."""
    return await file_of(id, caller, request, "groups", group, "picture")


@router.get(
    "/{id}/media/{media_id}",
    response_class=Response,
    **described("Get a message's file", file="application/octet-stream", errors=(*ASKING, 507)),
)
async def media(id: str, media_id: str, caller: Reader, request: Request) -> Response:
    """With its name in `Content-Disposition`; one that is still being fetched is waited for (30 s)."""
    return await file_of(id, caller, request, "media", media_id)
