"""Messages on their way into the journal: live ones, own ones, and those that only WhatsApp's store has.

Why a comparison: pages drop messages silently, and a message that came while nobody looked, or while the
volume was full, is in WhatsApp's own store and nowhere else. Live and stored ones have the same ids, so
nothing counts twice.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from whatsapp_session import intake
from whatsapp_session.engine.protocol import EngineError, WhatsAppEngine
from whatsapp_session.facts import AckSeen, ChatMessage, Happening, PresenceSeen
from whatsapp_session.recorder import Recorder

log = logging.getLogger(__name__)

STORE_TIMEOUT = 60.0
COMPARE_EVERY = 300.0
"""Seconds between two comparisons while connected."""
BATCH = 100
"""Messages of a comparison that are one transaction: others write in between."""
EARLY = 1_000
"""Happenings that may wait for the comparison after a connection, and acknowledgements for their message."""
LOGIN_SINCE, COMPARED_AT = "login_since", "compared_at"  # notes in the journal

Taken = ChatMessage | AckSeen | Happening


class Messages:
    """Takes in what happens in chats; `active` is told when a message came or went."""

    def __init__(
        self,
        *,
        recorder: Recorder,
        engine: WhatsAppEngine,
        clock: Callable[[], datetime],
        unique: Callable[[], str],
        active: Callable[[], Awaitable[None]],
    ) -> None:
        self._recorder = recorder
        self._engine = engine
        self._clock = clock
        self._unique = unique
        self._active = active
        self._early: list[Happening] = []
        self._early_acks: dict[str, AckSeen] = {}
        self._comparing = asyncio.Lock()

    async def begin(self) -> None:
        """A login begins now: what is older is history."""
        await self._recorder.note(LOGIN_SINCE, self._clock())

    async def began(self) -> bool:
        """Whether a login is known of."""
        return await self._recorder.noted(LOGIN_SINCE) is not None

    async def end(self) -> None:
        """That login is over."""
        if await self.began():
            await self._recorder.note(LOGIN_SINCE, None)
        self._early.clear()

    async def live(self, what: Taken, *, ready: bool) -> None:
        """Something the page shows now. Before READY the comparison that follows takes messages in, in order;
        the store does not have the rest, which waits for it."""
        match what:
            case ChatMessage():
                if ready:
                    await self.take(what)
            case AckSeen():
                if ready:
                    await self._acked(what)
            case _ if ready:
                await self._happened(what)
            case PresenceSeen():
                return
            case _ if len(self._early) < EARLY:
                self._early.append(what)

    async def take(self, message: ChatMessage) -> None:
        """Write one message down, unless it is history or known."""
        since = await self._since()
        drafts = intake.drafts(message, since)
        if drafts and (early := self._early_acks.pop(message.message_id, None)):
            drafts += intake.acks(early)
        if await self._recorder.write(drafts):
            await self._active()

    async def compare(self, overlap: timedelta = intake.OVERLAP) -> None:
        """Take in what WhatsApp's store has and the journal has not. Raises EngineError.

        When the volume is full it ends, to be made again from where it began.
        """
        async with self._comparing:
            began = self._clock()
            login_since = await self._recorder.noted(LOGIN_SINCE) or began
            compared = await self._recorder.noted(COMPARED_AT)
            since = intake.compare_since(login_since, compared, began, overlap)
            found = await self._engine.messages(since, timeout=STORE_TIMEOUT)
            news = False
            for start in range(0, len(found), BATCH):
                batch = found[start : start + BATCH]
                drafts = [draft for message in batch for draft in intake.drafts(message, login_since)]
                written = await self._recorder.write(drafts, hold=False)
                if written is None:
                    return
                news = news or bool(written)
            await self._recorder.note(COMPARED_AT, began)
            if news:
                await self._active()

    async def connected(self) -> None:
        """The first comparison after a connection, then what had to wait for it."""
        try:
            await self.compare(intake.CHANGES_OVERLAP)
        finally:
            early, self._early = self._early, []
            for what in early:
                await self._happened(what)

    async def compare_now_and_then(self, ready: Callable[[], bool]) -> None:
        """Compare while connected, until cancelled."""
        while True:
            await asyncio.sleep(COMPARE_EVERY)
            if ready():
                await self.compare_or_log()

    async def compare_or_log(self) -> None:
        """A comparison that nobody waits for."""
        try:
            await self.compare()
        except Exception as error:
            log.warning("%s", error, exc_info=not isinstance(error, EngineError))

    async def _acked(self, seen: AckSeen) -> None:
        """An acknowledgement can be faster than the answer to the send: the message is told first."""
        if await self._recorder.knows(intake.sent_id(seen.message_id)):
            await self._recorder.write(intake.acks(seen))
            return
        known = self._early_acks.pop(seen.message_id, seen)
        self._early_acks[seen.message_id] = seen if seen.ack > known.ack else known
        while len(self._early_acks) > EARLY:  # of messages that were never told, such as history
            del self._early_acks[next(iter(self._early_acks))]

    async def _happened(self, what: Happening) -> None:
        if isinstance(what, PresenceSeen):
            await self._recorder.write([intake.presence(what, self._unique())])
        elif what.at >= await self._since() - intake.CLOCK_SKEW:
            await self._recorder.write([intake.happening(what)])

    async def _since(self) -> datetime:
        return await self._recorder.noted(LOGIN_SINCE) or self._clock()
