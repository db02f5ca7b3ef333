"""The control API: a test, a script or the phone page does what a person does with a phone in hand.

A phone is made on its first use as the one that acts (create, scan, send); the receiver of a message must
exist, as with real numbers.
"""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Path, Query, Request
from pydantic import ValidationError

from whatsapp_simulator.errors import Refused
from whatsapp_simulator.numbers import phone_number
from whatsapp_simulator.phone_models import (
    NUMBER,
    ConnectionOut,
    DeviceOut,
    Error,
    Linked,
    PhoneOut,
    PhoneSettings,
    Scan,
    Unlink,
    Unlinked,
)
from whatsapp_simulator.pictures import MAX_PICTURE_BYTES, read_qr
from whatsapp_simulator.records import Account, Device
from whatsapp_simulator.world import World

REFUSALS: dict[int | str, dict[str, Any]] = {status: {"model": Error} for status in (400, 404, 409, 410, 504)}
router = APIRouter(responses=REFUSALS)

SCAN_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": Scan.model_json_schema(),
                "example": {"code": "2@<ref>,<key>,<key>,<secret>"},
            },
            "image/png": {"schema": {"type": "string", "format": "binary"}},
        },
    }
}


def world_of(request: Request) -> World:
    world: World = request.app.state.world
    return world


def number_in(
    number: Annotated[str, Path(description="digits, country code first", examples=[NUMBER])],
) -> str:
    return phone_number(number)


WorldHere = Annotated[World, Depends(world_of)]
Number = Annotated[str, Depends(number_in)]


def existing(world: World, number: str) -> Account:
    account = world.store.account(number)
    if account is None:
        raise Refused(
            "unknown_phone", f"There is no phone {number}. Make it first: POST /phones/{number}.", status=404
        )
    return account


def _device(world: World, device: Device) -> DeviceOut:
    return DeviceOut.of(device, connected=world.pages.is_connected(device.id))


def _phone(world: World, account: Account) -> PhoneOut:
    devices = [_device(world, device) for device in world.store.devices(account.number)]
    return PhoneOut.of(account, devices, world.messages.count(account.number))


@router.get("/phones", tags=["phones"])
async def list_phones(world: WorldHere) -> list[PhoneOut]:
    """Every phone, oldest first."""
    return [_phone(world, account) for account in world.store.accounts()]


@router.post("/phones/{number}", tags=["phones"])
async def create_phone(
    number: Number, world: WorldHere, settings: Annotated[PhoneSettings | None, Body()] = None
) -> PhoneOut:
    """Make a phone, or change the given settings of an existing one."""
    given = settings or PhoneSettings()
    account = world.exchange.phone(
        number,
        name=given.name,
        platform=given.platform,
        auto_read=given.autoRead,
        lid_only=given.lidOnly,
        picture=given.picture,
    )
    return _phone(world, account)


@router.get("/phones/{number}", tags=["phones"])
async def get_phone(number: Number, world: WorldHere) -> PhoneOut:
    """One phone with its linked devices."""
    return _phone(world, existing(world, number))


@router.post("/phones/{number}/scan", tags=["linking"], openapi_extra=SCAN_BODY)
async def scan(number: Number, request: Request, world: WorldHere) -> Linked:
    """Scan a QR code: its text as JSON, or a picture of it as the body; answers once the page is linked."""
    device = await world.linking.scan(number, await _scanned_text(request))
    return Linked(number=number, device=_device(world, device))


async def _scanned_text(request: Request) -> str:
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MAX_PICTURE_BYTES:
            raise Refused(
                "invalid_picture", f"The body is larger than {MAX_PICTURE_BYTES} bytes.", status=400
            )
    if request.headers.get("content-type", "").startswith("image/"):
        return read_qr(bytes(body))
    try:
        return Scan.model_validate(json.loads(body)).code
    except (ValueError, ValidationError) as error:
        raise Refused(
            "invalid_request",
            'Send {"code": "<text of the QR code>"} as application/json, or the picture as image/png.',
            status=400,
        ) from error


@router.post("/phones/{number}/unlink", tags=["linking"])
async def unlink(number: Number, world: WorldHere, body: Annotated[Unlink | None, Body()] = None) -> Unlinked:
    """Remove one linked device, or all of them: their pages log out."""
    existing(world, number)
    return Unlinked(
        unlinked=[device.id for device in world.linking.unlink(number, body.device if body else None)]
    )


@router.get("/connections", tags=["connections"])
async def connections(
    world: WorldHere,
    only_open: Annotated[bool, Query(alias="open", description="leave out those that ended")] = False,
    number: Annotated[str | None, Query()] = None,
) -> list[ConnectionOut]:
    """Every login of a linked page, open and ended, oldest first."""
    wanted = phone_number(number) if number else None
    return [ConnectionOut.of(one) for one in world.store.connections(only_open=only_open, number=wanted)]
