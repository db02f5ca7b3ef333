"""Connections: one engine a process, one transaction a unit of work.

Why a transaction is a `with` block: what a call changes is there as a whole when it is answered, or not at
all.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from sqlalchemy import event, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

BUSY_SECONDS = 30
"""How long SQLite waits for another writer."""
POOL = 20
"""PostgreSQL connections of one process; more calls wait for one."""
POOL_WAIT_SECONDS = 30
ANSWER_SECONDS = 20.0
"""How long one transaction on PostgreSQL may take: a server or a network that swallows packets cuts no
connection, and every call would wait for ever."""
READING = {"hub_reads": True}


class Database:
    """The engine, and transactions on it."""

    def __init__(self, url: str) -> None:
        """`url` as `settings.read` has it. Nothing is opened yet."""
        parsed = make_url(url)
        self.postgresql = parsed.get_backend_name() == "postgresql"
        if self.postgresql:
            self.engine = create_async_engine(
                parsed, pool_size=POOL, max_overflow=0, pool_timeout=POOL_WAIT_SECONDS
            )
        else:
            self.engine = _sqlite(str(parsed.database), url)
        self._sessions = async_sessionmaker(self.engine, expire_on_commit=False)
        reading = self.engine.execution_options(**READING)
        self._readers = async_sessionmaker(reading, expire_on_commit=False)

    @contextlib.asynccontextmanager
    async def begin(self, seconds: float = ANSWER_SECONDS) -> AsyncIterator[AsyncSession]:
        """One transaction: committed when the block ends, rolled back when it raises.

        Raises ConnectionError when it is not over within `seconds`; nothing of it is kept then, but for a
        commit whose answer was lost.
        """
        async with self._bounded(seconds), self._sessions.begin() as session:
            yield session

    @contextlib.asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        """One transaction that writes nothing: on SQLite it waits for no writer."""
        async with self._bounded(ANSWER_SECONDS), self._readers.begin() as session:
            yield session

    @contextlib.asynccontextmanager
    async def _bounded(self, seconds: float) -> AsyncIterator[None]:
        """The connection of a transaction that is cut off is closed, never used again."""
        try:
            async with asyncio.timeout(seconds if self.postgresql else None) as limit:
                yield
        except TimeoutError:
            if not limit.expired():
                raise
            raise ConnectionError("the database did not answer in time") from None

    async def close(self) -> None:
        """End every connection."""
        await self.engine.dispose()


def _sqlite(path: str, url: str) -> AsyncEngine:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    engine = create_async_engine(url, connect_args={"timeout": BUSY_SECONDS})

    @event.listens_for(engine.sync_engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # the driver's own BEGIN comes too late to see one state
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "case_sensitive_like=ON",
        ):  # fmt: skip
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Any) -> None:
        # The write lock at once: whoever reads first and writes later fails when another wrote between.
        reads = connection.get_execution_options().get("hub_reads")
        connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")

    assert sqlite3.sqlite_version_info >= (3, 35), "SQLite 3.35 is the first with RETURNING"
    return engine
