"""What the hub has in every session, and that enabling it is told to running sessions and restarts none."""

from __future__ import annotations

from dataclasses import replace

import pytest

from unit.operator.builders import DEFAULTS, NOW, READY, SPEC, UID
from unit.operator.test_configurator import configured, keys, writes
from unit.operator.world import POD, World
from whatsapp_contracts.keys import derive, webhook_secret
from whatsapp_operator.configuration import Facts, configure
from whatsapp_operator.hub import Hub
from whatsapp_operator.spec import parse
from whatsapp_operator.tellable import Webhook

MASTER, OPERATORS = b"h" * 48, b"m" * 32
URL = "http://hub.whatsapp.svc:3000"
HUB = Hub(url=URL, master=MASTER)
FACTS = Facts(namespace="crm", name="demo", uid=UID, generation=3, master=OPERATORS, hub=HUB)
OWN = [{"name": "crm", "url": "https://crm.example/"}]


def hub_key(version: int = 1) -> str:
    return derive(MASTER, "crm", "demo", version=version)


def own_key(version: int = 1) -> str:
    return derive(OPERATORS, "crm", "demo", version=version)


@pytest.fixture
async def world() -> World:
    """A session that is READY, and an operator that knows no hub."""
    made = World()
    await made.look()
    made.run_pod(READY)
    await made.look()
    made.client.calls.clear()
    return made


def enable(world: World, hub: Hub | None = HUB) -> None:
    """The operator is restarted, with a hub or without."""
    said, world.hub = world.ear.said, hub
    world.start()
    world.ear.said = said


# A name that is taken


def test_a_resource_that_takes_the_hubs_name_does_not_take_its_place() -> None:
    """An API server with our schema refuses it; an older definition lets it through."""
    spec = {"webhooks": [{"name": "hub", "url": "https://elsewhere.example/"}, *OWN]}
    got = configure(parse(SPEC | spec), DEFAULTS, FACTS)
    assert [(hook["name"], hook["url"]) for hook in got.document["webhooks"]] == [
        ("crm", "https://crm.example/"),
        ("hub", URL),
    ]
    (missing,) = got.missing
    assert missing.reason == "NameReserved"
    assert "give it another name; until then it is left out" in missing.message


def test_without_a_hub_the_name_is_free() -> None:
    spec = {"webhooks": [{"name": "hub", "url": "https://elsewhere.example/"}]}
    got = configure(parse(SPEC | spec), DEFAULTS, replace(FACTS, hub=None))
    assert [hook["url"] for hook in got.document["webhooks"]] == ["https://elsewhere.example/"]
    assert got.missing == ()


# What a session is told


@pytest.mark.parametrize("webhooks", [None, [], OWN], ids=["defaults", "nobody", "its own"])
def test_the_hub_is_told_by_every_session(webhooks: list[dict[str, str]] | None) -> None:
    spec = SPEC if webhooks is None else SPEC | {"webhooks": webhooks}
    told = configure(parse(spec), DEFAULTS, FACTS).document["webhooks"]
    assert told[-1] == {
        "name": "hub",
        "url": URL,
        "events": ["*"],
        "format": "Orchestrator",
        "secrets": [webhook_secret(MASTER, "crm", "demo", "hub", version=1)],
        "headers": {},
    }
    assert [hook["name"] for hook in told[:-1]] == [each["name"] for each in webhooks or ()]


def test_it_is_signed_under_the_hubs_master_alone_in_both_versions_of_a_rotation() -> None:
    told = configure(parse(SPEC), DEFAULTS, replace(FACTS, key_versions=(2, 1))).document["webhooks"][-1]
    assert told["secrets"] == [
        webhook_secret(MASTER, "crm", "demo", "hub", version=version) for version in (2, 1)
    ]
    assert webhook_secret(OPERATORS, "crm", "demo", "hub", version=1) not in told["secrets"]


def test_the_hosts_of_what_the_operator_adds_are_let_through_and_those_of_resources_are_not() -> None:
    default = replace(DEFAULTS, webhooks=(Webhook(name="crm", url="http://crm.internal:8080/a"),))
    own = parse(SPEC | {"webhooks": [{"name": "a", "url": "http://metadata.internal/"}]})
    assert configure(parse(SPEC), default, FACTS).document["allowedHosts"] == [
        "crm.internal",
        "hub.whatsapp.svc",
    ]
    assert configure(own, default, FACTS).document["allowedHosts"] == ["hub.whatsapp.svc"]
    assert "allowedHosts" not in configure(own, default, replace(FACTS, hub=None)).document


def test_another_master_of_the_hub_is_another_revision() -> None:
    other = replace(FACTS, hub=replace(HUB, master=b"o" * 48))
    one, two = (configure(parse(SPEC), DEFAULTS, facts) for facts in (FACTS, other))
    assert one.revision != two.revision


def test_its_master_key_is_never_printed() -> None:
    assert "hhhh" not in repr(FACTS)


# Enabled under a running session


async def test_enabling_it_is_told_and_stored_and_touches_no_pod(world: World) -> None:
    before = dict(world.client.objects[POD])
    enable(world)
    await world.look()
    (order,) = world.mouth.orders
    assert [hook["name"] for hook in order.document["webhooks"]] == ["hub"]
    assert order.document == world.document()
    assert keys(world) == [own_key(), hub_key()]
    world.say(order.revision)
    status = await world.look()
    assert configured(world) == ("True", "InForce")
    assert status["configuration"]["webhooks"] == ["hub"]
    assert world.condition("UpdateAvailable")["status"] == "False"
    assert world.client.objects[POD] == before
    assert writes(world) == ["create secrets", "apply whatsapp-demo"]


async def test_a_pod_made_with_it_is_the_pod_that_would_be_made_without(world: World) -> None:
    with_hub = World(HUB)
    await with_hub.look()
    made, other = (each.client.objects[POD] for each in (with_hub, world))
    assert made["spec"] == other["spec"]
    assert made["metadata"]["annotations"] == other["metadata"]["annotations"]


async def test_the_operator_calls_pods_with_its_own_key_alone(world: World) -> None:
    enable(world)
    await world.look()
    assert list(world.ear.api_keys) == [own_key()]
    assert [list(order.api_keys) for order in world.mouth.orders] == [[own_key()]]


async def test_a_quiet_session_with_it_is_written_nothing_after_an_operator_restart(world: World) -> None:
    enable(world)
    await world.look()
    world.say(world.document()["revision"])
    await world.look()
    world.client.calls.clear()
    enable(world)
    await world.look()
    assert writes(world) == []
    assert world.mouth.orders == []


async def test_a_rotation_turns_both_keys_and_both_old_ones_work_for_ten_minutes(world: World) -> None:
    enable(world)
    await world.look()
    world.apply_session(keyVersion=2)
    await world.look()
    assert keys(world) == [own_key(2), own_key(1), hub_key(2), hub_key(1)]
    assert list(world.ear.api_keys) == [own_key(2), own_key(1)]
    assert len(world.document()["webhooks"][-1]["secrets"]) == 2
    world.time = NOW.replace(minute=10)
    await world.look()
    assert keys(world) == [own_key(2), hub_key(2)]
    assert len(world.document()["webhooks"][-1]["secrets"]) == 1


async def test_taking_it_away_takes_its_key_and_its_webhook(world: World) -> None:
    enable(world)
    await world.look()
    enable(world, None)
    await world.look()
    assert keys(world) == [own_key()]
    assert world.document()["webhooks"] == []
    assert "allowedHosts" not in world.document()


async def test_a_pod_of_0_1_0_takes_its_key_though_it_cannot_be_told_of_it(world: World) -> None:
    body = world.client.objects[POD]
    container = body["spec"]["containers"][0]
    container["env"] = [each for each in container["env"] if each["name"] != "CONFIG_FILE"]
    world.client._store(POD, body)
    world.ear.said = replace(world.ear.said, tells_config=False)
    enable(world)
    await world.look()
    assert keys(world) == [own_key(), hub_key()]
    assert configured(world) == ("False", "OlderRelease")
    world.client.calls.clear()
    await world.look()
    assert writes(world) == []
