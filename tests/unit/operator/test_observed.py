"""Kubernetes' dicts to what `decide` reads."""

from __future__ import annotations

from typing import Any

from whatsapp_operator.observed import Failures, claim_of, failures_of, pod_of, session_of

OWNER = {"apiVersion": "whatsapp.leadmaster.dev/v1alpha1", "kind": "WhatsAppSession", "name": "demo"}


def test_a_pod_is_owned_by_its_controller_alone() -> None:
    body: dict[str, Any] = {"metadata": {"name": "p", "uid": "1", "namespace": "crm"}}
    assert pod_of(body).owner_uid is None
    body["metadata"]["ownerReferences"] = [OWNER | {"uid": "a"}, OWNER | {"uid": "b", "controller": True}]
    assert pod_of(body).owner_uid == "b"


def test_a_running_pod_is_read_whole() -> None:
    body = {
        "metadata": {
            "name": "whatsapp-demo",
            "uid": "1",
            "namespace": "crm",
            "annotations": {
                "whatsapp.leadmaster.dev/restartedAt": "t1",
                "whatsapp.leadmaster.dev/template": "{}",
            },
            "deletionTimestamp": "2026-11-21T12:00:00Z",
        },
        "spec": {"nodeName": "node1", "containers": [{"image": "x:1"}]},
        "status": {
            "phase": "Running",
            "podIP": "10.0.0.7",
            "conditions": [{"type": "Ready", "status": "True"}],
            "containerStatuses": [{"state": {"running": {"startedAt": "t0"}}, "restartCount": 3}],
        },
    }
    pod = pod_of(body)
    assert (pod.node, pod.image, pod.ip, pod.started_at, pod.restarts) == (
        "node1",
        "x:1",
        "10.0.0.7",
        "t0",
        3,
    )
    assert (pod.running, pod.ready, pod.terminating, pod.trouble) == (True, True, True, None)
    assert (pod.restarted_at, pod.inputs) == ("t1", "{}")


def test_a_session_is_paused_only_by_the_word_true() -> None:
    def body(**annotations: str) -> dict[str, Any]:
        named = {f"whatsapp.leadmaster.dev/{name}": value for name, value in annotations.items()}
        return {"metadata": {"namespace": "crm", "name": "demo", "uid": "1", "annotations": named}}

    assert session_of(body(paused="true")).paused
    assert not session_of(body(paused="false")).paused
    assert not session_of(body()).paused
    assert session_of(body(restartedAt="")).restart_asked is None


def test_a_claim_is_ours_by_its_label_whoever_made_it() -> None:
    body: dict[str, Any] = {"metadata": {"name": "whatsapp-demo", "uid": "1", "namespace": "crm"}}
    assert not claim_of(body, "demo").ours
    body["metadata"]["labels"] = {"whatsapp.leadmaster.dev/session": "other"}
    assert not claim_of(body, "demo").ours
    body["metadata"]["labels"] = {"whatsapp.leadmaster.dev/session": "demo"}
    assert claim_of(body, "demo").ours


def test_failures_that_were_never_written_are_none() -> None:
    assert failures_of({}) == Failures()
