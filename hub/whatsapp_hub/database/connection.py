"""Connections: one engine a process, one transaction a unit of work.

Why a transaction is a `with` block: what a call changes is there as a whole when it is answered, or not at
all. Why calls take turns before the pool: the pool gives a connection to whoever asks at the right moment,
and under load some would wait for seconds while others pass.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from pathlib import Path
from typing import Any

import asyncpg
from sqlalchemy import event, make_url
from sqlalchemy.exc import DisconnectionError, IntegrityError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.util import greenlet_spawn

from whatsapp_hub.database.prepared import Prepared

BUSY_SECONDS = 30
"""How long SQLite waits for another writer."""
POOL = 20
"""PostgreSQL connections of one process; more calls wait for one."""
POOL_WAIT_SECONDS = 30
ANSWER_SECONDS = 20.0
"""How long one transaction on PostgreSQL may take: a server or a network that swallows packets cuts no
connection, and every call would wait for ever."""
READING = {"hub_reads": True}
TROUBLE = (SQLAlchemyError, OSError)
"""What a transaction may raise when the database is away, or refuses."""
PASSING = ("08", "40", "53", "57")
"""Classes of SQLSTATE after which the same call may succeed: connection, rollback, resources, a restart."""

LOST = (asyncpg.InterfaceError, asyncpg.InternalClientError)
"""What the driver says of a connection that was cut, the second where that met a statement just beginning."""

Run = Callable[[Prepared, Mapping[str, Any]], Coroutine[Any, Any, Sequence[Any]]]
"""Runs a statement with its values: its rows."""


class Database:
    """The engine, and transactions on it."""

    def __init__(self, url: str) -> None:
        """`url` as `settings.read` has it. Nothing is opened yet."""
        parsed = make_url(url)
        self.postgresql = parsed.get_backend_name() == "postgresql"
        self._turns: asyncio.Semaphore | None = None
        if self.postgresql:
            self.engine = create_async_engine(
                parsed, pool_size=POOL, max_overflow=0, pool_timeout=POOL_WAIT_SECONDS
            )
            event.listen(self.engine.sync_engine, "checkout", _refuse_closed)
            self._turns = asyncio.Semaphore(POOL)
        else:
            self.engine = _sqlite(str(parsed.database), url)
        self._sessions = async_sessionmaker(self.engine, expire_on_commit=False)
        self._reading = self.engine.execution_options(**READING)
        self._readers = async_sessionmaker(self._reading, expire_on_commit=False)

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
    async def statements(self, seconds: float = ANSWER_SECONDS) -> AsyncIterator[Run]:
        """What runs prepared statements, each committed when its rows are there.

        Raises ConnectionError as `begin` does and where the same call may succeed later; IntegrityError.
        """
        if not self.postgresql:
            yield self._alone
            return
        async with self._bounded(seconds):
            fairy = await self._connection()
            driver: Any = fairy.driver_connection

            async def run(statement: Prepared, values: Mapping[str, Any]) -> Sequence[Any]:
                try:
                    rows: Sequence[Any] = await driver.fetch(statement.sql, *statement.arguments(values))
                except asyncpg.IntegrityConstraintViolationError as error:
                    raise IntegrityError(statement.sql, None, error) from error
                except (*LOST, OSError, asyncio.CancelledError):
                    driver.terminate()  # its answer may still come: never used again
                    raise
                return rows

            try:
                yield run
            finally:
                await asyncio.shield(greenlet_spawn(fairy.close))

    async def _connection(self) -> Any:
        """One of the pool's, as SQLAlchemy holds it."""
        try:
            return await greenlet_spawn(self.engine.sync_engine.raw_connection)
        except self.engine.dialect.loaded_dbapi.Error as error:  # outside of a transaction it wraps nothing
            if not str(getattr(error, "sqlstate", None) or "").startswith(PASSING):
                raise
            raise ConnectionError("the database takes no connections") from error

    async def _alone(self, statement: Prepared, values: Mapping[str, Any]) -> Sequence[Any]:
        engine = self._reading if statement.reads else self.engine
        async with engine.begin() as connection:
            return (await connection.execute(statement.sqlite, dict(values))).all()

    @contextlib.asynccontextmanager
    async def _bounded(self, seconds: float) -> AsyncIterator[None]:
        """A turn on PostgreSQL, not longer than `seconds` with the wait for it. The connection of a
        transaction that is cut off is closed, never used again."""
        if self._turns is None:
            yield
            return
        try:
            async with asyncio.timeout(seconds) as limit, self._turns:
                yield
        except TimeoutError:
            if not limit.expired():
                raise
            raise ConnectionError("the database did not answer in time") from None
        except asyncpg.PostgresError as error:  # as the driver raises it: at the start of a connection
            if not (error.sqlstate or "").startswith(PASSING):
                raise
            raise ConnectionError("the database could not answer") from error
        except LOST as error:
            raise ConnectionError("the connection to the database is lost") from error

    async def close(self) -> None:
        """End every connection."""
        await self.engine.dispose()


def _refuse_closed(connection: Any, _record: object, _proxy: object) -> None:
    """A connection that the server ended while it was idle is replaced before a call meets it."""
    if connection.driver_connection.is_closed():
        raise DisconnectionError("closed")


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
