"""Rows that follow resources: made when unknown, changed after, marked when gone; and their history."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from unit.hub.world import Org, World
from whatsapp_contracts.sessions import Account, SessionView
from whatsapp_contracts.states import Reason, State
from whatsapp_hub import intake
from whatsapp_hub.backend.protocol import BackendError, Declared, Receiver, Seen
from whatsapp_hub.database.models import Session, SessionChange
from whatsapp_hub.store.changes import KEPT

UID = "crm/a"


def said(**fields: Any) -> Declared:
    given: dict[str, Any] = {"namespace": "", "session_id": "caja_1", "cliente_id": 7}
    return Declared(**(given | fields))


def resource(state: State = State.INIT, *, uid: str = UID, ended: bool = False, **fields: Any) -> Seen:
    reason = fields.pop("reason", None)
    view = SessionView(state=state, reason=reason, message=fields.pop("message", ""))
    return Seen(uid=uid, view=view, ended=ended, since=fields.pop("since", None), declared=said(**fields))


async def hear(world: World, seen: Seen, *, there: Seen | None = None) -> None:
    """It is heard; what is there at that moment is the same, unless said."""
    if there is not None or not seen.gone:
        world.backend.there[seen.uid] = there or seen
    else:
        world.backend.there.pop(seen.uid, None)
    await intake.take_in(world.services, seen)


async def rows(world: World) -> list[Session]:
    async with world.services.database.read() as transaction:
        return list((await transaction.execute(select(Session).order_by(Session.id))).scalars())


async def history(world: World) -> list[SessionChange]:
    async with world.services.database.read() as transaction:
        return list((await transaction.execute(select(SessionChange).order_by(SessionChange.id))).scalars())


def refused(world: World, reason: str) -> float:
    value: float = world.services.metrics.resources_refused.labels(reason)._value.get()
    return value


async def status(world: World, session: str = "caja_1", org: Org | None = None) -> dict[str, Any]:
    headers = (org or world.one).headers
    answer = await world.http.get(f"/api/sessions/{session}/status", headers=headers)
    assert answer.status_code == 200, answer.text
    data: dict[str, Any] = answer.json()["data"]
    return data


@pytest.mark.parametrize("fields", [{"tenant": "nobody"}, {"namespace": "elsewhere"}])
async def test_a_resource_that_belongs_to_nobody_gets_no_row_and_is_counted(
    world: World, fields: dict[str, Any]
) -> None:
    await hear(world, resource(**fields))
    assert await rows(world) == []
    assert refused(world, "nobody") == 1


async def test_a_label_puts_nothing_into_a_tenant_of_another_namespace(world: World) -> None:
    world.services = replace(world.services, namespace="hub")
    await hear(world, resource(namespace="crm", tenant="one"))
    assert await rows(world) == []


async def test_a_second_resource_with_a_tenant_s_session_id_gets_no_row_and_is_counted(world: World) -> None:
    await hear(world, resource())
    await hear(world, resource(uid="crm/b"))
    assert [row.uid for row in await rows(world)] == [UID]
    assert refused(world, "duplicate") == 1


async def test_a_resource_that_is_gone_by_now_gets_no_row(world: World) -> None:
    await intake.take_in(world.services, resource())
    assert await rows(world) == []


async def test_a_resource_of_nobody_is_not_even_looked_up(world: World) -> None:
    world.backend.broken = "away"
    await intake.take_in(world.services, resource(tenant="nobody"))


async def test_while_nobody_can_look_no_row_is_made_and_none_changed(world: World) -> None:
    world.backend.broken = "away"
    with pytest.raises(BackendError):
        await intake.take_in(world.services, resource())
    world.backend.broken = None
    await hear(world, resource())
    world.backend.broken = "away"
    for seen in (resource(name="Ana"), Seen(uid=UID, gone=True)):
        with pytest.raises(BackendError):
            await intake.take_in(world.services, seen)
    [row] = await rows(world)
    assert (row.name, row.gone) == (None, False)


async def test_the_same_name_in_two_tenants_are_two_sessions(world: World) -> None:
    await hear(world, resource(tenant="one"))
    await hear(world, resource(uid="crm/b", tenant="two"))
    first, second = await rows(world)
    assert (first.tenant_id, second.tenant_id) == (world.one.id, world.two.id)


async def test_a_resource_without_a_label_is_the_oldest_tenant_s_and_is_served_by_the_api(
    world: World,
) -> None:
    await hear(world, resource(name="Caja", phone_number="5491100000001", key_version=3))
    listed = (await world.http.get("/api/sessions", headers=world.one.headers)).json()["data"]["sessions"]
    assert [(each["sessionId"], each["name"], each["clienteId"]) for each in listed] == [
        ("caja_1", "Caja", 7)
    ]
    [row] = await rows(world)
    assert (row.sesion_id, row.claim, row.key_version) == (None, "none", 3)
    assert (await world.http.get("/api/sessions", headers=world.two.headers)).json()["data"]["total"] == 0


async def test_a_row_follows_its_resource(world: World) -> None:
    await hear(world, resource())
    hook = Receiver(name="crm", url="https://crm.example", secret="", events=("message.*",), version=0)
    changed = resource(
        name="Ana",
        description="d",
        cliente_id=8,
        phone_number="5491100000001",
        key_version=2,
        receivers=(hook,),
    )
    await hear(world, changed)
    [row] = await rows(world)
    assert (row.name, row.description, row.cliente_id, row.expected_phone, row.key_version) == (
        "Ana", "d", 8, "5491100000001", 2,
    )  # fmt: skip
    assert row.webhooks == [
        {"name": "crm", "url": "https://crm.example", "events": ["message.*"], "headers": {}, "version": 0}
    ]
    await hear(world, resource())
    [row] = await rows(world)
    assert (row.name, row.expected_phone, row.webhooks) == (None, None, [])


async def test_what_is_older_than_what_the_hub_wrote_changes_nothing(world: World) -> None:
    await hear(world, resource(operating_mode="Disconnected"))
    answer = await world.http.post("/api/sessions/caja_1/connect", headers=world.one.headers)
    assert answer.json()["success"] is True
    await hear(world, resource(operating_mode="Disconnected"), there=resource(operating_mode="Connected"))
    assert (await status(world))["status"] == "pending"


async def test_a_mode_that_kubectl_set_is_a_mode(world: World) -> None:
    await hear(world, resource(State.READY))
    await hear(world, resource(State.READY, operating_mode="Suspended"))
    assert (await status(world))["status"] == "disconnected"
    world.clock.pass_(hours=1)
    await hear(world, resource(State.DISCONNECTED, reason=Reason.STOPPED, operating_mode="Suspended"))
    await hear(world, resource(State.DISCONNECTED, reason=Reason.STOPPED))
    assert (await status(world))["status"] == "pending"


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


async def test_what_is_as_it_was_is_told_to_nobody(world: World) -> None:
    await hear(world, resource(State.READY))
    with world.services.live.watch(world.one.id) as watch:
        world.clock.pass_(minutes=5)
        await hear(world, resource(State.READY))
        assert await watch.next(0.05) is None
        await hear(world, resource(State.READY, message="new"))
        assert await watch.next(5) is not None


async def test_two_replicas_that_see_a_resource_at_once_make_one_row(world: World) -> None:
    world.backend.there[UID] = resource()
    world.backend.queue.put_nowait(resource())
    follower = asyncio.create_task(intake.run(world.services))
    other = asyncio.create_task(intake.take_in(world.services, resource()))
    await asyncio.gather(other, return_exceptions=True)
    async with asyncio.timeout(30):
        while not await rows(world):  # noqa: ASYNC110 - no event tells it
            await asyncio.sleep(0.01)
    follower.cancel()
    await asyncio.gather(follower, return_exceptions=True)
    assert len(await rows(world)) == 1


async def test_the_follower_goes_on_after_an_api_server_that_was_away(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "RETRY_SECONDS", 0.01)
    world.backend.broken = "away"
    world.backend.there[UID] = resource()
    world.backend.queue.put_nowait(resource())
    follower = asyncio.create_task(intake.run(world.services))
    await asyncio.sleep(0)
    world.backend.broken = None
    async with asyncio.timeout(30):
        while not await rows(world):  # noqa: ASYNC110 - no event tells it
            await asyncio.sleep(0.01)
    follower.cancel()
    await asyncio.gather(follower, return_exceptions=True)


def test_the_grace_for_what_ended_before_is_over_with_the_attempt() -> None:
    now = datetime(2026, 1, 1, 12, tzinfo=UTC)
    row = Session(connecting_since=now)
    seen = Seen(uid=UID, ended=True, since=now - timedelta(seconds=1))
    assert intake.from_before(row, seen, now + timedelta(seconds=10))
    assert not intake.from_before(row, seen, now + timedelta(minutes=10))
    assert not intake.from_before(row, replace(seen, since=now + timedelta(seconds=1)), now)
    assert not intake.from_before(row, replace(seen, since=None), now)
    assert not intake.from_before(Session(connecting_since=None), seen, now)
