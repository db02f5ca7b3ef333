"""One chat's events for one receiver, in their order: one of them at a time is tried. No I/O.

Why two parts: what waits behind a failed attempt is in rows on disk, and what came since is in memory. Rows
are always the older part.
"""

from __future__ import annotations

import itertools
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime

from whatsapp_contracts.events import Event
from whatsapp_session.webhooks.policy import FRESH, Trials
from whatsapp_session.webhooks.store import Key, Waiting


@dataclass(kw_only=True)
class Item:
    """One event to deliver; without `event` it is read again when its turn comes."""

    seq: int
    event: Event | None
    since: datetime | None = None
    """When it began to wait in a row."""


@dataclass(eq=False, kw_only=True)
class Line:
    """First the events in `rows` on disk (the next ones of them `loaded`), then `queue`."""

    key: Key
    rows: int = 0
    after: int = 0
    """`seq` of the last row that was loaded; -1: rows came in between."""
    loaded: deque[Item] = field(default_factory=deque)
    queue: deque[Item] = field(default_factory=deque)
    trials: Trials = FRESH
    step: int = 0
    """Calls of the head that are done."""
    next_at: datetime | None = None
    """Held until then."""
    under_way: bool = False
    is_ready: bool = False
    saving: int = 0
    """How many of `queue` are being written down."""
    head_row: int | None = None
    """The row of which `trials`, `step` and `next_at` are."""
    stubborn: bool = False
    """It failed although the receiver took others': only its own delay counts."""
    worked_before: int = 0
    """How many deliveries the receiver had taken when this line failed."""

    @property
    def head(self) -> Item | None:
        """The event whose turn it is; None when it has to be loaded first, or there is none."""
        if self.loaded:
            return self.loaded[0]
        return self.queue[0] if self.queue and not self.rows else None

    @property
    def empty(self) -> bool:
        """Whether nothing is left."""
        return not self.rows and not self.queue

    @property
    def startable(self) -> bool:
        """Whether it may be put among the ready ones."""
        return not (self.is_ready or self.under_way or self.saving)

    def fill(self, found: list[Event]) -> None:
        """Events that were read again."""
        events = {event.seq: event for event in found}
        for item in itertools.chain(self.loaded, itertools.islice(self.queue, len(found))):
            item.event = item.event or events.get(item.seq)

    def load(self, found: list[Waiting], after: int, known: set[int]) -> None:
        """The rows behind `after`, without `known` ones, which are settled; none: there are no more."""
        if self.after != after:
            return  # of a question that is out of date
        for one in found:
            self.after = one.seq
            if one.seq not in known:
                self.loaded.append(Item(seq=one.seq, event=one.event, since=one.trials.since))
        if not found:
            self.rows = 0
        elif self.loaded and self.trials.since is None:
            self.trials = Trials(since=self.loaded[0].since)

    def reload(self) -> None:
        """Rows came that may lie before the loaded ones."""
        while len(self.loaded) > self.under_way:
            self.loaded.pop()
        self.after = -1

    def settle(self) -> tuple[Item | None, bool]:
        """Take the head off: the item, and whether it was a row. None: its rows are gone."""
        self.trials, self.step, self.head_row = FRESH, 0, None
        if self.loaded:
            item = self.loaded.popleft()
            self.rows -= 1
            if self.loaded:
                self.trials = Trials(since=self.loaded[0].since)
            return item, True
        if self.rows or not self.queue:
            return None, False
        return self.queue.popleft(), False

    def forget_bodies(self) -> None:
        """Keep the order only: it may take long."""
        self.head_row = self.loaded[0].seq if self.loaded else None
        self.loaded.clear()
        self.after = 0
        for item in self.queue:
            item.event = None

    def rows_to_write(self, now: datetime) -> list[Waiting]:
        """`queue` as rows; the first has what is known of the head, where the line has no rows yet."""
        rows = [Waiting(seq=item.seq, key=self.key, trials=Trials(since=now)) for item in self.queue]
        return [self._as_head(rows[0].seq), *rows[1:]] if rows and not self.rows else rows

    def head_to_write(self) -> Waiting | None:
        """What changed of the head that is a row already."""
        return self._as_head(self.head_row) if self.head_row is not None else None

    def _as_head(self, seq: int) -> Waiting:
        return Waiting(seq=seq, key=self.key, trials=self.trials, next_at=self.next_at, step=self.step)
