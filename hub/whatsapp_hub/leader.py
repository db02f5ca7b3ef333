"""Which of several replicas writes rows from what it hears, and does the upkeep.

Why a lock of the database and no Lease: it is held by a connection, so it ends with the process that held it,
and it is gone exactly when that process can write no more. A connection whose other end vanished without a
word is ended by PostgreSQL within the seconds that KEEPALIVE says. Two leaders for a moment do no harm: rows
are held while they are written, and everything is written from what is.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
from sqlalchemy import make_url

log = logging.getLogger(__name__)

LOCK = 0x57_48_41_54_53_48_55_42
"""A number that no other program locks in this database."""
TRY_SECONDS = 2.0
ANSWER_SECONDS = 5.0
KEEPALIVE = {"tcp_keepalives_idle": "4", "tcp_keepalives_interval": "2", "tcp_keepalives_count": "3"}

AWAY = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError)


class Leader:
    """Runs work while it leads. `url` None: there is one process, and it always leads."""

    def __init__(self, url: str | None, changed: Callable[[bool], None] = lambda leads: None) -> None:
        self._url = url
        self._changed = changed

    async def run(self, work: Callable[[], Awaitable[None]]) -> None:
        """For ever: `work` from the moment this replica leads, cancelled when it leads no more.

        What `work` raises is raised here: it ends only by a bug.
        """
        if self._url is None:
            self._changed(True)
            await work()
            return
        url = make_url(self._url).set(drivername="postgresql").render_as_string(hide_password=False)
        while True:
            try:
                await self._term(url, work)
            except AWAY as error:
                log.warning("leading waits for the database: %s", type(error).__name__)
            await asyncio.sleep(TRY_SECONDS)

    async def _term(self, url: str, work: Callable[[], Awaitable[None]]) -> None:
        """One connection: wait for the lock, work while it is held. Raises what the connection raises."""
        connection: asyncpg.Connection[Any] = await asyncpg.connect(
            url, timeout=ANSWER_SECONDS, command_timeout=ANSWER_SECONDS, server_settings=KEEPALIVE
        )
        try:
            while not await connection.fetchval("SELECT pg_try_advisory_lock($1)", LOCK):  # noqa: ASYNC110
                await asyncio.sleep(TRY_SECONDS)
            await self._lead(connection, work)
        finally:
            with contextlib.suppress(*AWAY):
                await connection.close(timeout=ANSWER_SECONDS)

    async def _lead(self, connection: Any, work: Callable[[], Awaitable[None]]) -> None:
        log.info("this replica leads")
        self._changed(True)
        working = asyncio.ensure_future(work())
        holding = asyncio.ensure_future(_held(connection))
        try:
            await asyncio.wait({working, holding}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._changed(False)
            for each in (working, holding):
                each.cancel()
            await asyncio.gather(working, holding, return_exceptions=True)
        if not working.cancelled():
            working.result()
        log.warning("this replica leads no more")


async def _held(connection: Any) -> None:
    """Until the connection, and the lock with it, is lost."""
    with contextlib.suppress(*AWAY):
        while True:
            await asyncio.sleep(TRY_SECONDS)
            await connection.fetchval("SELECT 1")
