"""From a checked request to an answer, over the one path that everything that goes out takes: `Sender`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from fastapi.responses import JSONResponse
from starlette.requests import Request

from whatsapp_contracts.errors import ErrorCode
from whatsapp_session.api import idempotency
from whatsapp_session.api.refusals import REPLAYED, refusing
from whatsapp_session.api.services import Services
from whatsapp_session.outbox.entries import Sent
from whatsapp_session.outgoing import Deletion, Edit, Forward, Media, Outgoing, Reaction


def key_of(request: Request) -> str | None:
    """The call's `Idempotency-Key`. Raises ApiError."""
    return idempotency.key(request.headers.getlist("idempotency-key"))


async def answered(services: Services, request: Request, meaning: Any) -> JSONResponse | None:
    """The first answer to this call's key, where it has one already."""
    if (key := key_of(request)) is None:
        return None
    entry = await services.sender.answered(key, _print(request, meaning))
    if entry is None:
        return None
    return done(Sent(message_id=entry.message_id, replayed=True)) if entry.call else _queued(entry.id, True)


async def send(services: Services, request: Request, outgoing: Outgoing, meaning: Any) -> Sent:
    """Send now, and wait until WhatsApp has accepted it. Raises ApiError."""
    key = key_of(request)
    try:
        with refusing(not_found=missing(outgoing), failed=ErrorCode.SEND_FAILED):
            return await services.sender.send(outgoing, key=key, fingerprint=_print(request, meaning))
    finally:
        _release(services, outgoing)


async def enqueue(
    services: Services, request: Request, outgoing: Outgoing, meaning: Any, send_at: datetime | None
) -> JSONResponse:
    """Put it on disk, to be sent when it can; 202. Raises ApiError."""
    key = key_of(request)
    kept = False
    try:
        with refusing(not_found=missing(outgoing), failed=ErrorCode.SEND_FAILED):
            entry, replayed = await services.sender.enqueue(
                outgoing, key=key, fingerprint=_print(request, meaning), send_at=send_at
            )
        kept = not replayed
    finally:
        if not kept:
            _release(services, outgoing)
    return _queued(entry.id, replayed)


def _queued(id: str, replayed: bool) -> JSONResponse:
    body = {"ok": True, "messageId": None, "id": id, "state": "queued"}
    return JSONResponse(body, status_code=202, headers=headers(replayed))


def done(sent: Sent, message_id: str | None = None) -> JSONResponse:
    """The answer after WhatsApp has accepted it; `message_id` is of the message that was changed."""
    body = {"ok": True, "messageId": sent.message_id or message_id, "id": sent.id, "state": "sent"}
    return JSONResponse(body, headers=headers(sent.replayed))


def headers(replayed: bool) -> dict[str, str]:
    """What marks an answer that was given before."""
    return REPLAYED if replayed else {}


def missing(outgoing: Outgoing) -> ErrorCode:
    """What WhatsApp has not, when it says so: the message that is meant, or the chat it goes to."""
    names_one = outgoing.reply_to is not None or isinstance(
        outgoing.content, Forward | Reaction | Edit | Deletion
    )
    return ErrorCode.MESSAGE_NOT_FOUND if names_one else ErrorCode.CHAT_NOT_FOUND


def _print(request: Request, meaning: Any) -> str:
    return idempotency.fingerprint(request.method, request.url.path, meaning)


def _release(services: Services, outgoing: Outgoing) -> None:
    if isinstance(outgoing.content, Media):
        services.media.release(outgoing.content.path)
