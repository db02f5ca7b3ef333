"""`POST /messages`, and what changes a message: reactions, edits, deletions, forwards."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from whatsapp_contracts.errors import ErrorCode
from whatsapp_session.api import bodies, schemas
from whatsapp_session.api.composing import Wish, wish
from whatsapp_session.api.delivering import answered, done, enqueue, key_of, send
from whatsapp_session.api.describe import described, json_body
from whatsapp_session.api.params import MessageId, chat_of
from whatsapp_session.api.receiving import received
from whatsapp_session.api.services import Services
from whatsapp_session.outgoing import Change, Content, Deletion, Edit, Forward, Media, Outgoing, Reaction

SEND_ERRORS = (
    ErrorCode.NOT_ON_WHATSAPP,
    ErrorCode.SESSION_NOT_READY,
    ErrorCode.IDEMPOTENCY_IN_PROGRESS,
    ErrorCode.OUTCOME_UNKNOWN,
    ErrorCode.IDEMPOTENCY_KEY_REUSED,
    ErrorCode.MESSAGE_NOT_FOUND,
    ErrorCode.CHAT_NOT_FOUND,
    ErrorCode.RATE_LIMITED,
    ErrorCode.SEND_FAILED,
    ErrorCode.NUMBER_CHECK_FAILED,
    ErrorCode.STORAGE_FULL,
)
MEDIA_ERRORS = (ErrorCode.FORBIDDEN_ADDRESS, ErrorCode.MEDIA_FETCH_FAILED)
SENDS: dict[str, Any] = {
    "ok": schemas.SENT,
    "example": schemas.SENT_EXAMPLE,
    "errors": SEND_ERRORS,
    "keyed": True,
}


def router(services: Services) -> APIRouter:
    """The routes of one session."""
    routes = APIRouter(tags=["sending"])

    async def about(request: Request, message_id: str, content: Change | Forward, to: str) -> JSONResponse:
        outgoing = Outgoing(to=to, content=content)
        sent = await send(services, request, outgoing, outgoing.to_json())
        return done(sent, None if isinstance(content, Forward) else message_id)

    @routes.post(
        "/messages",
        **described(
            "Send a message of any type",
            body=schemas.MESSAGE_BODIES,
            queued=True,
            **SENDS | {"errors": (*SEND_ERRORS, *MEDIA_ERRORS)},
        ),
    )
    async def messages(request: Request) -> JSONResponse:
        """200 once WhatsApp has accepted it; with `async` or `sendAt` 202 once it is on disk."""
        key_of(request)  # refused before a file is read
        async with received(request, services.media) as body:
            wanted = wish(body.data, form=body.form)
            by_url = wanted.source is not None and wanted.source.url is not None
            if by_url and (first := await answered(services, request, meaning(wanted))):
                return first
            content = wanted.content or await body.file(wanted, services.guard)
        outgoing = wanted.outgoing(content)
        asked = meaning(wanted, content)
        if wanted.queued:
            return await enqueue(services, request, outgoing, asked, wanted.send_at)
        return done(await send(services, request, outgoing, asked))

    @routes.put(
        "/messages/{messageId}/reaction",
        **described(
            "React to a message, or take a reaction back",
            body=json_body(schemas.REACTION, {"emoji": "👍"}),
            **SENDS,
        ),
    )
    async def reaction(request: Request, message_id: MessageId) -> JSONResponse:
        """An empty `emoji` takes it back; done twice it is the same as done once."""
        emoji = bodies.reaction(await request.body())
        content = Reaction(message_id=message_id, emoji=emoji)
        return await about(request, message_id, content, chat_of(message_id))

    @routes.patch(
        "/messages/{messageId}",
        **described("Edit an own message", body=json_body(schemas.EDIT, {"text": "Hello, Ana"}), **SENDS),
    )
    async def edit(request: Request, message_id: MessageId) -> JSONResponse:
        """WhatsApp takes edits for about a quarter of an hour."""
        text = bodies.edit(await request.body())
        return await about(request, message_id, Edit(message_id=message_id, text=text), chat_of(message_id))

    @routes.delete("/messages/{messageId}", **described("Delete an own message for everyone", **SENDS))
    async def delete(request: Request, message_id: MessageId) -> JSONResponse:
        """WhatsApp takes deletions for about two days."""
        return await about(request, message_id, Deletion(message_id=message_id), chat_of(message_id))

    @routes.post(
        "/messages/{messageId}/forward",
        **described("Forward a message", body=json_body(schemas.FORWARD, {"to": "5491123456789"}), **SENDS),
    )
    async def forward(request: Request, message_id: MessageId) -> JSONResponse:
        """To another chat; a file of it is not sent through this process."""
        to = bodies.forward(await request.body())
        return await about(request, message_id, Forward(message_id=message_id), to)

    return routes


def meaning(wanted: Wish, content: Content | None = None) -> dict[str, Any]:
    """What this request asks for: of a file its content, not its name on the volume; of a URL what was sent,
    since it may give another file the next time."""
    asked = wanted.meaning()
    if wanted.source is not None and wanted.source.url is not None:
        return asked | {"media": asdict(wanted.source)}
    if isinstance(content, Media):
        return asked | {"media": {key: value for key, value in asdict(content).items() if key != "path"}}
    return asked
