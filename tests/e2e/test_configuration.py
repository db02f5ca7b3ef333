"""What a running session is told: webhooks, mode, pacing, keys, login; same pod and container after it.

The Secrets that it refers to, and what its next start knows while no operator is there to tell it.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from standardwebhooks.webhooks import WebhookVerificationError

from e2e.hands import annotate, kill_inside, patch, ready
from e2e.makers import LoggedIn, SessionMaker
from e2e.receiver import Receiver, host, verified
from whatsapp_operator import names
from whatsapp_tools.cluster import Cluster
from whatsapp_tools.phones import Phones
from whatsapp_tools.product import SYSTEM, Session, Status, install_operator, until

FIRST, SECOND = (f"whsec_{base64.b64encode(letter * 32).decode()}" for letter in (b"a", b"b"))


@pytest.fixture(scope="module")
def receiver(product: Cluster, api: str, namespace: str) -> Iterator[Receiver]:
    """A receiver that sessions of this file may reach."""
    install_operator(product, reachable(namespace))
    yield Receiver(product, api, namespace)
    install_operator(product)


def reachable(namespace: str) -> str:
    """The chart's value that lets new sessions reach the receiver."""
    return f"session.allowedNetworks={{{host(namespace)}}}"


def in_force(session: Session) -> dict[str, Any]:
    """The configuration that the pod says it has."""
    answer = session.call("GET", "/config")
    assert answer.status_code == 200, answer.text
    return dict(answer.json()["config"])


def wait_in_force(session: Session) -> dict[str, Any]:
    """Wait until `Configured` is True for this generation; what the pod says then."""

    def settled(status: Status) -> bool:
        found = session.resource()
        (condition,) = (c for c in status["conditions"] if c["type"] == "Configured")
        told = condition["observedGeneration"] == found["metadata"]["generation"]
        return bool(told and condition["status"] == "True")

    session.wait_status("Configured", settled, timeout=30)
    return in_force(session)


def wait_missing(session: Session, reason: str) -> str:
    """Wait until `Configured` is False for this reason; its message."""
    session.wait_status(
        f"Configured={reason}", lambda _: session.condition("Configured").get("reason") == reason, timeout=60
    )
    return str(session.condition("Configured")["message"])


def hold_secret(session: Session, name: str, **entries: str) -> None:
    """Somebody makes or changes a Secret."""
    body = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": entries}
    where = ("-n", session.namespace, "-f", "-")
    session.cluster.kubectl("apply", "--server-side", "--force-conflicts", *where, input=json.dumps(body))


def stored(session: Session) -> dict[str, Any]:
    """What the session's Secret holds for its next start."""
    secret = session.cluster.get("secret", session.pod_name, session.namespace)
    return dict(json.loads(base64.b64decode(secret["data"][names.CONFIG_JSON])))


def test_a_webhook_reaches_a_running_session_and_is_signed_without_anybody_making_a_secret(
    receiver: Receiver, logged_in: LoggedIn, phones: Phones, number: str, customer: str
) -> None:
    session = logged_in(number)
    before, connections = session.identity(), phones.connections(number)
    patch(
        session,
        {
            "pacing": {"messagesPerMinute": 30},
            "webhooks": [{"name": "crm", "url": f"{receiver.url}/{session.name}", "events": ["message.*"]}],
        },
    )
    told = wait_in_force(session)
    assert told["pacing"] == {"messagesPerMinute": 30, "burst": 20}
    assert [hook["name"] for hook in told["webhooks"]] == ["crm"]
    assert told["webhooks"][0]["secrets"] == ["***"]
    phones.create(customer)
    phones.send(customer, number, "hello by webhook")
    call = receiver.wait(f"/{session.name}", "the message", text="hello by webhook")
    (secret,) = stored(session)["webhooks"][0]["secrets"]
    assert verified(call, secret)
    with pytest.raises(WebhookVerificationError):
        verified(call, FIRST)
    assert session.key() not in json.dumps(call["headers"])
    assert session.status()["configuration"]["webhooks"] == ["crm"]
    assert secret not in json.dumps(session.resource())
    assert (session.identity(), phones.connections(number)) == (before, connections)
    assert session.condition("UpdateAvailable")["status"] == "False"


def test_a_secret_is_used_only_with_its_leave_and_reaches_the_pod_when_it_is_rotated(
    receiver: Receiver, logged_in: LoggedIn, phones: Phones, number: str, customer: str
) -> None:
    session = logged_in(number)
    before, name, path = session.identity(), f"hook-{session.name}", f"/{session.name}"
    hook = {"name": "crm", "url": receiver.url + path, "events": ["message.*"], "secretRef": {"name": name}}
    patch(session, {"webhooks": [hook]})
    assert f"there is no Secret {name}: make it" in wait_missing(session, "SecretMissing")
    assert in_force(session)["webhooks"] == []

    hold_secret(session, name, secret=FIRST)
    message = wait_missing(session, "SecretNotAllowed")
    cure = message[message.index("kubectl ") : message.index(";")].split()
    session.cluster.kubectl(*cure[1:])
    wait_in_force(session)

    phones.create(customer)
    phones.send(customer, number, "first")
    assert verified(receiver.wait(path, "the message", text="first"), FIRST)

    hold_secret(session, name, secret=f"{SECOND}\n{FIRST}")
    annotate(session, "rotated=now")
    until("the new secret in the pod's Secret", lambda: SECOND in str(stored(session)), timeout=30)
    wait_in_force(session)
    phones.send(customer, number, "second")
    call = receiver.wait(path, "the message", text="second")
    assert verified(call, SECOND)
    assert verified(call, FIRST), "both sign while it is rotated"

    session.cluster.kubectl("delete", "secret", name, "-n", session.namespace)
    annotate(session, "rotated=again")
    assert "stays in force" in wait_missing(session, "SecretMissing")
    phones.send(customer, number, "third")
    assert verified(receiver.wait(path, "the message", text="third"), SECOND)
    assert ready(session.status()) == "True"
    assert session.identity() == before


def test_the_orchestrators_calls_are_signed_too(
    receiver: Receiver, logged_in: LoggedIn, phones: Phones, number: str, customer: str
) -> None:
    session = logged_in(number)
    before = session.identity()
    base = f"/orchestrator-{session.name}"
    patch(session, {"webhooks": [{"name": "crm", "url": receiver.url + base, "format": "Orchestrator"}]})
    wait_in_force(session)
    phones.create(customer)
    phones.send(customer, number, "for the orchestrator")
    call = receiver.wait(f"{base}/api/whatsapp/messages/received", "the message", session_id=session.name)
    assert call["body"]["message"] == {"type": "text", "text": "for the orchestrator"}
    assert call["body"]["from"] == customer
    assert verified(call, stored(session)["webhooks"][0]["secrets"][0])
    assert session.identity() == before


def test_the_operators_webhooks_reach_running_sessions_that_name_none(
    receiver: Receiver, logged_in: LoggedIn, phones: Phones, number: str, customer: str, product: Cluster
) -> None:
    session = logged_in(number)
    before, allowed = session.identity(), reachable(session.namespace)
    hub = ("session.webhooks[0].name=hub", f"session.webhooks[0].url={receiver.url}/hub")
    try:
        install_operator(product, allowed, *hub)
        until(
            "the hub in force",
            lambda: [h["name"] for h in in_force(session)["webhooks"]] == ["hub"],
            timeout=60,
        )
        phones.create(customer)
        phones.send(customer, number, "for the hub")
        call = receiver.wait("/hub", "the message", text="for the hub")
        assert verified(call, stored(session)["webhooks"][0]["secrets"][0])
        patch(session, {"webhooks": []})
        assert wait_in_force(session)["webhooks"] == [], "an empty list is nobody"
    finally:
        install_operator(product, allowed)
    assert session.identity() == before
    assert session.condition("UpdateAvailable")["status"] == "False"


def test_disconnected_closes_whatsapp_in_the_same_pod_and_connected_needs_no_qr(
    logged_in: LoggedIn, phones: Phones, number: str
) -> None:
    session = logged_in(number)
    before = session.identity()
    patch(session, {"operatingMode": "Disconnected"})
    session.wait_status("Stopped", lambda s: (s["state"], s.get("reason")) == ("DISCONNECTED", "Stopped"))
    wait_in_force(session)
    status = session.status()
    assert "Set spec.operatingMode to Connected" in status["message"]
    assert ready(status) == "False"
    assert session.condition("Stalled")["status"] == "False"
    until("no connection at WhatsApp", lambda: phones.connections(number) == [], timeout=30)
    refused = session.call("POST", "/session-manager/login")
    assert (refused.status_code, refused.json()["error"]) == (409, "operating_mode")
    assert session.identity() == before

    patch(session, {"operatingMode": "Connected"})
    session.wait_ready()
    assert len(phones.phone(number)["devices"]) == 1
    assert session.identity() == before


def test_what_was_told_is_in_force_after_a_restart_while_no_operator_is_there(
    logged_in: LoggedIn, number: str, product: Cluster
) -> None:
    session = logged_in(number)
    patch(session, {"pacing": {"burst": 3}, "login": {"maxQRRotations": 4}})
    told = wait_in_force(session)
    uid, _, restarts = session.identity()
    product.kubectl("-n", SYSTEM, "scale", "deployment", "--all", "--replicas=0")
    try:
        until("no operator", lambda: not product.get("pods", "", SYSTEM)["items"], timeout=90)
        kill_inside(session, "process")

        def restarted() -> bool:
            status = session.pod()["status"]["containerStatuses"][0]
            return bool(status["restartCount"] == restarts + 1 and status["ready"])

        until("the container's restart", restarted, timeout=90)
        assert in_force(session) == told
    finally:
        product.kubectl("-n", SYSTEM, "scale", "deployment", "--all", "--replicas=1")
        product.kubectl("-n", SYSTEM, "rollout", "status", "deployment", "--timeout=120s")
    session.wait_ready()
    assert session.identity()[0] == uid


def test_a_raised_key_version_rotates_the_key_of_a_running_session(logged_in: LoggedIn, number: str) -> None:
    session = logged_in(number)
    before, old = session.identity(), session.key()
    patch(session, {"keyVersion": 2})

    def entries() -> list[str]:
        secret = session.cluster.get("secret", session.pod_name, session.namespace)
        return base64.b64decode(secret["data"]["api-keys"]).decode().split()

    new = until("both keys", lambda: found[0] if len(found := entries()) == 2 else None, timeout=30)
    assert entries() == [new, old]
    assert new != old
    session._key = new
    until("the new key", lambda: session.call("GET", "/status").status_code == 200, timeout=120, every=1)
    session._key = old
    assert session.call("GET", "/status").status_code == 200, "the old one works beside it"
    patch(session, {"pacing": {"burst": 4}})
    assert wait_in_force(session)["pacing"]["burst"] == 4
    assert session.status()["keys"]["version"] == 2
    assert ready(session.status()) == "True"
    assert session.identity() == before


def test_a_pairing_code_is_in_status_and_links_the_phone(
    new_session: SessionMaker, phones: Phones, number: str
) -> None:
    session = new_session()
    phones.create(number)
    session.apply(phoneNumber=number, login={"method": "PairingCode"})
    code = session.wait_status("a code in status.pairingCode", lambda s: s.get("pairingCode"))["code"]
    assert "qr" not in session.status()
    assert "status.pairingCode.code" in session.status()["message"]
    answer = httpx.post(f"{phones.base_url}/phones/{number}/pair", json={"code": code}, timeout=30)
    assert answer.is_success, answer.text
    session.wait_ready()
    assert "pairingCode" not in session.status()
    assert session.status()["phone"] == number


def test_another_number_than_the_expected_one_is_unlinked_and_named(
    new_session: SessionMaker, phones: Phones, number: str, customer: str
) -> None:
    session = new_session()
    session.apply(phoneNumber=customer)
    session.wait_qr()
    phones.scan(number, session.picture_code())
    session.wait_status("PhoneMismatch", lambda s: s.get("reason") == "PhoneMismatch")
    stalled = session.condition("Stalled")
    assert stalled["status"] == "True"
    assert number not in stalled["message"]
    until("the device unlinked", lambda: phones.phone(number)["devices"] == [], timeout=30)


def test_the_younger_of_two_sessions_of_one_phone_is_named(
    logged_in: LoggedIn, new_session: SessionMaker, phones: Phones, number: str
) -> None:
    older = logged_in(number)
    younger = new_session()
    younger.apply()
    younger.wait_qr()
    phones.scan(number, younger.picture_code())
    younger.wait_status("PhoneInUse", lambda s: s.get("reason") == "PhoneInUse")
    assert older.name in younger.condition("Stalled")["message"]
    assert ready(older.status()) == "True"
    older.delete(claim=True)
    younger.wait_ready()
