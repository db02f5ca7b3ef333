"""The state of the session: judged by the machine, written down, told. Nothing else writes it.

What fails: a journal that cannot be written (a full volume) does not stop a change: the streams are ended, so
that followers come back for a snapshot.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta

from whatsapp_contracts.events import SESSION_STATE
from whatsapp_contracts.sessions import SessionView
from whatsapp_contracts.states import State
from whatsapp_session import facts, machine
from whatsapp_session.intake import Draft
from whatsapp_session.log import READY_LINE
from whatsapp_session.recorder import Recorder

log = logging.getLogger(__name__)

ACTIVITY_EVERY = timedelta(minutes=5)
"""How old `lastActivity` may get for a follower that asks for `session.*` only."""


class Course:
    """Where the session is, and how it got there."""

    def __init__(self, recorder: Recorder, clock: Callable[[], datetime], revision: str) -> None:
        self.unwritten = False
        """Whether the last change is not in the journal: whoever comes back hears of it by a snapshot."""
        self.watchers: list[Callable[[], None]] = []
        """Called after each change, whether it could be written down or not."""
        self._recorder = recorder
        self._clock = clock
        self._session = machine.new(revision)
        self._activity_told_at: datetime | None = None
        self._changed = asyncio.Condition()

    @property
    def view(self) -> SessionView:
        """The session as it is now."""
        return self._session.view

    @property
    def place(self) -> machine.Place:
        """The state, or the reason of `DISCONNECTED`."""
        return self._session.place

    @property
    def codes(self) -> int:
        """How many codes this login has shown."""
        return self._session.attempts

    def describe(self) -> str:
        """The state in a sentence: `The session is DISCONNECTED (Stopped): ...`."""
        reason = f" ({self.view.reason.value})" if self.view.reason else ""
        return f"The session is {self.view.state.value}{reason}: {self.view.message}"

    async def apply(self, fact: facts.Fact) -> bool:
        """Judge one fact; a change is written down and told. False when nothing changed."""
        async with self._recorder.turn:
            try:
                session, event_type = machine.advance(self._session, fact, self._clock())
            except machine.UnexpectedFact as error:
                log.warning("unexpected, nothing changes: %s", error)
                return False
            if event_type is None:
                return False
            arrived = session.place is not self._session.place
            self._session = session
            log.info("%s", self.describe())
            if arrived and session.view.state is State.READY:
                log.info(READY_LINE)
            self.unwritten = not await self._tell(event_type)
            if self.unwritten:
                self._recorder.followers.end_all()
        async with self._changed:
            self._changed.notify_all()
        for watcher in self.watchers:
            watcher()
        return True

    async def active(self) -> None:
        """Something went in or out; followers of `session.*` are told now and then."""
        async with self._recorder.turn:
            now = self._clock()
            self._session = machine.touched(self._session, now)
            if self._activity_told_at is None or now - self._activity_told_at >= ACTIVITY_EVERY:
                self._activity_told_at = now
                await self._tell(SESSION_STATE)

    async def reaches(self, states: set[State], *, timeout: float) -> State:
        """The state, once it is one of `states`. Raises TimeoutError after `timeout` seconds."""
        async with asyncio.timeout(timeout), self._changed:
            await self._changed.wait_for(lambda: self.view.state in states)
        return self.view.state

    async def _tell(self, event_type: str) -> bool:
        """The view as an event; the turn is held. A later view outdates it, so it is never held back."""
        draft = Draft(id=f"evt_{uuid.uuid4().hex}", type=event_type, data=self.view.to_json())
        return bool(await self._recorder.append([draft], hold=False))
