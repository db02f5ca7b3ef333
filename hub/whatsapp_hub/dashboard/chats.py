"""A session's chats and their messages: the list, a conversation, older messages, the live stream."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response, StreamingResponse

from whatsapp_hub.api.caller import services
from whatsapp_hub.api.live_events import HEADERS as STREAM_HEADERS
from whatsapp_hub.dashboard import chat_live, drawing, reading
from whatsapp_hub.dashboard.chat_list import CHAT_ID, GROUP, called
from whatsapp_hub.dashboard.found import connected, session_of, title
from whatsapp_hub.dashboard.pages import asked_by_htmx, go, render
from whatsapp_hub.dashboard.reading import Chats, Conversation
from whatsapp_hub.dashboard.session_calls import ask, part
from whatsapp_hub.dashboard.strangers import person
from whatsapp_hub.dashboard.visitor import PageError, Reader, Visitor, Writer, current
from whatsapp_hub.database.models import Session

router = APIRouter(include_in_schema=False)

Asked = Annotated[str, Query(max_length=200)]
Place = Annotated[str | None, Query(max_length=300)]
Chat = Annotated[str | None, Query(max_length=120)]


@router.get("/sessions/{id}/chats")
async def chats(
    id: str, visitor: Reader, request: Request, q: Asked = "", after: Place = None, open: Chat = None
) -> Response:
    """The list; for htmx its entries alone."""
    row = await session_of(request, visitor, id)
    if not asked_by_htmx(request):
        return await page(request, visitor, row, None, asked=q)
    listed = await reading.chats(services(request), row, asked=q, after=after)
    given = context(request, visitor, row, listed, asked=q) | {"chat_id": open, "more": after is not None}
    return render(request, visitor, "chats.html", block="entries", **given)


@router.get("/sessions/{id}/chats/live")
async def live(
    id: str,
    visitor: Reader,
    request: Request,
    chat: Chat = None,
    after: Annotated[int | None, Query(ge=0, lt=2**63)] = None,
) -> StreamingResponse:
    """What happens in the session's chats from now on, or from where the page was drawn."""
    row = await session_of(request, visitor, id)
    last = request.headers.get("last-event-id", "")
    if last.isascii() and last.isdigit() and len(last) < 19:
        after = int(last)

    async def still() -> bool:
        now = await current(request)
        return now is not None and now.may("messages:read")

    stream = chat_live.follow(
        services(request), row, chat, after, draw=drawing.drawer(visitor, row), still=still
    )
    return StreamingResponse(stream, media_type="text/event-stream", headers=STREAM_HEADERS)


@router.get("/sessions/{id}/chats/{chat_id}")
async def chat(id: str, chat_id: str, visitor: Reader, request: Request, before: Place = None) -> Response:
    """A conversation; for htmx with `before` the older messages alone."""
    row = await session_of(request, visitor, id)
    if not CHAT_ID.fullmatch(chat_id):
        raise PageError(404, "chats.no_chat")
    if before and asked_by_htmx(request):
        older = await reading.conversation(services(request), row, chat_id, before=before)
        given = context(request, visitor, row, Chats(entries=[])) | spoken(chat_id, older)
        return render(request, visitor, "chats.html", block="messages", **given)
    return await page(request, visitor, row, chat_id, before=before)


@router.post("/sessions/{id}/chats/{chat_id}/read")
async def mark_read(id: str, chat_id: str, visitor: Writer, request: Request) -> Response:
    """Everything in the chat is read, and whoever wrote may see that."""
    row = await session_of(request, visitor, id)
    if not CHAT_ID.fullmatch(chat_id):
        raise PageError(404, "chats.no_chat")
    said = await ask(services(request).backend, row.uid, "POST", f"/chats/{part(chat_id)}/read")
    if not said.ok:
        raise PageError(503, "chats.not_marked")
    return go(request, f"/sessions/{row.id}/chats/{part(chat_id)}")


async def page(
    request: Request,
    visitor: Visitor,
    row: Session,
    chat_id: str | None,
    status: int = 200,
    *,
    asked: str = "",
    before: str | None = None,
    **more: Any,
) -> Response:
    """The whole page: the list, and beside it a conversation (`chat_id`), or the form for a new one."""
    parts = services(request)
    listing = reading.chats(parts, row, asked=asked)
    if chat_id is None:
        given = context(request, visitor, row, await listing, asked=asked)
    else:
        listed, spoken_in = await asyncio.gather(
            listing, reading.conversation(parts, row, chat_id, before=before)
        )
        given = context(request, visitor, row, listed, asked=asked) | spoken(chat_id, spoken_in, listed)
    return render(request, visitor, "chats.html", status, **given | more)


def context(
    request: Request, visitor: Visitor, row: Session, listed: Chats, *, asked: str = ""
) -> dict[str, Any]:
    """What the page draws in any case."""
    return {
        "session": row,
        "session_title": title(row),
        "connected": connected(request, row),
        "chats": listed,
        "asked": asked,
        "chat_id": None,
        "chat_name": "",
        "chat_subtitle": "",
        "group": False,
        "unread": 0,
        "spoken": None,
        "draft": {},
        "new": None,
        "more": False,
        "form_key": drawing.new_key(),
    }


def spoken(chat_id: str, found: Conversation, listed: Chats | None = None) -> dict[str, Any]:
    """What it draws of a conversation."""
    known = next((each for each in listed.entries if each.id == chat_id), None) if listed else None
    return {
        "chat_id": chat_id,
        "chat_name": known.name if known else called(chat_id),
        "chat_subtitle": person(chat_id) if known and not chat_id.endswith(GROUP) else "",
        "group": chat_id.endswith(GROUP),
        "unread": known.unread if known else 0,
        "spoken": found,
    }
