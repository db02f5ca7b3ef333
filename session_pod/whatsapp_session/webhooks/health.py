"""Whether a receiver as a whole is down, or one chat of it alone. No I/O.

Why it matters: while a receiver is down, trying every new chat would fill memory and rows with events that
the journal keeps as well; so one new chat is tried now and then. And when it is back, chats that wait need
not sit out their delays.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

DOWN_AFTER = 16
"""Lines that had to wait since the receiver last took something."""
PROBE_FIRST = timedelta(seconds=30)
PROBE_LONGEST = timedelta(minutes=15)
FAILING_AFTER = 3
"""Failures in a row after which a success means that the receiver is back."""
WAKE = 4
"""Waiting lines that are let go at each success while it comes back: a crowd would send it down again."""


@dataclass(kw_only=True)
class Health:
    """What the last answers say."""

    worked: int = 0
    """Answers in all that show that it works."""
    failures: int = 0
    """In a row."""
    held: int = 0
    """Lines that began to wait since it last worked."""
    coming_back: bool = False
    probe_at: datetime | None = None
    pause: timedelta = PROBE_FIRST

    @property
    def down(self) -> bool:
        """Whether new lines are tried now and then only."""
        return self.held >= DOWN_AFTER

    def may_probe(self, now: datetime) -> bool:
        """Whether a new line may be tried although it is down."""
        return self.probe_at is None or self.probe_at <= now

    def probed(self, now: datetime) -> None:
        """A new line is being tried although it is down."""
        self.probe_at = now + self.pause
        self.pause = min(PROBE_LONGEST, self.pause * 2)

    def works(self) -> None:
        """It took something, or said that the event is wrong."""
        self.coming_back = self.coming_back or self.failures >= FAILING_AFTER
        self.worked += 1
        self.failures = self.held = 0
        self.probe_at, self.pause = None, PROBE_FIRST

    def fails(self, *, first: bool) -> None:
        """It did not; `first`: of this event."""
        self.failures += 1
        self.held += first

    def forget(self) -> None:
        """It was configured anew: what was known is of another receiver."""
        self.failures = self.held = 0
        self.probe_at, self.pause = None, PROBE_FIRST
