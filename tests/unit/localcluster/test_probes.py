from __future__ import annotations

import datetime
from typing import Any

import pytest

from localcluster import probes
from localcluster.api import Api
from localcluster.plan import Plan

START = datetime.datetime(2026, 11, 21, 15, 0, 0, 500000, tzinfo=datetime.UTC)
BEFORE, AFTER = "2026-11-21T14:59:59Z", "2026-11-21T15:00:00Z"


def pod(*, ready: bool, started: str | None) -> dict[str, Any]:
    state = {"running": {"startedAt": started}} if started else {"waiting": {"reason": "ContainerCreating"}}
    return {
        "metadata": {"name": "p"},
        "status": {
            "conditions": [{"type": "Ready", "status": "True" if ready else "False"}],
            "containerStatuses": [{"state": state}],
        },
    }


STALE = {
    "ready since before the start": (pod(ready=True, started=BEFORE), True),
    "ready, started in the same second": (pod(ready=True, started=AFTER), False),
    "not ready any more": (pod(ready=False, started=BEFORE), False),
    "being started": (pod(ready=True, started=None), False),
    "never looked at by a kubelet": ({"metadata": {"name": "p"}, "status": {}}, False),
}


@pytest.mark.parametrize(("found", "want"), STALE.values(), ids=STALE)
def test_a_pod_that_shows_the_time_before_the_power_cut_is_stale(found: dict[str, Any], want: bool) -> None:
    assert probes.is_stale(found, START) is want


def node(status: str, beat: str) -> dict[str, Any]:
    condition = {"type": "Ready", "status": status, "lastHeartbeatTime": beat, "message": "no network yet"}
    return {"status": {"conditions": [{"type": "MemoryPressure"}, condition]}}


NODES: dict[str, tuple[dict[str, Any], str | None]] = {
    "an old heartbeat is not enough": (
        node("True", BEFORE),
        "its last heartbeat is of 14:59:59, before this start",
    ),
    "a fresh heartbeat that says no": (node("False", AFTER), "no network yet"),
    "no heartbeat yet": ({"status": {}}, "it has not reported yet"),
    "a fresh heartbeat that says yes": (node("True", AFTER), None),
}


@pytest.mark.parametrize(("found", "want"), NODES.values(), ids=NODES)
def test_a_node_is_ready_by_a_fresh_heartbeat_only(
    one: Plan, monkeypatch: pytest.MonkeyPatch, found: dict[str, Any], want: str | None
) -> None:
    class Answer:
        def get_object(self, path: str) -> dict[str, Any]:
            assert path == "/api/v1/nodes/node1"
            return found

    monkeypatch.setattr(Api, "of", lambda plan: Answer())
    assert probes.node_ready(one, one.nodes[0], START) == want


def test_without_certificates_a_part_is_not_ready_rather_than_an_error(one: Plan) -> None:
    assert "no certificates in /state/pki" in str(probes.https(one, "/readyz"))


def test_a_dns_question_is_as_rfc_1035_has_it() -> None:
    assert probes.dns_question("a.bc", 0x1234) == (
        b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x01a\x02bc\x00\x00\x01\x00\x01"
    )
