"""The hub on a real Kubernetes, as a CRM meets it, and beside `kubectl`: each sees what the other does.

Enabling it, upgrading it and upgrading the operator leave a session's pod and connection as they are.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from typing import Any

import pytest

from e2e.hands import patch
from e2e.hub_stage import Stage, facts, installed
from e2e.makers import log_in
from whatsapp_contracts import kubernetes
from whatsapp_tools import hub as hubs
from whatsapp_tools.cluster import Cluster
from whatsapp_tools.demo import operator_pod
from whatsapp_tools.phones import Phones
from whatsapp_tools.product import SYSTEM, Session, until
from whatsapp_tools.terminal import ToolError

TENANT = f"{kubernetes.PREFIX}tenant"


@pytest.fixture(scope="module")
def before(
    product: Cluster, api: str, namespace: str, phones: Phones, two_numbers: tuple[str, str]
) -> Iterator[Session]:
    """A session that was made by kubectl and is READY before there is a hub."""
    session = Session(product, api, "made-by-kubectl", namespace)
    log_in(session, phones, two_numbers[0], clienteId=77, displayName="De antes")
    yield session
    session.delete(claim=True, wait=False)
    session.close()


@pytest.fixture(scope="module")
def untouched(before: Session, phones: Phones, two_numbers: tuple[str, str]) -> dict[str, Any]:
    """Pod, container and connection of that session while no hub was there."""
    return facts(before, phones, two_numbers[0])


@pytest.fixture(scope="module")
def stage(product: Cluster, api: str, namespace: str, untouched: dict[str, Any]) -> Iterator[Stage]:
    """The hub, installed over running sessions."""
    with installed(product, api, namespace) as made:
        yield made


def test_enabling_the_hub_shows_and_serves_a_running_session_and_touches_nothing_of_it(
    stage: Stage,
    before: Session,
    untouched: dict[str, Any],
    phones: Phones,
    two_numbers: tuple[str, str],
    customer: str,
) -> None:
    number, _ = two_numbers
    stage.hub.wait_status("made-by-kubectl", "connected", timeout=60)
    (listed,) = (each for each in stage.hub.sessions() if each["sessionId"] == "made-by-kubectl")
    assert (listed["name"], listed["phoneNumber"]) == ("De antes", number)
    before.wait_status(
        "the hub among its webhooks", lambda s: s["configuration"]["webhooks"] == ["hub"], timeout=60
    )
    phones.create(customer)

    def sent() -> bool:
        """A mounted key takes up to 90 s to reach a running pod."""
        with contextlib.suppress(ToolError):
            return bool(stage.hub.send("made-by-kubectl", customer, "from the hub"))
        return False

    until("the hub's key in the running pod", sent, timeout=150, every=2)
    assert phones.messages(customer)[0]["text"] == "from the hub"
    phones.send(customer, number, "to the hub")
    (message,) = until(
        "the message in the hub", lambda: stage.hub.messages_from(customer), timeout=150, every=1
    )
    assert message["content"]["text"] == "to the hub"
    assert facts(before, phones, number) == untouched


def test_the_crm_guide_through_contract_b(stage: Stage, phones: Phones, number: str, customer: str) -> None:
    hub, name = stage.hub, f"cliente_{number}"
    hub.log_in()
    made = hub.create(name, name="Ana")
    assert (made["sessionId"], made["status"], made["qrCode"]) == (name, "pending", None)
    session = stage.session(name)
    resource = session.resource()
    assert resource["metadata"]["labels"][TENANT]
    assert resource["spec"]["displayName"] == "Ana"
    assert hub.ask("POST", "/api/sessions", {"sessionId": name}).status_code == 409

    phones.create(number)
    phones.scan(number, hub.wait_picture(name))
    connected = hub.wait_status(name, "connected")
    assert (connected["phoneNumber"], connected["isConnected"]) == (number, True)
    session.wait_ready()

    phones.create(customer)
    assert hub.send(name, customer, "¿Cómo estás?")["state"] == "sent"
    (received,) = phones.messages(customer)
    assert (received["from"], received["text"]) == (number, "¿Cómo estás?")
    phones.send(customer, number, "Hola")
    (message,) = until("the message in the hub", lambda: hub.messages_from(customer), timeout=60)
    assert (message["from"], message["to"], message["content"]["text"]) == (customer, number, "Hola")

    before = session.identity()
    hub.call("POST", f"/api/sessions/{name}/disconnect")
    hub.wait_status(name, "disconnected", timeout=60)
    assert session.resource()["spec"]["operatingMode"] == "Disconnected"
    hub.call("POST", f"/api/sessions/{name}/connect")
    hub.wait_status(name, "connected", timeout=60)
    assert session.identity() == before, "the same pod all along"
    hub.call("DELETE", f"/api/sessions/{name}")
    until("no resource", lambda: not _exists(stage, session.name), timeout=60)
    assert hub.ask("GET", f"/api/sessions/{name}").status_code == 404


def _exists(stage: Stage, name: str) -> bool:
    found = stage.cluster.kubectl("get", "was", name, "-n", stage.namespace, "--ignore-not-found")
    return bool(found.strip())


def test_what_kubectl_does_is_seen_in_the_hub(stage: Stage, number: str) -> None:
    name = f"cliente_{number}"
    session = Session(stage.cluster, stage.api, "by-gitops", stage.namespace)
    session.apply(clienteId=78, sessionId=name, displayName="Uno")

    def listed() -> list[dict[str, Any]]:
        return [each for each in stage.hub.sessions() if each["sessionId"] == name]

    (row,) = until("the resource in the hub", listed, timeout=60)
    assert (row["name"], row["status"]) == ("Uno", "pending")
    patch(session, {"displayName": "Dos", "operatingMode": "Disconnected"})
    until("the other name", lambda: listed()[0]["name"] == "Dos", timeout=60)
    stage.hub.wait_status(name, "disconnected", timeout=90)
    session.delete(claim=True)
    said = "The session was removed where it ran."
    gone = stage.hub.wait("gone", name, lambda now: now["message"].startswith(said), timeout=60)
    assert gone["status"] == "disconnected"
    stage.hub.call("DELETE", f"/api/sessions/{name}")
    assert not listed()
    session.close()


def test_no_secret_can_be_read_and_no_pod_be_touched_by_the_hub(stage: Stage) -> None:
    account = f"system:serviceaccount:{SYSTEM}:{hubs.NAME}"

    def may(verb: str, what: str, namespace: str = stage.namespace) -> bool:
        with contextlib.suppress(ToolError):  # `no` is a failure of kubectl's
            said = stage.cluster.kubectl("auth", "can-i", verb, what, "-n", namespace, f"--as={account}")
            return said.strip() == "yes"
        return False

    assert may("patch", "whatsappsessions.whatsapp.leadmaster.dev")
    assert may("create", "secrets")
    for verb in ("get", "list", "watch"):
        assert not may(verb, "secrets")
    for verb in ("get", "list", "create", "delete", "patch"):
        assert not may(verb, "pods")
    assert not may("patch", "secrets", SYSTEM), "the master keys are there"


def test_an_upgrade_of_the_hub_or_the_operator_touches_no_session_and_loses_no_message(
    stage: Stage,
    before: Session,
    untouched: dict[str, Any],
    phones: Phones,
    two_numbers: tuple[str, str],
    customer: str,
) -> None:
    number, _ = two_numbers
    operator = operator_pod(stage.cluster)
    stage.cluster.kubectl("-n", SYSTEM, "scale", f"deployment/{hubs.NAME}", "--replicas=0")
    until("no hub", lambda: not stage.pods(), timeout=60)
    phones.create(customer)
    phones.send(customer, number, "the hub is away")
    stage.install("hub.podAnnotations.changed=yes", "podAnnotations.changed=yes", "session.image.tag=9.9.9")
    until("another operator", lambda: operator_pod(stage.cluster) != operator, timeout=60)
    stage.again()
    (message,) = until(
        "the message in the hub", lambda: stage.hub.messages_from(customer), timeout=120, every=1
    )
    assert message["content"]["text"] == "the hub is away"
    stage.hub.wait_status("made-by-kubectl", "connected", timeout=60)
    assert facts(before, phones, number) == untouched
    stage.install()
    stage.again()


def test_without_the_right_to_write_reading_goes_on_and_writing_names_the_right(stage: Stage) -> None:
    name = f"{SYSTEM}-{hubs.NAME}"

    def allow(*verbs: str) -> None:
        rules = [{"op": "replace", "path": "/rules/0/verbs", "value": list(verbs)}]
        stage.cluster.kubectl("patch", "clusterrole", name, "--type=json", "-p", json.dumps(rules))

    before = stage.cluster.get("clusterrole", name)["rules"][0]["verbs"]
    body = {"sessionId": "cliente_503"}
    allow("get", "list", "watch")
    try:
        answer = until(
            "a refusal",
            lambda: (
                answer if (answer := stage.hub.ask("POST", "/api/sessions", body)).is_error else _taken(stage)
            ),
            timeout=60,
        )
        assert answer.status_code == 503
        assert (
            f"may not patch whatsappsessions in the namespace {stage.namespace}" in answer.json()["message"]
        )
        assert "cliente_503" not in [each["sessionId"] for each in stage.hub.sessions()], "nothing was done"
    finally:
        allow(*before)
    until("leave again", lambda: stage.hub.ask("POST", "/api/sessions", body).is_success, timeout=60)
    stage.hub.call("DELETE", "/api/sessions/cliente_503")


def _taken(stage: Stage) -> None:
    """The right was still there: what was made goes, and it is tried again."""
    with contextlib.suppress(ToolError):
        stage.hub.call("DELETE", "/api/sessions/cliente_503")
