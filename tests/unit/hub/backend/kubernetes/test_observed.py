"""What a resource says: of itself, and of the session."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from unit.hub.backend.kubernetes.api_server import session
from whatsapp_contracts.states import Reason, State
from whatsapp_hub.backend.kubernetes import manifest, observed
from whatsapp_hub.backend.protocol import Receiver, Wanted


def condition(kind: str, status: str, reason: str = "Because", message: str = "Why.") -> dict[str, str]:
    since = "2026-01-01T12:00:00Z"
    return {"type": kind, "status": status, "reason": reason, "message": message, "lastTransitionTime": since}


STALLED = condition("Stalled", "True", "PodFailed", "Repair the cause.")


@pytest.mark.parametrize("broken", [{"spec": {}}, {"metadata": {}}, {"status": {"state": "DANCING"}}])
def test_what_no_schema_lets_through_is_refused(broken: dict[str, Any]) -> None:
    with pytest.raises((KeyError, ValueError)):
        observed.seen(session("a") | broken)


def test_what_the_hub_writes_is_what_it_reads() -> None:
    receiver = Receiver(name="crm", url="https://crm.example", secret="s", events=("message.*",), version=3)
    wanted = Wanted(
        uid="crm/a-1", tenant="acme", session_id="a_1", cliente_id=7, name="Ana", description="Sales",
        phone_number="5491123456789", operating_mode="Suspended", receivers=(receiver,),
    )  # fmt: skip
    said = observed.declared(manifest.resource(wanted))
    assert (said.namespace, said.session_id, said.cliente_id, said.tenant) == ("crm", "a_1", 7, "acme")
    assert (said.name, said.description, said.phone_number) == ("Ana", "Sales", "5491123456789")
    assert (said.operating_mode, said.key_version) == ("Suspended", 1)
    assert [(each.name, each.url, each.events, each.version) for each in said.receivers] == [
        ("crm", "https://crm.example", ("message.*",), 3)
    ]


def test_a_resource_with_no_more_than_it_must_have() -> None:
    said = observed.declared({"metadata": {"name": "a", "namespace": "crm"}, "spec": {"clienteId": 5}})
    assert (said.session_id, said.cliente_id, said.tenant, said.receivers) == ("a", 5, "", ())
    assert (said.operating_mode, said.key_version, said.name) == ("Connected", 1, None)


@pytest.mark.parametrize(
    ("reference", "version"),
    [
        (None, 0),
        ({"name": "mine", "key": "crm.3"}, 0),
        ({"name": "a-receivers", "key": "crm.3"}, 3),
        ({"name": "a-receivers", "key": "crm"}, 0),
        ({"name": "a-receivers", "key": "crm.²"}, 0),
    ],
)
def test_a_webhook_that_the_hub_does_not_sign_for_is_of_version_0(reference: Any, version: int) -> None:
    hook = {"name": "crm", "url": "https://crm.example"} | ({"secretRef": reference} if reference else {})
    assert observed.declared(session("a", webhooks=[hook])).receivers[0].version == version


@pytest.mark.parametrize(
    ("status", "state", "reason", "message"),
    [
        ({}, State.INIT, None, ""),
        ({"state": "INIT", "reason": "Creating", "message": "The pod is being made."}, State.INIT, None,
         "The pod is being made."),
        ({"state": "QR_REQUIRED", "message": "kubectl get …"}, State.QR_REQUIRED, None, observed.SCAN),
        ({"state": "READY", "message": "Logged in."}, State.READY, None, "Logged in."),
        ({"state": "DISCONNECTED", "reason": "LoggedOut", "message": "m"}, State.DISCONNECTED,
         Reason.LOGGED_OUT, "m"),
        ({"state": "DISCONNECTED", "reason": "ImagePullBackOff", "message": "m"}, State.DISCONNECTED, None,
         "m"),
    ],
)  # fmt: skip
def test_each_status_as_a_view(
    status: dict[str, Any], state: State, reason: Reason | None, message: str
) -> None:
    seen = observed.seen(session("a", status=status))
    assert seen.view
    assert (seen.view.state, seen.view.reason, seen.view.message) == (state, reason, message)
    assert (seen.uid, seen.ended, seen.gone) == ("crm/a", False, False)


def test_a_stalled_session_has_ended_and_says_why() -> None:
    status = {"state": "DISCONNECTED", "message": "m", "conditions": [STALLED]}
    seen = observed.seen(session("a", status=status))
    assert seen.view
    assert (seen.ended, seen.view.message) == (True, "Repair the cause.")
    assert seen.since == datetime(2026, 1, 1, 12, tzinfo=UTC)


def test_account_qr_and_times_are_taken_over() -> None:
    qr = {"code": "1@x", "expiresAt": "2026-01-01T12:00:20.000Z", "attempt": 2}
    shown = observed.view({"state": "QR_REQUIRED", "qr": qr})
    assert shown.qr
    assert (shown.qr.code, shown.qr.expires_at, shown.qr.attempt) == ("1@x", qr["expiresAt"], 2)
    ready = observed.view(
        {"state": "READY", "phone": "549", "pushName": "Ana", "platform": "android", "whatsappUserId": "u",
         "lastActivity": "2026-01-01T12:00:00.000Z", "qr": qr}
    )  # fmt: skip
    assert ready.account
    assert (ready.account.phone, ready.account.push_name, ready.account.platform) == ("549", "Ana", "android")
    assert (ready.account.whatsapp_user_id, ready.last_activity, ready.qr) == (
        "u", "2026-01-01T12:00:00.000Z", None,
    )  # fmt: skip


def test_a_character_that_no_database_holds_is_left_out() -> None:
    assert observed.declared(session("a", displayName="A\0na", description="\0")).name == "Ana"
    assert observed.declared(session("a", displayName="A\0na", description="\0")).description is None


def test_how_to_reach_a_session() -> None:
    status = {
        "state": "READY", "endpoint": "http://pod", "keys": {"version": 2, "previous": 1},
        "conditions": [condition("PodReady", "True"), STALLED],
    }  # fmt: skip
    facts = observed.facts_of(session("a", status=status, keyVersion=3))
    assert (facts.endpoint, facts.state, facts.mode) == ("http://pod", "READY", "Connected")
    assert (facts.pod_ready, facts.stalled, facts.key_versions) == (True, "PodFailed", (3, 2, 1))
    before = observed.facts_of(session("a"))
    assert (before.endpoint, before.pod_ready, before.stalled, before.key_versions) == ("", False, "", (1,))
