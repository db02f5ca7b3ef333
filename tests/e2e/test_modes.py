"""Suspended and back, deleted and adopted: the pod goes, the login on its claim stays."""

from __future__ import annotations

from e2e.makers import LoggedIn, SessionMaker
from whatsapp_tools.phones import Phones
from whatsapp_tools.product import Session, until


def _objects(session: Session, kind: str, name: str) -> list[str]:
    found = session.cluster.get(kind, namespace=session.namespace)["items"]
    return [item["metadata"]["uid"] for item in found if item["metadata"]["name"] == name]


def _wait_gone(session: Session, kind: str, name: str) -> None:
    until(f"no {kind} {name}", lambda: not _objects(session, kind, name), timeout=60)


def test_suspended_removes_the_pod_and_keeps_the_claim_and_connected_is_ready_without_a_qr(
    logged_in: LoggedIn, phones: Phones, number: str
) -> None:
    session = logged_in(number)
    claim = _objects(session, "pvc", session.pod_name)
    session.apply(operatingMode="Suspended")
    _wait_gone(session, "pod", session.pod_name)
    session.wait_status(
        "Suspended",
        lambda s: (s["state"], s.get("reason"), s.get("pod")) == ("DISCONNECTED", "Suspended", None),
    )
    assert _objects(session, "pvc", session.pod_name) == claim
    assert phones.connections(number) == []
    assert len(phones.phone(number)["devices"]) == 1

    session.apply(operatingMode="Connected")
    session.wait_ready()
    assert _objects(session, "pvc", session.pod_name) == claim
    assert len(phones.phone(number)["devices"]) == 1


def test_deleting_the_resource_ends_everything_but_the_claim_and_a_new_one_adopts_it(
    logged_in: LoggedIn, new_session: SessionMaker, phones: Phones, number: str
) -> None:
    session = logged_in(number)
    claim = _objects(session, "pvc", session.pod_name)
    session.cluster.kubectl("delete", "was", session.name, "-n", session.namespace, "--timeout=60s")
    for kind in ("pod", "secret"):
        _wait_gone(session, kind, session.pod_name)
    _wait_gone(session, "service", "whatsapp-sessions")
    assert _objects(session, "pvc", session.pod_name) == claim
    assert phones.connections(number) == []

    again = new_session(session.name)
    again.apply()
    again.wait_ready()
    assert _objects(again, "pvc", again.pod_name) == claim
    assert len(phones.phone(number)["devices"]) == 1


def test_retain_policy_delete_takes_the_claim_with_the_resource(new_session: SessionMaker) -> None:
    session = new_session()
    session.apply(storage={"retainPolicy": "Delete"})
    session.wait_qr()
    session.cluster.kubectl("delete", "was", session.name, "-n", session.namespace, "--timeout=60s")
    _wait_gone(session, "pvc", session.pod_name)


def test_a_claim_of_somebody_else_is_refused_by_name(new_session: SessionMaker) -> None:
    session = new_session()
    session.cluster.kubectl(
        *("apply", "-n", session.namespace, "-f", "-"),
        input=f"""
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {{name: {session.pod_name}}}
spec: {{accessModes: [ReadWriteOnce], resources: {{requests: {{storage: 1Gi}}}}}}
""",
    )
    session.apply()
    session.wait_status("Stalled", lambda s: _true(s, "Stalled"))
    assert session.pod_name in session.condition("Stalled")["message"]
    assert _objects(session, "pod", session.pod_name) == []


def _true(status: dict[str, object], kind: str) -> bool:
    conditions = status.get("conditions") or []
    return any(c["type"] == kind and c["status"] == "True" for c in conditions)  # type: ignore[attr-defined]
