"""A session as contract B shows it. Pure: a row and the moment in, JSON out."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from whatsapp_contracts.states import State
from whatsapp_hub import qr, status
from whatsapp_hub.database.models import Session
from whatsapp_hub.manager import known
from whatsapp_hub.times import iso
from whatsapp_hub.waiting import shows_qr

LISTED = (
    Session.id,
    Session.uid,
    Session.session_id,
    Session.name,
    Session.description,
    Session.cliente_id,
    Session.expected_phone,
    Session.operating_mode,
    Session.state,
    Session.reason,
    Session.message,
    Session.state_since,
    Session.connecting_since,
    Session.ended,
    Session.gone,
    Session.qr_png,
    Session.qr_expires_at,
    Session.account_phone,
    Session.last_activity,
    Session.created_at,
)
"""The columns that `listed` reads: a list of thousands builds no objects."""

READY = State.READY.value
MODE_MESSAGES = {
    "Disconnected": "The session was disconnected. Connect it: POST /api/sessions/{id}/connect.",
    "Suspended": "The session is suspended. Connect it: POST /api/sessions/{id}/connect.",
}


GONE_MESSAGE = (
    "The session was removed where it ran. Connect it to have it again: POST /api/sessions/{id}/connect; "
    "or delete it: DELETE /api/sessions/{id}."
)


def word(row: Any, now: datetime) -> status.Status:
    """Contract B's `status`."""
    return status.status(known(row), now)


def listed(row: Any, now: datetime) -> dict[str, Any]:
    """One of `data.sessions[]`."""
    now_status = word(row, now)
    connected = now_status == "connected"
    return {
        "id": row.id,
        "sessionId": row.session_id,
        "name": row.name,
        "description": row.description,
        "status": now_status,
        "phoneNumber": row.account_phone if connected else None,
        "expectedPhoneNumber": row.expected_phone,
        "qrCode": row.qr_png if shows_qr(row, now) else None,
        "isConnected": connected,
        "lastActivity": iso(row.last_activity),
        "clienteId": row.cliente_id,
        "operatingMode": row.operating_mode,
        "createdAt": iso(row.created_at),
        **why(row, now_status),
    }


def listing(rows: Iterable[Any], now: datetime) -> list[dict[str, Any]]:
    """`listed` of every row of LISTED. Nearly all of a long list are connected: they need no decision."""
    made = []
    for row in rows:
        (id, _, session_id, name, description, cliente_id, expected_phone, mode, state, reason, message, _, _,
         ended, gone, _, _, account_phone, last_activity, created_at) = row  # fmt: skip
        if state != READY or mode != status.MODE_CONNECTED or ended or gone:
            made.append(listed(row, now))
            continue
        made.append(
            {
                "id": id,
                "sessionId": session_id,
                "name": name,
                "description": description,
                "status": "connected",
                "phoneNumber": account_phone,
                "expectedPhoneNumber": expected_phone,
                "qrCode": None,
                "isConnected": True,
                "lastActivity": iso(last_activity),
                "clienteId": cliente_id,
                "operatingMode": mode,
                "createdAt": iso(created_at),
                "reason": reason,
                "message": message,
            }
        )
    return made


def stated(row: Any, now: datetime) -> dict[str, Any]:
    """`GET …/status`."""
    now_status = word(row, now)
    connected = now_status == "connected"
    return {
        "id": row.id,
        "sessionId": row.session_id,
        "status": now_status,
        "phoneNumber": row.account_phone if connected else None,
        "isConnected": connected,
        "hasQR": shows_qr(row, now),
        "lastActivity": iso(row.last_activity),
        **why(row, now_status),
    }


def qr_shown(row: Any, now: datetime) -> dict[str, Any]:
    """`GET …/qr`: the QR, or nulls and the status that says why."""
    shown = shows_qr(row, now)
    now_status = word(row, now)
    return {
        "sessionId": row.session_id,
        "qrCode": row.qr_png if shown else None,
        "qrCodeDataURL": qr.PREFIX + row.qr_png if shown else None,
        "expiresAt": iso(row.qr_expires_at) if shown else None,
        "status": now_status,
        **why(row, now_status),
    }


def why(row: Any, now_status: status.Status) -> dict[str, Any]:
    """`reason` and `message`: that it is gone, or of the mode, where that is what keeps it disconnected."""
    if row.gone:
        return {"reason": "Stopped", "message": GONE_MESSAGE}
    if row.operating_mode != status.MODE_CONNECTED:
        return {"reason": "Stopped", "message": MODE_MESSAGES.get(row.operating_mode, "")}
    if now_status == "pending" and row.state == "DISCONNECTED":
        return {"reason": None, "message": "Connecting."}
    return {"reason": row.reason, "message": row.message}
