"""The outbox on disk. Every method is one transaction; what is written is on disk when it returns.

Why the message id is in the row: it is written down before WhatsApp hears of the message, so that after a
crash the outcome can be looked up under it, and the same message can be sent again under it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import secrets
import sqlite3
from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from whatsapp_session.database import Database
from whatsapp_session.outbox.entries import ENDED, Entry, Stage
from whatsapp_session.outbox.errors import KeyReused
from whatsapp_session.outgoing import Outgoing

log = logging.getLogger(__name__)

KEEP = timedelta(hours=24)
"""How long a key is known after its answer, and an entry is shown after its end."""
COLUMNS = (
    "number, id, state, outgoing, bare_id, created_at, chat_id, message_id, send_at, sent_at, ended_at,"
    " error, message, key, fingerprint, call, tries, account"
)
TABLES = (
    "CREATE TABLE IF NOT EXISTS outbox (number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,"
    " state TEXT NOT NULL, outgoing TEXT NOT NULL, bare_id TEXT NOT NULL, created_at TEXT NOT NULL,"
    " chat_id TEXT, message_id TEXT, send_at TEXT, sent_at TEXT, ended_at TEXT, error TEXT, message TEXT,"
    " key TEXT, fingerprint TEXT NOT NULL, call INTEGER NOT NULL, tries INTEGER NOT NULL, account TEXT)",
    "CREATE INDEX IF NOT EXISTS outbox_by_state ON outbox (state, number)",
    "CREATE UNIQUE INDEX IF NOT EXISTS outbox_by_key ON outbox (key) WHERE key IS NOT NULL",
    "CREATE TABLE IF NOT EXISTS outbox_account (one INTEGER PRIMARY KEY CHECK (one = 1),"
    " phone TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS outbox_salt (one INTEGER PRIMARY KEY CHECK (one = 1), salt BLOB NOT NULL)",
)
SELECT = f"SELECT {COLUMNS} FROM outbox"  # noqa: S608 - our own words


class OutboxStore:
    """Rows as entries. Raises sqlite3.Error where the volume is full."""

    def __init__(self, database: Database) -> None:
        self._database = database
        database.ensure(*TABLES)
        with database.transaction() as db:
            db.execute("INSERT OR IGNORE INTO outbox_salt VALUES (1, ?)", (secrets.token_bytes(32),))
        ((self._salt,),) = database.rows("SELECT salt FROM outbox_salt")

    def add(
        self,
        outgoing: Outgoing,
        now: datetime,
        *,
        call: bool,
        key: str | None = None,
        fingerprint: str = "",
        send_at: datetime | None = None,
        account: str | None = None,
    ) -> tuple[Entry, bool]:
        """A new entry and True; or the one that this key has made already, and False. Raises KeyReused."""
        with self._database.transaction() as db:
            if key is not None and (known := _by_key(db, key)):
                if not forgotten(known, now):
                    if (known.fingerprint, known.call) != (fingerprint, call):
                        raise KeyReused(
                            "This Idempotency-Key was used with another request within 24 hours. "
                            "Take a new key for a new message."
                        )
                    return known, False
                db.execute("UPDATE outbox SET key = NULL WHERE number = ?", (known.number,))
            id = f"out_{secrets.token_hex(12)}"
            entry = Entry(
                number=0,
                id=id,
                state=Stage.FREE if call else Stage.QUEUED,
                outgoing=outgoing,
                bare_id=self.bare_id(f"{id}\0{key or ''}"),
                created_at=now,
                send_at=send_at,
                ended_at=now if call else None,  # until it is tried: a key that leads nowhere is forgotten
                key=key,
                fingerprint=fingerprint,
                call=call,
                account=account,
            )
            values = _values(entry)
            marks = ", ".join("?" * len(values))
            number = db.execute(
                f"INSERT INTO outbox ({', '.join(values)}) VALUES ({marks})",  # noqa: S608
                tuple(values.values()),
            ).lastrowid
        assert number is not None
        return replace(entry, number=number), True

    def bare_id(self, name: str) -> str:
        """The id that the message of `name` has at WhatsApp."""
        digest = hmac.new(self._salt, name.encode(), hashlib.sha256).hexdigest()
        return "3EB0" + digest[:18].upper()

    def write(self, entry: Entry, *, only_from: Stage | None = None) -> bool:
        """Put the entry's present over its past; False when it is not in `only_from` any more."""
        values = _values(entry)
        sets = ", ".join(f"{name} = ?" for name in values)
        condition, more = (" AND state = ?", (only_from.value,)) if only_from else ("", ())
        with self._database.transaction() as db:
            done = db.execute(
                f"UPDATE outbox SET {sets} WHERE number = ?{condition}",  # noqa: S608
                (*values.values(), entry.number, *more),
            ).rowcount
        return done == 1

    def account(self) -> str | None:
        """The number that was logged in last."""
        rows = self._database.rows("SELECT phone FROM outbox_account")
        return rows[0][0] if rows else None

    def write_account(self, phone: str) -> None:
        """Remember who is logged in."""
        with self._database.transaction() as db:
            db.execute("INSERT OR REPLACE INTO outbox_account VALUES (1, ?)", (phone,))

    def get(self, number: int) -> Entry | None:
        """The entry with this number."""
        return _first(self._database.rows(f"{SELECT} WHERE number = ?", (number,)))

    def by_key(self, key: str) -> Entry | None:
        """The entry that this key has made."""
        return _first(self._database.rows(f"{SELECT} WHERE key = ?", (key,)))

    def by_id(self, id: str) -> Entry | None:
        """The entry that `GET /outbox/{id}` shows: calls are none."""
        return _first(self._database.rows(f"{SELECT} WHERE id = ? AND call = 0", (id,)))

    def page(self, states: Collection[Stage], limit: int, after: int) -> list[Entry]:
        """Entries that `GET /outbox` shows, in the order they came; all states for none."""
        wanted = [state.value for state in (states or [*ENDED, Stage.QUEUED, Stage.SENDING])]
        marks = ", ".join("?" * len(wanted))
        return _entries(
            self._database.rows(
                f"{SELECT} WHERE call = 0 AND number > ? AND state IN ({marks}) ORDER BY number LIMIT ?",
                (after, *wanted, limit),
            )
        )

    def unfinished(self, *, call: bool) -> list[Entry]:
        """What the process before this one has left: queued entries with what was being sent, or calls."""
        return _entries(
            self._database.rows(
                f"{SELECT} WHERE call = ? AND state IN ('queued', 'sending') ORDER BY number", (call,)
            )
        )

    def failed(self) -> list[Entry]:
        """Entries whose `message.failed` may not have been written before a crash."""
        return _entries(self._database.rows(f"{SELECT} WHERE call = 0 AND state = 'failed' ORDER BY number"))

    def sweep(self, now: datetime) -> int:
        """Forget what ended more than 24 hours ago, keys included; how many went."""
        with self._database.transaction() as db:
            return db.execute(
                "DELETE FROM outbox WHERE ended_at < ? AND state NOT IN ('queued', 'sending')",
                (_moment(now - KEEP),),
            ).rowcount

    def counts(self) -> dict[Stage, int]:
        """How many entries are in each state."""
        rows = self._database.rows("SELECT state, count(*) FROM outbox WHERE call = 0 GROUP BY state")
        return {Stage(state): count for state, count in rows}


def forgotten(entry: Entry, now: datetime) -> bool:
    """Whether the entry's key means nothing any more: 24 hours after the answer, never while under way."""
    if entry.state in {Stage.QUEUED, Stage.SENDING}:
        return False
    answered = entry.ended_at if entry.call else entry.created_at
    return answered is not None and now - answered > KEEP


def _by_key(db: sqlite3.Connection, key: str) -> Entry | None:
    return _first(db.execute(f"{SELECT} WHERE key = ?", (key,)).fetchall())


def _values(entry: Entry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "state": entry.state.value,
        "outgoing": json.dumps(entry.outgoing.to_json(), ensure_ascii=True, separators=(",", ":")),
        "bare_id": entry.bare_id,
        "created_at": _moment(entry.created_at),
        "chat_id": entry.chat_id,
        "message_id": entry.message_id,
        "send_at": _moment(entry.send_at),
        "sent_at": _moment(entry.sent_at),
        "ended_at": _moment(entry.ended_at),
        "error": entry.error,
        "message": entry.message,
        "key": entry.key,
        "fingerprint": entry.fingerprint,
        "call": int(entry.call),
        "tries": entry.tries,
        "account": entry.account,
    }


def _entries(rows: Iterable[tuple[Any, ...]]) -> list[Entry]:
    found = []
    for row in rows:
        try:
            found.append(_entry(row))
        except (KeyError, TypeError, ValueError) as error:  # of a newer release; it must not stop the others
            log.error("an outbox entry cannot be read (%s): %s", row[1], error)
    return found


def _first(rows: list[tuple[Any, ...]]) -> Entry | None:
    return _entry(rows[0]) if rows else None


def _entry(row: tuple[Any, ...]) -> Entry:
    values = dict(zip(COLUMNS.split(", "), row, strict=True))
    for name in ("created_at", "send_at", "sent_at", "ended_at"):
        values[name] = values[name] and datetime.fromisoformat(values[name])
    values["outgoing"] = Outgoing.from_json(json.loads(values["outgoing"]))
    return Entry(**{**values, "state": Stage(values["state"]), "call": bool(values["call"])})


def _moment(moment: datetime | None) -> str | None:
    """In UTC with microseconds, so that texts sort as times do."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds") if moment else None
