"""All receivers: configured, run side by side, and their progress written down together.

Why progress is written now and then: an event that is delivered twice after a crash has the same id, while a
write for each delivery would make the volume the bottleneck. A volume that is full stops no delivery: what
could not be written stays in memory and is tried again, and the journal keeps what a restart would need
(`floor`).
"""

from __future__ import annotations

import asyncio
import logging
import random as _random
import sqlite3
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from yarl import URL

from whatsapp_session.config import Webhook
from whatsapp_session.database import Database
from whatsapp_session.net.guard import Guard
from whatsapp_session.outbox.errors import StorageFull
from whatsapp_session.webhooks import orchestrator
from whatsapp_session.webhooks.ahead import Ahead
from whatsapp_session.webhooks.book import Book
from whatsapp_session.webhooks.post import TIMEOUT
from whatsapp_session.webhooks.receiver import Around, Receiver, Source
from whatsapp_session.webhooks.store import Changes, Progress, Store

log = logging.getLogger(__name__)

WRITE_EVERY = 0.1
"""Seconds between two writes of progress, when there is some: so much may come twice after a crash."""
WRITE_AGAIN = 1.0
"""Seconds until a write that failed is tried again."""
START_AGAIN = 5.0
"""Seconds after which a receiver's task that ended by an error is started again."""


class UnknownWebhook(Exception):
    """No receiver has this name."""


class UnknownDeadLetter(Exception):
    """The receiver has no dead letter with this `seq`."""


class Webhooks:
    """The receivers of one session."""

    def __init__(
        self,
        *,
        database: Database,
        journal: Source,
        guard: Guard,
        origin: Callable[[], orchestrator.Origin],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        random: Callable[[], float] = _random.random,
        timeout: float = TIMEOUT,
        write_every: float = WRITE_EVERY,
    ) -> None:
        """`origin` says what contract D's calls need beside an event. Raises sqlite3.Error."""
        self._store = Store(database)
        self._journal = journal
        self._clock = clock
        self._write_every = write_every
        self._ahead = Ahead(self._store)
        self._progressed = asyncio.Event()
        self._around = Around(
            source=journal,
            store=self._store,
            guard=guard,
            origin=origin,
            clock=clock,
            random=random,
            timeout=timeout,
            progressed=self._progressed.set,
        )
        self._receivers: dict[str, Receiver] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._leaving: set[asyncio.Task[None]] = set()
        self._running = False
        self._writing = asyncio.Lock()
        self._forgotten = False
        """Whether all that is on disk is of a receiver that is there."""
        self._unwritable = False

    def configure(self, webhooks: Sequence[Webhook]) -> None:
        """Have these receivers: who stays goes on where it was, who is new begins with the next event."""
        names = [each.name for each in webhooks]
        for name in set(self._receivers) - set(names):
            del self._receivers[name]
            self._stop(name)
        self._forget_others(names)
        for webhook in webhooks:
            if webhook.name in self._receivers:
                self._receivers[webhook.name].configure(webhook)
                continue
            self._receivers[webhook.name] = self._receiver(webhook)
            if self._running:
                self._start(webhook.name)

    def try_now(self) -> None:
        """What waits for its next attempt is tried at once: something around has changed."""
        for receiver in self._receivers.values():
            receiver.try_now()

    def wake(self) -> None:
        """The journal has a new event."""
        for receiver in self._receivers.values():
            receiver.poke(more=True)

    async def run(self) -> None:
        """Deliver, until cancelled; then attempts under way end, and progress is written."""
        self._running = True
        for name in self._receivers:
            self._start(name)
        try:
            while True:
                await self._progressed.wait()
                await asyncio.sleep(WRITE_AGAIN if self._unwritable else self._write_every)
                self._progressed.clear()
                await self._write()
        finally:
            self._running = False
            for name in list(self._tasks):
                self._stop(name)
            if self._leaving:
                await asyncio.wait(self._leaving)
            await self._write()

    def floor(self) -> int:
        """The lowest `seq` that a receiver still needs from the journal; the next one when none needs any."""
        return min(
            (receiver.floor for receiver in list(self._receivers.values())),
            default=self._journal.last_seq() + 1,
        )

    async def status(self) -> list[dict[str, Any]]:
        """As `GET /webhooks` has them."""
        views = []
        for receiver in self._all():
            async with self._writing:  # what is being written would be counted twice, or not at all
                view = _view(receiver)
                ahead = await asyncio.to_thread(self._ahead_of, receiver)
                _, dead = await asyncio.to_thread(self._store.counts, receiver.book.name)
            views.append({**view, "pending": view["pending"] + ahead, "deadLetters": dead})
        return views

    def pending(self) -> dict[str, int]:
        """How many events each receiver has still to get. Raises sqlite3.Error."""
        return {each.webhook.name: each.book.pending + self._ahead_of(each) for each in self._all()}

    def dead(self) -> dict[str, int]:
        """How many dead letters each receiver has. Raises sqlite3.Error."""
        return {each.webhook.name: self._store.counts(each.webhook.name)[1] for each in self._all()}

    async def dead_letters(self, name: str, limit: int, after: int = 0) -> list[dict[str, Any]]:
        """Dead letters behind the `seq` `after`, oldest first. Raises UnknownWebhook."""
        self._named(name)
        await self._write()
        letters = await asyncio.to_thread(self._store.dead, name, after, limit)
        return [letter.to_json() for letter in letters]

    async def retry(self, name: str, seq: int | None = None) -> int:
        """Send one dead letter again, or all; how many.

        Raises UnknownWebhook, UnknownDeadLetter and StorageFull.
        """
        receiver = self._named(name)
        await self._write()
        async with self._writing:
            lines = await _or_full(self._store.revive, name, seq)
            for key, count in lines.items():
                receiver.book.revived(key, count)
        receiver.poke()
        return _some(sum(lines.values()), name, seq)

    async def discard(self, name: str, seq: int | None = None) -> int:
        """Drop one dead letter, or all; how many.

        Raises UnknownWebhook, UnknownDeadLetter and StorageFull.
        """
        self._named(name)
        await self._write()
        async with self._writing:
            return _some(await _or_full(self._store.discard, name, seq), name, seq)

    # How it is done

    def _all(self) -> list[Receiver]:
        return list(self._receivers.values())

    def _named(self, name: str) -> Receiver:
        try:
            return self._receivers[name]
        except KeyError:
            raise UnknownWebhook(f"There is no webhook {name!r}. GET /webhooks has them all.") from None

    def _receiver(self, webhook: Webhook) -> Receiver:
        """One as it was left, or a new one; that it is there is written down at once."""
        progress = self._store.progress(webhook.name)
        book = Book(webhook.name, progress or Progress(cursor=self._journal.last_seq()))
        receiver = Receiver(webhook, book, self._around)
        if progress is None:
            try:
                self._store.write([Changes(name=webhook.name, progress=book.progress)])
            except sqlite3.Error:
                book.changed = True
                self._progressed.set()
        for head, count in self._store.heads(webhook.name):
            book.restore(head, count)
        receiver.floor = self._floor(receiver, book.progress.cursor)
        return receiver

    def _forget_others(self, names: Sequence[str]) -> None:
        try:
            self._store.keep_only(names)
        except sqlite3.Error:
            self._forgotten = False
            self._progressed.set()
        else:
            self._forgotten = True

    def _start(self, name: str) -> None:
        self._tasks[name] = asyncio.create_task(self._keep_running(self._receivers[name]))

    def _stop(self, name: str) -> None:
        if task := self._tasks.pop(name, None):
            task.cancel()
            self._leaving.add(task)
            task.add_done_callback(self._leaving.discard)

    async def _keep_running(self, receiver: Receiver) -> None:
        while True:
            try:
                await receiver.run()
            except Exception:
                log.exception("webhook %s: its task ended, and starts again", receiver.webhook.name)
                await asyncio.sleep(START_AGAIN)

    async def _write(self) -> None:
        """Put the progress of all on disk; what cannot be written is written later."""
        async with self._writing:
            receivers = [each for each in self._all() if each.book.changed]
            if not receivers and self._forgotten:
                return
            changes = [each.book.changes(self._clock()) for each in receivers]
            try:
                floors = await asyncio.to_thread(self._write_now, receivers, changes)
            except sqlite3.Error as error:
                if not self._unwritable:
                    log.error("webhooks: progress cannot be written: %s. Make room on the volume.", error)
                self._unwritable = True
                self._progressed.set()
                for receiver, change in zip(receivers, changes, strict=True):
                    receiver.book.unsaved(change)
                return
            self._unwritable = False
            for receiver, change, floor in zip(receivers, changes, floors, strict=True):
                receiver.book.saved(change)
                receiver.floor = floor
                receiver.poke()

    def _write_now(self, receivers: list[Receiver], changes: list[Changes]) -> list[int]:
        if not self._forgotten:
            self._store.keep_only([each.webhook.name for each in self._all()])
            self._forgotten = True
        there = [
            change
            for receiver, change in zip(receivers, changes, strict=True)
            if self._receivers.get(change.name) is receiver
        ]
        self._store.write(there)
        return [
            self._floor(receiver, change.progress.cursor)
            for receiver, change in zip(receivers, changes, strict=True)
        ]

    def _floor(self, receiver: Receiver, cursor: int) -> int:
        lowest = self._store.lowest(receiver.book.name)
        return min(cursor + 1, lowest) if lowest is not None else cursor + 1

    def _ahead_of(self, receiver: Receiver) -> int:
        return self._ahead.of(receiver, self._journal.last_seq())


def _view(receiver: Receiver) -> dict[str, Any]:
    webhook, progress = receiver.webhook, receiver.book.progress
    return {
        "name": webhook.name,
        "url": str(URL(webhook.url).with_query(None).with_fragment(None)),
        "format": webhook.format,
        "events": list(webhook.events),
        "pending": receiver.book.pending,
        "deadLetters": 0,
        "lastDeliveredAt": progress.last_delivered_at,
        "failingSince": progress.failing_since,
        "lastError": progress.last_error,
    }


async def _or_full(work: Callable[[str, int | None], Any], name: str, seq: int | None) -> Any:
    try:
        return await asyncio.to_thread(work, name, seq)
    except sqlite3.Error:
        raise StorageFull("The dead letters cannot be changed") from None


def _some(count: int, name: str, seq: int | None) -> int:
    if seq is not None and not count:
        raise UnknownDeadLetter(f"{name} has no dead letter {seq}. GET its dead-letters lists them.")
    return count
