"""What follows when a session's process has ended by itself. Pure.

Why it stops: fast restarts get a number limited or banned, and a wrong setting does not become right.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

MOST = 5
WINDOW = timedelta(minutes=30)
LONGEST = timedelta(seconds=60)


@dataclass(frozen=True, kw_only=True)
class RetryIn:
    """Start it again, after this long."""

    seconds: float


@dataclass(frozen=True, kw_only=True)
class GiveUp:
    """Not again until a person asks; `because` is for them."""

    because: str


def after_exit(ends: Sequence[datetime], code: int, said: str, now: datetime) -> RetryIn | GiveUp:
    """`ends`: when it ended, this time included; `said`: its last line."""
    recent = [at for at in ends if at > now - WINDOW]
    if len(recent) >= MOST:
        minutes = int(WINDOW.total_seconds() // 60)
        return GiveUp(
            because=f"The session's process ended {len(recent)} times within {minutes} minutes, "
            f"the last time with code {code}: {said or 'it said nothing'}. Repair that, then connect."
        )
    return RetryIn(seconds=min(LONGEST.total_seconds(), 2.0 ** (len(recent) - 1)))
