"""What a session is told, as docs/contracts.md has it; and that its revision says what is in it, no more."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any

import pytest

from unit.operator.builders import DEFAULTS, SPEC, UID
from whatsapp_contracts.keys import webhook_secret
from whatsapp_operator.configuration import Configuration, Facts, configure, dumped, referenced
from whatsapp_operator.references import Reference
from whatsapp_operator.spec import parse
from whatsapp_operator.tellable import Webhook
from whatsapp_operator.template import Defaults

MASTER = b"m" * 32
LABELS = {"whatsapp.leadmaster.dev/session": "demo"}
SECRET = "whsec_" + base64.b64encode(b"s" * 32).decode()
FACTS = Facts(namespace="crm", name="demo", uid=UID, generation=3, master=MASTER)
HUB = Webhook(name="hub", url="http://hub.whatsapp.svc:3000")


def made(spec: dict[str, Any], defaults: Defaults = DEFAULTS, **facts: Any) -> Configuration:
    return configure(parse(SPEC | spec), defaults, replace(FACTS, **facts))


def holding(name: str, **entries: str) -> Reference:
    data = {key: base64.b64encode(text.encode()).decode() for key, text in entries.items()}
    return Reference(namespace="crm", name=name, labels=LABELS, data=data)


HOOK = {"name": "crm", "url": "https://crm.example/hooks", "secretRef": {"name": "hook"}}
PROXY = {"server": "http://proxy.example:3128", "secretRef": {"name": "exit"}}
RESOLVED = {
    "hook": holding("hook", secret=SECRET),
    "exit": holding("exit", username="ana", password="pw"),
}


def test_a_webhook_whose_secret_is_missing_is_left_out_and_the_rest_is_told() -> None:
    plain = {"name": "plain", "url": "https://plain.example/"}
    got = made({"webhooks": [HOOK, plain], "pacing": {"burst": 3}})
    assert [each["name"] for each in got.document["webhooks"]] == ["plain"]
    assert got.document["pacing"]["burst"] == 3
    (missing,) = got.missing
    assert (missing.what, missing.reason, missing.kept) == ("webhook crm", "SecretMissing", False)


def test_a_proxy_whose_credentials_are_missing_stays_the_only_way_out() -> None:
    got = made({"proxy": PROXY})
    assert got.document["proxy"] == {"server": "http://proxy.example:3128"}
    assert [each.what for each in got.missing] == ["proxy"]


def test_a_secret_that_goes_away_takes_no_webhook_out_of_force() -> None:
    """A webhook that is taken out loses its place, and with it the events that were still to come."""
    spec = {"webhooks": [HOOK], "proxy": PROXY}
    before = made(spec, references=RESOLVED)
    got = made(spec, before=before.document)
    assert got.revision == before.revision
    assert [each.kept for each in got.missing] == [True, True]


def test_credentials_of_one_proxy_are_never_given_to_another() -> None:
    before = made({"proxy": PROXY}, references=RESOLVED)
    other = PROXY | {"server": "http://elsewhere.example:3128"}
    got = made({"proxy": other}, before=before.document)
    assert got.document["proxy"] == {"server": "http://elsewhere.example:3128"}


@pytest.mark.parametrize("before", [{}, {"webhooks": "x", "proxy": None}, {"webhooks": [1, {"name": "x"}]}])
def test_a_document_that_cannot_be_read_holds_nothing_on(before: dict[str, Any]) -> None:
    got = made({"webhooks": [HOOK], "proxy": PROXY}, before=before)
    assert got.document["webhooks"] == []
    assert got.document["proxy"] == {"server": "http://proxy.example:3128"}


def test_a_session_that_says_nothing_is_told_the_defaults() -> None:
    assert made({}).document == {
        "revision": made({}).revision,
        "owner": UID,
        "generation": 3,
        "operatingMode": "Connected",
        "phoneNumber": None,
        "login": {"method": "QR", "maxQRRotations": 6},
        "pacing": {"messagesPerMinute": 60, "burst": 20},
        "proxy": None,
        "webhooks": [],
    }


def test_everything_that_can_be_said_is_told() -> None:
    spec = {
        "operatingMode": "Disconnected",
        "phoneNumber": "5491123456789",
        "login": {"method": "PairingCode", "maxQRRotations": 2},
        "pacing": {"messagesPerMinute": 5},
        "proxy": PROXY,
        "webhooks": [
            HOOK | {"events": ["message.*"], "format": "Orchestrator", "headers": {"X-B": "2", "X-A": "1"}}
        ],
    }
    got = made(spec, replace(DEFAULTS, messages_per_minute=30, burst=7), references=RESOLVED)
    document = dict(got.document)
    assert document.pop("revision") == got.revision
    assert document == {
        "owner": UID,
        "generation": 3,
        "operatingMode": "Disconnected",
        "phoneNumber": "5491123456789",
        "login": {"method": "PairingCode", "maxQRRotations": 2},
        "pacing": {"messagesPerMinute": 5, "burst": 7},
        "proxy": {"server": "http://proxy.example:3128", "username": "ana", "password": "pw"},
        "webhooks": [
            {
                "name": "crm",
                "url": "https://crm.example/hooks",
                "events": ["message.*"],
                "format": "Orchestrator",
                "secrets": [SECRET],
                "headers": {"X-A": "1", "X-B": "2"},
            }
        ],
    }
    assert got.missing == ()
    assert got.shown == {
        "operatingMode": "Disconnected",
        "phoneNumber": "5491123456789",
        "login": {"method": "PairingCode", "maxQRRotations": 2},
        "pacing": {"messagesPerMinute": 5, "burst": 7},
        "proxy": "http://proxy.example:3128",
        "webhooks": ["crm"],
    }


def test_a_suspended_session_is_told_to_be_connected_when_it_has_a_pod_again() -> None:
    assert made({"operatingMode": "Suspended"}).document["operatingMode"] == "Connected"


def test_the_operators_webhooks_are_for_those_that_name_none() -> None:
    defaults = replace(DEFAULTS, webhooks=(HUB,))
    assert [each["name"] for each in made({}, defaults).document["webhooks"]] == ["hub"]
    assert made({"webhooks": []}, defaults).document["webhooks"] == []
    own = [{"name": "own", "url": "https://own.example/"}]
    assert [each["name"] for each in made({"webhooks": own}, defaults).document["webhooks"]] == ["own"]


def test_a_webhook_without_a_secret_is_signed_with_a_derived_one() -> None:
    (hook,) = made({}, replace(DEFAULTS, webhooks=(HUB,))).document["webhooks"]
    assert hook["secrets"] == [webhook_secret(MASTER, "crm", "demo", "hub", version=1)]
    assert len(base64.b64decode(hook["secrets"][0].removeprefix("whsec_"))) == 32
    (rotated,) = made({}, replace(DEFAULTS, webhooks=(HUB,)), key_versions=(2, 1)).document["webhooks"]
    assert rotated["secrets"][1] == hook["secrets"][0] != rotated["secrets"][0]


SAME: dict[str, dict[str, Any]] = {
    "another generation": {"generation": 9},
    "a resource made anew": {"uid": "another"},
}


@pytest.mark.parametrize("facts", SAME.values(), ids=SAME)
def test_the_revision_speaks_of_the_content_alone(facts: dict[str, Any]) -> None:
    assert made({}, **facts).revision == made({}).revision


CHANGES: dict[str, dict[str, Any]] = {
    "mode": {"operatingMode": "Disconnected"},
    "number": {"phoneNumber": "5491123456789"},
    "login": {"login": {"maxQRRotations": 7}},
    "pacing": {"pacing": {"burst": 21}},
    "proxy": {"proxy": {"server": "http://p:1"}},
    "webhooks": {"webhooks": [{"name": "a", "url": "https://a.example/"}]},
}


@pytest.mark.parametrize("spec", CHANGES.values(), ids=CHANGES)
def test_every_change_is_another_revision(spec: dict[str, Any]) -> None:
    assert made(spec).revision != made({}).revision


def test_a_rotated_secret_is_another_revision() -> None:
    spec = {"webhooks": [HOOK]}
    other = {"hook": holding("hook", secret="whsec_" + base64.b64encode(b"n" * 32).decode())}
    assert made(spec, references=RESOLVED).revision != made(spec, references=other).revision


def test_who_reads_the_revision_cannot_try_passwords_on_it() -> None:
    assert made({}).revision != made({}, master=b"n" * 32).revision


def test_the_order_of_headers_is_no_change() -> None:
    one = {"webhooks": [HOOK | {"secretRef": None, "headers": {"A": "1", "B": "2"}}]}
    two = {"webhooks": [HOOK | {"secretRef": None, "headers": {"B": "2", "A": "1"}}]}
    assert made(one).revision == made(two).revision


def test_no_secret_is_shown_or_printed() -> None:
    got = made({"webhooks": [HOOK], "proxy": PROXY}, references=RESOLVED)
    assert SECRET in dumped(got.document)
    for text in (repr(got), str(got.shown)):
        assert SECRET not in text
        assert "ana" not in text
    assert "m" * 32 not in repr(FACTS)


def test_every_secret_that_is_named_is_read_and_no_other() -> None:
    spec = {"webhooks": [HOOK, {"name": "b", "url": "https://b.example/"}], "proxy": PROXY}
    assert referenced(parse(SPEC | spec)) == {"hook", "exit"}
    assert referenced(parse(SPEC)) == frozenset()
