"""The one SQLite file on the volume: journal, outbox, webhooks and media index are tables in it.

Why one file and one connection: SQLite has one writer anyway, and so what belongs together can be one
transaction. WAL with synchronous=FULL: in WAL, NORMAL may lose the last commits when power fails.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

VERSION = 2
"""Of the file, in `user_version`. Format 1 (0.1.0) had the journal's tables alone; they are as they were."""


class DatabaseError(Exception):
    """The file cannot be used; the text names it and the cure."""


class Database:
    """Tables for several owners. Calls may come from any thread, and hold the file while they last."""

    def __init__(self, path: Path) -> None:
        """Open or make the file, mode 0600: it holds texts and codes. Raises DatabaseError."""
        self._lock = threading.RLock()
        try:
            path.touch(mode=0o600)
            self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            found = self._db.execute("PRAGMA user_version").fetchone()[0]
            if found < VERSION:
                self._db.execute(f"PRAGMA user_version = {VERSION}")
        except (OSError, sqlite3.Error) as error:
            raise DatabaseError(
                f"the journal {path} cannot be opened: {error}. "
                "Make the folder writable, or move that file away to begin a new journal."
            ) from None
        if found > VERSION:
            raise DatabaseError(
                f"the journal {path} is of a newer release (format {found}). Use that release."
            )

    def ensure(self, *statements: str) -> None:
        """Make one owner's tables: statements with `IF NOT EXISTS`. Raises sqlite3.Error."""
        with self.transaction() as db:
            for statement in statements:
                db.execute(statement)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing: BEGIN IMMEDIATE, then COMMIT, or ROLLBACK for an error. Not to be nested."""
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            finally:  # a full volume fails the COMMIT too, and would leave the transaction open
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")

    def rows(self, query: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """The rows of one SELECT."""
        with self._lock:
            return self._db.execute(query, parameters).fetchall()

    def close(self) -> None:
        """Fold the write-ahead log into the file and let go of it."""
        with self._lock:
            self._db.close()
