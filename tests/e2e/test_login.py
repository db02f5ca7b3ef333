"""From `kubectl apply` to Ready: the QR in `status`, its rotation, the scan, the message both ways."""

from __future__ import annotations

from e2e.makers import LoggedIn, SessionMaker
from whatsapp_tools.phones import Phones
from whatsapp_tools.product import Session, Status, until


def _code(session: Session) -> str:
    return str((session.status().get("qr") or {}).get("code"))


def test_a_new_session_shows_a_qr_that_rotates_and_a_scan_makes_it_ready(
    new_session: SessionMaker, phones: Phones, number: str
) -> None:
    session = new_session()
    session.apply()
    first = session.wait_qr()
    assert session.status()["state"] == "QR_REQUIRED"

    def same_everywhere() -> bool:
        code = session.call("GET", "/qr-code").json()["qr_code"]
        return bool(code == _code(session) == session.picture_code())

    until("the same code in status, in GET /qr-code and in the picture", same_everywhere, timeout=60)

    def rotated(status: Status) -> bool:
        return (status.get("qr") or {}).get("code") not in (None, first["code"])

    session.wait_status("another code", rotated, timeout=90)
    second = session.status()["qr"]
    assert second["attempt"] > first["attempt"]
    assert second["expiresAt"] > first["expiresAt"]

    phones.scan(number, session.picture_code())
    session.wait_ready()
    status = session.status()
    assert status["state"] == "READY"
    assert status["phone"] == number
    assert status.get("qr") is None
    assert {c["type"]: c["status"] for c in status["conditions"]} == {
        "Ready": "True",
        "Reconciling": "False",
        "Stalled": "False",
        "StorageReady": "True",
        "PodReady": "True",
        "Authenticated": "True",
        "Configured": "True",
        "UpdateAvailable": "False",
    }
    assert all(c["observedGeneration"] == status["observedGeneration"] for c in status["conditions"])
    assert session.call("GET", "/qr-code").status_code == 404


def test_a_message_sent_through_the_pod_reaches_the_phone_and_its_acknowledgements_come_back(
    logged_in: LoggedIn, phones: Phones, number: str, customer: str
) -> None:
    session = logged_in(number)
    phones.create(customer)
    with session.events("message.ack") as events:
        sent = session.call(
            "POST", "/send", json={"cliente_id": 51, "to": customer, "message": "¿Cómo estás?"}
        )
        assert sent.status_code == 200, sent.text
        message_id = sent.json()["message_id"]
        acks = []
        for event in events:
            if event["data"]["messageId"] == message_id:
                acks.append(event["data"]["ack"])
            if 3 in acks:
                break
    assert acks == [1, 2, 3]
    (received,) = phones.messages(customer)
    assert (received["from"], received["text"]) == (number, "¿Cómo estás?")


def test_a_message_of_the_phone_reaches_the_event_stream_of_the_pod(
    logged_in: LoggedIn, phones: Phones, number: str, customer: str
) -> None:
    session = logged_in(number)
    with session.events("message.received") as events:
        phones.send(customer, number, "Hola, ¿tienen stock?")
        event = next(iter(events))
    assert event["session"] == session.name
    assert event["data"]["from"] == customer
    assert event["data"]["text"] == "Hola, ¿tienen stock?"
