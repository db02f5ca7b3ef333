"""The servers to which a page uploads files, from which it downloads them, and profile pictures."""

from __future__ import annotations

import io

from fastapi import APIRouter, Request
from PIL import Image, ImageDraw
from starlette.responses import FileResponse, Response

from whatsapp_simulator.errors import Refused
from whatsapp_simulator.page_routes import HEADERS
from whatsapp_simulator.world import World

router = APIRouter(include_in_schema=False)
PICTURE_PIXELS = 640


def _check_line(world: World, device_id: str) -> None:
    """Raises `Refused(no_connection)` while the page's line is cut."""
    device = world.store.device(device_id)
    if world.disturbances.is_cut_off(device.number if device else None):
        raise Refused("no_connection", "The network is down: see /network and /cut.", status=503)


@router.post("/mms/upload")
async def upload(request: Request, device: str = "") -> dict[str, object]:
    """Keeps a file; whoever has its name can fetch it, as with the real ones."""
    world: World = request.app.state.world
    _check_line(world, device)
    name, size = await world.media.take(request.stream())
    return {"sha256": name, "size": size, "directPath": f"/mms/{name}"}


@router.get("/mms/{name}")
async def download(name: str, request: Request, device: str = "") -> Response:
    """A file; 410 when it is gone, as the real ones say."""
    world: World = request.app.state.world
    _check_line(world, device)
    path = world.media.path(name)
    if path is None:
        return Response("gone", status_code=410, headers=HEADERS)
    return FileResponse(path, media_type="application/octet-stream", headers=HEADERS)


@router.get("/picture/{lid}.png")
async def picture(lid: str, request: Request) -> Response:
    """The profile picture of a phone: a colour of its own, and its initial."""
    world: World = request.app.state.world
    account = world.store.account_of_lid(lid)
    if account is None or not account.picture:
        return Response("no picture", status_code=404, headers=HEADERS)
    return Response(_draw(account.lid, account.name), media_type="image/png", headers=HEADERS)


def _draw(lid: str, name: str) -> bytes:
    image = Image.new("RGB", (PICTURE_PIXELS, PICTURE_PIXELS), f"hsl({int(lid) % 360}, 45%, 45%)")
    middle = PICTURE_PIXELS / 2
    ImageDraw.Draw(image).text((middle, middle), name[:1].upper(), "white", anchor="mm", font_size=320)
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()
