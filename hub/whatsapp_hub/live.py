"""What changed, told to whoever watches: waits for a QR, live streams.

A word says which session changed and how, never what is in it: who hears it reads the rows, by tenant, as
any call does; `Live.read` makes one look of a thousand at the same moment. A word is told after the commit.
Here it is heard at once; on PostgreSQL NOTIFY carries it to the other replicas, many words at a time, without
the teller waiting for it. Words that cannot be sent wait for the database; after a break everybody is told
to look at everything, because nobody knows what was missed.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import asyncpg
from sqlalchemy import make_url

from whatsapp_hub.database.connection import LOST

log = logging.getLogger(__name__)

CHANNEL = "whatsapp_hub"
LOOK = 5.0
BACKLOG = 1000
"""Words that a watcher, or the way to the other replicas, may be behind; then it is told to look anew."""
PAYLOAD = 7000
"""Bytes of one NOTIFY; PostgreSQL takes less than 8,000."""
RETRY_SECONDS = 2.0
PROBE_SECONDS = 30.0
"""How often a silent connection is tried: one that is cut without a word looks like one with no news."""
ANSWER_SECONDS = 10.0

Read = TypeVar("Read")


@dataclass(frozen=True, kw_only=True)
class Word:
    """`kind`: `session` (state or QR), `message` (then `id` is its row), `lost` (look at everything)."""

    tenant_id: int
    uid: str
    kind: str
    id: int | None = None


EVERYTHING = Word(tenant_id=0, uid="", kind="lost")
"""For everybody, whatever they watch."""


class Watch:
    """The words about one session, or about all of a tenant, since it was opened.

    A word that is waiting already is not put in again: who takes it looks at what is there by then.
    """

    def __init__(self) -> None:
        self._words: dict[Word, None] = {}
        self._waiting: asyncio.Future[None] | None = None

    def __len__(self) -> int:
        """How many words wait to be taken."""
        return len(self._words)

    async def next(self, timeout: float) -> Word | None:
        """The next word, None after `timeout` seconds without one. For one taker at a time."""
        if not self._words:
            loop = asyncio.get_running_loop()
            self._waiting = loop.create_future()
            alarm = loop.call_later(timeout, _wake, self._waiting)
            try:
                await self._waiting
            finally:
                alarm.cancel()
                self._waiting = None
        word = next(iter(self._words), None)
        if word is not None:
            del self._words[word]
        return word

    def tell(self, word: Word) -> None:
        """Put a word in; who is too far behind loses what it did not take, and learns that it did."""
        if len(self._words) >= BACKLOG:
            self._words.clear()
            word = Word(tenant_id=word.tenant_id, uid=word.uid, kind="lost")
        self._words[word] = None
        if self._waiting is not None:
            _wake(self._waiting)


def _wake(waiting: asyncio.Future[None]) -> None:
    if not waiting.done():
        waiting.set_result(None)


class Live:
    """The words of this process; with `url` (PostgreSQL) those of every replica."""

    def __init__(self, url: str | None = None) -> None:
        self._watches: defaultdict[str | int, set[Watch]] = defaultdict(set)
        self._url = url
        self._unsent: dict[Word, None] = {}
        self._to_send = asyncio.Event()
        self._next_reads: dict[Hashable, asyncio.Task[Any]] = {}
        self._reads: dict[Hashable, asyncio.Task[Any]] = {}

    @contextlib.contextmanager
    def watch(self, of: str | int) -> Iterator[Watch]:
        """A Watch on one session (its `uid`), or on every session of a tenant (its id)."""
        watch = Watch()
        self._watches[of].add(watch)
        try:
            yield watch
        finally:
            self._watches[of].discard(watch)
            if not self._watches[of]:
                del self._watches[of]

    @property
    def watched(self) -> int:
        """How many watch."""
        return sum(len(each) for each in self._watches.values())

    async def read(self, key: Hashable, look: Callable[[], Awaitable[Read]]) -> Read:
        """What `look` finds, looked for once for all who ask at that time; never older than the question.

        `key` names what is looked for, and whose it is: it holds the tenant's id. An error is everybody's.
        """
        task = self._next_reads.get(key)
        if task is None:
            task = asyncio.create_task(self._look(key, self._reads.get(key), look))
            task.add_done_callback(_seen)
            self._next_reads[key] = task
        found: Read = await asyncio.shield(task)  # who leaves ends it for nobody else
        return found

    async def _look(
        self, key: Hashable, before: asyncio.Task[Any] | None, look: Callable[[], Awaitable[Read]]
    ) -> Read:
        """One look, after the one that is under way: that one may have begun before the change."""
        if before is not None:
            await asyncio.wait({before})
        task = self._reads[key] = self._next_reads.pop(key)
        try:
            return await look()
        finally:
            if self._reads.get(key) is task:
                del self._reads[key]

    async def tell(self, word: Word) -> None:
        """Tell everybody; after the commit of what changed. Waits for nobody."""
        self._heard(word)
        if self._url is None:
            return
        if len(self._unsent) >= BACKLOG:
            self._unsent.clear()
            word = EVERYTHING
        self._unsent[word] = None
        self._to_send.set()

    def _heard(self, word: Word) -> None:
        if word.tenant_id == EVERYTHING.tenant_id:
            for watches in self._watches.values():
                for watch in watches:
                    watch.tell(word)
            return
        for of in (word.uid, word.tenant_id):
            for watch in self._watches.get(of, ()):
                watch.tell(word)

    async def run(self) -> None:
        """Carry words between replicas for ever, where there is something to carry them."""
        if self._url is None:
            return
        url = make_url(self._url).set(drivername="postgresql").render_as_string(hide_password=False)
        while True:
            try:
                async with _connected(url) as connection:
                    await self._carry(connection)
            except (asyncpg.PostgresError, *LOST, OSError, TimeoutError) as error:
                log.warning("live updates wait for the database: %s", type(error).__name__)
            await asyncio.sleep(RETRY_SECONDS)

    async def _carry(self, connection: Any) -> None:
        """Until the connection ends: listen, and send what is told here."""
        connection.add_termination_listener(lambda _: self._to_send.set())
        await connection.add_listener(CHANNEL, self._notified)
        self._heard(EVERYTHING)
        while not connection.is_closed():
            self._to_send.clear()
            while self._unsent:
                await self._send(connection)
            try:
                await asyncio.wait_for(self._to_send.wait(), PROBE_SECONDS)
            except TimeoutError:
                await connection.execute("SELECT 1", timeout=ANSWER_SECONDS)

    async def _send(self, connection: Any) -> None:
        """One NOTIFY with as many words as it holds; they stay where it fails."""
        parts: list[tuple[Word, str]] = []
        size = 2
        for word in list(self._unsent):
            part = json.dumps([word.tenant_id, word.uid, word.kind, word.id])
            size += len(part) + 1
            if parts and size > PAYLOAD:
                break
            parts.append((word, part))
            del self._unsent[word]
        text = f"[{','.join(part for _, part in parts)}]"
        try:
            await connection.execute("SELECT pg_notify($1, $2)", CHANNEL, text, timeout=ANSWER_SECONDS)
        except BaseException:
            self._unsent = dict.fromkeys(word for word, _ in parts) | self._unsent
            raise

    def _notified(self, connection: Any, pid: int, _channel: str, payload: Any) -> None:
        if pid == connection.get_server_pid():
            return  # our own: heard when it was told
        for tenant_id, uid, kind, id in json.loads(payload):
            self._heard(Word(tenant_id=tenant_id, uid=uid, kind=kind, id=id))


def _seen(task: asyncio.Task[Any]) -> None:
    """An error that nobody waits for any more is nobody's."""
    if not task.cancelled():
        task.exception()


@contextlib.asynccontextmanager
async def _connected(url: str) -> AsyncIterator[Any]:
    connection = await asyncpg.connect(url, timeout=10)
    try:
        yield connection
    finally:
        with contextlib.suppress(Exception):
            await connection.close(timeout=5)
