"""Sending and reading: contract A's calls of a session, in contract B's envelope.

Nothing is checked twice: what a message may hold is the session's to say, and its refusal names the field.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.responses import Response

from whatsapp_hub.api import examples
from whatsapp_hub.api.caller import Caller, session_caller
from whatsapp_hub.api.describe import ASKING, SENDING, described, passed_body
from whatsapp_hub.api.passing import handed_on

router = APIRouter(prefix="/api/sessions", tags=["conversations"])
Reader = Annotated[Caller, Depends(session_caller("messages:read"))]
Writer = Annotated[Caller, Depends(session_caller("messages:write"))]
Limit = Annotated[int, Query(ge=1, le=500, description="how many at most")]
After = Annotated[str | None, Query(max_length=300, description="the `next` of the page before")]
OutboxState = Annotated[str | None, Query(pattern="^(queued|sending|sent|failed|cancelled)$")]
Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        description="1 to 255 visible ASCII characters: the same call with the same key sends once",
    ),
]


def sending(summary: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    """What the document says of a route that sends."""
    told = described(summary, data=examples.SENT, errors=SENDING)
    return told | {"openapi_extra": passed_body(body) if body is not None else None}


def telling(summary: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    """What the document says of a route that does something in a chat."""
    told = described(summary, data={}, errors=ASKING)
    return told | {"openapi_extra": passed_body(body) if body is not None else None}


@router.post(
    "/{id}/messages",
    **described("Send a message", data=examples.SENT, errors=SENDING)
    | {"openapi_extra": {"requestBody": examples.MESSAGE_BODIES}},
)
async def send(id: str, caller: Writer, request: Request, key: Key = None) -> Response:
    """Contract A's `POST /messages`: JSON, or multipart with the parts `message` (that JSON) and `file`.

    200 once WhatsApp has accepted it; 202 with `async` or `sendAt`: it is queued, and goes out when it can.
    """
    return await handed_on(id, caller, request, "POST", "messages")


@router.put("/{id}/messages/{message_id}/reaction", **sending("React to a message", {"emoji": "👍"}))
async def react(id: str, message_id: str, caller: Writer, request: Request, key: Key = None) -> Response:
    """An empty `emoji` takes it back."""
    return await handed_on(id, caller, request, "PUT", "messages", message_id, "reaction")


@router.patch("/{id}/messages/{message_id}", **sending("Edit an own message", {"text": "Hello, Ana"}))
async def edit(id: str, message_id: str, caller: Writer, request: Request, key: Key = None) -> Response:
    """Within the time that WhatsApp allows."""
    return await handed_on(id, caller, request, "PATCH", "messages", message_id)


@router.delete("/{id}/messages/{message_id}", **sending("Delete an own message for everyone"))
async def unsend(id: str, message_id: str, caller: Writer, request: Request, key: Key = None) -> Response:
    """Within the time that WhatsApp allows."""
    return await handed_on(id, caller, request, "DELETE", "messages", message_id)


@router.post("/{id}/messages/{message_id}/forward", **sending("Forward a message", {"to": "5491123456789"}))
async def forward(id: str, message_id: str, caller: Writer, request: Request, key: Key = None) -> Response:
    """To another chat, as WhatsApp marks it."""
    return await handed_on(id, caller, request, "POST", "messages", message_id, "forward")


@router.get(
    "/{id}/chats",
    **described("List the chats", data={"chats": [examples.CHAT], "next": None}, errors=ASKING),
)
async def chats(
    id: str, caller: Reader, request: Request, limit: Limit = 50, after: After = None
) -> Response:
    """As WhatsApp has them now, the newest first; 503 while the session cannot be asked."""
    return await handed_on(id, caller, request, "GET", "chats")


@router.get(
    "/{id}/chats/{chat_id}/messages",
    **described("Read a chat's messages", data={"messages": [examples.MESSAGE], "next": None}, errors=ASKING),
)
async def messages(
    id: str, chat_id: str, caller: Reader, request: Request, limit: Limit = 50, after: After = None
) -> Response:
    """As WhatsApp has them now, own ones too, the newest first; 503 while the session cannot be asked."""
    return await handed_on(id, caller, request, "GET", "chats", chat_id, "messages")


@router.post("/{id}/chats/{chat_id}/read", **telling("Mark a chat as read"))
async def mark_read(id: str, chat_id: str, caller: Writer, request: Request) -> Response:
    """Everything in it; who wrote sees it where both share that."""
    return await handed_on(id, caller, request, "POST", "chats", chat_id, "read")


@router.post(
    "/{id}/chats/{chat_id}/typing",
    **telling("Show typing or recording in a chat", {"state": "composing"}),
)
async def typing(id: str, chat_id: str, caller: Writer, request: Request) -> Response:
    """`composing`, `recording`, or `paused`, which ends it."""
    return await handed_on(id, caller, request, "POST", "chats", chat_id, "typing")


@router.post("/{id}/chats/{chat_id}/presence", **telling("Follow a chat's presence"))
async def presence(id: str, chat_id: str, caller: Writer, request: Request) -> Response:
    """`presence.changed` events of this chat to the session's receivers from now on."""
    return await handed_on(id, caller, request, "POST", "chats", chat_id, "presence")


@router.get(
    "/{id}/outbox",
    **described(
        "List what is queued, or was lately",
        data={"entries": [examples.ENTRY], "next": None},
        errors=(502,),
    ),
)
async def outbox(
    id: str,
    caller: Reader,
    request: Request,
    state: OutboxState = None,
    limit: Limit = 50,
    after: After = None,
) -> Response:
    """The oldest first; ended ones are kept for a day."""
    return await handed_on(id, caller, request, "GET", "outbox")


@router.get(
    "/{id}/outbox/{entry_id}",
    **described("Ask what became of a queued message", data={"entry": examples.ENTRY}, errors=(502,)),
)
async def outbox_entry(id: str, entry_id: str, caller: Reader, request: Request) -> Response:
    """How far it is, and why it failed."""
    return await handed_on(id, caller, request, "GET", "outbox", entry_id)


@router.delete(
    "/{id}/outbox/{entry_id}",
    **described(
        "Cancel a queued message",
        data={"entry": examples.ENTRY | {"state": "cancelled"}},
        errors=ASKING,
    ),
)
async def cancel(id: str, entry_id: str, caller: Writer, request: Request) -> Response:
    """Only while it is queued (409 after): what was sent is deleted as a message."""
    return await handed_on(id, caller, request, "DELETE", "outbox", entry_id)
