"""The engine's run that counts, and whether it came to something.

Why: what a stopped run still had to say must count no more, and a start that came to nothing is counted on
the volume (`attempts`), so that no restart loop can reach WhatsApp.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from whatsapp_contracts.states import Reason, State
from whatsapp_session import login
from whatsapp_session.attempts import Attempts
from whatsapp_session.config import Config, Proxy
from whatsapp_session.engine.protocol import LoginWish, WhatsAppEngine
from whatsapp_session.machine import Place


class Browsing:
    """Starts and stops the engine, and keeps count."""

    def __init__(self, engine: WhatsAppEngine, attempts: Attempts, clock: Callable[[], datetime]) -> None:
        self.run = 0
        """The run that counts; 0: none."""
        self._engine = engine
        self._attempts = attempts
        self._clock = clock
        self._with: tuple[LoginWish, Proxy | None] = (LoginWish(), None)
        self._worked = False

    def begin(self, config: Config) -> None:
        """A start: a failed one until it came to something."""
        self._worked = False
        self._attempts.begin(self._clock())
        self.start(config)

    def start(self, config: Config) -> None:
        """A run under this configuration."""
        self._with = (login.wish(config), config.proxy)
        self.run = self._engine.start(self._with[0], proxy=self._with[1])

    async def halt(self) -> None:
        """No run counts any more; returns when the browser is closed."""
        self.run = 0
        await self._engine.stop()

    def other_proxy(self, config: Config) -> bool:
        """Whether the run was started with another proxy than is wanted now."""
        return bool(self.run) and self._with[1] != config.proxy

    def other_wish(self, config: Config) -> bool:
        """Whether the run would log in in another way than is wanted now."""
        return bool(self.run) and self._with[0] != login.wish(config)

    def came_to(self, place: Place) -> None:
        """The session is there now."""
        if self.run and not self._worked and place not in {State.INIT, Reason.BROWSER_FAILED}:
            self._worked = True
            self._attempts.worked(self._clock())

    def lost(self) -> None:
        """Healing has ended: what had worked counts as failed now."""
        self.run = 0
        if self._worked:
            self._attempts.begin(self._clock())

    def stopped(self, state: State) -> None:
        """The process was asked to stop, which is not failing."""
        if not self._worked and state is State.INIT:
            self._attempts.worked(self._clock())
