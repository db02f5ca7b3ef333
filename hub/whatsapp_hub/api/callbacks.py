"""Contract D: what session pods tell. Every call may come twice, and counts once."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from fastapi import APIRouter, Request
from fastapi.responses import Response

from whatsapp_contracts import callbacks as d
from whatsapp_contracts.states import State
from whatsapp_hub import qr
from whatsapp_hub.api.envelope import ok
from whatsapp_hub.api.signed import Signed, handle
from whatsapp_hub.crm.bodies import MessageReceived, QrUpdate, StatusUpdate
from whatsapp_hub.crm.records import record
from whatsapp_hub.database.models import Session
from whatsapp_hub.live import Word
from whatsapp_hub.store.messages import Messages, Stored
from whatsapp_hub.times import iso

router = APIRouter(tags=["callbacks"])

QR_LIFE = timedelta(seconds=20)
"""How long a code is on show; the callback does not say."""
REPEAT = "repeat"


@router.post(d.STATUS_UPDATE)
async def status_update(request: Request) -> Response:
    """The session's state changed."""
    return await handle(request, "status-update", _status)


@router.post(d.MESSAGE_RECEIVED)
async def message_received(request: Request) -> Response:
    """A message came in."""
    stored: list[Stored] = []

    async def keep(call: Signed) -> tuple[Response, str]:
        answer, outcome, kept = await _message(call)
        stored.append(kept)
        calls.append(call)
        return answer, outcome

    calls: list[Signed] = []
    answer = await handle(request, "message", keep)
    if stored[0].new:  # after the commit: whoever hears of it finds it
        session = calls[0].session
        word = Word(tenant_id=session.tenant_id, uid=session.uid, kind="message", id=stored[0].id)
        await calls[0].services.live.tell(word)
    return answer


@router.post(d.QR_UPDATE)
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
    for name, value in update.changes().items():
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
    if session.state_since and update.timestamp < session.state_since and session.state != State.QR_REQUIRED:
        return ok(data, beside={"message": "This QR is from before; nothing changed"}), "stale"
    session.status = "pending"
    session.updated_at = now
    if session.qr_code != update.qr_code and update.timestamp + QR_LIFE > now:
        session.qr_png = await _picture(update)
        session.qr_code, session.qr_expires_at = update.qr_code, update.timestamp + QR_LIFE
        session.state, session.reason, session.connecting_since = State.QR_REQUIRED.value, None, None
        session.state_since = session.state_since or now
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


async def _message(call: Signed) -> tuple[Response, str, Stored]:
    received = call.read(MessageReceived)
    message, now = received.incoming(), call.services.clock()
    kept = await Messages(call.transaction, call.session.tenant_id).store(call.session, message, now)
    data = {
        "message": {
            "id": kept.id,
            "message_id": message.message_id,
            "type": "whatsapp_api",
            "content": message.content,
            "from": message.sender,
            "to": message.recipient,
            "timestamp": iso(message.sent_at),
        },
        "contact_id": kept.contact_id,
        "chat_id": kept.chat_id,
    }
    text = "Message stored" if kept.new else "Repeated; it was stored before"
    outcome = f"{'stored' if kept.new else REPEAT} {kept.id}, contact {kept.contact_id}, chat {kept.chat_id}"
    return ok(data, beside={"message": text}), outcome, kept


def _answer(session: Session, text: str) -> Response:
    return ok(record(session), beside={"message": text})
