"""Contract C: the CRM's records of sessions."""

from __future__ import annotations

import secrets
import string
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from whatsapp_contracts import callbacks as d
from whatsapp_hub.api import examples
from whatsapp_hub.api.caller import Caller, record_caller, record_credentials, services
from whatsapp_hub.api.describe import described, passed_body
from whatsapp_hub.api.envelope import ApiError, ok
from whatsapp_hub.api.sessions import manager, present
from whatsapp_hub.api.signed import Signed, handle, validated
from whatsapp_hub.crm import filters, ordering
from whatsapp_hub.crm.bodies import ChangedRecord, NewRecord, NewSessionConnected
from whatsapp_hub.crm.records import record, shown
from whatsapp_hub.database.models import Session
from whatsapp_hub.manager import (
    CLAIM_WAITING,
    CLAIMED,
    UNCLAIMED_MOST,
    NewSession,
    SessionExists,
    TooManyUnclaimed,
)
from whatsapp_hub.qr import PREFIX
from whatsapp_hub.security import signatures
from whatsapp_hub.store.messages import Messages
from whatsapp_hub.store.sessions import ACTIVO, Sessions
from whatsapp_hub.waiting import Found, wait_for_qr

router = APIRouter(tags=["records"])
Reader = Annotated[Caller, Depends(record_caller("sessions:read"))]
Writer = Annotated[Caller, Depends(record_caller("sessions:write"))]

RECORDS = "/api/whatsapp_sessions"
LETTERS = string.ascii_lowercase + string.digits
OURS = d.NEW_SESSION_CONNECTED.rpartition("/")[2]
"""A path beside the records' that is none of them."""


@router.get(
    "/generate-qr",
    **described("Make a session and get its QR", data=examples.GENERATED, errors=(429,)),
)
async def generate_qr(caller: Writer, request: Request) -> Response:
    """A new session and its first QR. Nobody's until it is claimed (POST), and gone when its QR expires."""
    parts = services(request)
    milliseconds = int(parts.clock().timestamp() * 1000)
    name = f"session_{milliseconds}_{''.join(secrets.choice(LETTERS) for _ in range(9))}"
    try:
        row = await manager(request, caller).create(NewSession(session_id=name, claim=CLAIM_WAITING))
    except TooManyUnclaimed:
        raise ApiError(
            429,
            f"{UNCLAIMED_MOST} sessions wait to be claimed already. Claim one (POST {RECORDS}), "
            "or wait until their QRs have expired.",
            {"Retry-After": "30"},
        ) from None
    waited = await wait_for_qr(parts, caller.tenant_id, row.uid)
    if waited.found is not Found.QR or waited.row is None or waited.row.qr_png is None:
        await manager(request, caller).delete(str(row.id))
        raise ApiError(503, "No QR came in time, and the session was removed. Ask again in a moment.")
    await manager(request, caller).wait_for_claim(name, waited.row.qr_expires_at)
    data = {"session_id": name, "qr_code": waited.row.qr_code, "qr_url": PREFIX + waited.row.qr_png}
    return ok(data, beside=data)


@router.post(
    RECORDS,
    **described(
        "Claim or make a session",
        data=examples.RECORD | {"status": "pending"},
        status=201,
        body={"session_id": "session_1767268800000_abc123def", "sesion_id": 1},
        errors=(409,),
    ),
)
async def add(body: NewRecord, caller: Writer, request: Request) -> Response:
    """A record: of a session that exists and that no record was asked for yet, or of a new one."""
    new = NewSession(session_id=body.session_id, sesion_id=body.sesion_id, claim=CLAIMED)
    try:
        row = await manager(request, caller).claim(body.session_id, body.sesion_id)
        row = row or await manager(request, caller).create(new)
    except SessionExists:
        raise ApiError(409, "This session has a record already. Change it with PATCH.") from None
    return ok(record(row), 201)


@router.get(RECORDS, **described("List the records", data=[examples.RECORD], errors=(400,)))
async def listed(caller: Reader, request: Request) -> Response:
    """The records that the filters select."""
    try:
        query = filters.parse(request.query_params.multi_items())
    except filters.FilterError as error:
        raise ApiError(400, str(error)) from None
    async with services(request).database.read() as transaction:
        rows = await Sessions(transaction, caller.tenant_id).matching(query)
    return ok([shown(row) for row in rows])


@router.post(
    d.NEW_SESSION_CONNECTED,
    **described("Tell that a session has connected", data=examples.RECORD, errors=(404,))
    | {"openapi_extra": passed_body(examples.CONNECTED)},
)
async def new_session_connected(request: Request) -> Response:
    """A session has connected: told by its pod (signed), or by the CRM (with a key)."""
    if signatures.signed(request.headers) is not None:
        return await handle(request, OURS, _connected_by_pod)
    parts = services(request)
    caller = await record_credentials(request, "sessions:write")
    try:
        body = await request.json()
    except ValueError:
        raise ApiError(400, "The body is not JSON. Send a JSON object.") from None
    update = validated(NewSessionConnected, body)
    async with parts.database.begin() as transaction:
        store = Sessions(transaction, caller.tenant_id)
        row = present(await store.named(update.session_id, locked=True), update.session_id)
        await _connected(store, row, update, parts.clock())
    return ok(record(row))


@router.get(RECORDS + "/{id}", **described("Get one record", data=examples.RECORD))
async def one(id: str, caller: Reader, request: Request) -> Response:
    """One record."""
    _is_record(id)
    async with services(request).database.read() as transaction:
        row = present(await Sessions(transaction, caller.tenant_id).find(id), id)
    return ok(record(row))


@router.patch(
    RECORDS + "/{id}",
    **described("Change a record", data=examples.RECORD, body={"status": "disconnected"}),
)
async def change(id: str, body: ChangedRecord, caller: Writer, request: Request) -> Response:
    """Changes the record alone; the pod's next event writes over it."""
    _is_record(id)
    parts = services(request)
    async with parts.database.begin() as transaction:
        row = present(await Sessions(transaction, caller.tenant_id).find(id, locked=True), id)
        for name, value in body.changes().items():
            setattr(row, name, value)
        row.updated_at = parts.clock()
    return ok(record(row))


@router.delete(
    RECORDS + "/{id}",
    **described(
        "Delete a record and its session",
        data={"message": "Sesión de WhatsApp eliminada correctamente"},
    ),
)
async def delete(id: str, caller: Writer, request: Request) -> Response:
    """Record and session go."""
    _is_record(id)
    if not await manager(request, caller).delete(id):
        present(None, id)
    return ok({"message": "Sesión de WhatsApp eliminada correctamente"})


async def _connected_by_pod(call: Signed) -> tuple[Response, str]:
    update = call.read(NewSessionConnected)
    now = call.services.clock()
    tenant_id = call.session.tenant_id
    if await Messages(call.transaction, tenant_id).first_receipt(call.session, call.webhook_id, now):
        late = ordering.outdated(call.session, update.status, update.last_seen)
        await _connected(Sessions(call.transaction, tenant_id), call.session, update, now, late=late)
        return ok(record(call.session), beside={"message": "Session connected"}), "stored"
    return ok(record(call.session), beside={"message": "Repeated; nothing changed"}), "repeat"


async def _connected(
    store: Sessions, row: Session, update: NewSessionConnected, now: Any, *, late: bool = False
) -> None:
    """`late`: the session is known to have changed since. The parent is active all the same."""
    for name, value in ordering.settled(row, {} if late else update.changes()).items():
        setattr(row, name, value)
    row.updated_at = row.updated_at if late else now
    if row.sesion_id is not None:
        await store.parent(row.sesion_id, {"estado": ACTIVO, "phone_number": update.phone_number})


def _is_record(id: str) -> None:
    if id == OURS:
        raise ApiError(405, f"This method is not for {d.NEW_SESSION_CONNECTED}. Use POST.", {"Allow": "POST"})
