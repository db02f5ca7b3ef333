"""One session from first sight to deletion, on an API server in memory and with a fake ear."""

from __future__ import annotations

from datetime import timedelta

import pytest

from unit.operator.builders import NOW, QR, READY
from unit.operator.world import CLAIM, KEY, POD, WHERE, World
from whatsapp_operator.caches import PODS, SESSIONS
from whatsapp_operator.client import ApiError, path


@pytest.fixture
def world() -> World:
    return World()


async def test_a_foreign_claim_stops_everything_and_is_asked_for_again_later(world: World) -> None:
    world.client.objects[CLAIM] = {"metadata": {"name": "whatsapp-demo", "uid": "x", "resourceVersion": "1"}}
    await world.look()
    assert world.ready() == ("False", "ClaimForeign")
    assert POD not in world.client.objects
    world.client.calls.clear()
    assert await world.reconciler.session(KEY) == NOW + timedelta(minutes=1)
    assert world.client.calls == []
    del world.client.objects[CLAIM]
    world.time = NOW + timedelta(seconds=61)
    await world.look()
    assert POD in world.client.objects


async def test_a_status_that_cannot_be_written_is_tried_again(world: World) -> None:
    world.client.fail("apply", f"{WHERE}/status", ApiError(500, "InternalError", "etcd"))
    with pytest.raises(ApiError):
        await world.look()
    status = await world.look()
    assert status["state"] == "INIT"
    assert [verb for verb, where in world.client.writes() if where == path(PODS, "crm")] == ["create"]


async def test_a_resource_that_vanished_meanwhile_is_no_fault(world: World) -> None:
    world.client.fail("apply", f"{WHERE}/status", ApiError(404, "NotFound", "gone"))
    await world.reconciler.session(KEY)


async def test_a_new_session_costs_one_status_write(world: World) -> None:
    status = await world.look()
    assert world.ready() == ("False", "Starting")
    assert status["claimName"] == "whatsapp-demo"
    assert [where for verb, where in world.client.writes() if verb == "apply"] == [f"{WHERE}/status"]


async def test_a_session_from_apply_to_ready(world: World) -> None:
    await world.look()
    world.run_pod(None, ready=False)
    await world.look()
    assert world.ready() == ("False", "Starting")
    world.run_pod(QR)
    status = await world.look()
    assert status["qr"]["code"] == "1@abc"
    world.run_pod(READY)
    status = await world.look()
    assert world.ready() == ("True", "Connected")
    assert status["phone"] == "5491100000001"
    events = [body["reason"] for where, body in world.client.objects.items() if "/events/" in where]
    assert events == ["ClaimCreated", "PodCreated", "QRRequired", "Connected"]


async def test_a_quiet_session_costs_no_call_at_all(world: World) -> None:
    await world.look()
    world.run_pod(READY)
    await world.look()
    world.client.calls.clear()
    for hour in range(3):
        world.time = NOW + timedelta(hours=hour)
        await world.look()
    assert world.client.calls == []


async def test_an_operator_restart_costs_no_call_at_all(world: World) -> None:
    await world.look()
    world.run_pod(READY)
    await world.look()
    world.client.calls.clear()
    said = world.ear.said
    world.start()
    await world.look()
    world.ear.said = said
    await world.look()
    assert world.client.calls == []
    assert world.ear.followed == [world.client.objects[POD]["metadata"]["uid"]] * 2


async def test_a_pod_that_is_gone_is_made_again_on_the_same_claim(world: World) -> None:
    await world.look()
    world.run_pod(READY)
    await world.look()
    claim = world.client.objects[CLAIM]["metadata"]["uid"]
    world.end_pod()
    await world.look()
    assert POD in world.client.objects
    assert world.client.objects[CLAIM]["metadata"]["uid"] == claim


async def test_an_asked_restart_happens_once(world: World) -> None:
    await world.look()
    world.run_pod(READY)
    world.annotate(restartedAt="t1")
    await world.look()
    assert world.ready() == ("False", "Terminating")
    assert [verb for verb, _ in world.client.writes()].count("delete") == 1
    world.end_pod()
    await world.look()
    world.run_pod(READY)
    await world.look()
    assert world.ready() == ("True", "Connected")
    assert [verb for verb, _ in world.client.writes()].count("delete") == 1


async def test_a_paused_session_keeps_its_status_true_and_nothing_is_touched(world: World) -> None:
    await world.look()
    world.run_pod(READY)
    await world.look()
    world.annotate(paused="true", restartedAt="t1")
    world.client.calls.clear()
    await world.look()
    assert world.ready() == ("True", "Connected")
    assert {verb for verb, _ in world.client.writes()} == {"apply"}
    assert "deletionTimestamp" not in world.client.objects[POD]["metadata"]


async def test_failed_pods_are_remembered_across_an_operator_restart(world: World) -> None:
    await world.look()
    body = world.client.objects[POD]
    body["status"] = {"phase": "Failed", "reason": "Evicted"}
    world.caches.event(PODS, "MODIFIED", world.client._store(POD, body))
    status = await world.look()
    assert status["podFailures"]["count"] == 1
    world.end_pod()
    world.start()
    status = await world.look()
    assert status["podFailures"]["count"] == 1


async def test_a_pod_that_refuses_its_key_gets_its_secret_in_step_once(world: World) -> None:
    await world.look()
    world.run_pod(READY)
    await world.look()
    secret = path("secrets", "crm", "whatsapp-demo")
    world.client.objects[secret]["data"] = {"api-keys": "b2xk"}
    for _ in range(5):
        world.reconciler.key_refused(KEY)
        await world.look()
    assert world.client.objects[secret]["data"]["api-keys"] != "b2xk"
    assert [where for verb, where in world.client.writes() if verb == "apply"].count(secret) == 1


async def test_a_ready_pod_that_is_not_heard_is_nudged_once(world: World) -> None:
    """More often would undo the backoff of its stream: thousands of requests a second."""
    await world.look()
    world.run_pod(None)
    for _ in range(5):
        await world.look()
    assert world.ear.nudges == 1


async def test_a_deleted_session_is_forgotten(world: World) -> None:
    await world.look()
    world.run_pod(READY)
    await world.look()
    world.caches.event(SESSIONS, "DELETED", world.client.objects.pop(WHERE))
    world.client.calls.clear()
    assert await world.reconciler.session(KEY) is None
    assert world.client.calls == []
    assert world.ear.followed[-1] == ""
