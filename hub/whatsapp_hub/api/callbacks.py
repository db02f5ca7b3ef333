"""Contract D: what session pods tell. Every call may come twice, and counts once."""

from __future__ import annotations

import asyncio
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlalchemy.exc import IntegrityError

from whatsapp_contracts import callbacks as d
from whatsapp_contracts.states import State
from whatsapp_hub import qr
from whatsapp_hub.api import examples
from whatsapp_hub.api.caller import services
from whatsapp_hub.api.describe import described, passed_body
from whatsapp_hub.api.envelope import ApiError, ok
from whatsapp_hub.api.signed import GONE, Signed, handle, opened, proven, told, validated
from whatsapp_hub.crm import ordering
from whatsapp_hub.crm.bodies import MessageReceived, QrUpdate, StatusUpdate
from whatsapp_hub.crm.ordering import QR_LIFE
from whatsapp_hub.crm.records import record
from whatsapp_hub.database.models import Session
from whatsapp_hub.live import Word
from whatsapp_hub.store import arrivals
from whatsapp_hub.store.changes import Changes
from whatsapp_hub.store.messages import TYPE, Incoming, Messages, Stored
from whatsapp_hub.times import iso

router = APIRouter(tags=["callbacks"])

REPEAT = "repeat"
OUTDATED = "It is older than what is known; nothing changed"
STORED, STORED_BEFORE = "Message stored", "Repeated; it was stored before"


@router.post(
    d.STATUS_UPDATE,
    **described("Tell a change of state", data=examples.RECORD, errors=(404,))
    | {"openapi_extra": passed_body(examples.STATUS_UPDATE)},
)
async def status_update(request: Request) -> Response:
    """The session's state changed."""
    return await handle(request, "status-update", _status)


@router.post(
    d.MESSAGE_RECEIVED,
    **described("Tell an incoming message", data=examples.KEPT, errors=(404,))
    | {"openapi_extra": passed_body(examples.RECEIVED)},
)
async def message_received(request: Request) -> Response:
    """A message came in: answered and told when it is committed."""
    parts = services(request)
    with told(parts, "message") as line:
        call = await opened(request, line)
        try:
            async with parts.database.statements() as run:
                session = await proven(parts, call, run)
                message = validated(MessageReceived, call.body).incoming()
                kept = await arrivals.store(run, session, message, now := parts.clock())
            if kept is None:
                async with parts.database.begin() as transaction:
                    kept = await Messages(transaction, session.tenant_id).store(session.id, message, now)
        except IntegrityError:
            raise ApiError(404, GONE) from None  # deleted since it was proven
        word = "stored" if kept.new else REPEAT
        line.outcome = f"{word} {kept.id}, contact {kept.contact_id}, chat {kept.chat_id}"
    if kept.new:  # after the commit: whoever hears of it finds it
        told_of = Word(tenant_id=session.tenant_id, uid=session.uid, kind="message", id=kept.id)
        await parts.live.tell(told_of)
    return ok(_kept(message, kept), beside={"message": STORED if kept.new else STORED_BEFORE})


@router.post(
    d.QR_UPDATE,
    **described("Tell a new QR", data={"session": examples.RECORD, "qr_code": "2@AbC…"}, errors=(404,))
    | {"openapi_extra": passed_body(examples.QR_UPDATE)},
)
async def qr_update(request: Request) -> Response:
    """A new QR is on show."""
    shown: list[Signed] = []

    async def keep(call: Signed) -> tuple[Response, str]:
        shown.append(call)
        return await _qr(call)

    answer = await handle(request, "qr-update", keep)
    session = shown[0].session
    await shown[0].services.live.tell(Word(tenant_id=session.tenant_id, uid=session.uid, kind="session"))
    return answer


async def _status(call: Signed) -> tuple[Response, str]:
    update = call.read(StatusUpdate)
    now = call.services.clock()
    store = Messages(call.transaction, call.session.tenant_id)
    if not await store.first_receipt(call.session, call.webhook_id, now):
        return _answer(call.session, "Repeated; nothing changed"), REPEAT
    if ordering.outdated(call.session, update.status, update.last_seen):
        return _answer(call.session, OUTDATED), "stale"
    for name, value in ordering.settled(call.session, update.changes()).items():
        setattr(call.session, name, value)
    call.session.updated_at = now
    return _answer(call.session, "Status updated"), f"stored, {update.status}"


async def _qr(call: Signed) -> tuple[Response, str]:
    update = call.read(QrUpdate)
    now, session = call.services.clock(), call.session
    data = {
        "session": record(session),
        "qr_code": update.qr_code,
        "qr_url": update.qr_url,
        "timestamp": iso(update.timestamp),
    }
    store = Messages(call.transaction, session.tenant_id)
    if not await store.first_receipt(session, call.webhook_id, now):
        return ok(data, beside={"message": "Repeated; nothing changed"}), REPEAT
    if ordering.outdated_qr(session, update.qr_code, update.timestamp):
        return ok(data, beside={"message": OUTDATED}), "stale"
    session.status = "pending"
    session.updated_at = now
    if session.qr_code != update.qr_code and update.timestamp + QR_LIFE > now:
        session.qr_png = await _picture(update)
        session.qr_code, session.qr_expires_at = update.qr_code, update.timestamp + QR_LIFE
        first = (session.state, session.reason) != (State.QR_REQUIRED.value, None)
        session.state, session.reason, session.connecting_since = State.QR_REQUIRED.value, None, None
        session.state_since = session.state_since or now
        if first:  # the backend tells the same in a moment, and then it is nothing new
            await Changes(call.transaction, session.tenant_id).note(session, now)
    return ok(data | {"session": record(session)}, beside={"message": "QR updated"}), "stored"


async def _picture(update: QrUpdate) -> str | None:
    """The PNG: as it was sent, or drawn from the raw code."""
    for text in (update.qr_url or "", update.qr_code):
        sent = text.removeprefix(qr.PREFIX)
        if sent.startswith("iVBORw0KGgo"):  # a PNG's first bytes
            return sent
    try:
        return await asyncio.to_thread(qr.base64_png, update.qr_code)
    except ValueError:
        return None


def _kept(message: Incoming, kept: Stored) -> dict[str, Any]:
    return {
        "message": {
            "id": kept.id,
            "message_id": message.message_id,
            "type": TYPE,
            "content": message.content,
            "from": message.sender,
            "to": message.recipient,
            "timestamp": iso(message.sent_at),
        },
        "contact_id": kept.contact_id,
        "chat_id": kept.chat_id,
    }


def _answer(session: Session, text: str) -> Response:
    return ok(record(session), beside={"message": text})
