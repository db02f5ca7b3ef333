"""Everything that goes out, by one path: calls that wait for their answer (`calls`), and queued messages
(`backlog`). A message is never made twice: what it is called at WhatsApp is written down before WhatsApp
hears of it, and whatever nobody saw end is looked up under that name.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import time
from collections.abc import Callable, Collection, Coroutine, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from whatsapp_session.config import Pacing
from whatsapp_session.database import Database
from whatsapp_session.engine.protocol import NotConnected
from whatsapp_session.outbox import entries
from whatsapp_session.outbox.backlog import Backlog
from whatsapp_session.outbox.calls import Calls
from whatsapp_session.outbox.desk import Desk, SessionLike
from whatsapp_session.outbox.entries import Entry, Sent, Stage
from whatsapp_session.outbox.errors import EntryNotFound, StorageFull, TooLate
from whatsapp_session.outbox.pacer import Pacer
from whatsapp_session.outbox.store import OutboxStore, forgotten
from whatsapp_session.outgoing import Media, Outgoing
from whatsapp_session.session import NotReady

log = logging.getLogger(__name__)

T = TypeVar("T")
DEFAULT = Pacing()
FOLLOW_EVERY = 15.0
SWEEP_EVERY = timedelta(hours=1)


class Sender:
    """The outbox of one session."""

    def __init__(
        self,
        *,
        session: SessionLike,
        database: Database,
        pacing: Pacing = DEFAULT,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        now: Callable[[], float] = time.monotonic,
        release: Callable[[str], None] = lambda path: None,
    ) -> None:
        """`release` lets go of a queued message's file. Raises sqlite3.Error."""
        store = OutboxStore(database)
        self._desk = Desk(
            session=session, store=store, pacer=Pacer(pacing, now), clock=clock, release=release
        )
        self._backlog = Backlog(self._desk, now=now)
        self._store = store
        self._calls = Calls(self._desk, self._backlog, now)
        self._tasks: set[asyncio.Task[Any]] = set()
        self._swept_at: datetime | None = None

    def configure(self, pacing: Pacing) -> None:
        """Another pacing is in force."""
        self._desk.pacer.configure(pacing)

    async def send(self, outgoing: Outgoing, *, key: str | None = None, fingerprint: str = "") -> Sent:
        """Send now; answers once WhatsApp has it. A caller that goes away does not end the attempt.

        Raises NotReady, what the engine raises, and RateLimited; with a key also KeyInProgress, KeyReused,
        OutcomeUnknown and StorageFull.
        """
        if key is None:
            return await self._finish(self._calls.plain(outgoing))
        entry, new = await self._add(outgoing, call=True, key=key, fingerprint=fingerprint)
        entry = await self._calls.caught_up(self._desk.present(entry))
        if answer := self._calls.claim(entry, new=new):
            return answer
        return await self._finish(self._calls.keyed(replace(entry, outgoing=outgoing)))

    async def enqueue(
        self,
        outgoing: Outgoing,
        *,
        key: str | None = None,
        fingerprint: str = "",
        send_at: datetime | None = None,
    ) -> tuple[Entry, bool]:
        """Put it on disk, to go out when it can, not before `send_at`; the entry, and whether this key had
        made it already. Raises StorageFull and KeyReused."""
        entry, new = await self._add(outgoing, call=False, key=key, fingerprint=fingerprint, send_at=send_at)
        if new:
            self._backlog.add(entry)
        return self._desk.present(entry), not new

    async def answered(self, key: str, fingerprint: str) -> Entry | None:
        """What this request has come to already, where that is its answer: sent, or queued.

        It saves a caller's repeat from what might fail now, such as a file at a URL.
        """
        entry = await asyncio.to_thread(self._store.by_key, key)
        if entry is None or entry.fingerprint != fingerprint or forgotten(entry, self._desk.clock()):
            return None
        entry = self._desk.present(entry)
        return entry if entry.state is Stage.SENT or not entry.call else None

    async def list(
        self, states: Collection[str] = (), limit: int = 50, after: str | None = None
    ) -> Sequence[Entry]:
        """Entries in the order they came, behind the one called `after`. Raises EntryNotFound, ValueError."""
        wanted = [Stage(state) for state in states]
        start = (await self.get(after)).number if after else 0
        found = await asyncio.to_thread(self._store.page, wanted, limit, start)
        return [self._desk.present(entry) for entry in found]

    async def get(self, id: str) -> Entry:
        """One entry. Raises EntryNotFound."""
        entry = await asyncio.to_thread(self._store.by_id, id)
        if entry is None:
            raise EntryNotFound(f"The outbox has no entry {id}. Ended ones are kept for 24 hours.")
        return self._desk.present(entry)

    async def cancel(self, id: str) -> Entry:
        """Have a queued entry not sent. Raises EntryNotFound, TooLate, StorageFull."""
        entry = await self.get(id)
        cancelled = replace(entry, state=Stage.CANCELLED, ended_at=self._desk.clock())
        try:
            done = entry.state is Stage.QUEUED and await asyncio.to_thread(
                self._store.write, cancelled, only_from=Stage.QUEUED
            )
        except sqlite3.Error:
            raise StorageFull("The cancellation cannot be kept") from None
        if not done:
            now = (await self.get(id)).state.value
            raise TooLate(f"The entry {id} is {now} and cannot be cancelled any more.")
        self._desk.release(cancelled)
        self._desk.bell.ring()
        return cancelled

    async def resolve(self, to: str) -> str:
        """The chat id of a number or chat. Raises NotReady, NotOnWhatsApp, CheckFailed, NotFound."""
        try:
            return await self._desk.numbers.resolve(to, self._desk.engine)
        except NotConnected as error:
            raise NotReady(f"{error} Try again in a moment.") from None

    def counts(self) -> dict[str, int]:
        """How many entries are in each state."""
        return {stage.value: count for stage, count in self._store.counts().items()}

    def files_in_use(self) -> set[str]:
        """The paths of files that unfinished entries still need."""
        waiting = [entry.outgoing.content for entry in self._store.unfinished(call=False)]
        return {content.path for content in waiting if isinstance(content, Media)}

    async def run(self) -> None:
        """Serve queued entries and follow lost calls, until cancelled."""
        try:
            for entry in await asyncio.to_thread(self._store.failed):
                await self._desk.session.record(entries.failed(entry))
            while True:
                self._backlog.join_due()
                await self._tend()
                busy = self._desk.behind or (self._calls.lost and self._desk.ready)
                wait = self._backlog.next_due()
                await self._desk.bell.wait(min(wait, FOLLOW_EVERY) if busy else wait)
        finally:
            await self._backlog.stop()

    async def close(self, timeout: float) -> None:
        """The process ends: begin nothing new, and wait for what is under way, `timeout` seconds at most."""
        await self._desk.close(timeout)

    # From here on: how it is done

    async def _finish(self, work: Coroutine[None, None, T]) -> T:
        """Work that goes on when whoever waits for it goes away."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._over)
        return await asyncio.shield(task)

    def _over(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # told to whoever waited; nobody may have

    async def _tend(self) -> None:
        """What is to be done now and then."""
        try:
            await self._desk.catch_up()
            now = self._desk.clock()
            if self._swept_at is None or now - self._swept_at > SWEEP_EVERY:
                self._swept_at = now
                await asyncio.to_thread(self._store.sweep, now)
            if self._desk.ready:
                await self._calls.follow()
                # Last: on a full volume it fails, and must hold up nothing.
                await asyncio.to_thread(self._desk.note_account)
        except Exception as error:
            log.error("the outbox could not be tended", exc_info=error)

    async def _add(
        self,
        outgoing: Outgoing,
        *,
        call: bool,
        key: str | None,
        fingerprint: str,
        send_at: datetime | None = None,
    ) -> tuple[Entry, bool]:
        try:
            return await asyncio.to_thread(
                self._store.add,
                outgoing,
                self._desk.clock(),
                call=call,
                key=key,
                fingerprint=fingerprint,
                send_at=send_at,
                account=self._desk.account,
            )
        except sqlite3.Error as error:
            log.error("the outbox could not be written: %s. Make room on the volume.", error)
            raise StorageFull from None
