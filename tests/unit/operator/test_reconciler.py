"""One session from first sight to deletion, on an API server in memory and with a fake ear."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from unit.operator.builders import DEFAULTS, NOW, QR, READY, UID
from unit.operator.fake_client import FakeClient
from whatsapp_contracts.sessions import SessionView
from whatsapp_operator.apply import Applier
from whatsapp_operator.caches import CLAIMS, PODS, SESSIONS, Caches
from whatsapp_operator.client import ApiError, path
from whatsapp_operator.configurator import Configurator
from whatsapp_operator.observed import Heard, Told
from whatsapp_operator.reconciler import Reconciler
from whatsapp_operator.recorder import Recorder
from whatsapp_operator.teller import Order

KEY = ("crm", "demo")
WHERE = path(SESSIONS, "crm", "demo")
POD = path(PODS, "crm", "whatsapp-demo")
SECRET = path("secrets", "crm", "whatsapp-demo")
CLAIM = path(CLAIMS, "crm", "whatsapp-demo")


class Ear:
    """What `Streams` is to the reconciler."""

    def __init__(self) -> None:
        self.said = Heard()
        self.followed: list[str] = []
        self.nudges = 0
        self.api_keys: tuple[str, ...] = ()

    def follow(self, key: object, pod_uid: str, ip: str, api_keys: tuple[str, ...]) -> None:
        self.followed.append(pod_uid)
        self.api_keys = api_keys

    def leave(self, key: object) -> None:
        self.followed.append("")

    def nudge(self, key: object) -> None:
        self.nudges += 1

    def heard(self, key: object, pod_uid: str) -> Heard:
        return self.said


class Mouth:
    """What `Teller` is to the reconciler."""

    def __init__(self) -> None:
        self.orders: list[Order] = []
        self.settled = 0
        self.says: Told | None = None

    def tell(self, key: object, order: Order) -> None:
        self.orders.append(order)

    def heard(self, key: object) -> None:
        self.settled += 1

    def leave(self, key: object) -> None:
        self.says = None

    def told(self, key: object, pod_uid: str) -> Told | None:
        return self.says


class World:
    """The cluster with one session, and the operator's reconciler over it."""

    def __init__(self) -> None:
        self.client = FakeClient()
        self.time = NOW
        self.start()
        self.apply_session()

    def start(self) -> None:
        """An operator starts: nothing is remembered, the watches list what exists."""
        self.caches, self.ear = Caches(), Ear()
        recorder = Recorder(self.client, now=self.now)  # type: ignore[arg-type]
        applier = Applier(self.client, self.caches, recorder, now=self.now)  # type: ignore[arg-type]
        self.mouth = Mouth()
        self.reconciler = Reconciler(
            client=self.client,  # type: ignore[arg-type]
            caches=self.caches,
            streams=self.ear,  # type: ignore[arg-type]
            recorder=recorder,
            applier=applier,
            configurator=Configurator(
                client=self.client,  # type: ignore[arg-type]
                applier=applier,
                teller=self.mouth,  # type: ignore[arg-type]
                defaults=DEFAULTS,
                master=b"m" * 32,
            ),
            defaults=DEFAULTS,
            now=self.now,
        )
        for resource in (SESSIONS, PODS, CLAIMS):
            for where, body in self.client.objects.items():
                if f"/{resource}/" in where:
                    self.caches.event(resource, None, body)

    def now(self) -> datetime:
        return self.time

    def apply_session(self, uid: str = UID, **spec: Any) -> None:
        metadata = {"name": "demo", "namespace": "crm", "uid": uid, "generation": 1, "creationTimestamp": "t"}
        body = {"metadata": metadata, "spec": {"clienteId": 51} | spec}
        self.caches.event(SESSIONS, "ADDED", self.client._store(WHERE, body))

    def annotate(self, **annotations: str) -> None:
        body = self.client.objects[WHERE]
        named = {f"whatsapp.leadmaster.dev/{name}": value for name, value in annotations.items()}
        body["metadata"]["annotations"] = named
        self.caches.event(SESSIONS, "MODIFIED", self.client._store(WHERE, body))

    def run_pod(self, view: SessionView | None, *, ready: bool = True) -> None:
        """The kubelet's part."""
        body = self.client.objects[POD]
        body["status"] = {
            "phase": "Running",
            "podIP": "10.0.0.7",
            "conditions": [{"type": "Ready", "status": str(ready)}],
            "containerStatuses": [{"state": {"running": {"startedAt": "2026-11-21T11:00:00Z"}}}],
        }
        self.caches.event(PODS, "MODIFIED", self.client._store(POD, body))
        if view is not None:
            document = json.loads(base64.b64decode(self.client.objects[SECRET]["data"]["config.json"]))
            view = replace(view, config_revision=document["revision"])
        self.ear.said = Heard(
            view=view,
            live=view is not None,
            silent_since=None if view else self.time,
            tells_config=view is not None,
        )

    def end_pod(self) -> None:
        body = self.client.objects.pop(POD)
        self.caches.event(PODS, "DELETED", body)
        self.ear.said = Heard()

    async def look(self) -> dict[str, Any]:
        await self.reconciler.session(KEY)
        status: dict[str, Any] = self.client.objects[WHERE].get("status", {})
        return status

    def ready(self) -> tuple[str, str]:
        found = self.client.objects[WHERE]["status"]["conditions"][0]
        return found["status"], found["reason"]


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
