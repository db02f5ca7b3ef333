"""The control API's other things that a person does with a phone: type a pairing code, call, be there."""

from __future__ import annotations

import secrets
import time
from typing import Annotated

from fastapi import APIRouter, Query

from whatsapp_simulator.errors import Refused
from whatsapp_simulator.person_models import Call, CallOut, Pair, PresenceIn, PresenceOut
from whatsapp_simulator.phone_models import DeviceOut, Linked
from whatsapp_simulator.phone_routes import REFUSALS, Number, WorldHere, existing

router = APIRouter(responses=REFUSALS)


@router.post("/phones/{number}/pair", tags=["linking"])
async def pair(number: Number, body: Pair, world: WorldHere) -> Linked:
    """Type the pairing code that a page shows for this number; answers once the page is linked."""
    device = await world.linking.pair(number, body.code)
    return Linked(number=number, device=DeviceOut.of(device, connected=world.pages.is_connected(device.id)))


@router.post("/phones/{number}/call", tags=["presence"])
async def call(number: Number, body: Call, world: WorldHere) -> CallOut:
    """Call somebody: the open pages of the other side ring."""
    world.exchange.phone(number)
    to = world.exchange.directory.number_of(body.to)
    if world.store.account(to) is None:
        raise Refused("not_on_whatsapp", f"No phone here has the number {to}.", status=404)
    made = CallOut(id=secrets.token_hex(16).upper(), sender=number, to=to, video=body.video)
    peer = world.exchange.directory.wid(number, to)
    frame = {"type": "call", "id": made.id, "peer": peer, "video": made.video, "t": int(time.time())}
    world.pages.tell(to, frame)
    return made


@router.post("/phones/{number}/presence", tags=["presence"])
async def show_presence(number: Number, body: PresenceIn, world: WorldHere) -> PresenceOut:
    """Be online, away, typing or recording, for a person or a group."""
    world.exchange.phone(number)
    world.presences.show(number, world.exchange.directory.chat_of(body.to), body.state)
    return PresenceOut(state=body.state)


@router.get("/phones/{number}/presence", tags=["presence"])
async def seen_presence(
    number: Number, world: WorldHere, other: Annotated[str, Query(alias="from")]
) -> PresenceOut:
    """What this phone last saw of somebody."""
    existing(world, number)
    return PresenceOut(state=world.presences.seen(number, world.exchange.directory.number_of(other)))
