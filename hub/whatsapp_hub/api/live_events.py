"""`GET /api/sessions/{id}/events`: a session live, as server-sent events `state`, `qr`, `message`, `deleted`.

Each event holds the whole of what it is about, read from the rows when it is told: what a follower has missed
while it was away is in the first `state` and `qr` it gets; messages are in the chat's list. A thousand
followers of one session cost one read and one text a change, and none is held up by a slow one: what a
follower does not take is bounded by `live.BACKLOG` words.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Request
from fastapi.responses import StreamingResponse

from whatsapp_hub.api import shapes
from whatsapp_hub.api.caller import Caller, services, session_caller
from whatsapp_hub.api.describe import described
from whatsapp_hub.api.envelope import away
from whatsapp_hub.api.sessions import find
from whatsapp_hub.database.connection import TROUBLE
from whatsapp_hub.database.models import Mensaje
from whatsapp_hub.live import Word
from whatsapp_hub.services import Services
from whatsapp_hub.store.messages import Messages
from whatsapp_hub.store.sessions import Sessions
from whatsapp_hub.times import iso

router = APIRouter(prefix="/api/sessions", tags=["sessions"])
Reader = Annotated[Caller, Depends(session_caller("sessions:read"))]

KEEPALIVE = 15.0
"""Seconds; proxies close a silent stream after 30 or 60. A status that ends with time is told with it too."""
AGAIN = 1.0
"""Seconds between looks while the database is away: the stream stays, and tells then what it has to."""
GREETING = b": whatsapp-hub\n\n"
ALIVE = b": alive\n\n"
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """A session as every follower is told of it: the text of its two events; no `qr` when none is on show."""

    state: bytes
    qr: bytes


@router.get(
    "/{id}/events",
    response_class=StreamingResponse,
    **described("Follow a session live", file="text/event-stream"),
)
async def events(id: str, caller: Reader, request: Request) -> StreamingResponse:
    """The session as it is, then what changes. Messages need the scope `messages:read` as well."""
    row = await find(request, caller, id)
    reads = "messages:read" in caller.scopes
    stream = follow(services(request), caller.tenant_id, row.uid, messages=reads)
    return StreamingResponse(stream, media_type="text/event-stream", headers=HEADERS)


async def follow(
    services: Services, tenant_id: int, uid: str, *, messages: bool
) -> AsyncGenerator[bytes, None]:
    """One follower's stream, until the session is deleted or the follower leaves."""
    services.metrics.streams.inc()
    try:
        with services.live.watch(uid) as watch:  # before the first look: nothing falls between
            yield GREETING
            state = qr = b""
            word: Word | None = Word(tenant_id=tenant_id, uid=uid, kind="session")
            while True:
                try:
                    if word and word.kind == "message":
                        heard = messages and word.id is not None
                        text = await _message(services, tenant_id, word.id or 0) if heard else b""
                    else:
                        shown = await _session(services, tenant_id, uid)
                except TROUBLE as error:
                    if not away(error):
                        raise
                    yield ALIVE
                    await asyncio.sleep(AGAIN)
                    continue  # with the same word
                if word and word.kind == "message":
                    yield text
                elif shown is None:
                    yield _event("deleted", {"sessionId": None})
                    return
                else:
                    if shown.state != state:
                        yield shown.state
                    if shown.qr and shown.qr != qr:
                        yield shown.qr
                    state, qr = shown.state, shown.qr
                    if word is None:
                        yield ALIVE
                word = await watch.next(KEEPALIVE)
    finally:
        services.metrics.streams.dec()


async def _session(services: Services, tenant_id: int, uid: str) -> Shown | None:
    async def look() -> Shown | None:
        async with services.database.read() as transaction:
            row = await Sessions(transaction, tenant_id).shown(uid, *shapes.LISTED)
        if row is None:
            return None
        now = services.clock()
        qr = shapes.qr_shown(row, now)
        return Shown(
            state=_event("state", shapes.stated(row, now)), qr=_event("qr", qr) if qr["qrCode"] else b""
        )

    return await services.live.read(("session", tenant_id, uid), look)


async def _message(services: Services, tenant_id: int, message_id: int) -> bytes:
    async def look() -> bytes:
        async with services.database.read() as transaction:
            row = await Messages(transaction, tenant_id).one(message_id)
        return _event("message", shown(row)) if row else b""

    return await services.live.read(("message", tenant_id, message_id), look)


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


def _event(name: str, data: dict[str, Any]) -> bytes:
    try:
        text = orjson.dumps(data)
    except TypeError:  # half of a surrogate pair, which JSON can say and UTF-8 cannot
        text = json.dumps(data).encode()
    return b"event: %b\ndata: %b\n\n" % (name.encode(), text)
