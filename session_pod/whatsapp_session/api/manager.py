"""Contract A's `/session-manager/*`: the same session in the words of the first clients."""

from __future__ import annotations

import asyncio
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from whatsapp_contracts.states import manager_word
from whatsapp_session import qr
from whatsapp_session.api.plain import code_on_show
from whatsapp_session.session import Session


def router(session: Session) -> APIRouter:
    """The routes of one session."""
    routes = APIRouter(prefix="/session-manager")

    @routes.get("/state")
    async def state() -> dict[str, Any]:
        """`conectado`, `qr` or `desconectado`; `qr` exactly when both QR routes answer 200."""
        view = session.view
        return {"state": manager_word(view.state), "hasQR": view.qr is not None}

    @routes.get("/qr", response_class=Response, responses={200: {"content": {"image/png": {}}}})
    async def qr_picture() -> Response:
        """The QR to scan as a PNG of at least 300 pixels; 404 when there is none."""
        picture = await asyncio.to_thread(qr.png, code_on_show(session))
        return Response(picture, media_type="image/png", headers={"Cache-Control": "no-store"})

    @routes.get("/status")
    async def status() -> dict[str, str]:
        """A constant, as the first clients know it."""
        return {"status": "session-manager ok"}

    @routes.post("/login")
    async def login() -> dict[str, str]:
        """Start, or restart, the login; in READY it changes nothing."""
        await session.login()
        return {"message": "login iniciado"}

    @routes.post("/logout")
    async def logout() -> dict[str, str]:
        """Begin to unlink the device at WhatsApp and to forget the login."""
        session.logout()
        return {"message": "logout iniciado"}

    return routes
