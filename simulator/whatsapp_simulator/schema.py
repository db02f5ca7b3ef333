"""The SQLite file: its tables and its version.

Why user_version: a file of another version is refused by name, never silently read wrong.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
from pathlib import Path

VERSION = 1

TABLES = """
CREATE TABLE accounts (
  number TEXT PRIMARY KEY, name TEXT NOT NULL, platform TEXT NOT NULL, lid TEXT NOT NULL UNIQUE,
  auto_read INTEGER NOT NULL, created_at REAL NOT NULL, next_slot INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE TABLE devices (
  id TEXT PRIMARY KEY, number TEXT NOT NULL REFERENCES accounts(number), slot INTEGER NOT NULL,
  secret TEXT NOT NULL, name TEXT NOT NULL, linked_at REAL NOT NULL, synced_seq INTEGER NOT NULL
) STRICT;
CREATE INDEX devices_of ON devices(number);
CREATE TABLE messages (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, owner TEXT NOT NULL REFERENCES accounts(number), chat TEXT NOT NULL,
  id TEXT NOT NULL, from_me INTEGER NOT NULL, type TEXT NOT NULL, text TEXT NOT NULL, time INTEGER NOT NULL,
  ack INTEGER NOT NULL, UNIQUE (owner, from_me, id)
) STRICT;
CREATE INDEX messages_of_chat ON messages(owner, chat, seq);
CREATE TABLE connections (
  id INTEGER PRIMARY KEY AUTOINCREMENT, number TEXT NOT NULL, device TEXT NOT NULL, slot INTEGER NOT NULL,
  opened_at REAL NOT NULL, closed_at REAL
) STRICT;
CREATE INDEX open_connections ON connections(closed_at) WHERE closed_at IS NULL;
"""


class Unusable(Exception):
    """The data folder cannot be used now; the text says why and ends with the cure."""


def lock(folder: Path) -> int:
    """Keeps a second simulator out of this folder for as long as the process lives. Raises `Unusable`."""
    folder.mkdir(parents=True, exist_ok=True)
    held = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(held)
        raise Unusable(
            f"Another simulator works in {folder}. Stop it, or start this one with another --data-dir."
        ) from None
    return held


def open_database(path: Path, *, reset: bool = False) -> sqlite3.Connection:
    """An open database with today's tables, in an existing folder. Raises `Unusable`."""
    if reset:
        for suffix in ("", "-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
    database = sqlite3.connect(path, isolation_level=None)
    try:
        _prepare(database)
    except (sqlite3.Error, Unusable) as error:
        database.close()
        raise Unusable(
            f"{path} cannot be used: {error}. "
            "Start with --reset (forgets every phone and message) or with another --data-dir."
        ) from error
    return database


def _prepare(database: sqlite3.Connection) -> None:
    database.execute("PRAGMA journal_mode = WAL")
    # NORMAL survives a killed process; only a power cut may lose the last commits: fine for a simulator.
    database.execute("PRAGMA synchronous = NORMAL")
    database.execute("PRAGMA foreign_keys = ON")
    (version,) = database.execute("PRAGMA user_version").fetchone()
    if version == 0:
        database.executescript(f"BEGIN; {TABLES} PRAGMA user_version = {VERSION}; COMMIT;")
    elif version != VERSION:
        raise Unusable(f"it has version {version}, this simulator writes version {VERSION}")
