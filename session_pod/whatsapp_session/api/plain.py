"""Contract A's plain routes: health, status, QR, send, disconnect, account."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from whatsapp_contracts.errors import ErrorCode
from whatsapp_contracts.events import timestamp
from whatsapp_contracts.states import State
from whatsapp_session.api import schemas
from whatsapp_session.api.bodies import plain
from whatsapp_session.api.delivering import headers, send
from whatsapp_session.api.describe import described, json_body
from whatsapp_session.api.errors import ApiError
from whatsapp_session.api.messages import SEND_ERRORS
from whatsapp_session.api.services import Services
from whatsapp_session.outgoing import Outgoing, Text
from whatsapp_session.session import Session

STATE = {"type": "string", "enum": [state.value for state in State]}
HEALTH = schemas.shape(
    {
        "status": {"const": "healthy"},
        "service": {"const": "session-manager"},
        "cliente_id": {"type": "integer"},
        "whatsapp_state": STATE,
        "timestamp": schemas.TIME,
    }
)
HEALTH_EXAMPLE = {
    "status": "healthy",
    "service": "session-manager",
    "cliente_id": 51,
    "whatsapp_state": "READY",
    "timestamp": "2026-01-01T12:00:00.000Z",
}
PROBE = schemas.shape({"status": schemas.TEXT})
MESSAGE_ID = "true_5491123456789@c.us_3EB0C431C26A1916E07E"


def router(services: Services) -> APIRouter:
    """The routes of one session."""
    routes = APIRouter(tags=["session"])
    session, cliente_id = services.session, services.cliente_id

    @routes.get("/health", **described("Show that the process answers", ok=HEALTH, example=HEALTH_EXAMPLE))
    async def health() -> dict[str, Any]:
        """200 in every WhatsApp state."""
        return {
            "status": "healthy",
            "service": "session-manager",
            "cliente_id": cliente_id,
            "whatsapp_state": session.view.state.value,
            "timestamp": timestamp(datetime.now(UTC)),
        }

    @routes.get("/healthz", **described("Liveness", ok=PROBE, example={"status": "alive"}))
    async def healthz() -> dict[str, str]:
        """The event loop turns."""
        return {"status": "alive"}

    @routes.get("/readyz", **described("Readiness", ok=PROBE, example={"status": "ready"}))
    async def readyz() -> dict[str, str]:
        """The API answers. Not WhatsApp: a logged-out session must stay reachable for its QR."""
        return {"status": "ready"}

    @routes.get(
        "/status",
        **described(
            "Show whether the session can send",
            ok=schemas.shape({"cliente_id": {"type": "integer"}, "connected": schemas.FLAG, "state": STATE}),
            example={"cliente_id": 51, "connected": True, "state": "READY"},
        ),
    )
    async def status() -> dict[str, Any]:
        """`connected` only in READY."""
        state = session.view.state
        return {"cliente_id": cliente_id, "connected": state is State.READY, "state": state.value}

    @routes.get(
        "/qr-code",
        **described(
            "Get the QR's code",
            ok=schemas.shape({"qr_code": schemas.TEXT}),
            example={"qr_code": "2@…"},
            errors=(ErrorCode.QR_NOT_AVAILABLE,),
        ),
    )
    async def qr_code() -> dict[str, str]:
        """The code to scan, as opaque text; 404 in every state but QR_REQUIRED."""
        return {"qr_code": code_on_show(session)}

    @routes.get(
        "/pairing-code",
        **described(
            "Get the code to type on the phone",
            ok=schemas.shape({"pairing_code": schemas.TEXT, "expires_at": schemas.TIME}),
            example={"pairing_code": "ABCD-1234", "expires_at": "2026-01-01T12:03:00.000Z"},
            errors=(ErrorCode.QR_NOT_AVAILABLE,),
        ),
    )
    async def pairing_code() -> dict[str, str]:
        """In a login with `login.method: PairingCode`; 404 otherwise."""
        shown = session.view.pairing_code
        if shown is None:
            raise ApiError(
                ErrorCode.QR_NOT_AVAILABLE,
                f"There is no pairing code. {session.describe()} "
                "Set login.method to PairingCode and phoneNumber for a login without a QR.",
            )
        return {"pairing_code": shown.code, "expires_at": shown.expires_at}

    @routes.post(
        "/send",
        **described(
            "Send a text",
            ok=schemas.ok(message_id=schemas.TEXT),
            example={"ok": True, "message_id": MESSAGE_ID},
            body=json_body(body_of(cliente_id), {"to": "5491123456789", "message": "Hello"}),
            errors=SEND_ERRORS,
            keyed=True,
        ),
    )
    async def send_text(request: Request) -> JSONResponse:
        """Answers after WhatsApp has accepted it."""
        wanted = plain(await request.body(), cliente_id)
        outgoing = Outgoing(to=wanted.to, content=Text(text=wanted.message))
        sent = await send(services, request, outgoing, outgoing.to_json())
        return JSONResponse({"ok": True, "message_id": sent.message_id}, headers=headers(sent.replayed))

    @routes.post(
        "/disconnect",
        **described(
            "Close WhatsApp",
            ok=schemas.ok(message=schemas.TEXT),
            example={"ok": True, "message": "WhatsApp session disconnected successfully"},
        ),
    )
    async def disconnect() -> dict[str, Any]:
        """The login is kept."""
        await session.disconnect()
        return {"ok": True, "message": "WhatsApp session disconnected successfully"}

    @routes.get(
        "/account-info",
        **described(
            "Show who is logged in",
            ok=schemas.shape(
                {
                    "phone": schemas.TEXT,
                    "platform": schemas.TEXT_OR_NULL,
                    "pushname": schemas.TEXT_OR_NULL,
                }
            ),
            example={"phone": "5491123456789", "platform": "android", "pushname": "Ana"},
            errors=(ErrorCode.SESSION_NOT_READY,),
        ),
    )
    async def account_info() -> dict[str, str | None]:
        """409 when not READY."""
        account = session.view.account
        if session.view.state is not State.READY or account is None:
            raise ApiError(ErrorCode.SESSION_NOT_READY, session.describe())
        return {"phone": account.phone, "platform": account.platform, "pushname": account.push_name}

    return routes


def body_of(cliente_id: int) -> schemas.Schema:
    """The schema of a body of `POST /send`, for this session's client."""
    own = {
        "enum": [cliente_id, str(cliente_id), None],
        "description": "this session's client; may be left out",
    }
    return schemas.SEND | {"properties": schemas.SEND["properties"] | {"cliente_id": own}}


def code_on_show(session: Session) -> str:
    """The QR's text; raises the 404 that says in which state the session is."""
    if session.view.qr is None:
        raise ApiError(ErrorCode.QR_NOT_AVAILABLE, f"There is no QR code. {session.describe()}")
    return session.view.qr.code
