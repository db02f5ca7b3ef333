"""The rules of a session pod's life, on a real cluster: when a pod is replaced, and when it never is."""

from __future__ import annotations

import json
import uuid

from e2e.hands import annotate, patch, ready
from e2e.makers import LoggedIn
from whatsapp_operator import names
from whatsapp_tools.product import Session, Status, until


def told(session: Session, reason: str) -> list[str]:
    """The messages of the session's Events with this reason."""
    selector = f"involvedObject.name={session.name},reason={reason}"
    found = session.cluster.get("events", "", session.namespace, f"--field-selector={selector}")
    return [each["message"] for each in found["items"]]


def wait_for_another_pod(session: Session, old: str) -> None:
    """Wait until the session is Ready with another pod; no QR may be asked for on the way."""

    def settled(status: Status) -> bool:
        assert status.get("state") != "QR_REQUIRED", "a new QR is asked for: the login is lost"
        return ready(status) == "True" and status["pod"]["uid"] != old

    session.wait_status("Ready in a new pod", settled)


def test_two_pods_of_one_session_are_both_left_alone_and_named(logged_in: LoggedIn, number: str) -> None:
    session = logged_in(number)
    before = session.identity()
    owner = session.pod()["metadata"]["ownerReferences"]
    body = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": f"copy-{session.name}",
            "labels": {names.LABEL_SESSION: session.name},
            "ownerReferences": owner,
        },
        "spec": {
            "nodeSelector": {"example.com/nowhere": "true"},
            "securityContext": {
                "runAsNonRoot": True,
                "runAsUser": 10001,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "containers": [
                {
                    "name": "copy",
                    "image": "localhost/none:1",
                    "securityContext": {
                        "allowPrivilegeEscalation": False,
                        "capabilities": {"drop": ["ALL"]},
                    },
                }
            ],
        },
    }
    where = ("-n", session.namespace)
    session.cluster.kubectl("create", *where, "-f", "-", input=json.dumps(body))
    try:
        session.wait_status("Stalled", lambda status: status.get("reason") == "TwoPods")
        assert f"copy-{session.name}" in session.status()["message"]
        annotate(session, f"{names.ANNOTATION_RESTARTED_AT}=now")
        until("the restart to be seen", lambda: session.resource()["metadata"]["annotations"], timeout=10)
        assert session.identity() == before
        annotate(session, f"{names.ANNOTATION_RESTARTED_AT}-")
    finally:
        session.cluster.kubectl("delete", "pod", f"copy-{session.name}", *where)
    session.wait_status("Ready again", lambda status: ready(status) == "True")
    assert session.identity() == before
    assert told(session, "PodDeleted") == []


def test_an_asked_restart_is_ready_without_a_qr_and_says_why(logged_in: LoggedIn, number: str) -> None:
    session = logged_in(number)
    uid = session.identity()[0]
    asked = f"asked-{uuid.uuid4().hex[:6]}"
    annotate(session, f"{names.ANNOTATION_RESTARTED_AT}={asked}")
    session.wait_status("Terminating shown at once", lambda status: status.get("reason") == "Terminating")
    wait_for_another_pod(session, uid)
    (message,) = told(session, "PodDeleted")
    assert asked in message
    assert "(RestartAsked)" in message


def test_changed_resources_wait_for_the_next_pod(logged_in: LoggedIn, number: str) -> None:
    session = logged_in(number)
    before = session.identity()
    patch(session, {"resources": {"limits": {"memory": "1100Mi"}}})
    session.wait_status(
        "UpdateAvailable",
        lambda status: session.condition("UpdateAvailable").get("status") == "True",
    )
    assert "1100Mi" in session.condition("UpdateAvailable")["message"]
    assert ready(session.status()) == "True"
    assert session.identity() == before
    annotate(session, f"{names.ANNOTATION_RESTARTED_AT}=now")
    wait_for_another_pod(session, before[0])
    assert session.pod()["spec"]["containers"][0]["resources"]["limits"]["memory"] == "1100Mi"
    assert session.condition("UpdateAvailable")["status"] == "False"


def test_a_paused_session_is_left_alone_until_the_pause_ends(logged_in: LoggedIn, number: str) -> None:
    session = logged_in(number)
    before = session.identity()
    annotate(session, f"{names.ANNOTATION_PAUSED}=true", f"{names.ANNOTATION_RESTARTED_AT}=now")
    session.wait_status("Paused", lambda status: session.condition("Reconciling").get("reason") == "Paused")
    assert ready(session.status()) == "True"
    assert session.identity() == before
    annotate(session, f"{names.ANNOTATION_PAUSED}-")
    wait_for_another_pod(session, before[0])


def test_a_volume_that_cannot_grow_is_named_and_the_session_works_on(
    logged_in: LoggedIn, number: str
) -> None:
    """The local cluster's storage class refuses it; where a class can, the volume grows."""
    session = logged_in(number)
    before = session.identity()
    patch(session, {"storage": {"size": "3Gi"}})
    claim = ("pvc", session.pod_name, session.namespace)

    def answered() -> bool:
        grown = session.cluster.get(*claim)["spec"]["resources"]["requests"]["storage"] == "3Gi"
        return grown or session.condition("StorageReady").get("reason") == "ExpansionRefused"

    until("the volume to grow or its refusal to be named", answered, timeout=60)
    if session.condition("StorageReady")["status"] == "False":
        assert "allowVolumeExpansion" in session.condition("StorageReady")["message"]
    assert ready(session.status()) == "True"
    assert session.identity() == before
