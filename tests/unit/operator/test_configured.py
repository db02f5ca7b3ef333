"""The condition `Configured`: in force, missing with the cure, or not known."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from unit.operator.builders import (
    DEFAULTS,
    NAMES,
    NOW,
    READY,
    SPEC,
    UID,
    condition,
    down,
    live,
    pod,
    seen,
    session,
    silent,
)
from whatsapp_contracts.states import Reason
from whatsapp_operator.configuration import Configuration, Facts, configure
from whatsapp_operator.decide import decide
from whatsapp_operator.observed import Heard, Observed, Session, Told
from whatsapp_operator.spec import parse

WANTED = configure(
    parse(SPEC), DEFAULTS, Facts(namespace="crm", name="demo", uid=UID, generation=3, master=b"m" * 32)
)
LACKING = configure(
    parse(SPEC | {"webhooks": [{"name": "crm", "url": "https://x/", "secretRef": {"name": "hook"}}]}),
    DEFAULTS,
    Facts(namespace="crm", name="demo", uid=UID, generation=3, master=b"m" * 32),
)
IN_FORCE = replace(live(replace(READY, config_revision=WANTED.revision)), tells_config=True)
HAS_THE_REST = replace(live(replace(READY, config_revision=LACKING.revision)), tells_config=True)
OTHER = replace(live(replace(READY, config_revision="other")), tells_config=True)
OLD = live(READY)


def told(**more: Any) -> Told:
    facts: dict[str, Any] = {"revision": WANTED.revision}
    return Told(**facts | more)


def observed(heard: Heard, wanted: Configuration | None = WANTED, **more: Any) -> Observed:
    return seen(pod(), heard=heard, configuration=wanted, **more)


def status_of(resource: Session, facts: Observed) -> dict[str, Any]:
    status = decide(resource, NAMES, DEFAULTS, facts, NOW).status
    assert status is not None
    return status


CASES: dict[str, tuple[Observed, str, str, str]] = {
    "a Secret is missing": (
        observed(HAS_THE_REST, LACKING),
        "False",
        "SecretMissing",
        "Webhook crm: there is no Secret hook: make it; until then it is left out. The rest is in force.",
    ),
    "a Secret is missing, and the rest is on its way": (
        observed(OTHER, LACKING),
        "False",
        "SecretMissing",
        "left out. The rest: The pod is being told.",
    ),
    "a Secret is missing, and the pod can be told nothing": (
        observed(OLD, LACKING),
        "False",
        "OlderRelease",
        "next pod of a newer image",
    ),
    "a Secret is missing, and nothing is heard": (
        observed(silent(READY, 99), LACKING),
        "False",
        "SecretMissing",
        "make it",
    ),
    "the pod refuses it": (
        observed(OTHER, told=told(problem="proxy.server: wrong.", refused=True)),
        "False",
        "ConfigurationRefused",
        "keeps what it had: proxy.server: wrong. Correct the field",
    ),
    "the pod cannot take it now": (
        observed(OTHER, told=told(problem="the volume is full")),
        "False",
        "NotTold",
        "could not be told: the volume is full. It is tried again.",
    ),
    "what was refused was another one": (
        observed(OTHER, told=told(revision="before", problem="wrong", refused=True)),
        "False",
        "Telling",
        "being told",
    ),
    "it is being told": (observed(OTHER), "False", "Telling", "being told"),
    "a pod of 0.1.0": (observed(OLD), "False", "OlderRelease", "restartedAt"),
    "a pod that knows no such call": (
        observed(OTHER, told=told(problem="it answers 404", unsupported=True)),
        "False",
        "OlderRelease",
        "take effect in the next pod of a newer image",
    ),
    "the Secret cannot be written": (
        observed(IN_FORCE, secret_problem="The Secret whatsapp-demo belongs to something else."),
        "False",
        "SecretNotWritten",
        "next start would not know it",
    ),
    "silent for long": (observed(silent(READY, 99)), "Unknown", "NotHeard", "told when it is"),
    "never heard": (observed(silent(None, 1)), "Unknown", "NotHeard", "told when it is"),
    "no pod": (seen(configuration=WANTED), "Unknown", "NoPod", "the next one begins with it"),
    "a spec that cannot be read": (observed(IN_FORCE, None), "Unknown", "SpecUnreadable", "corrected"),
    "in force": (
        observed(IN_FORCE),
        "True",
        "InForce",
        "In force: operatingMode Connected; login by QR, 6 rotations; any number; 60 messages a minute,"
        " burst 20; no proxy; webhooks: none.",
    ),
}


@pytest.mark.parametrize(("facts", "status", "reason", "words"), CASES.values(), ids=CASES)
def test_the_condition_says_what_is(facts: Observed, status: str, reason: str, words: str) -> None:
    got = condition(status_of(session(), facts), "Configured")
    assert (got["status"], got["reason"]) == (status, reason)
    assert words in got["message"]


def test_what_is_in_force_is_in_status_and_stays_there_until_something_newer_is() -> None:
    status = status_of(session(), observed(IN_FORCE))
    want = {"revision": WANTED.revision, **WANTED.shown}
    assert status["configuration"] == want
    for facts in (observed(OTHER), observed(silent(READY, 99)), seen(configuration=WANTED)):
        assert status_of(session(status=status), facts)["configuration"] == want


def test_nothing_is_in_force_that_was_only_asked_for() -> None:
    assert "configuration" not in status_of(session(), observed(OTHER))
    assert "configuration" not in status_of(session(), observed(OLD))


def test_a_number_is_in_no_condition() -> None:
    facts = Facts(namespace="crm", name="demo", uid=UID, generation=3, master=b"m" * 32)
    wanted = configure(parse(SPEC | {"phoneNumber": "5491123456789"}), DEFAULTS, facts)
    heard = replace(live(replace(READY, config_revision=wanted.revision)), tells_config=True)
    status = status_of(session(), observed(heard, wanted))
    assert "5491123456789" not in str(status["conditions"])
    assert status["configuration"]["phoneNumber"] == "5491123456789"
    assert "the number of phoneNumber only" in condition(status, "Configured")["message"]


@pytest.mark.parametrize("heard", [IN_FORCE, OTHER, OLD])
def test_an_operator_that_restarts_says_what_it_said_while_it_reconnects(heard: Heard) -> None:
    before = status_of(session(), observed(heard))
    for connecting in (Heard(), silent(None, 10)):
        assert status_of(session(status=before), observed(connecting)) == before


def test_an_answer_to_an_older_wish_is_not_repeated_for_a_newer_one() -> None:
    before = status_of(session(), observed(IN_FORCE))
    newer = session(status=before, generation=4)
    assert condition(status_of(newer, observed(silent(None, 1))), "Configured")["status"] == "Unknown"


def test_a_configuration_that_is_not_in_force_keeps_nobody_from_sending() -> None:
    status = status_of(session(), observed(OTHER, told=told(problem="wrong", refused=True)))
    assert condition(status, "Ready")["status"] == "True"
    assert condition(status, "Stalled")["status"] == "False"


def test_a_closed_session_is_as_wished() -> None:
    spec = SPEC | {"operatingMode": "Disconnected"}
    status = status_of(session(spec=spec), observed(live(down(Reason.STOPPED))))
    assert (status["state"], status["reason"]) == ("DISCONNECTED", "Stopped")
    assert "Set spec.operatingMode to Connected" in status["message"]
    assert [condition(status, kind)["status"] for kind in ("Ready", "Stalled", "Reconciling")] == [
        "False"
    ] * 3
    stopped = status_of(session(), observed(live(down(Reason.STOPPED))))
    assert "operatingMode" not in stopped["message"]
