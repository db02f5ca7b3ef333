"""The SQLite file: its tables and its version.

Why user_version: a file of an older version is brought to today's, one of a newer version is refused by
name, never silently read wrong.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
from pathlib import Path

VERSION = 2

# `target` is the id of the message that a change (reaction, edit, delete, vote) is about. What became of a
# message lies beside it: the text after the last edit, and the ids of the changes that did it.
MESSAGES = """
CREATE TABLE messages (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, owner TEXT NOT NULL REFERENCES accounts(number), chat TEXT NOT NULL,
  id TEXT NOT NULL, from_me INTEGER NOT NULL, author TEXT NOT NULL, type TEXT NOT NULL, text TEXT NOT NULL,
  content TEXT NOT NULL DEFAULT '{}', target TEXT, time INTEGER NOT NULL, ack INTEGER NOT NULL,
  edit_text TEXT, edit_id TEXT, delete_id TEXT, deleted_by TEXT, repeats INTEGER NOT NULL DEFAULT 0,
  UNIQUE (owner, chat, author, id)
) STRICT;
CREATE INDEX messages_of_chat ON messages(owner, chat, seq);
CREATE INDEX changes_of ON messages(owner, target) WHERE target IS NOT NULL;
CREATE INDEX messages_by_id ON messages(owner, id);
"""

GROUPS = """
CREATE TABLE groups (
  id TEXT PRIMARY KEY, name TEXT NOT NULL, owner TEXT NOT NULL, created_at REAL NOT NULL
) STRICT;
CREATE TABLE members (
  group_id TEXT NOT NULL REFERENCES groups(id), number TEXT NOT NULL REFERENCES accounts(number),
  admin INTEGER NOT NULL, joined_at REAL NOT NULL, PRIMARY KEY (group_id, number)
) STRICT;
CREATE INDEX groups_of ON members(number);
"""

TABLES = f"""
CREATE TABLE accounts (
  number TEXT PRIMARY KEY, name TEXT NOT NULL, platform TEXT NOT NULL, lid TEXT NOT NULL UNIQUE,
  auto_read INTEGER NOT NULL, created_at REAL NOT NULL, next_slot INTEGER NOT NULL DEFAULT 1,
  lid_only INTEGER NOT NULL DEFAULT 0, picture INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE TABLE devices (
  id TEXT PRIMARY KEY, number TEXT NOT NULL REFERENCES accounts(number), slot INTEGER NOT NULL,
  secret TEXT NOT NULL, name TEXT NOT NULL, linked_at REAL NOT NULL, synced_seq INTEGER NOT NULL
) STRICT;
CREATE INDEX devices_of ON devices(number);
{MESSAGES}
{GROUPS}
CREATE TABLE connections (
  id INTEGER PRIMARY KEY AUTOINCREMENT, number TEXT NOT NULL, device TEXT NOT NULL, slot INTEGER NOT NULL,
  opened_at REAL NOT NULL, closed_at REAL
) STRICT;
CREATE INDEX open_connections ON connections(closed_at) WHERE closed_at IS NULL;
"""

# From the version before, one step each.
STEPS = {
    1: f"""
ALTER TABLE accounts ADD COLUMN lid_only INTEGER NOT NULL DEFAULT 0;
ALTER TABLE accounts ADD COLUMN picture INTEGER NOT NULL DEFAULT 1;
DROP INDEX messages_of_chat;
ALTER TABLE messages RENAME TO old_messages;
{MESSAGES}
INSERT INTO messages (seq, owner, chat, id, from_me, author, type, text, time, ack)
  SELECT seq, owner, chat, id, from_me, iif(from_me, owner, chat), iif(type = 'chat', 'text', type), text,
    time, ack FROM old_messages;
DROP TABLE old_messages;
{GROUPS}
""",  # noqa: S608
}


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
        return
    while version in STEPS:
        database.executescript(f"BEGIN; {STEPS[version]} PRAGMA user_version = {version + 1}; COMMIT;")
        version += 1
    if version != VERSION:
        raise Unusable(f"it has version {version}, this simulator writes version {VERSION}")
