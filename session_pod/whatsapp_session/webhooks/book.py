"""What one receiver still has to get, in lines. No I/O.

A line's life: ready (an event to try), under way (taken by `start`), and after it delivered, dead, or held
until a moment. Events of a held line are written down as rows and leave memory; what is delivered is
forgotten. So memory holds a window of the journal, however long the receiver was away.

What misuse breaks: `saved` or `unsaved` must follow each `changes`, or its lines never start again.
"""

from __future__ import annotations

import heapq
import itertools
from collections import OrderedDict, deque
from dataclasses import replace
from datetime import datetime

from whatsapp_contracts.events import Event
from whatsapp_session.webhooks.line import Item, Line
from whatsapp_session.webhooks.policy import Again, Dead
from whatsapp_session.webhooks.store import Changes, DeadLetter, Key, Progress, Waiting

WINDOW = 2_000
"""Events that are taken from the journal ahead of the first unsettled one. A crash may repeat so many."""
BODIES = 64
"""Events of one line that are in memory whole; the others are read again."""


class Book:
    """All lines of one receiver."""

    def __init__(self, name: str, progress: Progress) -> None:
        self.name = name
        self.progress = progress
        self.scanned = progress.cursor
        """The last `seq` that was taken from the journal."""
        self.changed = False
        """Whether there is something to write."""
        self._lines: dict[Key, Line] = {}
        self._ready: deque[Line] = deque()
        self._held: list[tuple[datetime, int, Line]] = []
        self._number = itertools.count()
        self._unsettled: OrderedDict[int, None] = OrderedDict()
        self._hopeful: OrderedDict[Line, None] = OrderedDict()
        self._unsaved: OrderedDict[Line, None] = OrderedDict()
        self._done: list[int] = []
        self._dead: list[DeadLetter] = []

    def __len__(self) -> int:
        """Events that were taken from the journal and are neither delivered nor on disk."""
        return len(self._unsettled)

    @property
    def pending(self) -> int:
        """Events that were taken from the journal and are not delivered."""
        return len(self._unsettled) + sum(line.rows for line in list(self._lines.values()))

    def has_room(self, count: int) -> bool:
        """Whether so many events may be taken from the journal now."""
        return len(self._unsettled) + count <= WINDOW

    # Taking

    def restore(self, head: Waiting, count: int) -> None:
        """A line that was written down before this process."""
        line = self._line(head.key)
        line.rows, line.trials, line.step, line.head_row = count, head.trials, head.step, head.seq
        if head.next_at is None:
            self._make_ready(line)
        else:
            self._hold(line, head.next_at)

    def skip(self, seq: int) -> None:
        """An event that this receiver does not get."""
        self.scanned = seq
        self.changed = True

    def take(self, event: Event, key: Key) -> bool:
        """An event from the journal; whether a line became ready by it."""
        line = self._line(key)
        held = line.next_at is not None
        whole = not held and not line.rows and len(line.queue) < BODIES
        line.queue.append(Item(seq=event.seq, event=event if whole else None))
        self._unsettled[event.seq] = None
        self.skip(event.seq)
        if held:
            self._unsaved[line] = None
            return False
        return self._make_ready(line)

    def revived(self, key: Key, count: int) -> None:
        """Dead letters that wait again, now."""
        line = self._line(key)
        line.rows += count
        line.reload()
        self._release(line)

    # Trying

    def start(self) -> Line | None:
        """The next line to try; it is under way until `delivered`, `died` or `held`."""
        if not self._ready:
            return None
        line = self._ready.popleft()
        line.is_ready, line.under_way = False, True
        return line

    def load(self, line: Line, found: list[Waiting], after: int) -> None:
        """The next rows of a line under way, which were asked for behind `after`."""
        settled = {*self._done, *(letter.seq for letter in self._dead), *(item.seq for item in line.loaded)}
        line.load(found, after, settled)

    def delivered(self, line: Line) -> None:
        """The head is delivered, or there is nothing to deliver."""
        item, was_row = line.settle()
        if item is not None and was_row:
            self._done.append(item.seq)
        elif item is not None:
            self._unsettled.pop(item.seq, None)
        line.stubborn = False
        self._go_on(line)

    def died(self, line: Line, dead: Dead, now: datetime) -> DeadLetter:
        """The head becomes a dead letter; the line goes on."""
        item, _ = line.settle()
        assert item is not None
        assert item.event is not None
        letter = DeadLetter(
            seq=item.seq,
            chat=line.key[1],
            event=item.event,
            attempts=dead.trials.attempts,
            died_at=now,
            error=dead.because,
        )
        self._dead.append(letter)
        self._go_on(line)
        return letter

    def held(self, line: Line, again: Again, *, worked: int, patient: bool) -> None:
        """The head waits. `worked`: deliveries so far; `patient`: no other's success makes it try earlier."""
        line.stubborn = line.stubborn or (again.trials.attempts > 1 and worked > line.worked_before)
        line.worked_before = worked
        line.trials = again.trials
        line.under_way = False
        line.forget_bodies()
        self._hold(line, again.at, hopeful=not (line.stubborn or patient))
        self._unsaved[line] = None
        self.changed = True

    def due(self, now: datetime) -> None:
        """Make lines ready whose moment came."""
        while self._held and self._held[0][0] <= now:
            moment, _, line = heapq.heappop(self._held)
            if line.next_at == moment:
                self._release(line)

    def next_moment(self) -> datetime | None:
        """When the first held line is due; it may have been released meanwhile."""
        return self._held[0][0] if self._held else None

    def wake(self, count: int) -> bool:
        """Let some held lines try at once: the receiver takes deliveries again. Whether more are left."""
        for _ in range(min(count, len(self._hopeful))):
            line, _ = self._hopeful.popitem(last=False)
            self._release(line)
        return bool(self._hopeful)

    def wake_all(self) -> None:
        """Let all held lines try at once: the receiver was configured anew."""
        for line in self._lines.values():
            line.stubborn = False
            if line.next_at is not None:
                self._release(line)

    def forget_steps(self) -> None:
        """Begin each event with its first call: another format has other calls."""
        for line in self._lines.values():
            if not line.under_way:
                line.step = 0

    # Writing down

    def changes(self, now: datetime) -> Changes:
        """What is to be written; lines in it do not start until `saved` or `unsaved`."""
        waiting: list[Waiting] = []
        heads: list[Waiting] = []
        for line in list(self._unsaved):
            if not line.startable:
                continue
            del self._unsaved[line]
            head = line.head_to_write()
            heads += [head] if head else []
            waiting += line.rows_to_write(now)
            line.saving = len(line.queue)
        saved = {one.seq for one in waiting} | {letter.seq for letter in self._dead}
        first = next((seq for seq in self._unsettled if seq not in saved), self.scanned + 1)
        self.progress.cursor = first - 1
        self.changed = False
        return Changes(
            name=self.name,
            progress=replace(self.progress),
            waiting=waiting,
            heads=heads,
            done=list(self._done),
            dead=list(self._dead),
        )

    def saved(self, changes: Changes) -> None:
        """It is on disk."""
        for line in self._lines_of(changes):
            for _ in range(line.saving):
                self._unsettled.pop(line.queue.popleft().seq, None)
                line.rows += 1
            self._end_saving(line)
        for letter in changes.dead:
            self._unsettled.pop(letter.seq, None)
        del self._done[: len(changes.done)]
        del self._dead[: len(changes.dead)]

    def unsaved(self, changes: Changes) -> None:
        """It is not, and is tried again with the next changes."""
        self.changed = True
        for line in self._lines_of(changes):
            self._unsaved[line] = None
            self._end_saving(line)

    # How it is done

    def _line(self, key: Key) -> Line:
        return self._lines.setdefault(key, Line(key=key))

    def _make_ready(self, line: Line) -> bool:
        if not line.startable:
            return False
        line.is_ready = True
        self._ready.append(line)
        return True

    def _hold(self, line: Line, moment: datetime, *, hopeful: bool = True) -> None:
        line.next_at = moment
        heapq.heappush(self._held, (moment, next(self._number), line))
        if hopeful:
            self._hopeful[line] = None

    def _release(self, line: Line) -> None:
        self._hopeful.pop(line, None)
        line.next_at = None
        self._make_ready(line)  # else when it is saved, or its attempt ends

    def _go_on(self, line: Line) -> None:
        line.under_way = False
        self.changed = True
        if line.empty:
            self._lines.pop(line.key, None)
            self._unsaved.pop(line, None)
        else:
            self._make_ready(line)

    def _end_saving(self, line: Line) -> None:
        line.saving = 0
        if line.next_at is None and not line.empty:
            self._make_ready(line)

    def _lines_of(self, changes: Changes) -> list[Line]:
        keys = dict.fromkeys(one.key for one in (*changes.waiting, *changes.heads))
        return [line for key in keys if (line := self._lines.get(key))]
