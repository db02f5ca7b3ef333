"""What of the webhooks is on disk: how far each receiver is, what waits for it, and its dead letters.

Why no copy of live events: the journal has them. A row is made only for an event that waits behind a failed
attempt, and it names the event's `seq`; a dead letter holds the event itself, which the journal may drop.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from whatsapp_contracts.events import Event, timestamp
from whatsapp_session.database import Database
from whatsapp_session.webhooks.policy import FRESH, Trials

TABLES = (
    "CREATE TABLE IF NOT EXISTS webhook_receivers (name TEXT PRIMARY KEY, cursor INTEGER NOT NULL, told TEXT,"
    " last_delivered_at TEXT, failing_since TEXT, last_error TEXT) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS webhook_events (name TEXT NOT NULL, seq INTEGER NOT NULL,"
    " dead INTEGER NOT NULL, retried INTEGER NOT NULL, chat TEXT NOT NULL, event TEXT,"
    " attempts INTEGER NOT NULL, since TEXT, unknown_since TEXT, next_at TEXT, step INTEGER NOT NULL,"
    " error TEXT, died_at TEXT, PRIMARY KEY (name, seq))",
    "CREATE INDEX IF NOT EXISTS webhook_events_by_line ON webhook_events (name, dead, retried, chat, seq)",
)

Key = tuple[bool, str]
"""A line: whether it is of retried dead letters, which are behind their chat anyway, and the chat."""


@dataclass(kw_only=True)
class Progress:
    """How far a receiver is. Everything up to `cursor` is delivered, waits in a row, or is dead."""

    cursor: int
    told: str | None = None
    last_delivered_at: str | None = None
    failing_since: str | None = None
    last_error: str | None = None


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """One waiting event. The head of its line has `trials`, `next_at`, `step` (calls of it that are done)."""

    seq: int
    key: Key
    trials: Trials = FRESH
    next_at: datetime | None = None
    step: int = 0
    event: Event | None = None
    """Of a retried dead letter; else the journal has it."""


@dataclass(frozen=True, kw_only=True)
class DeadLetter:
    """One event that is not tried again by itself."""

    seq: int
    chat: str
    event: Event
    attempts: int
    died_at: datetime | str
    error: str

    def to_json(self) -> dict[str, Any]:
        """As `GET /webhooks/{name}/dead-letters` has it."""
        return {
            "seq": self.seq,
            "event": self.event.to_json(),
            "attempts": self.attempts,
            "diedAt": _time(self.died_at),
            "error": self.error,
        }


@dataclass(kw_only=True)
class Changes:
    """What is written about one receiver at once."""

    name: str
    progress: Progress
    waiting: list[Waiting] = field(default_factory=list)
    heads: list[Waiting] = field(default_factory=list)
    """Of rows that are there already: what came of another attempt."""
    done: list[int] = field(default_factory=list)
    dead: list[DeadLetter] = field(default_factory=list)


class Store:
    """The tables. Calls may be made from any thread; all raise sqlite3.Error."""

    def __init__(self, database: Database) -> None:
        self._database = database
        database.ensure(*TABLES)

    def progress(self, name: str) -> Progress | None:
        """How far a receiver is; None for one that is new."""
        rows = self._database.rows(
            "SELECT cursor, told, last_delivered_at, failing_since, last_error"
            " FROM webhook_receivers WHERE name = ?",
            (name,),
        )
        if not rows:
            return None
        cursor, told, delivered, failing, error = rows[0]
        return Progress(
            cursor=cursor, told=told, last_delivered_at=delivered, failing_since=failing, last_error=error
        )

    def keep_only(self, names: Sequence[str]) -> None:
        """Forget every other receiver."""
        marks = ", ".join("?" for _ in names)
        with self._database.transaction() as db:
            for table in ("webhook_receivers", "webhook_events"):
                db.execute(f"DELETE FROM {table} WHERE name NOT IN ({marks})", names)  # noqa: S608 - marks only

    def write(self, changes: Iterable[Changes]) -> None:
        """Put all of it on disk, or nothing."""
        with self._database.transaction() as db:
            for each in changes:
                now = each.progress
                db.execute(
                    f"{_PUT} webhook_receivers VALUES (?, ?, ?, ?, ?, ?)",
                    (
                        each.name,
                        now.cursor,
                        now.told,
                        now.last_delivered_at,
                        now.failing_since,
                        now.last_error,
                    ),
                )
                db.executemany(
                    "DELETE FROM webhook_events WHERE name = ? AND seq = ?",
                    [(each.name, seq) for seq in each.done],
                )
                db.executemany(_PUT_EVENT, [_waiting_row(each.name, one) for one in each.waiting])
                db.executemany(_TRIED, [_tried(each.name, one) for one in each.heads])
                db.executemany(_PUT_EVENT, [_dead_row(each.name, one) for one in each.dead])

    def heads(self, name: str) -> list[tuple[Waiting, int]]:
        """The first waiting event of each line, and how many wait in it."""
        rows = self._database.rows(
            f"SELECT {_COLUMNS}, lines.waiting FROM webhook_events JOIN (SELECT min(seq) AS head,"  # noqa: S608
            " count(*) AS waiting FROM webhook_events WHERE name = ? AND dead = 0 GROUP BY retried, chat)"
            " AS lines ON seq = lines.head WHERE name = ? ORDER BY seq",
            (name, name),
        )
        return [(_waiting(row), row[-1]) for row in rows]

    def waiting(self, name: str, key: Key, after: int, limit: int) -> list[Waiting]:
        """The next waiting events of a line, by `seq`."""
        rows = self._database.rows(
            f"SELECT {_COLUMNS} FROM webhook_events WHERE name = ? AND dead = 0 AND retried = ?"  # noqa: S608
            " AND chat = ? AND seq > ? ORDER BY seq LIMIT ?",
            (name, key[0], key[1], after, limit),
        )
        return [_waiting(row) for row in rows]

    def lowest(self, name: str) -> int | None:
        """The lowest `seq` of which the journal's event is needed."""
        rows = self._database.rows(
            "SELECT min(seq) FROM webhook_events WHERE name = ? AND dead = 0 AND event IS NULL", (name,)
        )
        return rows[0][0] if rows else None

    def counts(self, name: str) -> tuple[int, int]:
        """How many events wait in rows, and how many are dead."""
        found = dict(
            self._database.rows(
                "SELECT dead, count(*) FROM webhook_events WHERE name = ? GROUP BY dead", (name,)
            )
        )
        return found.get(0, 0), found.get(1, 0)

    def types_between(self, after: int, upto: int) -> dict[str, int]:
        """How many events of each type the journal has after `after`, up to `upto`."""
        return dict(
            self._database.rows(
                "SELECT type, count(*) FROM events WHERE seq > ? AND seq <= ? GROUP BY type", (after, upto)
            )
        )

    def dead(self, name: str, after: int, limit: int) -> list[DeadLetter]:
        """Dead letters after `seq` `after`, by `seq`."""
        rows = self._database.rows(
            "SELECT seq, chat, event, attempts, died_at, error FROM webhook_events"
            " WHERE name = ? AND dead = 1 AND seq > ? ORDER BY seq LIMIT ?",
            (name, after, limit),
        )
        return [
            DeadLetter(
                seq=seq,
                chat=chat,
                event=Event.from_json(json.loads(event)),
                attempts=attempts,
                died_at=died_at,
                error=error,
            )
            for seq, chat, event, attempts, died_at, error in rows
        ]

    def revive(self, name: str, seq: int | None) -> dict[Key, int]:
        """Let one dead letter, or all of them, wait again: lines and how many each got."""
        with self._database.transaction() as db:
            chosen = "name = ? AND dead = 1 AND (? IS NULL OR seq = ?)"
            rows = db.execute(
                f"SELECT chat, count(*) FROM webhook_events WHERE {chosen} GROUP BY chat",  # noqa: S608
                (name, seq, seq),
            ).fetchall()
            db.execute(
                "UPDATE webhook_events SET dead = 0, retried = 1, attempts = 0, since = NULL,"  # noqa: S608
                f" unknown_since = NULL, next_at = NULL, step = 0, error = NULL WHERE {chosen}",
                (name, seq, seq),
            )
        return {(True, chat): count for chat, count in rows}

    def discard(self, name: str, seq: int | None) -> int:
        """Drop one dead letter, or all of them; how many went."""
        with self._database.transaction() as db:
            return db.execute(
                "DELETE FROM webhook_events WHERE name = ? AND dead = 1 AND (? IS NULL OR seq = ?)",
                (name, seq, seq),
            ).rowcount


_PUT = "INSERT OR REPLACE INTO"
_PUT_EVENT = f"{_PUT} webhook_events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_TRIED = (
    "UPDATE webhook_events SET attempts = ?, since = ?, unknown_since = ?, next_at = ?, step = ?"
    " WHERE name = ? AND seq = ? AND dead = 0"
)
_COLUMNS = "seq, retried, chat, event, attempts, since, unknown_since, next_at, step"


def _progress(changes: Changes) -> tuple[Any, ...]:
    now = changes.progress
    return changes.name, now.cursor, now.told, now.last_delivered_at, now.failing_since, now.last_error


def _waiting_row(name: str, one: Waiting) -> tuple[Any, ...]:
    return (name, one.seq, 0, *one.key, _text(one.event), *_trials(one), None, None)


def _tried(name: str, one: Waiting) -> tuple[Any, ...]:
    return (*_trials(one), name, one.seq)


def _trials(one: Waiting) -> tuple[Any, ...]:
    trials = one.trials
    return (
        trials.attempts, _time(trials.since), _time(trials.unknown_since), _time(one.next_at), one.step,
    )  # fmt: skip


def _dead_row(name: str, one: DeadLetter) -> tuple[Any, ...]:
    return (
        name, one.seq, 1, 0, one.chat, _text(one.event), one.attempts, None,
        None, None, 0, one.error, _time(one.died_at),
    )  # fmt: skip


def _waiting(row: tuple[Any, ...]) -> Waiting:
    seq, retried, chat, event, attempts, since, unknown_since, next_at, step = row[:9]
    return Waiting(
        seq=seq,
        key=(bool(retried), chat),
        trials=Trials(attempts=attempts, since=_moment(since), unknown_since=_moment(unknown_since)),
        next_at=_moment(next_at),
        step=step,
        event=Event.from_json(json.loads(event)) if event else None,
    )


def _text(event: Event | None) -> str | None:
    return json.dumps(event.to_json(), ensure_ascii=False, separators=(",", ":")) if event else None


def _time(moment: datetime | str | None) -> str | None:
    return timestamp(moment) if isinstance(moment, datetime) else moment


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
