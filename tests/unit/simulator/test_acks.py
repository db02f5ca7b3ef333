"""Acknowledgements only grow, and none is skipped."""

from __future__ import annotations

import pytest

from whatsapp_simulator.acks import Ack, on_arrival, steps

CASES = {
    "a read message has nothing more to tell": (3, Ack.READ, []),
    "an older acknowledgement changes nothing": (3, Ack.DELIVERED, []),
    "a failed message that arrives after all tells every step": (-1, Ack.READ, [1, 2, 3]),
    "a sent message that is read at once was delivered too": (1, Ack.READ, [2, 3]),
    "a sent message that is delivered": (1, Ack.DELIVERED, [2]),
}


@pytest.mark.parametrize(("now", "reached", "want"), CASES.values(), ids=CASES)
def test_the_sender_sees_each_step_once(now: int, reached: Ack, want: list[int]) -> None:
    assert steps(now, reached) == want


def test_a_phone_that_does_not_read_at_once_leaves_a_message_delivered() -> None:
    assert on_arrival(receiver_reads_at_once=False) is Ack.DELIVERED
    assert on_arrival(receiver_reads_at_once=True) is Ack.READ
