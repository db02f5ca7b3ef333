"""Rows that follow resources: whose they are, made when unknown, changed after."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from unit.hub.heard import UID, hear, refused, resource, rows, status
from unit.hub.world import World
from whatsapp_contracts.states import Reason, State
from whatsapp_hub import intake
from whatsapp_hub.backend.protocol import BackendError, Receiver, Seen


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
