"""One receiver's deliveries: its own task, its own connections, at most `AT_ONCE` chats at once.

Its life: take events from the journal as far as the window allows, try the lines that are ready, rest until
something is due or new. What fails inside is held like a failed attempt: nothing is left out, and another
receiver never hears of it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import aiohttp

from whatsapp_contracts.events import SESSION_QR, Event, selected, timestamp
from whatsapp_session.config import ORCHESTRATOR, Webhook
from whatsapp_session.net.guard import Guard
from whatsapp_session.webhooks import calls, orchestrator
from whatsapp_session.webhooks.book import Book
from whatsapp_session.webhooks.health import WAKE, Health
from whatsapp_session.webhooks.line import Item, Line
from whatsapp_session.webhooks.policy import FINAL, LONGEST_DELAY, Again, Answer, Dead, Delivered, next_step
from whatsapp_session.webhooks.post import TIMEOUT, post
from whatsapp_session.webhooks.store import Key, Store

log = logging.getLogger(__name__)

AT_ONCE = 16
PAGE = 200
"""Events that are read from the journal at once."""
LOAD = 20
"""Events of a line that are read at once, where memory had let go of them."""
REST = 15.0
"""Seconds after which a receiver looks into the journal although nobody told it to."""
LAST_ATTEMPTS = 2.0
"""Seconds that attempts under way get when the process ends: their events would come twice otherwise."""


class Source(Protocol):
    """What is needed of the journal."""

    def after(self, seq: int, *, limit: int) -> list[Event]:
        """The events after `seq`, oldest first, at most `limit`."""
        ...

    def last_seq(self) -> int:
        """The highest `seq` ever given."""
        ...


@dataclass(frozen=True, kw_only=True)
class Around:
    """What every receiver uses. `random` gives 0 to 1; `timeout` is of one attempt, in seconds."""

    source: Source
    store: Store
    guard: Guard
    origin: Callable[[], orchestrator.Origin]
    clock: Callable[[], datetime]
    random: Callable[[], float]
    timeout: float = TIMEOUT
    progressed: Callable[[], None] = lambda: None
    """There is something to write down."""


class Receiver:
    """One of them."""

    def __init__(self, webhook: Webhook, book: Book, around: Around) -> None:
        self.webhook = webhook
        self.book = book
        self.health = Health()
        self.floor = book.progress.cursor + 1
        """The lowest `seq` that the journal must keep for it."""
        self._around = around
        self._poke = asyncio.Event()
        self._more = True
        self._attempts: set[asyncio.Task[None]] = set()

    def configure(self, webhook: Webhook) -> None:
        """Go on where it was, another way."""
        if webhook != self.webhook:
            if webhook.format != self.webhook.format:
                self.book.progress.told = None
                self.book.forget_steps()
            self.webhook = webhook
            self.try_now()

    def try_now(self) -> None:
        """Wait no longer with what has failed."""
        self.health.forget()
        self.book.wake_all()
        self.poke()

    def poke(self, *, more: bool = False) -> None:
        """Look what is to be done; `more`: the journal has a new event."""
        self._more = self._more or more
        self._poke.set()

    async def run(self) -> None:
        """Deliver, until cancelled; attempts under way get `LAST_ATTEMPTS` then."""
        client = self._around.guard.client(limit=AT_ONCE, timeout=aiohttp.ClientTimeout(total=None))
        try:
            while True:
                self._poke.clear()
                self.book.due(self._around.clock())
                await self._take()
                while len(self._attempts) < AT_ONCE and (line := self.book.start()):
                    attempt = asyncio.create_task(self._attend(line, client))
                    self._attempts.add(attempt)
                    attempt.add_done_callback(self._ended)
                await self._rest()
        finally:
            if self._attempts:
                await asyncio.wait(self._attempts, timeout=LAST_ATTEMPTS)
            for attempt in list(self._attempts):
                attempt.cancel()
            await client.close()

    # Taking

    async def _take(self) -> None:
        """One page of the journal, as far as there is room and the receiver is not down."""
        now = self._around.clock()
        if not self._more or not self.book.has_room(PAGE):
            return
        if self.health.down and not self.health.may_probe(now):
            return
        self._more = False
        page = await asyncio.to_thread(self._around.source.after, self.book.scanned, limit=PAGE)
        for event in page:
            if not self.wants(event.type):
                self.book.skip(event.seq)
            elif self.book.take(event, _line_of(event)) and self.health.down:
                self.health.probed(now)
                break
        if page:
            self._around.progressed()
        if page and (len(page) == PAGE or self.book.scanned < page[-1].seq):
            self.poke(more=True)

    def wants(self, event_type: str) -> bool:
        """Whether it gets events of this type."""
        if self.webhook.format == ORCHESTRATOR and event_type not in orchestrator.TYPES:
            return False
        return selected(event_type, self.webhook.events)

    async def _rest(self) -> None:
        now = self._around.clock()
        moments = [self.book.next_moment()]
        if self.health.down and not self.health.may_probe(now):
            moments.append(self.health.probe_at)
        waits = [max(0.0, (moment - now).total_seconds()) for moment in moments if moment]
        try:
            async with asyncio.timeout(min([REST, *waits])):
                await self._poke.wait()
        except TimeoutError:
            self._more = True

    # Trying

    async def _attend(self, line: Line, client: aiohttp.ClientSession) -> None:
        try:
            item = await self._head(line)
            if item is None or item.event is None:
                self.book.delivered(line)
            else:
                await self._deliver(line, item.event, client)
        except Exception as error:
            log.error("webhook %s: an attempt ended by an error", self.webhook.name, exc_info=True)
            self._hold(line, Answer(trouble=_ours(error)))

    def _ended(self, attempt: asyncio.Task[None]) -> None:
        self._attempts.discard(attempt)
        self._around.progressed()
        self.poke()  # only now: who wakes sooner still sees no room for another

    async def _head(self, line: Line) -> Item | None:
        """The event whose turn it is, read where it has to be; None when there is none any more."""
        while line.head is None and line.rows:
            after = line.after
            rows = await asyncio.to_thread(
                self._around.store.waiting, self.webhook.name, line.key, after, LOAD
            )
            self.book.load(line, rows, after)
        item = line.head
        if item is not None and item.event is None:
            line.fill(await asyncio.to_thread(self._around.source.after, item.seq - 1, limit=LOAD))
            if item.event is None:
                log.error("webhook %s: event %d left the journal undelivered", self.webhook.name, item.seq)
        return item

    async def _deliver(self, line: Line, event: Event, client: aiohttp.ClientSession) -> None:
        """The calls of one event in order, those that are not done yet."""
        try:
            made, told = await self._calls(event, retried=line.key[0])
        except Exception as error:  # it would fail for ever, and the chat must go on
            log.error("webhook %s: no call for event %d", self.webhook.name, event.seq, exc_info=True)
            self._bury(line, Dead(because=f"{_ours(error)}.", trials=line.trials))
            return
        while line.step < len(made):
            webhook = self.webhook
            now = self._around.clock()
            answer = await post(client, webhook, made[line.step], now, timeout=self._around.timeout)
            log.debug("webhook %s: event %d: %s", webhook.name, event.seq, answer)
            match self._judged(line, answer):
                case Delivered():
                    self._works()
                    line.step += 1
                case Dead() as dead:
                    if answer.status in FINAL:
                        self._works()
                    self._bury(line, dead)
                    return
                case Again():
                    self._hold(line, answer)
                    return
        if made:
            self.book.progress.last_delivered_at = timestamp(self._around.clock())
        if not line.key[0]:
            self.book.progress.told = told
        self.book.delivered(line)

    async def _calls(self, event: Event, *, retried: bool) -> tuple[list[calls.Call], str | None]:
        if self.webhook.format != ORCHESTRATOR:
            return calls.standard(event), None
        told = None if retried else self.book.progress.told
        origin = self._around.origin()
        if event.type == SESSION_QR:  # a picture takes longer to draw than the loop may wait
            return await asyncio.to_thread(orchestrator.calls, event, told, origin)
        return orchestrator.calls(event, told, origin)

    def _judged(self, line: Line, answer: Answer) -> Delivered | Again | Dead:
        return next_step(
            answer,
            line.trials,
            self._around.clock(),
            orchestrator=self.webhook.format == ORCHESTRATOR,
            random=self._around.random,
        )

    def _bury(self, line: Line, dead: Dead) -> None:
        self.book.progress.last_error = dead.because
        letter = self.book.died(line, dead, self._around.clock())
        log.warning("webhook %s: event %d is a dead letter: %s", self.webhook.name, letter.seq, dead.because)

    def _hold(self, line: Line, answer: Answer) -> None:
        verdict = self._judged(line, answer)
        if not isinstance(verdict, Again):  # not even its event could be read
            later = self._around.clock() + timedelta(seconds=LONGEST_DELAY)
            verdict = Again(at=later, trials=line.trials)
        progress = self.book.progress
        if progress.failing_since is None:
            log.warning("webhook %s: %s; it is tried again", self.webhook.name, answer)
            progress.failing_since = timestamp(self._around.clock())
        progress.last_error = f"{answer}."
        self.health.fails(first=verdict.trials.attempts == 1)
        self.book.held(line, verdict, worked=self.health.worked, patient=answer.retry_after is not None)

    def _works(self) -> None:
        self.health.works()
        if self.book.progress.failing_since is not None:
            log.info("webhook %s: takes deliveries again", self.webhook.name)
            self.book.progress.failing_since = None
        if self.health.coming_back:
            self.health.coming_back = self.book.wake(WAKE)


def _line_of(event: Event) -> Key:
    """Events without a chat are a line of their own."""
    chat = event.data.get("chatId")
    return False, chat if isinstance(chat, str) else ""


def _ours(error: Exception) -> str:
    return f"an error of the session: {type(error).__name__}"
