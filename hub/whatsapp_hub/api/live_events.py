"""`GET /api/sessions/{id}/events`: a session live, as server-sent events `state`, `qr`, `message`, `deleted`.

Each event holds the whole of what it is about, read from the rows when it is told: what a follower has missed
while it was away is in the first `state` and `qr` it gets; messages are in the chat's list.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Request
from fastapi.responses import StreamingResponse

from whatsapp_hub.api import shapes
from whatsapp_hub.api.caller import Caller, services, session_caller
from whatsapp_hub.api.sessions import find
from whatsapp_hub.database.models import Mensaje, Session
from whatsapp_hub.live import Word
from whatsapp_hub.services import Services
from whatsapp_hub.store.messages import Messages
from whatsapp_hub.store.sessions import Sessions
from whatsapp_hub.times import iso

router = APIRouter(prefix="/api/sessions", tags=["sessions"])
Reader = Annotated[Caller, Depends(session_caller("sessions:read"))]

KEEPALIVE = 15.0
"""Seconds; proxies close a silent stream after 30 or 60. A status that ends with time is told with it too."""
GREETING = ": whatsapp-hub\n\n"
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


@router.get("/{id}/events", response_class=StreamingResponse)
async def events(id: str, caller: Reader, request: Request) -> StreamingResponse:
    """The session as it is, then what changes. Messages need the scope `messages:read` as well."""
    row = await find(request, caller, id)
    reads = "messages:read" in caller.scopes
    stream = follow(services(request), caller.tenant_id, row.uid, messages=reads)
    return StreamingResponse(stream, media_type="text/event-stream", headers=HEADERS)


async def follow(
    services: Services, tenant_id: int, uid: str, *, messages: bool
) -> AsyncGenerator[str, None]:
    """The text of one follower's stream, until the session is deleted or the follower leaves."""
    services.metrics.streams.inc()
    try:
        with services.live.watch(uid) as watch:  # before the first look: nothing falls between
            yield GREETING
            told: tuple[Any, Any] = (None, None)
            word: Word | None = Word(tenant_id=tenant_id, uid=uid, kind="session")
            while True:
                if word and word.kind == "message":
                    if messages and word.id is not None:
                        yield await _message(services, tenant_id, word.id)
                else:
                    row = await _row(services, tenant_id, uid)
                    if row is None:
                        yield _event("deleted", {"sessionId": None})
                        return
                    now = services.clock()
                    state, qr = shapes.stated(row, now), shapes.qr_shown(row, now)
                    if state != told[0]:
                        yield _event("state", state)
                    if qr["qrCode"] and qr != told[1]:
                        yield _event("qr", qr)
                    told = (state, qr)
                    if word is None:
                        yield ": alive\n\n"
                word = await watch.next(KEEPALIVE)
    finally:
        services.metrics.streams.dec()


async def _row(services: Services, tenant_id: int, uid: str) -> Session | None:
    async with services.database.read() as transaction:
        return await Sessions(transaction, tenant_id).by_uid(uid)


async def _message(services: Services, tenant_id: int, message_id: int) -> str:
    async with services.database.read() as transaction:
        row = await Messages(transaction, tenant_id).one(message_id)
    return _event("message", shown(row)) if row else ""


def shown(row: Mensaje) -> dict[str, Any]:
    """A stored message."""
    return {
        "id": row.id,
        "messageId": row.message_id,
        "contactId": row.contact_id,
        "chatId": row.chat_id,
        "from": row.sender,
        "to": row.recipient,
        "content": row.content,
        "timestamp": iso(row.sent_at),
    }


def _event(name: str, data: dict[str, Any]) -> str:
    return f"event: {name}\ndata: {orjson.dumps(data).decode()}\n\n"
