"""What follows a failed page: reload, new browser, and in the end giving up. Pure.

Why a fixed ladder: each step costs more and cures more, and a page that fails again and again must not be
reloaded for ever, since every load reaches WhatsApp.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Step(Enum):
    """The next cure."""

    RELOAD = "reload the page"
    NEW_BROWSER = "start a new browser"
    GIVE_UP = "give up"


STEPS = (Step.RELOAD, Step.NEW_BROWSER, Step.RELOAD, Step.NEW_BROWSER, Step.NEW_BROWSER)
HEALTHY_AFTER = 300.0
"""Seconds of health after which the ladder begins at its foot again."""
PAUSES = (0.0, 1.0, 3.0, 6.0, 12.0)
"""Seconds before each cure: the first is at once, since a lone crash is the usual fault."""


@dataclass(frozen=True, kw_only=True)
class Ladder:
    """How far up a run is."""

    climbed: int = 0

    def fail(
        self, *, browser_gone: bool, healthy_for: float, pauses: tuple[float, ...] = PAUSES
    ) -> tuple[Ladder, Step, float]:
        """The ladder after a failure, the cure, and the pause before it.

        A browser that is gone cannot reload: its reload steps are new browsers. `healthy_for` is how long
        the page had worked before it failed, in seconds.
        """
        at = 0 if healthy_for >= HEALTHY_AFTER else self.climbed
        if at >= len(STEPS):
            return self, Step.GIVE_UP, 0.0
        step = Step.NEW_BROWSER if browser_gone else STEPS[at]
        return Ladder(climbed=at + 1), step, pauses[at]
