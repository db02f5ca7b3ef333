"""What is heard, into rows: gone and back, ended and tried anew, its history; and a follower that goes on."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DataError

from unit.hub.heard import UID, following, hear, history, resource, rows, said, status, until
from unit.hub.world import World
from whatsapp_contracts.sessions import Account, SessionView
from whatsapp_contracts.states import Reason, State
from whatsapp_hub import intake
from whatsapp_hub.backend.protocol import Seen
from whatsapp_hub.database.models import Session
from whatsapp_hub.store.changes import KEPT


async def test_a_resource_deleted_by_hand_shows_as_such_and_connect_makes_it_anew(world: World) -> None:
    await hear(world, resource(State.READY, name="Caja"))
    await hear(world, Seen(uid=UID, gone=True))
    shown = await status(world)
    assert (shown["status"], shown["isConnected"]) == ("disconnected", False)
    assert "removed where it ran. Connect it" in shown["message"]
    answer = await world.http.post("/api/sessions/caja_1/connect", headers=world.one.headers)
    assert answer.json()["success"] is True
    [put] = world.backend.puts
    assert (put.uid, put.tenant, put.session_id, put.name) == (UID, "one", "caja_1", "Caja")
    await intake.take_in(world.services, Seen(uid=UID, gone=True))  # the row was told again, late
    world.backend.there[UID] = resource()
    await hear(world, resource())
    assert (await status(world))["status"] == "pending"


async def test_a_resource_that_is_there_again_is_not_gone(world: World) -> None:
    await hear(world, resource())
    await hear(world, Seen(uid=UID, gone=True), there=resource())
    [row] = await rows(world)
    assert row.gone is False
    await hear(world, Seen(uid=UID, gone=True))
    await hear(world, resource(State.READY, name="Back"))
    [row] = await rows(world)
    assert (row.gone, row.name, row.state) == (False, "Back", "READY")


async def test_a_gone_session_is_deleted_by_the_hub_without_an_error(world: World) -> None:
    await hear(world, resource())
    await hear(world, Seen(uid=UID, gone=True))
    answer = await world.http.delete("/api/whatsapp_sessions/caja_1", headers=world.one.headers)
    assert answer.status_code == 200
    await hear(world, Seen(uid=UID, gone=True))
    assert await rows(world) == []


async def test_what_ended_before_connect_was_asked_is_no_error_of_the_new_attempt(world: World) -> None:
    stalled = resource(State.DISCONNECTED, ended=True, message="Repair.", since=world.clock())
    await hear(world, stalled)
    assert (await status(world))["status"] == "error"
    world.clock.pass_(seconds=30)
    await world.http.post("/api/sessions/caja_1/connect", headers=world.one.headers)
    await hear(world, stalled)
    assert (await status(world))["status"] == "pending"
    world.clock.pass_(seconds=30)
    await hear(world, replace(stalled, since=world.clock()))
    assert (await status(world))["status"] == "error"


async def test_a_logout_of_which_nobody_says_by_whom_leaves_the_callback_s_word(world: World) -> None:
    await hear(world, resource(State.READY))
    logged_out = resource(State.DISCONNECTED, reason=Reason.LOGGED_OUT)
    await hear(world, logged_out)
    assert (await rows(world))[0].status == "expired"
    await hear(world, resource(State.READY))
    async with world.services.database.begin() as transaction:
        row = (await transaction.execute(select(Session))).scalar_one()
        row.status = "disconnected"  # as the session's own callback said
    await hear(world, logged_out)
    assert (await rows(world))[0].status == "disconnected"


async def test_who_is_logged_in_is_kept(world: World) -> None:
    account = Account(phone="549", platform="android", push_name="Ana" * 100, whatsapp_user_id="549:1@s")
    view = SessionView(state=State.READY, account=account)
    await hear(world, Seen(uid=UID, view=view, declared=said()))
    [row] = await rows(world)
    assert (row.push_name, row.platform, row.whatsapp_user_id) == (("Ana" * 100)[:200], "android", "549:1@s")


async def test_the_history_has_each_change_once(world: World) -> None:
    await hear(world, resource())
    await hear(world, resource(State.QR_REQUIRED, message="Scan."))
    await hear(world, resource(State.QR_REQUIRED, message="Scan again."))
    await hear(world, resource(State.DISCONNECTED, reason=Reason.QR_EXPIRED))
    await hear(world, Seen(uid=UID, gone=True))
    await intake.take_in(world.services, Seen(uid=UID, gone=True))
    assert [(each.state, each.reason, each.message[:5]) for each in await history(world)] == [
        ("INIT", None, ""), ("QR_REQUIRED", None, "Scan."), ("DISCONNECTED", "QRExpired", ""),
        ("DISCONNECTED", None, "The r"),
    ]  # fmt: skip
    assert {each.tenant_id for each in await history(world)} == {world.one.id}


async def test_the_history_keeps_the_newest_of_each_session(world: World) -> None:
    await hear(world, resource(session_id="other", uid="crm/b"))
    for number in range(KEPT // 2 + 3):
        await hear(world, resource(State.READY, message=str(number)))
        await hear(world, resource(State.INIT, message=str(number)))
    kept = await history(world)
    assert len(kept) == KEPT + 1
    assert (kept[0].state, kept[1].message, kept[-1].message) == ("INIT", "3", str(KEPT // 2 + 2))


async def test_when_a_session_was_last_seen_moves_with_its_state_and_by_the_hour(world: World) -> None:
    begin = world.clock()
    await hear(world, resource(State.READY))
    world.clock.pass_(minutes=30)
    await hear(world, resource(State.READY, message="again"))
    assert (await rows(world))[0].last_seen == begin
    world.clock.pass_(minutes=30)
    await hear(world, resource(State.READY))
    assert (await rows(world))[0].last_seen == begin + timedelta(hours=1)
    world.clock.pass_(minutes=1)
    await hear(world, resource(State.DISCONNECTED, reason=Reason.NETWORK_LOST))
    world.clock.pass_(minutes=1)
    await hear(world, resource(State.DISCONNECTED, reason=Reason.BANNED))
    assert (await rows(world))[0].last_seen == begin + timedelta(hours=1, minutes=1)


async def test_what_is_as_it_was_is_told_to_nobody(world: World) -> None:
    await hear(world, resource(State.READY))
    with world.services.live.watch(world.one.id) as watch:
        world.clock.pass_(minutes=5)
        await hear(world, resource(State.READY))
        assert await watch.next(0.05) is None
        await hear(world, resource(State.READY, message="new"))
        assert await watch.next(5) is not None


async def test_two_that_see_a_resource_at_once_make_one_row(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.backend.there[UID] = resource(State.READY)
    async with following(world, monkeypatch):
        world.backend.queue.put_nowait(resource(State.READY))
        other = asyncio.create_task(intake.take_in(world.services, resource(State.READY)))
        await asyncio.gather(other, return_exceptions=True)
        await until(world, lambda found: [each.state for each in found] == ["READY"])


async def test_a_session_that_cannot_be_looked_up_holds_up_no_other_and_is_taken_in_later(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await hear(world, resource(uid="crm/b", session_id="other"))
    world.backend.broken = "may not get whatsappsessions"
    async with following(world, monkeypatch):
        world.backend.queue.put_nowait(resource())
        world.backend.queue.put_nowait(resource(State.READY, uid="crm/b", session_id="other"))
        await until(world, lambda found: [each.state for each in found] == ["READY"])
        world.backend.there[UID] = resource()
        world.backend.broken = None
        await until(world, lambda found: len(found) == 2)


async def test_what_was_put_aside_never_takes_the_place_of_something_newer(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await hear(world, resource())
    world.backend.broken = "away"
    async with following(world, monkeypatch):
        world.backend.queue.put_nowait(resource(State.QR_REQUIRED, name="Ana"))
        world.backend.queue.put_nowait(resource(State.READY))
        await until(world, lambda found: found[0].state == "READY")
        world.backend.there[UID] = resource(State.READY)
        world.backend.broken = None
        await hear(world, resource(uid="crm/b", session_id="other"))
        world.backend.queue.put_nowait(resource(State.READY, uid="crm/b", session_id="other"))
        await until(world, lambda found: len(found) == 2 and found[1].state == "READY")
    assert [each.state for each in await history(world) if each.session_pk == 1] == ["INIT", "READY"]


async def test_what_no_row_can_hold_is_skipped_and_holds_up_no_other(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await hear(world, resource())

    async def refused(*_: Any) -> None:
        raise DataError("UPDATE", {}, Exception("value too long"))

    async with following(world, monkeypatch):
        with monkeypatch.context() as patched:
            patched.setattr(intake, "take_in", refused)
            world.backend.queue.put_nowait(resource(State.QR_REQUIRED))
            await until(world, lambda _: world.backend.queue.empty())
        world.backend.queue.put_nowait(resource(State.READY))
        await until(world, lambda found: found[0].state == "READY")


def test_the_grace_for_what_ended_before_is_over_with_the_attempt() -> None:
    now = datetime(2026, 1, 1, 12, tzinfo=UTC)
    row = Session(connecting_since=now)
    seen = Seen(uid=UID, ended=True, since=now - timedelta(seconds=1))
    assert intake.from_before(row, seen, now + timedelta(seconds=10))
    assert not intake.from_before(row, seen, now + timedelta(minutes=10))
    assert not intake.from_before(row, replace(seen, since=now + timedelta(seconds=1)), now)
    assert not intake.from_before(row, replace(seen, since=None), now)
    assert not intake.from_before(Session(connecting_since=None), seen, now)
