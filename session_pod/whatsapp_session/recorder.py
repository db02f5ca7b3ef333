"""Journal, then tell: the one door through which anything becomes an event.

What fails: a volume that is full. What could not be written is held (bounded) and goes in first once there
is room, so that order holds; until then nobody is told. Messages need no holding: WhatsApp's store has them.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime

from whatsapp_contracts.events import Event
from whatsapp_session.followers import Followers
from whatsapp_session.intake import Draft
from whatsapp_session.journal import Entry, Journal

log = logging.getLogger(__name__)

HELD = 5_000
"""Drafts that wait in memory for room on the volume; the oldest go first."""


class Recorder:
    """Writes drafts into the journal and tells followers what was new."""

    def __init__(
        self,
        *,
        name: str,
        journal: Journal,
        clock: Callable[[], datetime],
        told: Callable[[Event], None],
    ) -> None:
        self.name = name
        self.followers = Followers()
        self.turn = asyncio.Lock()
        """One change at a time: judged, written, told."""
        self._journal = journal
        self._clock = clock
        self._told = told
        self._held: deque[Draft] = deque(maxlen=HELD)

    async def write(self, drafts: Sequence[Draft], *, hold: bool = True) -> list[Event] | None:
        """Take the turn, then as `append`."""
        if not drafts and not self._held:
            return []
        async with self.turn:
            return await self.append(drafts, hold=hold)

    async def append(self, drafts: Sequence[Draft], *, hold: bool = True) -> list[Event] | None:
        """Journal, then tell: the events that were new; None when nothing could be written.

        The turn is held by the caller. With `hold` what was not written is tried again with the next one.
        """
        held = list(self._held)
        try:
            entries = await asyncio.to_thread(self._put, [*held, *drafts])
        except sqlite3.Error as error:
            log.error("the journal could not be written: %s. Make room on the volume.", error)
            if hold:
                self._held.extend(drafts)
            return None
        self._held.clear()
        for entry in entries:
            if entry.new and entry.event:
                self.followers.tell(entry.event)
                self._told(entry.event)
        return [entry.event for entry in entries[len(held) :] if entry.new and entry.event]

    async def knows(self, id: str) -> bool:
        """Whether this event is in the journal, or was."""
        return await asyncio.to_thread(self._journal.knows, id)

    async def noted(self, name: str) -> datetime | None:
        """The moment under `name`, not later than now: a clock that was wrong then must not hide messages."""
        text = await asyncio.to_thread(self._journal.note, name)
        if not text:
            return None
        now = self._clock()
        if (noted := datetime.fromisoformat(text)) > now:
            await self.note(name, now)
            return now
        return noted

    async def note(self, name: str, moment: datetime | None) -> None:
        """Remember a moment, or that there is none."""
        try:
            await asyncio.to_thread(self._journal.write_note, name, moment.isoformat() if moment else "")
        except sqlite3.Error as error:
            log.error("the journal could not be written: %s. Make room on the volume.", error)

    def _put(self, drafts: Sequence[Draft]) -> list[Entry]:
        """All in one transaction; one by one when one of them is such as no journal takes."""
        now = self._clock()
        try:
            return self._journal.append_all(drafts, time=now, session=self.name)
        except sqlite3.Error:
            raise
        except Exception:
            return [self._put_one(draft, now) for draft in drafts]

    def _put_one(self, draft: Draft, now: datetime) -> Entry:
        try:
            return self._journal.append_all([draft], time=now, session=self.name)[0]
        except sqlite3.Error:
            raise
        except Exception as error:
            log.warning("left out a %s that cannot be written down: %s", draft.type, type(error).__name__)
            return Entry(event=None, new=False)
