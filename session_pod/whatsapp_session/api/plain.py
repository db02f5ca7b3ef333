"""Contract A's plain routes: health, status, QR, send, disconnect, account."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, Request

from whatsapp_contracts.errors import ErrorCode
from whatsapp_contracts.events import timestamp
from whatsapp_contracts.states import State
from whatsapp_session.api.bodies import SEND_SCHEMA, outgoing
from whatsapp_session.api.errors import ApiError
from whatsapp_session.engine.protocol import EngineError, NotOnWhatsApp
from whatsapp_session.session import NotReady, Session


def router(session: Session, cliente_id: int) -> APIRouter:
    """The routes of one session."""
    routes = APIRouter()

    @routes.get("/health")
    async def health() -> dict[str, Any]:
        """200 in every WhatsApp state: the process answers."""
        return {
            "status": "healthy",
            "service": "session-manager",
            "cliente_id": cliente_id,
            "whatsapp_state": session.view.state.value,
            "timestamp": timestamp(datetime.now(UTC)),
        }

    @routes.get("/healthz")
    async def healthz() -> dict[str, str]:
        """Liveness: the event loop turns."""
        return {"status": "alive"}

    @routes.get("/readyz")
    async def readyz() -> dict[str, str]:
        """Readiness: the API answers. Not WhatsApp: a logged-out session must stay reachable for its QR."""
        return {"status": "ready"}

    @routes.get("/status")
    async def status() -> dict[str, Any]:
        """Whether the session can send."""
        state = session.view.state
        return {"cliente_id": cliente_id, "connected": state is State.READY, "state": state.value}

    @routes.get("/qr-code")
    async def qr_code() -> dict[str, str]:
        """The code to scan, as opaque text; 404 in every state but QR_REQUIRED."""
        return {"qr_code": code_on_show(session)}

    @routes.post(
        "/send",
        openapi_extra={"requestBody": {"content": {"application/json": {"schema": SEND_SCHEMA}}}},
    )
    async def send(request: Request) -> dict[str, Any]:
        """Send a text; answers after WhatsApp has accepted it."""
        message = outgoing(await request.body(), cliente_id)
        try:
            message_id = await session.send(message.to, message.message)
        except NotReady as error:
            raise ApiError(ErrorCode.SESSION_NOT_READY, str(error)) from None
        except NotOnWhatsApp as error:
            raise ApiError(ErrorCode.NOT_ON_WHATSAPP, str(error)) from None
        except EngineError as error:
            raise ApiError(ErrorCode.SEND_FAILED, str(error)) from None
        return {"ok": True, "message_id": message_id}

    @routes.post("/disconnect")
    async def disconnect() -> dict[str, Any]:
        """Close WhatsApp; the login is kept."""
        await session.disconnect()
        return {"ok": True, "message": "WhatsApp session disconnected successfully"}

    @routes.get("/account-info")
    async def account_info() -> dict[str, str | None]:
        """Who is logged in; 409 when not READY."""
        account = session.view.account
        if session.view.state is not State.READY or account is None:
            raise ApiError(ErrorCode.SESSION_NOT_READY, session.describe())
        return {"phone": account.phone, "platform": account.platform, "pushname": account.push_name}

    return routes


def code_on_show(session: Session) -> str:
    """The QR's text; raises the 404 that says in which state the session is."""
    if session.view.qr is None:
        raise ApiError(ErrorCode.QR_NOT_AVAILABLE, f"There is no QR code. {session.describe()}")
    return session.view.qr.code
