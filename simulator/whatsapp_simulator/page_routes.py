"""The WhatsApp page, the phone page and their files, each with the headers that the real one has.

Why a strict Content-Security-Policy: a driver must work under one, as at web.whatsapp.com. Why browsers
that call themselves headless are turned away: the real page refuses them too, and a driver must not find
that out in production.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Header, Query, WebSocket
from starlette.responses import FileResponse, Response

from whatsapp_simulator.page_socket import PageSocket
from whatsapp_simulator.pictures import draw_qr
from whatsapp_simulator.world import World

PAGE = Path(__file__).parent / "page"
POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "media-src 'self' blob: data:; connect-src 'self' ws: wss: blob: data:; object-src 'none'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
SCRIPTS = (
    "loader.js",
    "events.js",
    "collections.js",
    "ids.js",
    "hmac.js",
    "storage.js",
    "states.js",
    "transport.js",
    "contacts.js",
    "chats.js",
    "wire.js",
    "messages.js",
    "media.js",
    "media_prep.js",
    "groups.js",
    "changes.js",
    "outgoing.js",
    "incoming.js",
    "presence.js",
    "calls.js",
    "alt_linking.js",
    "decryption.js",
    "pending.js",
    "lookup.js",
    "session.js",
    "named.js",
    "extras.js",
    "ui.js",
    "boot.js",
)
"""The page's scripts, in the order in which they run."""

router = APIRouter(include_in_schema=False)


def page_file(name: str) -> FileResponse:
    return FileResponse(PAGE / name, headers=HEADERS)


@router.get("/")
async def whatsapp_page(user_agent: Annotated[str, Header()] = "") -> Response:
    """The page that a session opens."""
    return page_file("unsupported.html" if "Headless" in user_agent else "index.html")


@router.get("/phone")
async def phone_page() -> Response:
    """A phone for people."""
    return page_file("phone.html")


@router.get("/page/app.js")
async def page_script() -> Response:
    """All scripts as one: clients take the list of modules as complete once it stands still, and on a slow
    machine, or after one lost request of many, half a page would stand still too.
    """
    text = "".join((PAGE / name).read_text("utf-8") for name in SCRIPTS)
    return Response(text, media_type="text/javascript", headers=HEADERS)


@router.get("/page/{name}")
async def asset(name: str) -> Response:
    """A script or style of either page."""
    known = {path.name for path in PAGE.iterdir() if path.suffix in (".js", ".css")}
    return page_file(name) if name in known else Response("no such file", status_code=404)


@router.get("/qr.png")
async def qr_picture(text: Annotated[str, Query()]) -> Response:
    """The page's QR code, drawn here so that the page needs no library."""
    return Response(draw_qr(text), media_type="image/png", headers=HEADERS)


@router.websocket("/ws/chat")
async def chat_socket(socket: WebSocket) -> None:
    """A page's connection to WhatsApp; refused while its line is cut. A linked page says which it is."""
    world: World = socket.app.state.world
    device = world.store.device(socket.query_params.get("device", ""))
    if world.disturbances.is_cut_off(device.number if device else None):
        await socket.close()
    else:
        await PageSocket(socket, world).run()
