"""Which faults hit when: a pure function of the seed, so that a failing run can be repeated by its number.

Faults are placed by progress and not by the clock: a slow machine gets the same run, only longer.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What can be done to a session."""

    PROCESS_KILL = "process killed"
    BROWSER_KILL = "browser killed"
    RECEIVER_DOWN = "receiver down"
    RECEIVER_FAILS = "receiver answers 500"
    RECEIVER_HANGS = "receiver hangs"
    CONNECTION_CUT = "connection cut"
    NETWORK_DOWN = "network down"
    ACKS_SLOW = "acknowledgements slow"
    ACKS_LOST = "acknowledgements lost"
    VOLUME_FULL = "volume full"


WEIGHTS = {
    Kind.PROCESS_KILL: 8,
    Kind.BROWSER_KILL: 4,
    Kind.RECEIVER_DOWN: 3,
    Kind.RECEIVER_FAILS: 3,
    Kind.RECEIVER_HANGS: 2,
    Kind.CONNECTION_CUT: 4,
    Kind.NETWORK_DOWN: 2,
    Kind.ACKS_SLOW: 2,
    Kind.ACKS_LOST: 2,
    Kind.VOLUME_FULL: 2,
}
"""How often each comes; every kind comes once before any comes by weight."""
LONGEST_WAIT_MS = 200
"""A send takes less: the moments of a kill lie all over it, and a little behind it."""


@dataclass(frozen=True, kw_only=True)
class Fault:
    """`after` so many sends were begun, `wait_ms` behind the beginning of a send, for `seconds`."""

    number: int
    kind: Kind
    after: int
    wait_ms: int
    seconds: float

    def __str__(self) -> str:
        lasting = "" if self.kind in {Kind.PROCESS_KILL, Kind.BROWSER_KILL} else f" for {self.seconds:.1f} s"
        return f"{self.number:3d}. {self.kind.value}{lasting}, {self.wait_ms} ms into a send"


def schedule(seed: int, *, faults: int, messages: int, without: frozenset[Kind] = frozenset()) -> list[Fault]:
    """`faults` of them over `messages` messages; `without` kinds that this machine cannot do."""
    dice = random.Random(seed)
    kinds = [kind for kind in Kind if kind not in without]
    weights = [WEIGHTS[kind] for kind in kinds]
    first = dice.sample(kinds, min(len(kinds), faults))
    chosen = first + dice.choices(kinds, weights, k=max(0, faults - len(first)))
    dice.shuffle(chosen)
    return [
        Fault(
            number=number,
            kind=kind,
            after=number * messages // (faults + 1),
            wait_ms=dice.randint(0, LONGEST_WAIT_MS),
            seconds=round(dice.uniform(0.5, 4.0), 1),
        )
        for number, kind in enumerate(chosen, start=1)
    ]
