"""`GET /api/sessions/{id}/events`: what is told live, and to whom."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import pytest

from unit.hub.api.test_callbacks import BODIES, MESSAGE
from unit.hub.world import World
from whatsapp_contracts.states import Reason, State
from whatsapp_hub.api import live_events
from whatsapp_hub.store.sessions import Sessions


class Follower:
    """The events of a stream, one after the other."""

    def __init__(self, stream: AsyncIterator[bytes]) -> None:
        self._stream = stream

    async def next(self) -> tuple[str, dict[str, Any]]:
        async with asyncio.timeout(30):
            while True:
                text = (await anext(self._stream)).decode()
                if text.startswith("event: "):
                    name, data = text.strip().split("\n")
                    return name.removeprefix("event: "), json.loads(data.removeprefix("data: "))


async def test_state_qr_and_messages_are_told_as_they_come(world: World) -> None:
    await world.create("a")
    uid = (await world.row("a")).uid
    async with aclosing(live_events.follow(world.services, world.one.id, uid, messages=True)) as stream:
        follower = Follower(stream)
        name, data = await follower.next()
        assert (name, data["status"], data["sessionId"]) == ("state", "pending", "a")
        await world.show_qr("a", "1@first")
        assert (await follower.next())[0] == "state"
        name, first = await follower.next()
        assert (name, first["status"]) == ("qr", "pending")
        await world.show_qr("a", "1@second")
        name, second = await follower.next()
        assert name == "qr"
        assert second["qrCodeDataURL"] != first["qrCodeDataURL"]
        await world.show_ready("a")
        name, data = await follower.next()
        assert (name, data["status"], data["phoneNumber"]) == ("state", "connected", "5491100000001")
        for _ in range(2):  # the repeat is told nobody
            await world.callback(MESSAGE, BODIES[MESSAGE])
        name, data = await follower.next()
        assert (name, data["content"], data["from"]) == (
            "message",
            {"type": "text", "text": "secret words"},
            "5491155550000",
        )
        await world.http.delete("/api/sessions/a", headers=world.one.headers)
        assert (await follower.next())[0] == "deleted"
    assert world.services.live.watched == 0


async def test_messages_are_told_only_to_who_may_read_them(world: World) -> None:
    await world.create("a")
    uid = (await world.row("a")).uid
    async with aclosing(live_events.follow(world.services, world.one.id, uid, messages=False)) as stream:
        follower = Follower(stream)
        await follower.next()
        await world.callback(MESSAGE, BODIES[MESSAGE])
        await world.show("a", State.READY)
        assert (await follower.next())[1]["status"] == "connected"


async def test_a_message_with_half_a_character_is_told_too(world: World) -> None:
    await world.create("a")
    uid = (await world.row("a")).uid
    async with aclosing(live_events.follow(world.services, world.one.id, uid, messages=True)) as stream:
        follower = Follower(stream)
        await follower.next()
        message = {"type": "text", "text": "half a pair \ud83d"}
        await world.callback(MESSAGE, BODIES[MESSAGE] | {"message": message})
        assert (await follower.next())[1]["content"] == message


async def test_a_hundred_followers_of_a_session_cost_one_look_a_change(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.create("a")
    uid, looks = (await world.row("a")).uid, 0
    shown = Sessions.shown

    async def counted(self: Sessions, *asked: Any) -> Any:
        nonlocal looks
        looks += 1
        return await shown(self, *asked)

    monkeypatch.setattr(Sessions, "shown", counted)
    async with contextlib.AsyncExitStack() as stack:
        streams = [
            await stack.enter_async_context(
                aclosing(live_events.follow(world.services, world.one.id, uid, messages=True))
            )
            for _ in range(100)
        ]
        followers = [Follower(stream) for stream in streams]
        first = await asyncio.gather(*(follower.next() for follower in followers))
        waiting = [asyncio.create_task(follower.next()) for follower in followers]
        await world.watched()
        looks = 0
        await world.show_ready("a")
        then = await asyncio.gather(*waiting)
    assert [data["status"] for _, data in first] == ["pending"] * 100
    assert [data["status"] for _, data in then] == ["connected"] * 100
    assert 1 <= looks <= 2


async def test_another_organization_follows_nothing(world: World) -> None:
    await world.create("a")
    answer = await world.http.get("/api/sessions/a/events", headers=world.two.headers)
    assert answer.status_code == 404
    uid = (await world.row("a")).uid
    async with aclosing(live_events.follow(world.services, world.two.id, uid, messages=True)) as stream:
        assert (await Follower(stream).next())[0] == "deleted"


async def test_a_status_that_ends_with_time_is_told_without_an_event(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_events, "KEEPALIVE", 0.01)
    await world.create("a")
    await world.show_ready("a")
    await world.show("a", State.DISCONNECTED, Reason.NETWORK_LOST)
    uid = (await world.row("a")).uid
    async with aclosing(live_events.follow(world.services, world.one.id, uid, messages=True)) as stream:
        follower = Follower(stream)
        assert (await follower.next())[1]["status"] == "pending"
        world.clock.pass_(seconds=60)
        assert (await follower.next())[1]["status"] == "disconnected"
