"""Status and conditions for whatever a session may be in; and that a quiet session stays as it is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from unit.operator.builders import (
    DEFAULTS,
    INIT,
    NAMES,
    NOW,
    QR,
    READY,
    SPEC,
    claim,
    condition,
    down,
    later,
    live,
    pod,
    seen,
    session,
    silent,
)
from whatsapp_contracts.sessions import Account
from whatsapp_contracts.states import Reason
from whatsapp_operator.decide import decide
from whatsapp_operator.observed import Failures, Heard, Observed, Session
from whatsapp_operator.podstate import Trouble

SUSPENDED = SPEC | {"operatingMode": "Suspended"}
CRASH = Trouble(reason="CrashLoopBackOff", message="The container ended with exit code 2.", bad=True)


def status_of(resource: Session, observed: Observed, at: float = 0) -> dict[str, Any]:
    status = decide(resource, NAMES, DEFAULTS, observed, later(at)).status
    assert status is not None
    return status


# observed → state, Ready, its reason, Reconciling, Stalled, Authenticated
CASES: dict[str, tuple[Session, Observed, tuple[str, str, str, str, str, str]]] = {
    "nothing there yet": (
        session(),
        seen(claim=None),
        ("INIT", "False", "Creating", "True", "False", "Unknown"),
    ),
    "the pod starts": (
        session(),
        seen(pod(running=False, ready=False, trouble=Trouble(reason="Starting", message="…"))),
        ("INIT", "False", "Starting", "True", "False", "Unknown"),
    ),
    "the pod runs and has not spoken": (
        session(),
        seen(pod(ready=False), heard=silent(None, 1)),
        ("INIT", "False", "Starting", "True", "False", "Unknown"),
    ),
    "the browser starts": (
        session(),
        seen(pod(), heard=live(INIT)),
        ("INIT", "False", "Initializing", "True", "False", "Unknown"),
    ),
    "a login is restored": (
        session(),
        seen(pod(), heard=live(replace(INIT, account=Account(phone="549110")))),
        ("INIT", "False", "Initializing", "True", "False", "True"),
    ),
    "waiting for the phone": (
        session(),
        seen(pod(), heard=live(QR)),
        ("QR_REQUIRED", "False", "QRRequired", "True", "False", "False"),
    ),
    "connected": (
        session(),
        seen(pod(), heard=live(READY)),
        ("READY", "True", "Connected", "False", "False", "True"),
    ),
    "logged out by the phone": (
        session(),
        seen(pod(), heard=live(down(Reason.LOGGED_OUT))),
        ("DISCONNECTED", "False", "LoggedOut", "False", "False", "False"),
    ),
    "network lost": (
        session(),
        seen(pod(), heard=live(down(Reason.NETWORK_LOST))),
        ("DISCONNECTED", "False", "NetworkLost", "True", "False", "Unknown"),
    ),
    "banned": (
        session(),
        seen(pod(), heard=live(down(Reason.BANNED))),
        ("DISCONNECTED", "False", "Banned", "False", "True", "False"),
    ),
    "browser failed": (
        session(),
        seen(pod(), heard=live(down(Reason.BROWSER_FAILED))),
        ("DISCONNECTED", "False", "BrowserFailed", "False", "True", "Unknown"),
    ),
    "the pod crashes again and again": (
        session(),
        seen(pod(running=False, ready=False, trouble=CRASH), heard=silent(READY, 3)),
        ("DISCONNECTED", "False", "CrashLoopBackOff", "False", "True", "Unknown"),
    ),
    "the pod is ending": (
        session(),
        seen(pod(terminating=True), heard=live(READY)),
        ("INIT", "False", "Terminating", "True", "False", "Unknown"),
    ),
    "suspended": (
        session(spec=SUSPENDED),
        seen(),
        ("DISCONNECTED", "False", "Suspended", "False", "False", "Unknown"),
    ),
    "two pods": (
        session(),
        seen(pod(), pod(uid="pod-2")),
        ("DISCONNECTED", "False", "TwoPods", "False", "True", "Unknown"),
    ),
    "a foreign claim": (
        session(),
        seen(claim=claim(ours=False)),
        ("DISCONNECTED", "False", "ClaimForeign", "False", "True", "Unknown"),
    ),
    "silent for a moment: as it was": (
        session(),
        seen(pod(), heard=silent(READY, 5)),
        ("READY", "True", "Connected", "False", "False", "True"),
    ),
    "silent for long: unknown": (
        session(),
        seen(pod(), heard=silent(READY, 25)),
        ("READY", "Unknown", "Unheard", "False", "False", "Unknown"),
    ),
    "a ready pod that never spoke: unknown": (
        session(),
        seen(pod(), heard=silent(None, 25)),
        ("INIT", "Unknown", "Unheard", "False", "False", "Unknown"),
    ),
    "paused": (
        session(paused=True),
        seen(pod(), heard=live(QR)),
        ("QR_REQUIRED", "False", "QRRequired", "False", "False", "False"),
    ),
}


@pytest.mark.parametrize(("resource", "observed", "want"), CASES.values(), ids=CASES)
def test_status_says_what_is(resource: Session, observed: Observed, want: tuple[str, ...]) -> None:
    status = status_of(resource, observed)
    ready = condition(status, "Ready")
    got = (
        status["state"],
        ready["status"],
        ready["reason"],
        condition(status, "Reconciling")["status"],
        condition(status, "Stalled")["status"],
        condition(status, "Authenticated")["status"],
    )
    assert got == want


@pytest.mark.parametrize(("resource", "observed", "want"), CASES.values(), ids=CASES)
def test_every_condition_is_whole(resource: Session, observed: Observed, want: tuple[str, ...]) -> None:
    status = status_of(resource, observed)
    kinds = [each["type"] for each in status["conditions"]]
    assert kinds == [
        "Ready",
        "Reconciling",
        "Stalled",
        "StorageReady",
        "PodReady",
        "Authenticated",
        "Configured",
        "UpdateAvailable",
    ]
    for each in status["conditions"]:
        assert each["observedGeneration"] == 3
        assert each["reason"].isalnum()
        assert each["message"]
        assert each["lastTransitionTime"] == "2026-11-21T12:00:00Z"
    assert None not in status.values()


@pytest.mark.parametrize(("resource", "observed", "want"), CASES.values(), ids=CASES)
def test_the_same_facts_later_cost_no_write(
    resource: Session, observed: Observed, want: tuple[str, ...]
) -> None:
    first = status_of(resource, observed)
    again = status_of(replace(resource, status=first), observed, at=1)
    assert again == first


def test_an_operator_that_restarts_writes_nothing_while_it_reconnects() -> None:
    for view in (READY, QR, INIT, down(Reason.LOGGED_OUT), down(Reason.BANNED)):
        before = status_of(session(), seen(pod(), heard=live(view)))
        resource = session(status=before)
        just_started = seen(pod(), heard=Heard())
        connecting = seen(pod(), heard=silent(None, 10))
        heard_again = seen(pod(), heard=live(view))
        for observed in (just_started, connecting, heard_again):
            assert status_of(resource, observed) == before


def test_nothing_is_believed_of_an_earlier_pod() -> None:
    before = status_of(session(), seen(pod(), heard=live(READY)))
    successor = seen(pod(uid="pod-2", ready=False), heard=silent(None, 1))
    status = status_of(session(status=before), successor)
    assert status["state"] == "INIT"
    assert condition(status, "Ready")["status"] == "False"


def test_lasttransitiontime_moves_only_when_the_status_does() -> None:
    before = status_of(session(), seen(pod(), heard=live(QR)))
    status = status_of(session(status=before, generation=4), seen(pod(), heard=live(READY)), at=60)
    assert condition(status, "Ready")["lastTransitionTime"] == "2026-11-21T12:01:00Z"
    assert condition(status, "Stalled")["lastTransitionTime"] == "2026-11-21T12:00:00Z"
    assert condition(status, "Stalled")["observedGeneration"] == 4


def test_the_qr_is_shown_with_its_expiry_only_while_it_is_to_be_scanned() -> None:
    shown = status_of(session(), seen(pod(), heard=live(QR)))
    assert shown["qr"] == {"code": "1@abc", "expiresAt": "2026-11-21T12:00:20.000Z", "attempt": 1}
    resource = session(status=shown)
    for gone in (
        seen(pod(), heard=live(READY)),
        seen(pod(), heard=live(INIT)),
        seen(pod(), heard=live(down(Reason.QR_EXPIRED))),
        seen(pod(terminating=True), heard=live(QR)),
        seen(),
        seen(pod(), heard=silent(QR, 30)),
    ):
        assert "qr" not in status_of(resource, gone)


def test_a_time_that_is_none_never_reaches_status() -> None:
    qr = replace(QR, qr=replace(QR.qr, expires_at="soon")) if QR.qr else QR
    assert "qr" not in status_of(session(), seen(pod(), heard=live(qr)))
    ready = replace(READY, connected_since="yesterday", last_activity="now")
    status = status_of(session(), seen(pod(), heard=live(ready)))
    assert "connectedSince" not in status
    assert "lastActivity" not in status


def test_who_is_logged_in_is_remembered_until_the_login_is_gone() -> None:
    connected = status_of(session(), seen(pod(), heard=live(READY)))
    assert connected["phone"] == "5491100000001"
    assert connected["connectedSince"] == "2026-11-21T11:30:00.000Z"
    resource = session(status=connected)
    for kept in (seen(), seen(pod(), heard=live(INIT)), seen(pod(), heard=live(down(Reason.NETWORK_LOST)))):
        status = status_of(resource, kept)
        assert status["phone"] == "5491100000001"
        assert "connectedSince" not in status
    for lost in (live(QR), live(down(Reason.LOGGED_OUT))):
        assert "phone" not in status_of(resource, seen(pod(), heard=lost))


@pytest.mark.parametrize(
    ("told", "want"),
    [
        ("2026-11-21T12:03:59.000Z", "2026-11-21T11:59:00.000Z"),
        ("2026-11-21T12:04:00.000Z", "2026-11-21T12:04:00.000Z"),
        ("2026-11-21T11:00:00.000Z", "2026-11-21T11:59:00.000Z"),
        (None, "2026-11-21T11:59:00.000Z"),
    ],
)
def test_last_activity_alone_is_written_every_five_minutes_at_most(told: str | None, want: str) -> None:
    before = status_of(session(), seen(pod(), heard=live(READY)))
    view = replace(READY, last_activity=told)
    assert status_of(session(status=before), seen(pod(), heard=live(view)))["lastActivity"] == want


def test_a_changed_image_or_resource_shows_and_deletes_nothing() -> None:
    changed = SPEC | {"image": "localhost/whatsapp-session:0.2.0", "resources": {"limits": {"memory": "2Gi"}}}
    decision = decide(session(spec=changed), NAMES, DEFAULTS, seen(pod(), heard=live(READY)), NOW)
    assert decision.actions == ()
    assert decision.status is not None
    update = condition(decision.status, "UpdateAvailable")
    assert update["status"] == "True"
    assert "image: localhost/whatsapp-session:0.1.0 → localhost/whatsapp-session:0.2.0" in update["message"]
    assert '"memory": "2Gi"' in update["message"]
    assert "next pod" in update["message"]
    assert condition(decision.status, "Ready")["status"] == "True"


def test_a_session_that_is_being_deleted_is_left_to_kubernetes() -> None:
    decision = decide(session(deleting=True), NAMES, DEFAULTS, seen(pod()), NOW)
    assert decision.actions == ()
    assert decision.status is None


def test_a_spec_that_cannot_be_read_stalls_and_touches_nothing() -> None:
    decision = decide(session(spec={"clienteId": "many"}), NAMES, DEFAULTS, seen(pod()), NOW)
    assert decision.actions == ()
    assert decision.status is not None
    stalled = condition(decision.status, "Stalled")
    assert stalled["reason"] == "InvalidSpec"
    assert "clienteId" in stalled["message"]


def test_fields_of_a_newer_crd_change_nothing() -> None:
    plain = decide(session(), NAMES, DEFAULTS, seen(pod(), heard=live(READY)), NOW)
    newer = SPEC | {"fromTheFuture": {"x": 1}}
    assert (
        decide(session(spec=newer), NAMES, DEFAULTS, seen(pod(), heard=live(READY)), NOW).status
        == plain.status
    )


def test_defaults_that_a_new_crd_fills_in_change_nothing() -> None:
    plain = decide(session(), NAMES, DEFAULTS, seen(pod(), heard=live(READY)), NOW)
    filled = SPEC | {"operatingMode": "Connected", "immutableReplicas": 1, "resources": {"requests": {}}}
    assert decide(session(spec=filled), NAMES, DEFAULTS, seen(pod(), heard=live(READY)), NOW) == replace(
        plain, spec=plain.spec
    )


def test_a_silent_pod_is_looked_at_again_when_the_grace_is_over() -> None:
    decision = decide(session(), NAMES, DEFAULTS, seen(pod(), heard=silent(READY, 5)), NOW)
    assert decision.again == later(15)


def test_pods_that_failed_are_in_status_for_the_next_operator() -> None:
    failures = Failures(count=2, last=NOW)
    status = status_of(session(), seen(pod(), heard=live(READY), failures=failures))
    assert status["podFailures"] == {"count": 2, "lastTime": "2026-11-21T12:00:00Z"}


def test_what_scale_needs_is_there() -> None:
    status = status_of(session(), seen(pod(), heard=live(READY)))
    assert status["immutableReplicas"] == 1
    assert status["selector"] == "whatsapp.leadmaster.dev/session=demo"
    assert status_of(session(), seen())["immutableReplicas"] == 0


def test_the_endpoint_and_the_children_are_named() -> None:
    status = status_of(session(), seen(pod(), heard=live(READY)))
    assert status["endpoint"] == "http://whatsapp-demo.whatsapp-sessions.crm.svc:3001"
    assert (status["claimName"], status["secretName"]) == ("whatsapp-demo", "whatsapp-demo")
    assert status["pod"] == {
        "name": "whatsapp-demo",
        "uid": "pod-1",
        "node": "node1",
        "image": "localhost/whatsapp-session:0.1.0",
        "startedAt": "2026-11-21T11:00:00Z",
        "restarts": 0,
    }
