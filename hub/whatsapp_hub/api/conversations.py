"""Sending and reading: contract A's calls of a session, in contract B's envelope.

What the session answers is handed on as it is: its `message` says what to do, its status what happened.
"""

from __future__ import annotations

import json
from typing import Annotated, Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from whatsapp_hub.api.caller import Caller, services, session_caller
from whatsapp_hub.api.envelope import ApiError, ok
from whatsapp_hub.api.sessions import find
from whatsapp_hub.backend.protocol import Answer, Call

router = APIRouter(prefix="/api/sessions", tags=["conversations"])
Reader = Annotated[Caller, Depends(session_caller("messages:read"))]
Writer = Annotated[Caller, Depends(session_caller("messages:write"))]

HANDED_ON = ("content-type", "idempotency-key")
HANDED_BACK = ("retry-after", "idempotent-replayed")
OF_A_FILE = ("content-type", "content-disposition")
NOT_UNDERSTOOD = "The session's answer was not understood. Look at its log."


@router.post("/{id}/messages")
async def send(id: str, caller: Writer, request: Request) -> Response:
    """Send: contract A's `POST /messages`, JSON or multipart, with `Idempotency-Key`."""
    return await _handed_on(id, caller, request, "POST", "/messages")


@router.put("/{id}/messages/{message_id}/reaction")
async def react(id: str, message_id: str, caller: Writer, request: Request) -> Response:
    """React to a message; an empty `emoji` takes it back."""
    return await _handed_on(id, caller, request, "PUT", f"/messages/{_part(message_id)}/reaction")


@router.patch("/{id}/messages/{message_id}")
async def edit(id: str, message_id: str, caller: Writer, request: Request) -> Response:
    """Edit an own message."""
    return await _handed_on(id, caller, request, "PATCH", f"/messages/{_part(message_id)}")


@router.delete("/{id}/messages/{message_id}")
async def unsend(id: str, message_id: str, caller: Writer, request: Request) -> Response:
    """Delete an own message for everyone."""
    return await _handed_on(id, caller, request, "DELETE", f"/messages/{_part(message_id)}")


@router.post("/{id}/chats/{chat_id}/read")
async def mark_read(id: str, chat_id: str, caller: Writer, request: Request) -> Response:
    """Everything in the chat is read."""
    return await _handed_on(id, caller, request, "POST", f"/chats/{_part(chat_id)}/read")


@router.get("/{id}/chats")
async def chats(id: str, caller: Reader, request: Request) -> Response:
    """The session's chats, the newest first."""
    return await _handed_on(id, caller, request, "GET", "/chats")


@router.get("/{id}/chats/{chat_id}/messages")
async def messages(id: str, chat_id: str, caller: Reader, request: Request) -> Response:
    """A chat's messages, the newest first."""
    return await _handed_on(id, caller, request, "GET", f"/chats/{_part(chat_id)}/messages")


@router.get("/{id}/outbox/{entry_id}")
async def outbox(id: str, entry_id: str, caller: Reader, request: Request) -> Response:
    """What became of a queued message."""
    return await _handed_on(id, caller, request, "GET", f"/outbox/{_part(entry_id)}")


@router.get("/{id}/webhooks")
async def webhooks(id: str, caller: Reader, request: Request) -> Response:
    """How the session's deliveries go."""
    return await _handed_on(id, caller, request, "GET", "/webhooks")


@router.get("/{id}/media/{media_id}")
async def media(id: str, media_id: str, caller: Reader, request: Request) -> Response:
    """A message's file."""
    row = await find(request, caller, id)
    call = Call(method="GET", path=f"/media/{_part(media_id)}")
    answer = await services(request).backend.call(row.uid, call)
    if answer.status != 200:
        return _enveloped(answer)
    headers = {name: answer.headers[name] for name in OF_A_FILE if name in answer.headers}
    return Response(answer.body, 200, {**headers, "X-Content-Type-Options": "nosniff"})


async def _handed_on(id: str, caller: Caller, request: Request, method: str, path: str) -> Response:
    row = await find(request, caller, id)
    query = urlencode(request.query_params.multi_items())
    call = Call(
        method=method,
        path=f"{path}?{query}" if query else path,
        headers={name: request.headers[name] for name in HANDED_ON if name in request.headers},
        body=await request.body() or None,
    )
    return _enveloped(await services(request).backend.call(row.uid, call))


def _enveloped(answer: Answer) -> Response:
    headers = {name: answer.headers[name] for name in HANDED_BACK if name in answer.headers}
    try:
        body: Any = json.loads(answer.body)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise ApiError(502, NOT_UNDERSTOOD)
    if answer.status >= 400:
        if answer.status == 401:  # our key and theirs differ: nothing that the caller could mend
            raise ApiError(502, "The session refused the hub's key. Restart the session.")
        raise ApiError(answer.status, str(body.get("message") or body.get("error") or ""), headers)
    made = ok({name: value for name, value in body.items() if name != "ok"}, answer.status)
    made.headers.update(headers)
    return made


def _part(text: str) -> str:
    return quote(text, safe="")
