"""Contract B: parse, call, answer. What is decided is in `manager`, `status` and `waiting`."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from pydantic import Field

from whatsapp_hub.api import examples, shapes
from whatsapp_hub.api.caller import Caller, services, session_caller
from whatsapp_hub.api.describe import described
from whatsapp_hub.api.envelope import ApiError, ok
from whatsapp_hub.api.fields import Body, Id, Long, Phone, SessionName, Short
from whatsapp_hub.database.models import Session
from whatsapp_hub.manager import Manager, NewSession, SessionExists
from whatsapp_hub.status import Status
from whatsapp_hub.store.sessions import LARGEST_ID, Sessions
from whatsapp_hub.waiting import Found, wait_for_qr

router = APIRouter(prefix="/api/sessions", tags=["sessions"])
Reader = Annotated[Caller, Depends(session_caller("sessions:read"))]
Writer = Annotated[Caller, Depends(session_caller("sessions:write"))]


class CreateSession(Body):
    """Only `sessionId` is required."""

    sessionId: SessionName
    name: Short | None = None
    description: Long | None = None
    phoneNumber: Phone = None
    clienteId: Annotated[Id | None, Field()] = None


@router.post(
    "",
    **described(
        "Create a session", data=examples.SESSION, status=201, body=examples.NEW_SESSION, errors=(409,)
    ),
)
async def create(body: CreateSession, caller: Writer, request: Request) -> Response:
    """A new session; its login starts at once, and this waits for no pod."""
    new = NewSession(
        session_id=body.sessionId,
        name=body.name,
        description=body.description,
        phone_number=body.phoneNumber,
        cliente_id=body.clienteId,
    )
    try:
        row = await manager(request, caller).create(new)
    except SessionExists:
        raise ApiError(409, "Session already exists") from None
    return ok(shapes.listed(row, services(request).clock()), 201)


@router.get("", **described("List every session", data={"sessions": [examples.SESSION], "total": 1}))
async def list_sessions(
    caller: Reader,
    request: Request,
    status: Status | None = None,
    limit: Annotated[int | None, Query(ge=1, le=LARGEST_ID)] = None,
    offset: Annotated[int, Query(ge=0, le=LARGEST_ID)] = 0,
) -> Response:
    """Every session of the tenant; `total` counts what `status` selects, before paging."""
    parts = services(request)
    async with parts.database.read() as transaction:
        rows = await Sessions(transaction, caller.tenant_id).all(*shapes.LISTED)
    now = parts.clock()
    found = shapes.listing(rows, now)
    if status is not None:
        found = [each for each in found if each["status"] == status]
    page = found[offset : None if limit is None else offset + limit]
    return ok({"sessions": page, "total": len(found)})


@router.post("/{id}/connect", **described("Start the login", data=examples.PENDING))
async def connect(id: str, caller: Writer, request: Request) -> Response:
    """Start the login again; where it is under way or done nothing is restarted."""
    row = present(await manager(request, caller).connect(id), id)
    return ok(shapes.stated(row, services(request).clock()))


@router.post("/{id}/disconnect", **described("Disconnect a session", data=examples.CLOSED))
async def disconnect(id: str, caller: Writer, request: Request) -> Response:
    """Close WhatsApp, and keep it closed until connect."""
    row = present(await manager(request, caller).disconnect(id), id)
    return ok(shapes.stated(row, services(request).clock()))


@router.post("/{id}/suspend", **described("Suspend a session", data=examples.CLOSED))
async def suspend(id: str, caller: Writer, request: Request) -> Response:
    """No process or pod until connect; the login is kept."""
    row = present(await manager(request, caller).suspend(id), id)
    return ok(shapes.stated(row, services(request).clock()))


@router.delete("/{id}", **described("Delete a session", data={"deleted": True}))
async def delete(id: str, caller: Writer, request: Request) -> Response:
    """The session goes; whether its login stays is its `retainPolicy`'s to say."""
    if not await manager(request, caller).delete(id):
        present(None, id)
    return ok({"deleted": True})


@router.get("/{id}/qr", **described("Wait for the QR", data=examples.QR, errors=(410,)))
async def qr(id: str, caller: Reader, request: Request) -> Response:
    """The QR to scan, waited for; nulls when there is nothing to scan."""
    parts = services(request)
    row = await find(request, caller, id)
    waited = await wait_for_qr(parts, caller.tenant_id, row.uid)
    row = present(waited.row, id)
    if waited.found is Found.EXPIRED:
        raise ApiError(
            410,
            f"QR Code expired. Connect again (POST /api/sessions/{id}/connect), "
            f"then ask for the QR (GET /api/sessions/{id}/qr).",
        )
    return ok(shapes.qr_shown(row, parts.clock()))


@router.get("/{id}/status", **described("Ask for the status", data=examples.STATUS))
async def status_of(id: str, caller: Reader, request: Request) -> Response:
    """How the session is; never waits for its pod."""
    row = await find(request, caller, id)
    return ok(shapes.stated(row, services(request).clock()))


@router.get("/{id}", **described("Get one session", data=examples.SESSION))
async def one(id: str, caller: Reader, request: Request) -> Response:
    """The session as the list has it."""
    row = await find(request, caller, id)
    return ok(shapes.listed(row, services(request).clock()))


def manager(request: Request, caller: Caller) -> Manager:
    """What the caller can do to sessions."""
    return Manager(services(request), caller.tenant_id, caller.actor)


async def find(request: Request, caller: Caller, id: str) -> Session:
    """The caller's session of this `{id}`; 404 when there is none."""
    async with services(request).database.read() as transaction:
        return present(await Sessions(transaction, caller.tenant_id).find(id), id)


def present(row: Session | None, id: str) -> Session:
    """`row`, or the 404 for `id`."""
    if row is None:
        raise ApiError(404, f"There is no session {id[:100]!r}. GET /api/sessions lists them.")
    return row
