"""The session's events, one writer, beside the login folder.

Why ids outlive their events: an event which was let go of must still be known when WhatsApp shows its
message again.

What is kept: everything for `keep_days`, at most `keep_bytes` of it, and what a webhook has not had yet
(`floor`) until the volume itself is full. Then the oldest goes first, what every webhook has had before
what one still needs, and what it needs only while there is no room at all.
"""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from whatsapp_contracts.events import Event, timestamp
from whatsapp_session.database import Database
from whatsapp_session.intake import Draft

log = logging.getLogger(__name__)

KEEP_DAYS = 7
KEEP_BYTES = 256 * 2**20
KEEP_IDS_FOR = timedelta(days=30)
"""Twice the 14 days after which WhatsApp unlinks a device that stays away: nothing older can come again."""
TRIM_EVERY = 1024
"""Appends between two trims: a trim costs a scan of an index, an append must not."""
ROW_BYTES = 400
"""What an event costs beside its data: its other columns, its id once more, the indices."""
PIECE = 2_000
"""Events that one step of a trim lets go of: others want to write too."""
PRESSED_KEEP = 1_000
"""Events that stay under pressure although every webhook had them, for followers that come back."""

TABLES = (
    "CREATE TABLE IF NOT EXISTS events (seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL,"
    " type TEXT NOT NULL, time TEXT NOT NULL, session TEXT NOT NULL, data TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS ids (id TEXT PRIMARY KEY, seq INTEGER NOT NULL, time TEXT NOT NULL)"
    " WITHOUT ROWID",
    "CREATE INDEX IF NOT EXISTS ids_by_time ON ids (time)",
    "CREATE TABLE IF NOT EXISTS notes (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
)
"""As 0.1.0 made them: its journals are opened as they are."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What became of an append: `event` as it stands in the journal, and whether this append put it there.

    `event` is None when the id is known and its event was let go of.
    """

    event: Event | None
    new: bool


class Journal:
    """Append, replay, and a few notes. Every call is one transaction and may be made from any thread."""

    def __init__(
        self, database: Database, *, keep_days: int = KEEP_DAYS, keep_bytes: int = KEEP_BYTES
    ) -> None:
        """Make the tables where there are none. Raises sqlite3.Error."""
        self._database = database
        self._keep_for = timedelta(days=keep_days)
        self._keep_bytes = keep_bytes
        self._appended = 0
        self.floor: Callable[[], int] = lambda: self.last_seq() + 1
        """The lowest `seq` that a webhook still needs; the next one to be given when none needs any."""
        database.ensure(*TABLES)
        self._bytes = self._measure()

    def append(self, *, id: str, type: str, time: datetime, session: str, data: dict[str, Any]) -> Entry:
        """Put the event on disk under the next `seq`; a known id gives its first entry and writes nothing."""
        return self.append_all([Draft(id=id, type=type, data=data)], time=time, session=session)[0]

    def append_all(self, drafts: Sequence[Draft], *, time: datetime, session: str) -> list[Entry]:
        """Put several events on disk, all or none. Raises sqlite3.Error."""
        moment = timestamp(time)
        grown = 0
        with self._database.transaction() as db:
            entries = []
            for draft in drafts:
                entry, size = _append(db, draft, moment, session)
                entries.append(entry)
                grown += size
        self._bytes += grown
        self._appended += sum(entry.new for entry in entries)
        if self._appended >= TRIM_EVERY:
            self._appended = 0
            try:
                self.trim(time)
            except sqlite3.Error as error:  # what was appended is on disk all the same
                log.warning("the journal could not be trimmed: %s", error)
        return entries

    def after(self, seq: int, *, limit: int) -> list[Event]:
        """The events after `seq`, oldest first, at most `limit`."""
        rows = self._database.rows(f"{SELECT} WHERE seq > ? ORDER BY seq LIMIT ?", (seq, limit))
        return [_event(row) for row in rows]

    def knows(self, id: str) -> bool:
        """Whether an event with this id was ever written, also when it was let go of."""
        return bool(self._database.rows("SELECT 1 FROM ids WHERE id = ?", (id,)))

    def last_seq(self) -> int:
        """The highest `seq` ever given, 0 before the first; trimming does not lower it."""
        rows = self._database.rows("SELECT seq FROM sqlite_sequence WHERE name = 'events'")
        return int(rows[0][0]) if rows else 0

    def first_seq(self) -> int:
        """The lowest `seq` that is still kept; the next one to be given where there is none."""
        ((first,),) = self._database.rows("SELECT min(seq) FROM events")
        return int(first) if first is not None else self.last_seq() + 1

    def note(self, name: str) -> str | None:
        """What was last written under `name`."""
        rows = self._database.rows("SELECT value FROM notes WHERE name = ?", (name,))
        return rows[0][0] if rows else None

    def write_note(self, name: str, value: str) -> None:
        """Remember `value` under `name`, over restarts. Raises sqlite3.Error."""
        with self._database.transaction() as db:
            db.execute("INSERT OR REPLACE INTO notes (name, value) VALUES (?, ?)", (name, value))

    @property
    def size(self) -> int:
        """About how many bytes the kept events are."""
        return self._bytes

    def trim(self, now: datetime, pressure: bool = False) -> int:
        """Let go of what is not kept any longer, ids included; how many events went. Raises sqlite3.Error."""
        floor = self.floor()
        gone = self._drop_below(min(floor, self._first_since(now - self._keep_for)))
        while self._bytes > self._keep_bytes and (some := self._drop(floor)):
            gone += some
        if pressure:
            gone += self._drop_below(min(floor, self.last_seq() - PRESSED_KEEP))
        with self._database.transaction() as db:
            db.execute("DELETE FROM ids WHERE time < ?", (timestamp(now - KEEP_IDS_FOR),))
        return gone

    def sacrifice(self) -> int:
        """The volume is full to the last block: let go of the oldest piece, also when a webhook needs it."""
        return self._drop(self.last_seq() - PRESSED_KEEP)

    def _first_since(self, moment: datetime) -> int:
        """The first `seq` that is not older; events are in the order of their time, but for a moved clock."""
        rows = self._database.rows(
            "SELECT seq FROM events WHERE time >= ? ORDER BY seq LIMIT 1", (timestamp(moment),)
        )
        return int(rows[0][0]) if rows else self.last_seq() + 1

    def _drop_below(self, seq: int) -> int:
        gone = 0
        while some := self._drop(seq):
            gone += some
        return gone

    def _drop(self, below: int) -> int:
        """Let go of at most PIECE events before the `seq` `below`, the oldest first."""
        with self._database.transaction() as db:
            rows = db.execute(
                "SELECT seq, length(CAST(data AS BLOB)) FROM events WHERE seq < ? ORDER BY seq LIMIT ?",
                (below, PIECE),
            ).fetchall()
            if rows:
                db.execute("DELETE FROM events WHERE seq <= ?", (rows[-1][0],))
        self._bytes -= sum(size + ROW_BYTES for _, size in rows)
        return len(rows)

    def _measure(self) -> int:
        ((count, size),) = self._database.rows(
            "SELECT count(*), total(length(CAST(data AS BLOB))) FROM events"
        )
        return int(count * ROW_BYTES + size)


SELECT = "SELECT id, seq, type, time, session, data FROM events"


def _append(db: sqlite3.Connection, draft: Draft, moment: str, session: str) -> tuple[Entry, int]:
    known = db.execute("SELECT seq FROM ids WHERE id = ?", (draft.id,)).fetchone()
    if known:
        row = db.execute(f"{SELECT} WHERE seq = ?", known).fetchone()
        return Entry(event=_event(row) if row else None, new=False), 0
    text = json.dumps(draft.data, ensure_ascii=False, separators=(",", ":"))
    seq = db.execute(
        "INSERT INTO events (id, type, time, session, data) VALUES (?, ?, ?, ?, ?)",
        (draft.id, draft.type, moment, session, text),
    ).lastrowid
    assert seq is not None
    db.execute("INSERT INTO ids (id, seq, time) VALUES (?, ?, ?)", (draft.id, seq, moment))
    event = Event(id=draft.id, seq=seq, type=draft.type, time=moment, session=session, data=draft.data)
    return Entry(event=event, new=True), len(text.encode()) + ROW_BYTES


def _event(row: tuple[Any, ...]) -> Event:
    id, seq, type, time, session, data = row
    return Event(id=id, seq=seq, type=type, time=time, session=session, data=json.loads(data))
