"""The session's events in SQLite, one writer, beside the login folder.

Why: an event counts once it is on disk. Hence synchronous=FULL: in WAL, NORMAL may lose the last commits
when power fails. Ids outlive their events, so that an event which was let go of is still known when
WhatsApp shows its message again.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from whatsapp_contracts.events import Event, timestamp

KEEP_EVENTS = 10_000
KEEP_FOR = timedelta(days=7)
KEEP_IDS_FOR = timedelta(days=30)
"""Twice the 14 days after which WhatsApp unlinks a device that stays away: nothing older can come again."""
TRIM_EVERY = 256
"""Appends between two trims: a trim costs a scan of an index, an append must not."""
VERSION = 1
"""Of the tables below, in `user_version`; a newer release migrates, an older one refuses."""

TABLES = """
CREATE TABLE events (seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, type TEXT NOT NULL,
                     time TEXT NOT NULL, session TEXT NOT NULL, data TEXT NOT NULL);
CREATE TABLE ids (id TEXT PRIMARY KEY, seq INTEGER NOT NULL, time TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX ids_by_time ON ids (time);
CREATE TABLE notes (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""


class JournalError(Exception):
    """The journal cannot be used; the text names the file and the cure."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What became of an append: `event` as it stands in the journal, and whether this append put it there.

    `event` is None when the id is known and its event was let go of.
    """

    event: Event | None
    new: bool


class Journal:
    """Append, replay, and a few notes. Every call is one transaction and may be made from any thread."""

    def __init__(self, path: Path) -> None:
        """Open or make the journal at `path`, mode 0600: it holds texts and codes. Raises JournalError."""
        self._lock = threading.Lock()
        self._appended = 0
        try:
            path.touch(mode=0o600)
            self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            found = self._db.execute("PRAGMA user_version").fetchone()[0]
            if found == 0:
                self._db.executescript(f"BEGIN;{TABLES}PRAGMA user_version = {VERSION};COMMIT;")
        except (OSError, sqlite3.Error) as error:
            raise JournalError(
                f"the journal {path} cannot be opened: {error}. "
                "Make the folder writable, or move that file away to begin a new journal."
            ) from None
        if found > VERSION:
            raise JournalError(
                f"the journal {path} is of a newer release (format {found}). Use that release."
            )

    def append(self, *, id: str, type: str, time: datetime, session: str, data: dict[str, Any]) -> Entry:
        """Put the event on disk under the next `seq`; a known id gives its first entry and writes nothing."""
        moment = timestamp(time)
        with self._lock, _transaction(self._db) as db:
            known = db.execute("SELECT seq FROM ids WHERE id = ?", (id,)).fetchone()
            if known:
                row = db.execute(f"{SELECT} WHERE seq = ?", known).fetchone()
                return Entry(event=_event(row) if row else None, new=False)
            text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
            seq = db.execute(
                "INSERT INTO events (id, type, time, session, data) VALUES (?, ?, ?, ?, ?)",
                (id, type, moment, session, text),
            ).lastrowid
            db.execute("INSERT INTO ids (id, seq, time) VALUES (?, ?, ?)", (id, seq, moment))
            self._appended += 1
            if self._appended % TRIM_EVERY == 1:
                _trim(db, time)
        assert seq is not None
        return Entry(
            event=Event(id=id, seq=seq, type=type, time=moment, session=session, data=data), new=True
        )

    def after(self, seq: int, *, limit: int) -> list[Event]:
        """The events after `seq`, oldest first, at most `limit`."""
        with self._lock:
            rows = self._db.execute(f"{SELECT} WHERE seq > ? ORDER BY seq LIMIT ?", (seq, limit)).fetchall()
        return [_event(row) for row in rows]

    def last_seq(self) -> int:
        """The highest `seq` ever given, 0 before the first; trimming does not lower it."""
        with self._lock:
            row = self._db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'events'").fetchone()
        return int(row[0]) if row else 0

    def first_seq(self) -> int:
        """The lowest `seq` that is still kept; the next one to be given where there is none."""
        with self._lock:
            row = self._db.execute("SELECT min(seq) FROM events").fetchone()
        return int(row[0]) if row[0] is not None else self.last_seq() + 1

    def note(self, name: str) -> str | None:
        """What was last written under `name`."""
        with self._lock:
            row = self._db.execute("SELECT value FROM notes WHERE name = ?", (name,)).fetchone()
        return row[0] if row else None

    def write_note(self, name: str, value: str) -> None:
        """Remember `value` under `name`, over restarts."""
        with self._lock, _transaction(self._db) as db:
            db.execute("INSERT OR REPLACE INTO notes (name, value) VALUES (?, ?)", (name, value))

    def close(self) -> None:
        """Fold the write-ahead log into the file and let go of it."""
        with self._lock:
            self._db.close()


SELECT = "SELECT id, seq, type, time, session, data FROM events"


def _event(row: tuple[Any, ...]) -> Event:
    id, seq, type, time, session, data = row
    return Event(id=id, seq=seq, type=type, time=time, session=session, data=json.loads(data))


def _trim(db: sqlite3.Connection, now: datetime) -> None:
    """Let go of what is older than the retention or above its count; ids stay longer."""
    last = db.execute("SELECT max(seq) FROM events").fetchone()[0] or 0
    db.execute(
        "DELETE FROM events WHERE seq <= ? OR time < ?", (last - KEEP_EVENTS, timestamp(now - KEEP_FOR))
    )
    db.execute("DELETE FROM ids WHERE time < ?", (timestamp(now - KEEP_IDS_FOR),))


class _transaction:
    """All or nothing: BEGIN IMMEDIATE, then COMMIT, or ROLLBACK for an error."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def __enter__(self) -> sqlite3.Connection:
        self._db.execute("BEGIN IMMEDIATE")
        return self._db

    def __exit__(self, kind: object, *_: object) -> None:
        try:
            if kind is None:
                self._db.execute("COMMIT")
        finally:  # a full volume fails the COMMIT too, and would leave the transaction open
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
