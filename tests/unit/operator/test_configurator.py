"""What a running session is told and its Secret holds, through changes, faults and operator restarts."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from unit.operator.builders import NOW, READY
from unit.operator.world import KEY, POD, SECRET, WHERE, World
from whatsapp_contracts.keys import derive
from whatsapp_operator.client import ApiError, path
from whatsapp_operator.observed import Told

MASTER = b"m" * 32
SIGNING = "whsec_" + base64.b64encode(b"s" * 32).decode()
ROTATED = "whsec_" + base64.b64encode(b"r" * 32).decode()
HOOK = {"name": "crm", "url": "https://crm.example/", "secretRef": {"name": "hook", "key": "secret"}}


@pytest.fixture
async def world() -> World:
    """A session that is READY, with its configuration in force."""
    made = World()
    await made.look()
    made.run_pod(READY)
    await made.look()
    made.client.calls.clear()
    return made


def encoded(document: dict[str, Any]) -> str:
    return base64.b64encode(json.dumps(document).encode()).decode()


def writes(world: World) -> list[str]:
    """What was written beside status and Events."""
    return [
        f"{verb} {where.rpartition('/')[2]}"
        for verb, where in world.client.writes()
        if not where.endswith("/status") and "/events" not in where and verb != "dry-run"
    ]


def configured(world: World) -> tuple[str, ...]:
    found = world.condition("Configured")
    return tuple(found[key] for key in ("status", "reason"))


async def test_a_new_pod_begins_with_its_configuration(world: World) -> None:
    assert configured(world) == ("True", "InForce")
    assert world.mouth.orders == []
    assert world.document()["login"] == {"method": "QR", "maxQRRotations": 6}
    environment = {
        each["name"]: each["value"] for each in world.client.objects[POD]["spec"]["containers"][0]["env"]
    }
    assert environment["CONFIG_FILE"].endswith("/config.json")


CHANGES: dict[str, dict[str, Any]] = {
    "mode": {"operatingMode": "Disconnected"},
    "number": {"phoneNumber": "5491123456789"},
    "login": {"login": {"maxQRRotations": 2}},
    "pacing": {"pacing": {"messagesPerMinute": 1}},
    "proxy": {"proxy": {"server": "http://proxy.example:3128"}},
    "webhooks": {"webhooks": [{"name": "a", "url": "https://a.example/"}]},
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
async def test_a_change_is_told_and_stored_and_touches_no_pod(world: World, change: dict[str, Any]) -> None:
    before = dict(world.client.objects[POD])
    world.apply_session(**change)
    await world.look()
    (order,) = world.mouth.orders
    assert order.document == world.document()
    assert order.document["generation"] == 2
    assert configured(world) == ("False", "Telling")
    assert world.condition("UpdateAvailable")["status"] == "False"
    world.say(order.revision)
    status = await world.look()
    assert configured(world) == ("True", "InForce")
    assert status["configuration"]["revision"] == order.revision
    assert world.client.objects[POD] == before
    assert writes(world) == ["create secrets", "apply whatsapp-demo"]


async def test_a_quiet_session_is_told_nothing(world: World) -> None:
    for _ in range(3):
        await world.look()
    assert world.mouth.orders == []
    assert writes(world) == []


async def test_a_change_of_something_else_is_not_told(world: World) -> None:
    world.apply_session(image="x:2")
    await world.look()
    assert world.mouth.orders == []
    assert writes(world) == []


async def test_a_pod_that_has_something_else_is_told_again(world: World) -> None:
    world.say("of long ago")
    await world.look()
    assert [order.revision for order in world.mouth.orders] == [world.document()["revision"]]


async def test_a_pod_of_0_1_0_is_left_alone_and_named(world: World) -> None:
    """Its settings name no configuration, and it tells of none."""
    body = world.client.objects[POD]
    container = body["spec"]["containers"][0]
    container["env"] = [each for each in container["env"] if each["name"] != "CONFIG_FILE"]
    world.client._store(POD, body)
    world.client.objects[WHERE]["status"] = {}
    said = replace(world.ear.said, tells_config=False, view=READY)
    world.start()
    world.ear.said = said
    world.apply_session(pacing={"burst": 1})
    for _ in range(3):
        await world.look()
    assert world.mouth.orders == []
    assert writes(world) == []
    assert configured(world) == ("False", "OlderRelease")
    assert world.condition("UpdateAvailable")["status"] == "False"
    assert world.ready() == ("True", "Connected")


async def test_a_paused_session_is_told_nothing_and_says_so_by_its_condition(world: World) -> None:
    world.annotate(paused="true")
    world.apply_session(pacing={"burst": 1}, keyVersion=2)
    world.annotate(paused="true")
    status = await world.look()
    assert world.mouth.orders == []
    assert writes(world) == []
    assert configured(world) == ("False", "Paused")
    assert status["keys"] == {"version": 1}


async def test_what_the_pod_refuses_is_in_status(world: World) -> None:
    world.apply_session(pacing={"burst": 1})
    await world.look()
    world.mouth.says = Told(revision=world.document()["revision"], problem="pacing: no", refused=True)
    await world.look()
    assert configured(world) == ("False", "ConfigurationRefused")
    assert world.ready() == ("True", "Connected")


# The Secret of the session


async def test_a_secret_that_cannot_be_written_keeps_nothing_from_the_pod(world: World) -> None:
    world.client.fail("create", path("secrets", "crm"), ApiError(500, "InternalError", "etcd"))
    world.apply_session(pacing={"burst": 1})
    again = await world.reconciler.session(KEY)
    assert len(world.mouth.orders) == 1
    assert again == NOW + timedelta(seconds=5)
    assert world.document()["pacing"]["burst"] == 20
    world.time = NOW + timedelta(seconds=5)
    await world.look()
    assert world.document()["pacing"]["burst"] == 1


async def test_a_secret_that_is_somebody_elses_is_named_and_asked_for_again_later(world: World) -> None:
    world.client.objects[SECRET]["metadata"]["ownerReferences"] = []
    world.apply_session(pacing={"burst": 1})
    assert await world.reconciler.session(KEY) == NOW + timedelta(minutes=1)
    assert configured(world) == ("False", "SecretNotWritten")
    assert "kubectl delete secret whatsapp-demo" in world.condition("Configured")["message"]
    world.client.calls.clear()
    await world.look()
    assert writes(world) == []
    assert len(world.mouth.orders) == 2


# Keys


def keys(world: World) -> list[str]:
    return world.entry("api-keys").split()


async def test_a_rotated_key_works_beside_the_old_one_for_ten_minutes(world: World) -> None:
    old, new = (derive(MASTER, "crm", "demo", version=version) for version in (1, 2))
    assert keys(world) == [old]
    before = dict(world.client.objects[POD])
    world.apply_session(keyVersion=2)
    status = await world.look()
    assert keys(world) == [new, old]
    assert list(world.ear.api_keys) == [new, old]
    assert status["keys"] == {"version": 2, "previous": 1, "since": "2026-11-21T12:00:00Z"}
    assert await world.reconciler.session(KEY) == NOW + timedelta(minutes=10)
    world.time = NOW + timedelta(minutes=10)
    status = await world.look()
    assert keys(world) == [new]
    assert list(world.ear.api_keys) == [new]
    assert status["keys"] == {"version": 2}
    assert world.client.objects[POD] == before


async def test_an_operator_that_restarts_in_a_rotation_goes_on_with_it(world: World) -> None:
    world.apply_session(keyVersion=2)
    await world.look()
    said = world.ear.said
    world.start()
    world.ear.said = said
    world.time = NOW + timedelta(minutes=9)
    world.client.calls.clear()
    await world.look()
    assert len(world.ear.api_keys) == 2
    assert writes(world) == []
    world.time = NOW + timedelta(minutes=10)
    await world.look()
    assert len(keys(world)) == 1


async def test_a_rotation_that_could_not_be_stored_is_not_called_begun(world: World) -> None:
    world.client.fail("create", path("secrets", "crm"), ApiError(500, "InternalError", "etcd"))
    world.apply_session(keyVersion=2)
    status = await world.look()
    assert status["keys"] == {"version": 1}
    world.time = NOW + timedelta(seconds=5)
    status = await world.look()
    assert status["keys"]["previous"] == 1
    assert len(keys(world)) == 2


# Secrets that are referred to


async def test_a_missing_secret_is_named_and_the_webhook_comes_with_it(world: World) -> None:
    world.apply_session(webhooks=[HOOK], pacing={"burst": 7})
    again = await world.reconciler.session(KEY)
    assert again == NOW + timedelta(seconds=15)
    assert configured(world) == ("False", "SecretMissing")
    assert world.document()["webhooks"] == []
    assert world.document()["pacing"]["burst"] == 7
    world.hold_secret("hook", labels={}, secret=SIGNING)
    world.time = NOW + timedelta(seconds=15)
    await world.look()
    assert configured(world) == ("False", "SecretNotAllowed")
    world.hold_secret("hook", secret=SIGNING)
    world.time = NOW + timedelta(seconds=30)
    await world.look()
    assert [each["secrets"] for each in world.document()["webhooks"]] == [[SIGNING]]
    world.say(world.document()["revision"])
    status = await world.look()
    assert configured(world) == ("True", "InForce")
    assert SIGNING not in str(status)


async def test_a_rotated_secret_reaches_the_pod(world: World) -> None:
    world.hold_secret("hook", secret=SIGNING)
    world.apply_session(webhooks=[HOOK])
    await world.look()
    world.say(world.document()["revision"])
    assert await world.reconciler.session(KEY) == NOW + timedelta(minutes=2)
    world.mouth.orders.clear()
    world.hold_secret("hook", secret=f"{ROTATED}\n{SIGNING}")
    world.time = NOW + timedelta(minutes=2)
    await world.look()
    (order,) = world.mouth.orders
    assert order.document["webhooks"][0]["secrets"] == [ROTATED, SIGNING]
    assert world.document() == order.document


async def test_an_annotation_has_the_secrets_read_at_once(world: World) -> None:
    world.hold_secret("hook", secret=SIGNING)
    world.apply_session(webhooks=[HOOK])
    await world.look()
    world.hold_secret("hook", secret=ROTATED)
    world.annotate(rotated="now")
    await world.look()
    assert world.document()["webhooks"][0]["secrets"] == [ROTATED]


async def test_a_secret_that_is_gone_takes_no_webhook_out_also_after_an_operator_restart(
    world: World,
) -> None:
    world.hold_secret("hook", secret=SIGNING)
    world.apply_session(webhooks=[HOOK])
    await world.look()
    before = world.document()
    world.say(before["revision"])
    await world.look()
    del world.client.objects[path("secrets", "crm", "hook")]
    said = world.ear.said
    world.start()
    world.ear.said = said
    world.mouth.orders.clear()
    await world.look()
    assert world.document() == before
    assert world.mouth.orders == []
    assert configured(world) == ("False", "SecretMissing")
    assert "stays in force" in world.condition("Configured")["message"]


async def test_what_an_earlier_resource_had_is_not_held_on(world: World) -> None:
    world.hold_secret("hook", secret=SIGNING)
    world.apply_session(webhooks=[HOOK])
    await world.look()
    del world.client.objects[path("secrets", "crm", "hook")]
    other = encoded(world.document() | {"owner": "another"})
    world.client.objects[SECRET]["data"]["config.json"] = other
    world.start()
    await world.look()
    assert world.document()["webhooks"] == []


async def test_its_own_secret_is_no_reference(world: World) -> None:
    """Its API key would become something to sign with."""
    own = HOOK | {"secretRef": {"name": "whatsapp-demo", "key": "api-keys"}}
    world.apply_session(webhooks=[own])
    await world.look()
    assert configured(world) == ("False", "SecretMissing")
    assert world.document()["webhooks"] == []


async def test_nothing_is_told_to_a_pod_that_is_ending_or_not_heard(world: World) -> None:
    world.apply_session(pacing={"burst": 1})
    world.ear.said = replace(world.ear.said, live=False, silent_since=NOW)
    await world.look()
    assert world.mouth.orders == []
    assert world.document()["pacing"]["burst"] == 1, "its next start knows it"


async def test_a_spec_that_cannot_be_read_changes_nothing(world: World) -> None:
    world.apply_session(webhooks="x")
    await world.look()
    assert world.mouth.orders == []
    assert writes(world) == []
    assert configured(world) == ("Unknown", "SpecUnreadable")
    assert WHERE in world.client.objects
