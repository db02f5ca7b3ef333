"""What is wrong now in the simulated WhatsApp: ordered faults, cut lines, a network that is down, bans.

Why in memory: these are orders of a running test. A restarted simulator has none of them.
"""

from __future__ import annotations

from collections.abc import Callable

from whatsapp_simulator.errors import Refused
from whatsapp_simulator.faults import NONE, Faults


class Disturbances:
    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._faults: dict[str, Faults] = {}
        self._cut_until: dict[str, float] = {}
        self._banned: set[str] = set()
        self.down = False  # nobody reaches WhatsApp

    def faults(self, number: str) -> Faults:
        return self._faults.get(number, NONE)

    def set_faults(self, number: str, faults: Faults) -> None:
        self._faults[number] = faults

    def cut(self, number: str, seconds: float) -> None:
        """The pages of this account cannot connect for so long."""
        self._cut_until[number] = self._clock() + seconds

    def is_cut_off(self, number: str | None) -> bool:
        """Whether a page gets no connection now; `None` is a page that is not linked."""
        return self.down or (number is not None and self._clock() < self._cut_until.get(number, 0.0))

    def ban(self, number: str) -> None:
        self._banned.add(number)

    def unban(self, number: str) -> None:
        self._banned.discard(number)

    def is_banned(self, number: str) -> bool:
        return number in self._banned

    def check_not_banned(self, number: str) -> None:
        """Raises `Refused(banned)`."""
        if self.is_banned(number):
            raise Refused(
                "banned",
                f"WhatsApp has banned {number}: this phone cannot link a device. "
                f"POST /phones/{number}/unban first.",
                status=403,
            )
