"""Queued messages on their way: one worker per chat that has something waiting, a few at work at once.

An entry's life: wait for its time, for its turn in the chat, for READY; ask WhatsApp for the number; wait for
a token; written as `sending`; handed to WhatsApp; written as `sent`. What was `sending` when nobody saw the
end (a crash, a lost page) is looked up in WhatsApp's own store first, and is handed in again, under the same
id, only when WhatsApp never had it or does not get on with it.
"""

from __future__ import annotations

import asyncio
import heapq
import logging
import sqlite3
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from enum import Enum

from whatsapp_contracts.errors import ErrorCode
from whatsapp_session.engine.protocol import EngineError, NotFound, NotOnWhatsApp
from whatsapp_session.outbox.delivery import (
    Absent,
    Delivered,
    NotNow,
    Refused,
    Unknown,
    deliver,
    outcome,
)
from whatsapp_session.outbox.desk import Desk
from whatsapp_session.outbox.entries import ENDED, Entry, Stage
from whatsapp_session.outbox.lanes import Ticket, Turn
from whatsapp_session.outgoing import Change, Forward
from whatsapp_session.session import NotReady

log = logging.getLogger(__name__)

AT_ONCE = 4
"""Entries of different chats that are handed to WhatsApp side by side."""
BACKOFF = (1.0, 2.0, 5.0, 10.0, 30.0, 60.0)
"""Seconds before an entry is tried again; the last one for ever."""
MAX_TRIES = 30
"""Attempts after which an entry that WhatsApp certainly does not have is given up: it may kill the page."""
PENDING_PATIENCE = 60.0
"""Seconds that WhatsApp's page may hold a message without getting on with it before it is handed in again."""
LONG = 60.0
FIRST = datetime.min.replace(tzinfo=UTC)


class Ended(Enum):
    """Whether an entry has."""

    YES = True
    NO = False


class Backlog:
    """Schedules and serves queued entries."""

    def __init__(self, desk: Desk, *, now: Callable[[], float] = time.monotonic) -> None:
        """Takes over what the process before this one left. Raises sqlite3.Error."""
        self._desk = desk
        self._now = now
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._workers: set[asyncio.Task[None]] = set()
        self._pending_since: dict[int, float] = {}
        self._times: list[tuple[datetime, int, str]] = []
        for entry in desk.store.unfinished(call=False):
            due = entry.send_at if entry.send_at and entry.state is Stage.QUEUED else FIRST
            heapq.heappush(self._times, (due, entry.number, entry.lane))

    def add(self, entry: Entry) -> None:
        """A new entry: into its line now, or when its time comes."""
        heapq.heappush(self._times, (entry.send_at or FIRST, entry.number, entry.lane))
        self.join_due()
        self._desk.bell.ring()

    def join_due(self) -> None:
        """Everything whose time has come joins its line."""
        now = self._desk.clock()
        while self._times and self._times[0][0] <= now:
            _, number, lane = heapq.heappop(self._times)
            self.join(lane, number)

    def join(self, lane: str, ticket: Ticket) -> None:
        """Stand in line; a line that nobody serves gets a worker."""
        if self._desk.lanes.join(lane, ticket):
            worker = asyncio.get_running_loop().create_task(self._serve(lane), name="outbox")
            self._workers.add(worker)
            worker.add_done_callback(self._workers.discard)

    def next_due(self) -> float:
        """Seconds until the next entry's time comes, bounded: clocks are set."""
        if not self._times:
            return LONG
        return min(LONG, max(0.0, (self._times[0][0] - self._desk.clock()).total_seconds()))

    async def stop(self) -> None:
        """The process ends: nobody begins anything any more."""
        for worker in self._workers:
            worker.cancel()
        await asyncio.gather(*self._workers, return_exceptions=True)

    async def _serve(self, lane: str) -> None:
        """One line, until it is empty."""
        while (ticket := self._desk.lanes.head(lane)) is not None:
            if isinstance(ticket, Turn):
                ticket.came.set()
                await ticket.left.wait()
            else:
                await self._drain(ticket)
            self._desk.lanes.leave(lane, ticket)

    async def _drain(self, number: int) -> None:
        """One entry, until it has ended."""
        tries = 0
        while True:
            try:
                entry = await asyncio.to_thread(self._desk.store.get, number)
                entry = entry and self._desk.present(entry)
                if entry is None or entry.state in ENDED:
                    break
                if not self._desk.ready:
                    await self._desk.bell.wait(LONG)
                    continue
                async with self._slots:
                    if await self._step(entry):
                        self._desk.release(entry)
                        break
            except Exception as error:
                log.error("an outbox entry could not be served", exc_info=error)
            await self._desk.bell.wait(BACKOFF[min(tries, len(BACKOFF) - 1)])
            tries += 1
        self._pending_since.pop(number, None)

    async def _step(self, entry: Entry) -> bool:
        """One attempt; whether the entry has ended."""
        if entry.account and entry.account != self._desk.account:
            because = (
                "Another number is logged in than the one it was queued for. Send it anew, if it shall go."
            )
            await self._desk.failed(entry, ErrorCode.SEND_FAILED, because)
            return True
        unknown = False
        if entry.state is Stage.SENDING:
            match await self._look(entry):
                case Delivered(message=message):
                    await self._desk.sent(entry, message)
                    return True
                case Unknown(error=error):
                    if self._patient(entry.number):
                        return False
                    log.warning("a message is handed to WhatsApp again under the same id: %s", error)
                    unknown = True
                case Absent() if entry.tries >= MAX_TRIES:
                    because = f"{entry.tries} attempts came to nothing. Look at the log, then send it anew."
                    await self._desk.failed(entry, ErrorCode.SEND_FAILED, because)
                    return True
        chat_id: str | None = None
        if not isinstance(entry.outgoing.content, Change):
            found = await self._chat(entry)
            if not isinstance(found, str):
                return found is Ended.YES
            chat_id = found
            await self._desk.pacer.token()
        with self._desk.handing_over():
            return await self._attempt(entry, chat_id, unknown=unknown)

    async def _look(self, entry: Entry) -> Delivered | Absent | Unknown:
        try:
            engine = self._desk.engine()
        except NotReady as error:
            return Unknown(error=EngineError(str(error)))
        return await outcome(engine, entry.outgoing, chat_id=entry.chat_id, bare_id=entry.bare_id)

    async def _chat(self, entry: Entry) -> str | Ended:
        """The chat to send to, or whether the entry has ended without one."""
        try:
            return entry.chat_id or await self._desk.numbers.resolve(entry.outgoing.to, self._desk.engine)
        except NotOnWhatsApp as error:
            await self._desk.failed(entry, ErrorCode.NOT_ON_WHATSAPP, str(error))
            return Ended.YES
        except NotFound as error:
            await self._desk.failed(entry, ErrorCode.CHAT_NOT_FOUND, str(error))
            return Ended.YES
        except (NotReady, EngineError) as error:
            log.warning("an outbox entry waits, its number could not be asked for: %s", type(error).__name__)
            return Ended.NO

    async def _attempt(self, entry: Entry, chat_id: str | None, *, unknown: bool) -> bool:
        """Hand it over; `unknown`: an earlier attempt may still succeed."""
        try:
            engine = self._desk.engine()
            sending = await self._desk.begin(entry, chat_id, only_from=entry.state)
        except NotReady:
            return False
        except sqlite3.Error as error:
            log.error("the outbox could not be written: %s. Make room on the volume.", error)
            return False
        if sending is None:
            return False  # cancelled in the last moment
        result = await deliver(
            engine, sending.outgoing, chat_id=chat_id or sending.lane, bare_id=sending.bare_id
        )
        match result:
            case Delivered(message=message):
                await self._desk.sent(sending, message)
                return True
            case Refused(error=refusal) if not unknown:
                await self._desk.failed(sending, _code(sending, refusal), str(refusal))
                return True
            case NotNow() if not unknown:
                await self._desk.put(replace(sending, state=Stage.QUEUED))
        log.warning("an outbox entry is tried again: %s", result.error)
        return False

    def _patient(self, number: int) -> bool:
        """Whether WhatsApp's page may still take its time."""
        since = self._pending_since.setdefault(number, self._now())
        if self._now() - since < PENDING_PATIENCE:
            return True
        self._pending_since[number] = self._now()
        return False


def _code(entry: Entry, error: EngineError) -> ErrorCode:
    if not isinstance(error, NotFound):
        return ErrorCode.SEND_FAILED
    refers = entry.outgoing.reply_to or isinstance(entry.outgoing.content, Forward | Change)
    return ErrorCode.MESSAGE_NOT_FOUND if refers else ErrorCode.CHAT_NOT_FOUND
