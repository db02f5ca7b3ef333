"""Contract A's `/session-manager/*`: the same session in the words of the first clients."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import Response

from whatsapp_contracts.errors import ErrorCode
from whatsapp_contracts.states import manager_word
from whatsapp_session import qr
from whatsapp_session.api import schemas
from whatsapp_session.api.describe import described
from whatsapp_session.api.errors import ApiError
from whatsapp_session.api.plain import code_on_show
from whatsapp_session.session import ModeForbids, Session

FORMATS: dict[str, tuple[str, Callable[[str], bytes]]] = {
    "png": ("image/png", qr.png),
    "svg": ("image/svg+xml", qr.svg),
    "text": ("text/plain; charset=utf-8", lambda code: qr.text(code).encode()),
}
Format = Annotated[
    str,
    Query(pattern="^(?:png|svg|text)$", json_schema_extra={"enum": list(FORMATS)}, description="of the QR"),
]
BINARY: schemas.Schema = {"schema": {"type": "string", "format": "binary"}}
PICTURES = {"image/png": BINARY, "image/svg+xml": BINARY, "text/plain": {"schema": {"type": "string"}}}
MESSAGE = schemas.shape({"message": schemas.TEXT})


def router(session: Session) -> APIRouter:
    """The routes of one session."""
    routes = APIRouter(prefix="/session-manager", tags=["login"])

    @routes.get(
        "/state",
        **described(
            "Show the state in the first clients' words",
            ok=schemas.shape(
                {
                    "state": {"type": "string", "enum": ["conectado", "qr", "desconectado"]},
                    "hasQR": schemas.FLAG,
                }
            ),
            example={"state": "conectado", "hasQR": False},
        ),
    )
    async def state() -> dict[str, Any]:
        """`conectado`, `qr` or `desconectado`; `qr` exactly when both QR routes answer 200."""
        view = session.view
        return {"state": manager_word(view.state), "hasQR": view.qr is not None}

    @routes.get(
        "/qr",
        response_class=Response,
        **described("Get the QR as a picture", content=PICTURES, errors=(ErrorCode.QR_NOT_AVAILABLE,)),
    )
    async def qr_picture(format: Format = "png") -> Response:
        """The QR to scan, a PNG of at least 300 pixels; 404 when there is none."""
        media_type, draw = FORMATS[format]
        picture = await asyncio.to_thread(draw, code_on_show(session))
        return Response(picture, media_type=media_type, headers={"Cache-Control": "no-store"})

    @routes.get(
        "/status",
        **described(
            "A constant, as the first clients know it",
            ok=schemas.shape({"status": schemas.TEXT}),
            example={"status": "session-manager ok"},
        ),
    )
    async def status() -> dict[str, str]:
        """Says nothing of WhatsApp; see /status."""
        return {"status": "session-manager ok"}

    @routes.post(
        "/login",
        **described(
            "Start, or restart, the login",
            ok=MESSAGE,
            example={"message": "login iniciado"},
            errors=(ErrorCode.OPERATING_MODE,),
        ),
    )
    async def login() -> dict[str, str]:
        """In READY it changes nothing."""
        try:
            await session.login()
        except ModeForbids as error:
            raise ApiError(ErrorCode.OPERATING_MODE, str(error)) from None
        return {"message": "login iniciado"}

    @routes.post("/logout", **described("Log out", ok=MESSAGE, example={"message": "logout iniciado"}))
    async def logout() -> dict[str, str]:
        """Begin to unlink the device at WhatsApp and to forget the login."""
        session.logout()
        return {"message": "logout iniciado"}

    return routes
