"""The control API's faults: what a test orders to go wrong between WhatsApp and the linked pages."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body

from whatsapp_simulator.fault_models import (
    Affected,
    BanOut,
    Cut,
    FaultsBody,
    Network,
    NetworkOut,
)
from whatsapp_simulator.phone_routes import REFUSALS, Number, WorldHere, existing

router = APIRouter(responses=REFUSALS, tags=["faults"])


@router.put("/phones/{number}/faults")
async def set_faults(number: Number, body: FaultsBody, world: WorldHere) -> FaultsBody:
    """Order the whole set; what is left out ends, `{}` ends all of them."""
    existing(world, number)
    world.pages.set_faults(number, body.faults())
    return body


@router.get("/phones/{number}/faults")
async def get_faults(number: Number, world: WorldHere) -> FaultsBody:
    """The faults of this account's linked pages."""
    existing(world, number)
    return FaultsBody.of(world.disturbances.faults(number))


@router.post("/phones/{number}/cut")
async def cut(number: Number, world: WorldHere, body: Annotated[Cut | None, Body()] = None) -> Affected:
    """Drop the connections of the account's linked pages and refuse new ones for so long."""
    existing(world, number)
    return Affected(pages=world.pages.cut(number, (body or Cut()).seconds))


@router.post("/phones/{number}/conflict")
async def conflict(number: Number, world: WorldHere) -> Affected:
    """The account's linked pages hear that WhatsApp was opened in another window."""
    existing(world, number)
    return Affected(pages=world.pages.conflict(number))


@router.post("/phones/{number}/reload")
async def reload(number: Number, world: WorldHere) -> Affected:
    """The account's linked pages load themselves anew, as the real one does for an update."""
    existing(world, number)
    return Affected(pages=world.pages.reload(number))


@router.post("/phones/{number}/ban")
async def ban(number: Number, world: WorldHere) -> BanOut:
    """WhatsApp bans the number: its linked pages are blocked, new ones cannot be linked."""
    existing(world, number)
    world.pages.ban(number)
    return BanOut(number=number, banned=True)


@router.post("/phones/{number}/unban")
async def unban(number: Number, world: WorldHere) -> BanOut:
    """The ban ends; pages that wait log in again."""
    existing(world, number)
    world.pages.unban(number)
    return BanOut(number=number, banned=False)


@router.post("/network")
async def set_network(body: Network, world: WorldHere) -> NetworkOut:
    """Take WhatsApp's network down for everybody, or bring it back; the page itself still loads."""
    return NetworkOut(down=body.down, dropped=world.pages.set_network(down=body.down))


@router.get("/network")
async def get_network(world: WorldHere) -> NetworkOut:
    """Whether WhatsApp can be reached."""
    return NetworkOut(down=world.disturbances.down, dropped=0)
