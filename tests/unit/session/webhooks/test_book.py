"""Lines in memory and what of them is written, by chance: whatever happens, each event is delivered in order.

The model is a receiver and a disk that fail at random; a crash leaves only what was saved.
"""

from __future__ import annotations

import random
from datetime import timedelta

import pytest

from unit.session.doubles import NOW
from whatsapp_contracts.events import Event
from whatsapp_session.database import Database
from whatsapp_session.webhooks.book import Book
from whatsapp_session.webhooks.policy import FRESH, Again, Dead, Trials
from whatsapp_session.webhooks.store import Progress, Store


class World:
    """A journal as a list, a store on disk, and what the receiver got."""

    def __init__(self, store: Store, dice: random.Random) -> None:
        self.store, self.dice = store, dice
        self.now = NOW
        self.journal: list[Event] = []
        self.got: list[int] = []
        self.saved = Progress(cursor=0)
        self.book = self.opened()

    def opened(self) -> Book:
        book = Book("crm", self.store.progress("crm") or Progress(cursor=0))
        for head, count in self.store.heads("crm"):
            book.restore(head, count)
        return book

    def event(self) -> None:
        seq = len(self.journal) + 1
        chat = f"{self.dice.randrange(4)}@c.us"
        self.journal.append(
            Event(id=f"e{seq}", seq=seq, type="message.sent", time="t", session="s", data={"chatId": chat})
        )

    def take(self) -> None:
        for event in self.journal[self.book.scanned :][:5]:
            self.book.take(event, (False, event.data["chatId"]))

    def attempt(self) -> None:
        self.book.due(self.now)
        if (line := self.book.start()) is None:
            return
        while line.head is None and line.rows:
            after = line.after
            self.book.load(line, self.store.waiting("crm", line.key, after, 2), after)
        if line.head is None:
            self.book.delivered(line)
            return
        line.head.event = line.head.event or self.journal[line.head.seq - 1]
        fate = self.dice.random()
        if fate < 0.5:
            self.got.append(line.head.seq)
            self.book.delivered(line)
        elif fate < 0.6:
            self.got.append(line.head.seq)  # as good as delivered: somebody sees it
            self.book.died(line, Dead(because="answered 422.", trials=FRESH), self.now)
        else:
            trials = Trials(attempts=line.trials.attempts + 1, since=self.now)
            wait = timedelta(seconds=self.dice.randrange(5))
            self.book.held(line, Again(at=self.now + wait, trials=trials), worked=0, patient=False)

    def write(self) -> None:
        changes = self.book.changes(self.now)
        self.take()  # while it is being written
        if self.dice.random() < 0.3:
            self.book.unsaved(changes)
        else:
            self.store.write([changes])
            self.book.saved(changes)

    def crash(self) -> None:
        self.book = self.opened()

    def wake(self) -> None:
        self.book.wake(2)


@pytest.mark.parametrize("seed", range(40))
def test_nothing_is_lost_and_each_chat_keeps_its_order(tmp_path: object, seed: int) -> None:
    database = Database(tmp_path / "journal.sqlite3")  # type: ignore[operator]
    world = World(Store(database), random.Random(seed))
    steps = [world.event, world.take, world.attempt, world.attempt, world.write, world.wake, world.crash]
    for _ in range(400):
        world.dice.choices(steps, weights=[6, 6, 8, 8, 4, 1, 0.3])[0]()
        world.now += timedelta(seconds=1)
    for _ in range(len(world.journal) * 50):
        world.take()
        world.attempt()
        world.now += timedelta(seconds=1)
        if not world.book.pending and world.book.scanned == len(world.journal):
            break
    first_time = list(dict.fromkeys(world.got))
    assert sorted(first_time) == [event.seq for event in world.journal]
    for chat in {event.data["chatId"] for event in world.journal}:
        seen = [seq for seq in first_time if world.journal[seq - 1].data["chatId"] == chat]
        assert seen == sorted(seen)
    changes = world.book.changes(world.now)
    world.store.write([changes])
    world.book.saved(changes)
    assert changes.progress.cursor == len(world.journal)
    assert world.store.counts("crm")[0] == 0
    database.close()
