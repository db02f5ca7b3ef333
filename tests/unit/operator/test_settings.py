"""Settings: refusals name the flag and what to set."""

from __future__ import annotations

import json
from typing import Any

import pytest

from whatsapp_operator.settings import Settings, SettingsError, read

IMAGE = ["--session-image", "x:1"]


def settings(*arguments: str, **environment: str) -> Settings:
    return read(arguments, environment, fallback_identity="me")


HUB: dict[str, Any] = {"name": "hub", "url": "http://hub.whatsapp.svc:3000"}


def hooks(**more: Any) -> list[str]:
    """The flag with one webhook."""
    return ["--session-webhooks", json.dumps([HUB | more])]


REFUSED = {
    "no image": ([], "--session-image is required"),
    "an image with a space": (["--session-image", "a b"], "--session-image is required"),
    "an unknown flag": ([*IMAGE, "--what"], "see whatsapp-operator --help"),
    "a port that is none": ([*IMAGE, "--port", "http"], "--port is 'http': set a whole number"),
    "no workers": ([*IMAGE, "--workers", "0"], "--workers is '0': set a whole number from 1"),
    "a log format that is none": ([*IMAGE, "--log-format", "xml"], "set one of json, text"),
    "a pull policy that is none": ([*IMAGE, "--session-image-pull-policy", "Maybe"], "set one of Always"),
    "a namespace that is none": ([*IMAGE, "--namespaces", "a,B!"], "'B!', which is no Kubernetes name"),
    "a URL that is none": ([*IMAGE, "--whatsapp-url", "web.whatsapp.com"], "set a URL with http://"),
    "requests that are none": ([*IMAGE, "--session-requests", "disk=1"], "set cpu=100m,memory=400Mi"),
    "a network that is none": (
        [*IMAGE, "--session-allowed-networks", "10.0.0.0/40"],
        "'10.0.0.0/40', neither a network nor a host",
    ),
    "webhooks that are no JSON": (
        [*IMAGE, "--session-webhooks", "hub"],
        "is no list like",
    ),
    "webhooks that are no list": ([*IMAGE, "--session-webhooks", "7"], "is no list like"),
    "a webhook without a url": ([*IMAGE, "--session-webhooks", '[{"name":"a"}]'], "is no list like"),
    "a webhook with another url": ([*IMAGE, *hooks(url="hub:3000")], "has the url 'hub:3000'"),
    "a webhook with a name that is none": ([*IMAGE, *hooks(name="A B")], "has 'A B': set a name"),
    "a webhook with a Secret": ([*IMAGE, *hooks(secretRef={"name": "x"})], "and no secretRef"),
    "a webhook with an event that is none": ([*IMAGE, *hooks(events=["mesage.*"])], "the event 'mesage.*'"),
    "a webhook with the pod's key": ([*IMAGE, *hooks(headers={"X-API-Key": "x"})], "header 'X-API-Key'"),
    "a webhook with a header of two lines": ([*IMAGE, *hooks(headers={"X": "a\nb"})], "the header 'X'"),
    "a webhook twice": ([*IMAGE, "--session-webhooks", json.dumps([HUB, HUB])], "names a webhook twice"),
    "a burst of nothing": ([*IMAGE, "--session-burst", "0"], "--session-burst is '0': set a whole number"),
    "a hub's url that is none": ([*IMAGE, "--hub-url", "hub:3000"], "--hub-url is 'hub:3000': set one with"),
    "a default webhook that is called as the hub's": (
        [*IMAGE, *hooks(), "--hub-url", "http://hub:3000"],
        "--session-webhooks names one 'hub', as --hub-url does",
    ),
    "one master key for two": (
        [*IMAGE, "--hub-url", "http://hub:3000", "--hub-master-secret", "whatsapp-operator-master"],
        "--hub-master-secret is --master-secret: set another",
    ),
    "an amount that is none": ([*IMAGE, "--session-limits", "memory=much"], "set cpu=100m,memory=400Mi"),
}


@pytest.mark.parametrize(("arguments", "words"), REFUSED.values(), ids=REFUSED)
def test_a_wrong_setting_is_refused_with_what_to_set(arguments: list[str], words: str) -> None:
    with pytest.raises(SettingsError) as refused:
        settings(*arguments)
    assert words in str(refused.value)
    assert "\n" not in str(refused.value)


def test_defaults_are_the_designs() -> None:
    got = settings(*IMAGE)
    assert got.namespaces == ()
    assert got.identity == "me"
    assert got.defaults.whatsapp_url is None
    assert got.defaults.requests == {"cpu": "100m", "memory": "400Mi"}
    assert got.defaults.limits == {"memory": "1Gi"}
    assert (got.port, got.log_format, got.resync) == (8080, "json", 600)


def test_the_environment_is_read_and_flags_win() -> None:
    environment = {
        "WHATSAPP_OPERATOR_SESSION_IMAGE": "env:1",
        "WHATSAPP_OPERATOR_NAMESPACES": "a, b",
        "WHATSAPP_OPERATOR_WHATSAPP_URL": "http://simulator.test/",
    }
    got = settings("--session-image", "flag:2", **environment)
    assert got.defaults.image == "flag:2"
    assert got.namespaces == ("a", "b")
    assert got.defaults.whatsapp_url == "http://simulator.test/"


def test_what_sessions_are_told_and_may_reach_is_read() -> None:
    got = settings(
        *IMAGE,
        *hooks(events=["message.*"], format="Orchestrator", headers={"X-A": "b"}),
        *("--session-allowed-networks", "10.0.0.0/8, crm.internal,fd00::/8"),
        *("--session-messages-per-minute", "30", "--session-burst", "5"),
    ).defaults
    assert got.allowed_networks == ("10.0.0.0/8", "crm.internal", "fd00::/8")
    assert (got.messages_per_minute, got.burst) == (30, 5)
    (hook,) = got.webhooks
    assert (hook.name, hook.url, hook.format) == ("hub", HUB["url"], "Orchestrator")
    assert (hook.events, hook.headers) == (["message.*"], {"X-A": "b"})
    assert settings(*IMAGE).defaults.webhooks == ()


def test_without_its_url_there_is_no_hub_and_with_it_a_master_key_of_its_own() -> None:
    assert settings(*IMAGE).hub_url == ""
    got = settings(*IMAGE, "--hub-url", "http://hub.whatsapp.svc:3000/")
    assert got.hub_url == "http://hub.whatsapp.svc:3000"
    assert got.hub_master_secret == "whatsapp-hub-master"
