"""How far a message has come: 1 the server has it, 2 the receiver's phone has it, 3 it was read.

Why pure: acknowledgements only ever grow, whatever the order in which phones and devices report them.
"""

from __future__ import annotations

from enum import IntEnum


class Ack(IntEnum):
    FAILED = -1
    SENT = 1
    DELIVERED = 2
    READ = 3


def steps(now: int, reached: Ack) -> list[Ack]:
    """The acknowledgements that the sender still has to see, in order, none skipped, none twice."""
    return [ack for ack in (Ack.SENT, Ack.DELIVERED, Ack.READ) if now < ack <= reached]


def on_arrival(*, receiver_reads_at_once: bool) -> Ack:
    """How far a message comes when it reaches an existing phone."""
    return Ack.READ if receiver_reads_at_once else Ack.DELIVERED
