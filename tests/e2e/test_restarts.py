"""What is killed comes back without a QR: the pod, the browser, the container."""

from __future__ import annotations

import json

from e2e.hands import kill_inside
from e2e.makers import LoggedIn
from whatsapp_tools.phones import Phones
from whatsapp_tools.product import Session, Status, until


def _states_until_ready_again(session: Session, since: int) -> list[str]:
    """The states on the pod's own stream after `since`, up to the next READY."""
    with session.events("session.state", after=since) as events:
        seen = []
        for event in events:
            seen.append(event["data"]["state"])
            if seen[-1] == "READY":
                return seen
    raise AssertionError(f"the stream ended after {seen}")


def _last_seq(session: Session) -> int:
    with session.events("session.*") as events:
        return int(next(iter(events))["seq"])


def _still_talks(session: Session, phones: Phones, customer: str) -> None:
    phones.create(customer)
    sent = session.call("POST", "/send", json={"to": customer, "message": "still here"})
    assert sent.status_code == 200, sent.text


def test_a_pod_deleted_by_hand_is_made_again_and_ready_without_a_qr(
    logged_in: LoggedIn, phones: Phones, number: str, customer: str
) -> None:
    session = logged_in(number)
    old = session.identity()
    seen: list[str] = []

    def ready_in_a_new_pod(status: Status) -> bool:
        seen.append(str(status.get("state")))
        return status.get("pod", {}).get("uid") not in (None, old[0]) and status["state"] == "READY"

    session.cluster.kubectl("delete", "pod", "-n", session.namespace, session.pod_name, "--wait=false")
    session.wait_status("READY in a new pod", ready_in_a_new_pod)
    session.wait_ready()
    assert "QR_REQUIRED" not in seen
    assert session.identity()[0] != old[0]
    assert len(phones.phone(number)["devices"]) == 1
    _still_talks(session, phones, customer)


def test_a_killed_browser_comes_back_in_the_same_pod_without_a_qr(
    logged_in: LoggedIn, phones: Phones, number: str, customer: str
) -> None:
    session = logged_in(number)
    before, (connection,), since = session.identity(), phones.connections(number), _last_seq(session)
    kill_inside(session, "browser")
    states = _states_until_ready_again(session, since)
    assert "QR_REQUIRED" not in states
    session.wait_ready()
    assert session.identity() == before
    (now,) = phones.connections(number)
    assert now["id"] != connection["id"]
    assert now["device"] == connection["device"]
    _still_talks(session, phones, customer)


def test_a_killed_container_is_restarted_by_the_kubelet_and_ready_without_a_qr(
    logged_in: LoggedIn, phones: Phones, number: str, customer: str
) -> None:
    session = logged_in(number)
    uid, container, restarts = session.identity()
    kill_inside(session, "process")

    def restarted() -> bool:
        status = session.pod()["status"]["containerStatuses"][0]
        return bool(status["restartCount"] == restarts + 1 and status["ready"])

    until("the container's restart", restarted, timeout=90)
    session.wait_status(
        "READY again", lambda s: s["state"] == "READY" and s["pod"]["restarts"] == restarts + 1
    )
    session.wait_ready()
    assert session.identity()[0] == uid
    assert session.identity()[1] != container
    assert len(phones.phone(number)["devices"]) == 1
    _still_talks(session, phones, customer)


def _wait_ready_after(session: Session, *, restarts: int) -> None:
    session.wait_status(
        f"READY after restart {restarts}",
        lambda s: s["state"] == "READY" and s["pod"]["restarts"] == restarts,
    )


def test_a_container_killed_again_and_again_keeps_its_login(
    logged_in: LoggedIn, phones: Phones, number: str
) -> None:
    session = logged_in(number)
    device = phones.phone(number)["devices"]
    for round_ in (1, 2):
        kill_inside(session, "process")
        _wait_ready_after(session, restarts=round_)
    assert json.dumps(phones.phone(number)["devices"][0]["id"]) == json.dumps(device[0]["id"])
