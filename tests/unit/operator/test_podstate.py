"""Why a pod does not run, in words with a cure."""

from __future__ import annotations

from typing import Any

import pytest

from whatsapp_operator.podstate import trouble_of


def body(**status: Any) -> dict[str, Any]:
    return {"metadata": {"name": "whatsapp-demo"}, "status": status}


def waiting(reason: str, message: str = "", restarts: int = 0, **more: Any) -> dict[str, Any]:
    state = {"state": {"waiting": {"reason": reason, "message": message}}, "restartCount": restarts}
    return body(phase="Pending", containerStatuses=[state | more])


ENDED = {"terminated": {"exitCode": 137, "reason": "OOMKilled"}}
UNSCHEDULED = [
    {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/1 nodes: {taint}"}
]

CASES: dict[str, tuple[dict[str, Any], str, bool, bool, str]] = {
    "evicted": (
        body(phase="Failed", reason="Evicted", message="The node was low on memory"),
        "PodFailed",
        True,
        True,
        "(Evicted). The node was low on memory.",
    ),
    "succeeded is failed": (body(phase="Succeeded"), "PodFailed", True, True, "ended for good"),
    "no node": (body(phase="Pending", conditions=UNSCHEDULED), "Unschedulable", False, False, "Add capacity"),
    "no node, and the spec is corrected": (
        body(phase="Pending", conditions=UNSCHEDULED),
        "Unschedulable",
        False,
        False,
        "restartedAt",
    ),
    "nothing known yet": (body(phase="Pending"), "Starting", False, False, "being started"),
    "being made": (waiting("ContainerCreating"), "Starting", False, False, "being started"),
    "a volume or Secret that cannot be mounted": (
        waiting("ContainerCreating"),
        "Starting",
        False,
        False,
        "kubectl describe pod whatsapp-demo",
    ),
    "no image": (
        waiting("ImagePullBackOff", "no such image"),
        "ImagePullBackOff",
        True,
        False,
        "restartedAt",
    ),
    "the other word for no image": (
        waiting("ErrImagePull", "x"),
        "ImagePullBackOff",
        True,
        False,
        "spec.image",
    ),
    "something missing": (
        waiting("CreateContainerConfigError", 'secret "x" not found'),
        "CreateContainerConfigError",
        True,
        False,
        "kubectl describe pod whatsapp-demo",
    ),
    "crashed a few times": (
        waiting("CrashLoopBackOff", restarts=2, lastState=ENDED),
        "CrashLoopBackOff",
        False,
        False,
        "exit code 137 (OOMKilled)",
    ),
    "crashes for good": (
        waiting("CrashLoopBackOff", restarts=5, lastState=ENDED),
        "CrashLoopBackOff",
        True,
        False,
        "kubectl logs whatsapp-demo --previous",
    ),
    "between two starts": (
        body(phase="Running", containerStatuses=[{"state": ENDED}]),
        "ContainerEnded",
        False,
        False,
        "Kubernetes starts it again",
    ),
}


@pytest.mark.parametrize(("pod", "reason", "bad", "final", "words"), CASES.values(), ids=CASES)
def test_a_pod_that_does_not_run_says_why(
    pod: dict[str, Any], reason: str, bad: bool, final: bool, words: str
) -> None:
    trouble = trouble_of(pod)
    assert trouble is not None
    assert (trouble.reason, trouble.bad, trouble.final) == (reason, bad, final)
    assert words in trouble.message


def test_a_pod_that_runs_has_no_trouble() -> None:
    state = {"state": {"running": {"startedAt": "2026-11-21T11:00:00Z"}}}
    assert trouble_of(body(phase="Running", containerStatuses=[state])) is None


def test_a_long_message_of_kubernetes_is_cut() -> None:
    trouble = trouble_of(body(phase="Failed", message="x" * 5000))
    assert trouble is not None
    assert len(trouble.message) < 400
