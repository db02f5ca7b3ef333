"""What becomes of a frame to an open page under each fault."""

from __future__ import annotations

from typing import Any

import pytest

from whatsapp_simulator.faults import NONE, Delivery, Faults, ciphertext, deliver

ACK = {"type": "ack", "id": "3EB0AA", "seq": 4, "t": 1}
RECEIPT = {"type": "receipt", "chat": "5491100000002@c.us", "ids": ["3EB0AA"], "ack": 2}
READ = {"type": "read", "chat": "5491100000002@c.us"}
MESSAGE = {
    "type": "message",
    "message": {
        "seq": 5, "id": "3AAA", "chat": "5491100000002@c.us", "fromMe": False, "type": "chat",
        "body": "secret", "t": 2, "ack": 2,
    },
    "contact": {"wid": "5491100000002@c.us"},
}  # fmt: skip
OWN = {**MESSAGE, "message": {**MESSAGE["message"], "fromMe": True}}  # type: ignore[dict-item]
CHANGE = {**MESSAGE, "message": {**MESSAGE["message"], "target": {"id": "3AAB"}}}  # type: ignore[dict-item]
EVERYTHING = Faults(
    ack_delay=2, lose_acks=True, lose_receipts=True, late_decryption=1, drop_live=True, device_limit=1
)


@pytest.mark.parametrize("frame", [ACK, RECEIPT, READ, MESSAGE, OWN])
def test_without_faults_everything_is_told_at_once(frame: dict[str, Any]) -> None:
    assert deliver(frame, NONE) == Delivery([(0.0, frame)])


def test_what_no_fault_is_about_is_always_told() -> None:
    assert deliver(READ, EVERYTHING) == Delivery([(0.0, READ)])
    assert deliver(OWN, EVERYTHING) == Delivery([(0.0, OWN)])


def test_acks_and_receipts_are_slow_together_so_that_their_order_stays() -> None:
    slow = Faults(ack_delay=2.5)
    assert deliver(ACK, slow) == Delivery([(2.5, ACK)])
    assert deliver(RECEIPT, slow) == Delivery([(2.5, RECEIPT)])


def test_lost_acks_and_lost_receipts_are_two_faults() -> None:
    assert deliver(ACK, Faults(lose_acks=True)) == Delivery(held=True)
    assert deliver(RECEIPT, Faults(lose_acks=True)) == Delivery([(0.0, RECEIPT)])
    assert deliver(RECEIPT, Faults(lose_receipts=True)) == Delivery(held=True)
    assert deliver(ACK, Faults(lose_receipts=True)) == Delivery([(0.0, ACK)])


def test_a_dropped_message_is_not_told_at_all() -> None:
    assert deliver(MESSAGE, Faults(drop_live=True)) == Delivery()


def test_a_late_decryption_tells_a_message_twice() -> None:
    assert deliver(MESSAGE, Faults(late_decryption=1.5)) == Delivery(
        [(0.0, ciphertext(MESSAGE)), (1.5, MESSAGE)]
    )


def test_what_changes_another_message_is_not_shown_as_ciphertext() -> None:
    assert deliver(CHANGE, Faults(late_decryption=1.5)) == Delivery([(0.0, CHANGE)])


def test_a_ciphertext_says_who_and_when_but_not_what() -> None:
    hidden = ciphertext(MESSAGE)
    assert hidden["type"] == "ciphertext"
    assert "secret" not in str(hidden)
    assert (hidden["message"]["id"], hidden["message"]["seq"]) == ("3AAA", 5)
    assert hidden["contact"] == MESSAGE["contact"]
