"""What survives a restart of the simulator: accounts, devices, connections; messages are in `message_store`.

Why synchronous calls on the event loop: each is a few rows in a local file (tens of microseconds), and a
decision and its effect then happen in one step, which nothing can interleave with.
"""

from __future__ import annotations

import os
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from whatsapp_simulator.records import Account, Connection, Device


def _account(row: sqlite3.Row) -> Account:
    return Account(
        number=row["number"],
        name=row["name"],
        platform=row["platform"],
        lid=row["lid"],
        auto_read=bool(row["auto_read"]),
        created_at=row["created_at"],
        lid_only=bool(row["lid_only"]),
        picture=bool(row["picture"]),
    )


class Store:
    """One writer: the process that opened the file."""

    def __init__(self, database: sqlite3.Connection, lock: int | None = None) -> None:
        database.row_factory = sqlite3.Row
        self.database = database
        self._lock = lock

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; nested calls join the outer one."""
        if self.database.in_transaction:
            yield
            return
        self.database.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self.database.execute("ROLLBACK")
            raise
        self.database.execute("COMMIT")

    def close(self) -> None:
        self.database.close()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    # Accounts

    def account(self, number: str) -> Account | None:
        row = self.database.execute("SELECT * FROM accounts WHERE number = ?", (number,)).fetchone()
        return _account(row) if row else None

    def account_of_lid(self, lid: str) -> Account | None:
        row = self.database.execute("SELECT * FROM accounts WHERE lid = ?", (lid,)).fetchone()
        return _account(row) if row else None

    def accounts(self) -> list[Account]:
        return [
            _account(row)
            for row in self.database.execute("SELECT * FROM accounts ORDER BY created_at, number")
        ]

    def create_account(
        self, number: str, *, name: str, platform: str, auto_read: bool, now: float
    ) -> Account:
        """A phone that did not exist. Its LID says nothing about its number, as the real ones."""
        lid = str(secrets.randbelow(9 * 10**13) + 10**13)
        self.database.execute(
            "INSERT INTO accounts (number, name, platform, lid, auto_read, created_at) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            (number, name, platform, lid, int(auto_read), now),
        )
        return Account(
            number=number, name=name, platform=platform, lid=lid, auto_read=auto_read, created_at=now
        )

    def update_account(self, account: Account) -> None:
        """Takes over what can be set."""
        self.database.execute(
            "UPDATE accounts SET name = ?, platform = ?, auto_read = ?, lid_only = ?, picture = ? "
            "WHERE number = ?",
            (
                account.name,
                account.platform,
                int(account.auto_read),
                int(account.lid_only),
                int(account.picture),
                account.number,
            ),
        )

    # Devices

    def devices(self, number: str) -> list[Device]:
        rows = self.database.execute("SELECT * FROM devices WHERE number = ? ORDER BY slot", (number,))
        return [Device(**row) for row in rows]

    def device(self, device_id: str) -> Device | None:
        row = self.database.execute("SELECT * FROM devices WHERE id = ?", (device_id,)).fetchone()
        return Device(**row) if row else None

    def next_slot(self, number: str) -> int:
        """A slot number that no device of this account ever had."""
        row = self.database.execute(
            "UPDATE accounts SET next_slot = next_slot + 1 WHERE number = ? RETURNING next_slot - 1 AS slot",
            (number,),
        ).fetchone()
        return int(row["slot"])

    def add_device(self, device: Device) -> None:
        self.database.execute(
            "INSERT INTO devices (id, number, slot, secret, name, linked_at, synced_seq) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                device.id,
                device.number,
                device.slot,
                device.secret,
                device.name,
                device.linked_at,
                device.synced_seq,
            ),
        )

    def remove_device(self, device_id: str) -> None:
        self.database.execute("DELETE FROM devices WHERE id = ?", (device_id,))

    def set_synced(self, device_id: str, seq: int) -> None:
        """The device has taken in everything up to `seq`; it never goes back."""
        self.database.execute(
            "UPDATE devices SET synced_seq = ? WHERE id = ? AND synced_seq < ?", (seq, device_id, seq)
        )

    # Connections

    def open_connection(self, device: Device, now: float) -> Connection:
        cursor = self.database.execute(
            "INSERT INTO connections (number, device, slot, opened_at) VALUES (?, ?, ?, ?)",
            (device.number, device.id, device.slot, now),
        )
        assert cursor.lastrowid is not None
        return Connection(
            id=cursor.lastrowid,
            number=device.number,
            device=device.id,
            slot=device.slot,
            opened_at=now,
            closed_at=None,
        )

    def close_connection(self, connection_id: int, now: float) -> None:
        self.database.execute("UPDATE connections SET closed_at = ? WHERE id = ?", (now, connection_id))

    def close_all_connections(self, now: float) -> None:
        """At start: no socket outlives the process."""
        self.database.execute("UPDATE connections SET closed_at = ? WHERE closed_at IS NULL", (now,))

    def connections(self, *, only_open: bool = False, number: str | None = None) -> list[Connection]:
        """All that ever were, oldest first."""
        rows = self.database.execute(
            "SELECT * FROM connections WHERE (? = 0 OR closed_at IS NULL) AND (? IS NULL OR number = ?) "
            "ORDER BY id",
            (int(only_open), number, number),
        )
        return [Connection(**row) for row in rows]
