"""Sending and reading: contract A's calls of a session, in contract B's envelope."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from whatsapp_hub.api.caller import Caller, session_caller
from whatsapp_hub.api.passing import file_of, handed_on

router = APIRouter(prefix="/api/sessions", tags=["conversations"])
Reader = Annotated[Caller, Depends(session_caller("messages:read"))]
Writer = Annotated[Caller, Depends(session_caller("messages:write"))]


@router.post("/{id}/messages")
async def send(id: str, caller: Writer, request: Request) -> Response:
    """Send: contract A's `POST /messages`, JSON or multipart, with `Idempotency-Key`."""
    return await handed_on(id, caller, request, "POST", "messages")


@router.put("/{id}/messages/{message_id}/reaction")
async def react(id: str, message_id: str, caller: Writer, request: Request) -> Response:
    """React to a message; an empty `emoji` takes it back."""
    return await handed_on(id, caller, request, "PUT", "messages", message_id, "reaction")


@router.patch("/{id}/messages/{message_id}")
async def edit(id: str, message_id: str, caller: Writer, request: Request) -> Response:
    """Edit an own message."""
    return await handed_on(id, caller, request, "PATCH", "messages", message_id)


@router.delete("/{id}/messages/{message_id}")
async def unsend(id: str, message_id: str, caller: Writer, request: Request) -> Response:
    """Delete an own message for everyone."""
    return await handed_on(id, caller, request, "DELETE", "messages", message_id)


@router.post("/{id}/chats/{chat_id}/read")
async def mark_read(id: str, chat_id: str, caller: Writer, request: Request) -> Response:
    """Everything in the chat is read."""
    return await handed_on(id, caller, request, "POST", "chats", chat_id, "read")


@router.get("/{id}/chats")
async def chats(id: str, caller: Reader, request: Request) -> Response:
    """The session's chats, the newest first."""
    return await handed_on(id, caller, request, "GET", "chats")


@router.get("/{id}/chats/{chat_id}/messages")
async def messages(id: str, chat_id: str, caller: Reader, request: Request) -> Response:
    """A chat's messages, the newest first."""
    return await handed_on(id, caller, request, "GET", "chats", chat_id, "messages")


@router.get("/{id}/outbox/{entry_id}")
async def outbox(id: str, entry_id: str, caller: Reader, request: Request) -> Response:
    """What became of a queued message."""
    return await handed_on(id, caller, request, "GET", "outbox", entry_id)


@router.get("/{id}/media/{media_id}")
async def media(id: str, media_id: str, caller: Reader, request: Request) -> Response:
    """A message's file."""
    return await file_of(id, caller, request, "media", media_id)
