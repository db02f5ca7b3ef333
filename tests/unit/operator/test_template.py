"""What counts as an update, and what never does."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from unit.operator.builders import DEFAULTS, SPEC
from whatsapp_operator.spec import parse
from whatsapp_operator.tellable import Webhook
from whatsapp_operator.template import Defaults, differences, dumped, hash_of, inputs_of

RECORDED = dumped(inputs_of(parse(SPEC), DEFAULTS))

CASES: dict[str, tuple[dict[str, Any], Defaults, int]] = {
    "nothing changed": (SPEC, DEFAULTS, 0),
    "a field that is no input": (SPEC | {"storage": {"retainPolicy": "Delete"}}, DEFAULTS, 0),
    "another pull policy is no other pod": (SPEC, replace(DEFAULTS, image_pull_policy="Always"), 0),
    "the default written out": (SPEC | {"image": DEFAULTS.image}, DEFAULTS, 0),
    "what a running session is told": (
        SPEC
        | {
            "operatingMode": "Disconnected",
            "phoneNumber": "5491123456789",
            "login": {"method": "PairingCode", "maxQRRotations": 2},
            "pacing": {"burst": 1},
            "proxy": {"server": "http://p:1"},
            "webhooks": [{"name": "a", "url": "http://a/"}],
            "keyVersion": 7,
        },
        DEFAULTS,
        0,
    ),
    "other defaults of what is told, and networks": (
        SPEC,
        replace(
            DEFAULTS,
            messages_per_minute=1,
            burst=1,
            allowed_networks=("10.0.0.0/8",),
            webhooks=(Webhook(name="hub", url="http://hub/"),),
        ),
        0,
    ),
    "another default image": (SPEC, replace(DEFAULTS, image="x:2"), 1),
    "another default image, but the session has its own": (
        SPEC | {"image": DEFAULTS.image},
        replace(DEFAULTS, image="x:2"),
        0,
    ),
    "another image": (SPEC | {"image": "x:2"}, DEFAULTS, 1),
    "other resources": (SPEC | {"resources": {"limits": {"memory": "2Gi"}}}, DEFAULTS, 1),
    "other default resources": (SPEC, replace(DEFAULTS, requests={"cpu": "1"}), 1),
    "another page": (SPEC, replace(DEFAULTS, whatsapp_url="http://simulator.test/"), 1),
}


@pytest.mark.parametrize(("spec", "defaults", "count"), CASES.values(), ids=CASES)
def test_only_what_a_person_chose_is_an_update(spec: dict[str, Any], defaults: Defaults, count: int) -> None:
    assert len(differences(RECORDED, inputs_of(parse(spec), defaults))) == count


def test_an_input_that_a_later_release_adds_is_no_update() -> None:
    wanted = inputs_of(parse(SPEC), DEFAULTS) | {"proxy": "none"}
    assert differences(RECORDED, wanted) == []


def test_an_input_that_a_later_release_drops_is_no_update() -> None:
    recorded = dumped(json.loads(RECORDED) | {"flavour": "old"})
    assert differences(recorded, inputs_of(parse(SPEC), DEFAULTS)) == []


@pytest.mark.parametrize("recorded", [None, "", "{", "[]", '"text"', "null"])
def test_a_pod_without_a_readable_record_is_never_called_outdated(recorded: str | None) -> None:
    assert differences(recorded, inputs_of(parse(SPEC), DEFAULTS)) == []


def test_a_difference_is_said_in_words() -> None:
    wanted = inputs_of(parse(SPEC | {"image": "x:2"}), replace(DEFAULTS, whatsapp_url="http://s/"))
    assert differences(RECORDED, wanted) == [
        "image: localhost/whatsapp-session:0.1.0 → x:2",
        "whatsappUrl: (default) → http://s/",
    ]


def test_the_hash_of_yesterdays_inputs_is_the_same_today() -> None:
    assert hash_of(inputs_of(parse(SPEC), DEFAULTS)) == "v1-d610f71ad20d0dec"


RESOURCES = {
    "defaults": ({}, {"cpu": "100m", "memory": "400Mi"}, {"memory": "1Gi"}),
    "one of them": ({"requests": {"cpu": 2}}, {"cpu": "2", "memory": "400Mi"}, {"memory": "1Gi"}),
    "a request above the default limit raises it": (
        {"requests": {"memory": "3Gi"}},
        {"cpu": "100m", "memory": "3Gi"},
        {"memory": "3Gi"},
    ),
    "a limit below the default request lowers that": (
        {"limits": {"memory": "200Mi"}},
        {"cpu": "100m", "memory": "200Mi"},
        {"memory": "200Mi"},
    ),
}


@pytest.mark.parametrize(("given", "requests", "limits"), RESOURCES.values(), ids=RESOURCES)
def test_resources_that_are_left_out_come_from_the_operator(
    given: dict[str, Any], requests: dict[str, str], limits: dict[str, str]
) -> None:
    inputs = inputs_of(parse(SPEC | {"resources": given}), DEFAULTS)
    assert inputs["resources"] == {"requests": requests, "limits": limits}
