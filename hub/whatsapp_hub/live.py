"""What changed, told to whoever watches: waits for a QR, live streams.

A word says which session changed and how, never what is in it: who hears it reads the rows, by tenant, as
any call does. On PostgreSQL words go through NOTIFY, so that they reach every replica, and only after the
commit; with SQLite there is one process. A word may be lost (a connection breaks): who waits looks again by
itself every LOOK seconds.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import json
import logging
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

import asyncpg
from sqlalchemy import make_url

log = logging.getLogger(__name__)

CHANNEL = "whatsapp_hub"
LOOK = 5.0
BACKLOG = 1000
"""Words that a watcher may be behind; then it is told to look anew."""
RETRY_SECONDS = 2.0


@dataclass(frozen=True, kw_only=True)
class Word:
    """`kind`: `session` (state or QR), `message` (then `id` is its row), `lost` (look at everything)."""

    tenant_id: int
    uid: str
    kind: str
    id: int | None = None


class Watch:
    """The words about one session, or about all of a tenant, since it was opened."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[Word] = asyncio.Queue(BACKLOG)

    async def next(self, timeout: float) -> Word | None:
        """The next word, None after `timeout` seconds without one."""
        if not self.queue.empty():
            return self.queue.get_nowait()
        try:
            return await asyncio.wait_for(self.queue.get(), timeout)
        except TimeoutError:
            return None

    def tell(self, word: Word) -> None:
        """Put a word in; who is too far behind loses the oldest and learns that it did."""
        if self.queue.full():
            self.queue.get_nowait()
            word = Word(tenant_id=word.tenant_id, uid=word.uid, kind="lost")
        self.queue.put_nowait(word)


class Live:
    """The words of this process; with `url` (PostgreSQL) those of every replica."""

    def __init__(self, url: str | None = None) -> None:
        self._watches: defaultdict[str | int, set[Watch]] = defaultdict(set)
        self._url = url
        self._connection: asyncpg.Connection[Any] | None = None

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

    async def tell(self, word: Word) -> None:
        """Tell everybody; after the commit of what changed."""
        if self._connection is None:
            self._heard(word)
            return
        text = json.dumps(dataclasses.asdict(word))
        try:
            await self._connection.execute("SELECT pg_notify($1, $2)", CHANNEL, text)
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
            self._heard(word)

    def _heard(self, word: Word) -> None:
        for of in (word.uid, word.tenant_id):
            for watch in self._watches.get(of, ()):
                watch.tell(word)

    async def run(self) -> None:
        """Listen for ever, where there is something to listen to."""
        if self._url is None:
            return
        url = make_url(self._url).set(drivername="postgresql").render_as_string(hide_password=False)
        while True:
            try:
                async with _connected(url) as connection:
                    await self._listen(connection)
            except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError) as error:
                log.warning("live updates wait for the database: %s", type(error).__name__)
            finally:
                self._connection = None
            await asyncio.sleep(RETRY_SECONDS)

    async def _listen(self, connection: Any) -> None:
        """Until the connection ends."""
        lost = asyncio.Event()
        connection.add_termination_listener(lambda _: lost.set())
        await connection.add_listener(CHANNEL, self._notified)
        self._connection = connection
        await lost.wait()

    def _notified(self, _connection: Any, _pid: int, _channel: str, payload: Any) -> None:
        self._heard(Word(**json.loads(payload)))


@contextlib.asynccontextmanager
async def _connected(url: str) -> AsyncIterator[Any]:
    connection = await asyncpg.connect(url, timeout=10)
    try:
        yield connection
    finally:
        with contextlib.suppress(Exception):
            await connection.close(timeout=5)
