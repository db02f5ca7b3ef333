"""Calls that wait for their answer: at once, in the chat's order, and never two messages for one key.

A call's life: READY, its turn in the chat, the number, a token, written down where it has a key, handed to
WhatsApp, answered. Where nobody saw what became of it, WhatsApp's own store is asked under the id that was
written down before. A plain call has nothing written down and is never sent again.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sqlite3
import uuid
from collections.abc import AsyncIterator, Callable
from dataclasses import replace

from whatsapp_contracts.errors import ErrorCode
from whatsapp_session.engine.protocol import EngineError, NotConnected, NotOnWhatsApp
from whatsapp_session.facts import ChatMessage
from whatsapp_session.outbox import entries
from whatsapp_session.outbox.backlog import Backlog
from whatsapp_session.outbox.delivery import Absent, Delivered, NotNow, Refused, Unknown, deliver, outcome
from whatsapp_session.outbox.desk import Desk
from whatsapp_session.outbox.entries import Entry, Sent, Stage
from whatsapp_session.outbox.errors import (
    KeyInProgress,
    OutcomeUnknown,
    RateLimited,
    StillNotOnWhatsApp,
    StorageFull,
)
from whatsapp_session.outbox.lanes import Turn
from whatsapp_session.outgoing import Change, Outgoing
from whatsapp_session.session import NotReady

log = logging.getLogger(__name__)

PATIENCE = 30.0
"""Seconds that a call waits for its turn and its token; the contract's."""
SETTLE = 20.0
"""Seconds that a call whose outcome is unknown looks for it before it says so."""
AT_ONCE = 8
LOOK_AGAIN = 1.0


class Calls:
    """Serves calls, with a key or without."""

    def __init__(self, desk: Desk, backlog: Backlog, now: Callable[[], float]) -> None:
        """Follows the keyed calls that the process before this one left. Raises sqlite3.Error."""
        self._desk = desk
        self._backlog = backlog
        self._now = now
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._active: set[int] = set()  # keyed calls that are under way in this process
        self._lost = [entry.number for entry in desk.store.unfinished(call=True)]
        self._following = asyncio.Lock()

    @property
    def lost(self) -> bool:
        """Whether there are keyed calls of which nobody knows what became of them."""
        return bool(self._lost)

    async def plain(self, outgoing: Outgoing) -> Sent:
        """One attempt. Raises NotReady, RateLimited and what the engine raises."""
        return await self._call(outgoing, None)

    def claim(self, entry: Entry, *, new: bool) -> Sent | None:
        """The first answer of this key, or None: then the caller goes on with `keyed`, at once.

        Raises KeyInProgress, and StillNotOnWhatsApp where that was the first answer.
        """
        if not new and entry.state is Stage.SENT:
            return Sent(message_id=entry.message_id, replayed=True)
        if not new and entry.state is Stage.FAILED:
            raise StillNotOnWhatsApp(entry.message)
        if entry.number in self._active:
            raise KeyInProgress("The first call with this Idempotency-Key is under way. Ask again soon.")
        self._active.add(entry.number)
        return None

    async def keyed(self, entry: Entry) -> Sent:
        """One attempt, or an earlier one's outcome. Raises as `plain`, and OutcomeUnknown and StorageFull."""
        try:
            if entry.state is Stage.SENDING:
                match await self._look(entry):
                    case Delivered(message=message):
                        return Sent(message_id=_id(entry.outgoing, message), replayed=True)
                    case Unknown(error=error):
                        raise OutcomeUnknown(f"{error} Ask again with the same key.")
                entry = replace(entry, state=Stage.FREE)
            return await self._call(entry.outgoing, entry)
        finally:
            self._active.discard(entry.number)

    async def follow(self) -> None:
        """Find out what became of keyed calls that nobody saw end, so that their keys can be answered."""
        for number in list(self._lost):
            async with self._following:
                if number in self._active:
                    continue
                entry = await asyncio.to_thread(self._desk.store.get, number)
                over = entry is None or self._desk.present(entry).state is not Stage.SENDING
                if over or (entry and not isinstance(await self._look(entry), Unknown)):
                    self._lost.remove(number)

    async def caught_up(self, entry: Entry) -> Entry:
        """The entry as it is after `follow` is done with it."""
        if entry.number not in self._lost:
            return entry
        async with self._following:
            found = await asyncio.to_thread(self._desk.store.get, entry.number)
        return self._desk.present(found or entry)

    async def _look(self, entry: Entry) -> Delivered | Absent | Unknown:
        """What became of a call, written down where it is certain."""
        try:
            engine = self._desk.engine()
        except NotReady as error:
            return Unknown(error=EngineError(str(error)))
        found = await outcome(engine, entry.outgoing, chat_id=entry.chat_id, bare_id=entry.bare_id)
        match found:
            case Delivered(message=message):
                await self._desk.sent(entry, message)
            case Absent():
                await self._free(entry)
        return found

    async def _free(self, entry: Entry) -> None:
        """It was certainly not sent: the key may be used again, and leads to the same message."""
        await self._desk.put(replace(entry, state=Stage.FREE, ended_at=self._desk.clock()))

    async def _call(self, outgoing: Outgoing, entry: Entry | None) -> Sent:
        """Wait for the turn, then try once."""
        self._desk.engine()
        lane = entries.lane(outgoing.to)
        self._backlog.join_due()
        paced = not isinstance(outgoing.content, Change)
        if paced and (wait := self._desk.pacer.expected(self._desk.lanes.ahead(lane))) > PATIENCE:
            raise RateLimited(wait)
        until = self._now() + PATIENCE
        turn = Turn()
        self._backlog.join(lane, turn)
        try:
            try:
                async with asyncio.timeout(PATIENCE):
                    await turn.came.wait()
            except TimeoutError:
                raise RateLimited(self._desk.pacer.expected(self._desk.lanes.ahead(lane))) from None
            chat_id = await self._chat(outgoing, entry) if paced else None
            if paced:
                await self._desk.pacer.token(max(0.0, until - self._now()))
            async with self._slot(until):
                return await self._attempt(outgoing, entry, chat_id)
        finally:
            turn.left.set()

    @contextlib.asynccontextmanager
    async def _slot(self, until: float) -> AsyncIterator[None]:
        """One of the few that are handed to WhatsApp side by side. Raises RateLimited when none is free."""
        try:
            async with asyncio.timeout(max(0.0, until - self._now())):
                await self._slots.acquire()
        except TimeoutError:
            raise RateLimited(LOOK_AGAIN) from None
        try:
            with self._desk.handing_over():
                yield
        finally:
            self._slots.release()

    async def _chat(self, outgoing: Outgoing, entry: Entry | None) -> str:
        try:
            return await self._desk.numbers.resolve(outgoing.to, self._desk.engine)
        except NotOnWhatsApp as error:
            if entry:
                await self._desk.failed(entry, ErrorCode.NOT_ON_WHATSAPP, str(error))
            raise
        except NotConnected as error:
            raise NotReady(f"{error} Try again in a moment.") from None

    async def _attempt(self, outgoing: Outgoing, entry: Entry | None, chat_id: str | None) -> Sent:
        engine = self._desk.engine()
        if entry:
            entry = await self._begin(entry, chat_id)
        bare_id = entry.bare_id if entry else self._desk.store.bare_id(uuid.uuid4().hex)
        chat = chat_id or entries.lane(outgoing.to)
        match await deliver(engine, outgoing, chat_id=chat, bare_id=bare_id):
            case Delivered(message=message):
                return await self._answer(outgoing, entry, message)
            case Refused(error=error):
                if entry:
                    await self._free(entry)
                raise error
            case NotNow(error=error):
                if entry:
                    await self._free(entry)
                raise NotReady(f"{error} Try again in a moment.")
            case Unknown(error=error):
                return await self._settle(outgoing, entry, chat_id, bare_id, error)

    async def _begin(self, entry: Entry, chat_id: str | None) -> Entry:
        try:
            begun = await self._desk.begin(entry, chat_id, only_from=Stage.FREE)
        except sqlite3.Error:
            raise StorageFull from None
        if begun is None:
            raise KeyInProgress("Another call with this Idempotency-Key was faster. Ask again soon.")
        return begun

    async def _settle(
        self, outgoing: Outgoing, entry: Entry | None, chat_id: str | None, bare_id: str, error: EngineError
    ) -> Sent:
        """Nobody saw what became of it: look for it, for a while."""
        until = self._now() + SETTLE
        while True:
            try:
                engine = self._desk.engine()
                match await outcome(engine, outgoing, chat_id=chat_id, bare_id=bare_id):
                    case Delivered(message=message):
                        return await self._answer(outgoing, entry, message)
                    case Absent():
                        if entry:
                            await self._free(entry)
                        raise error
            except NotReady:
                pass
            if (left := until - self._now()) <= 0:
                break
            await self._desk.bell.wait(min(left, LOOK_AGAIN))
        if entry is None:
            raise error
        if entry.number not in self._lost:
            self._lost.append(entry.number)
        self._desk.bell.ring()
        raise OutcomeUnknown(f"{error} Ask again with the same key: it is never sent twice.")

    async def _answer(self, outgoing: Outgoing, entry: Entry | None, message: ChatMessage | None) -> Sent:
        if entry:
            done = await self._desk.sent(entry, message)
            return Sent(message_id=done.message_id)
        if message:
            await self._desk.took(message)
        return Sent(message_id=_id(outgoing, message))


def _id(outgoing: Outgoing, message: ChatMessage | None) -> str | None:
    if isinstance(outgoing.content, Change):
        return outgoing.content.message_id
    return message.message_id if message else None
