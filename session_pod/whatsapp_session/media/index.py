"""The table of the files of messages: which there are, and what became of each.

Why a table beside the folder: a file that is not there has a reason, and whoever asks gets it.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from whatsapp_session.database import Database

TABLES = (
    """CREATE TABLE IF NOT EXISTS media (
        id TEXT PRIMARY KEY, message_id TEXT NOT NULL, chat_id TEXT NOT NULL, info TEXT NOT NULL,
        state TEXT NOT NULL, reason TEXT NOT NULL DEFAULT '', mime_type TEXT, size INTEGER,
        file_name TEXT, created_at REAL NOT NULL, stored_at REAL, tries INTEGER NOT NULL DEFAULT 0,
        next_try REAL NOT NULL DEFAULT 0, turn INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID""",
    "CREATE INDEX IF NOT EXISTS media_state ON media (state, next_try)",
    "CREATE TABLE IF NOT EXISTS media_progress (one INTEGER PRIMARY KEY CHECK (one = 1), seq INTEGER)",
)
COLUMNS = (
    "id, message_id, chat_id, info, state, reason, mime_type, size, file_name, created_at, stored_at, "
    "tries, next_try, turn"
)


class FileState(StrEnum):
    """What became of a message's file; the words of the contract."""

    PENDING = "pending"
    STORED = "stored"
    TOO_LARGE = "tooLarge"
    FAILED = "failed"
    REMOVED = "removed"


@dataclass(frozen=True, kw_only=True)
class File:
    """One row. `info` is the message's `media`; times are seconds since 1970; `turn` counts what was told."""

    id: str
    message_id: str
    chat_id: str
    info: dict[str, Any]
    state: FileState = FileState.PENDING
    reason: str = ""
    mime_type: str | None = None
    size: int | None = None
    file_name: str | None = None
    created_at: float = 0.0
    stored_at: float | None = None
    tries: int = 0
    next_try: float = 0.0
    turn: int = 0

    @property
    def media(self) -> dict[str, Any]:
        """The `media` of the contract, as it is now."""
        known = {"mimeType": self.mime_type, "size": self.size}
        return self.info | {key: value for key, value in known.items() if value} | {"state": self.state.value}


def of_message(
    data: dict[str, Any], *, state: FileState = FileState.PENDING, reason: str = ""
) -> File | None:
    """The row for a message of the contract; None for one without a file."""
    info = data.get("media")
    if not isinstance(info, dict):
        return None
    return File(
        id=info["id"],
        message_id=data["messageId"],
        chat_id=data["chatId"],
        info=info,
        state=state,
        reason=reason,
        mime_type=info.get("mimeType"),
        size=info.get("size"),
        file_name=info.get("fileName"),
        created_at=datetime.fromisoformat(data["timestamp"]).timestamp(),
    )


class Index:
    """The table; every call waits for the disk. Raises sqlite3.Error."""

    def __init__(self, database: Database) -> None:
        self._db = database
        database.ensure(*TABLES)

    def add(self, files: Sequence[File], *, seq: int | None = None) -> None:
        """New rows; a known id stays as it is. `seq`: the events up to here were looked at."""
        if not files and seq is None:
            return
        with self._db.transaction() as db:
            for file in files:
                _write(db, "INSERT OR IGNORE", file)
            if seq is not None:
                db.execute("INSERT OR REPLACE INTO media_progress VALUES (1, ?)", (seq,))

    def seq(self) -> int | None:
        """Up to which event messages were looked at; None at first."""
        found = self._db.rows("SELECT seq FROM media_progress")
        return int(found[0][0]) if found else None

    def get(self, id: str) -> File | None:
        """One row."""
        found = self._db.rows(f"SELECT {COLUMNS} FROM media WHERE id = ?", (id,))  # noqa: S608 - constants
        return _file(found[0]) if found else None

    def put(self, file: File) -> None:
        """The row as it is now."""
        with self._db.transaction() as db:
            _write(db, "INSERT OR REPLACE", file)

    def ask_again(self, id: str) -> None:
        """Have a file that is not here fetched, now; nothing for one whose fate was settled meanwhile."""
        with self._db.transaction() as db:
            db.execute(
                "UPDATE media SET tries = CASE state WHEN 'pending' THEN tries ELSE 0 END, "
                "state = 'pending', reason = '', next_try = 0 "
                "WHERE id = ? AND state IN ('pending', 'failed', 'removed')",
                (id,),
            )

    def due(self, now: float, *, limit: int, without: Sequence[str] = ()) -> list[File]:
        """Files to fetch now, the longest waiting first."""
        marks = ",".join("?" * len(without))
        found = self._db.rows(
            f"SELECT {COLUMNS} FROM media WHERE state = 'pending' AND next_try <= ? "  # noqa: S608 - constants
            f"AND id NOT IN ({marks}) ORDER BY next_try, created_at LIMIT ?",
            (now, *without, limit),
        )
        return [_file(row) for row in found]

    def next_due(self, *, without: Sequence[str] = ()) -> float | None:
        """When the next file is to be fetched; None for none."""
        marks = ",".join("?" * len(without))
        found = self._db.rows(
            f"SELECT MIN(next_try) FROM media WHERE state = 'pending' AND id NOT IN ({marks})",  # noqa: S608
            tuple(without),
        )
        return None if found[0][0] is None else float(found[0][0])

    def stored(self) -> list[tuple[str, int, float]]:
        """What lies on the volume: id, size, when it came; oldest first."""
        found = self._db.rows(
            "SELECT id, COALESCE(size, 0), COALESCE(stored_at, 0) FROM media WHERE state = 'stored' "
            "ORDER BY stored_at, id"
        )
        return [(str(id), int(size), float(at)) for id, size, at in found]

    def removed(self, ids: Sequence[str], reason: str) -> None:
        """These files are not on the volume any more."""
        with self._db.transaction() as db:
            db.executemany(
                "UPDATE media SET state = 'removed', reason = ? WHERE id = ?", [(reason, id) for id in ids]
            )

    def forget(self, before: float) -> None:
        """Let go of the rows of old messages whose files are not here."""
        with self._db.transaction() as db:
            db.execute(
                "DELETE FROM media WHERE state NOT IN ('stored', 'pending') AND created_at < ?", (before,)
            )


def _write(db: sqlite3.Connection, verb: str, file: File) -> None:
    values = (
        file.id, file.message_id, file.chat_id, json.dumps(file.info, ensure_ascii=False), file.state.value,
        file.reason, file.mime_type, file.size, file.file_name, file.created_at, file.stored_at, file.tries,
        file.next_try, file.turn,
    )  # fmt: skip
    db.execute(f"{verb} INTO media ({COLUMNS}) VALUES ({','.join('?' * len(values))})", values)


def _file(row: tuple[Any, ...]) -> File:
    fields = dict(zip(COLUMNS.split(", "), row, strict=True))
    fields["info"] = json.loads(fields["info"])
    fields["state"] = FileState(fields["state"])
    return File(**fields)
