"""The data folder: one process, one version."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest

from whatsapp_simulator.schema import Unusable, lock, open_database


def test_a_second_simulator_in_the_folder_is_refused(tmp_path: Path) -> None:
    held = lock(tmp_path)
    with pytest.raises(Unusable, match="Another simulator"):
        lock(tmp_path)
    os.close(held)
    os.close(lock(tmp_path))


def test_a_file_of_another_version_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "simulator.sqlite3"
    foreign = sqlite3.connect(path)
    foreign.execute("PRAGMA user_version = 99")
    foreign.close()
    with pytest.raises(Unusable, match=r"version 99.*--reset"):
        open_database(path)
    open_database(path, reset=True).close()


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "simulator.sqlite3"
    path.write_text("hello " * 500)
    with pytest.raises(Unusable, match="--reset"):
        open_database(path)


def test_what_was_written_is_there_after_opening_again(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "simulator.sqlite3"
    os.close(lock(path.parent))
    first = open_database(path)
    first.execute("INSERT INTO connections (number, device, slot, opened_at) VALUES ('549', 'd', 1, 0)")
    first.close()
    again = open_database(path)
    assert again.execute("SELECT count(*) FROM connections").fetchone() == (1,)
    again.close()
    fresh = open_database(path, reset=True)
    assert fresh.execute("SELECT count(*) FROM connections").fetchone() == (0,)
    fresh.close()


def test_a_file_of_the_first_version_is_brought_to_todays_tables(tmp_path: Path) -> None:
    path = tmp_path / "simulator.sqlite3"
    old = sqlite3.connect(path)
    old.executescript(
        """
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
          seq INTEGER PRIMARY KEY AUTOINCREMENT, owner TEXT NOT NULL REFERENCES accounts(number),
          chat TEXT NOT NULL, id TEXT NOT NULL, from_me INTEGER NOT NULL, type TEXT NOT NULL,
          text TEXT NOT NULL, time INTEGER NOT NULL, ack INTEGER NOT NULL, UNIQUE (owner, from_me, id)
        ) STRICT;
        CREATE INDEX messages_of_chat ON messages(owner, chat, seq);
        CREATE TABLE connections (
          id INTEGER PRIMARY KEY AUTOINCREMENT, number TEXT NOT NULL, device TEXT NOT NULL,
          slot INTEGER NOT NULL, opened_at REAL NOT NULL, closed_at REAL
        ) STRICT;
        CREATE INDEX open_connections ON connections(closed_at) WHERE closed_at IS NULL;
        INSERT INTO accounts VALUES
          ('1', 'Ana', 'android', '11', 1, 0, 1), ('2', 'Bea', 'android', '22', 1, 0, 1);
        INSERT INTO messages (owner, chat, id, from_me, type, text, time, ack) VALUES
          ('1', '2', '3EB0', 1, 'chat', 'hello', 7, 3), ('2', '1', '3EB0', 0, 'chat', 'hello', 7, 3);
        PRAGMA user_version = 1;
        """
    )
    old.close()
    database = open_database(path)
    rows = database.execute("SELECT seq, owner, author, type, text, content FROM messages ORDER BY seq")
    assert rows.fetchall() == [(1, "1", "1", "text", "hello", "{}"), (2, "2", "1", "text", "hello", "{}")]
    assert database.execute("SELECT lid_only, picture FROM accounts").fetchall() == [(0, 1), (0, 1)]
    fresh = open_database(tmp_path / "fresh.sqlite3")
    tables = "SELECT name, sql FROM sqlite_master WHERE type = 'table' ORDER BY name"
    assert [name for name, _ in database.execute(tables)] == [name for name, _ in fresh.execute(tables)]
    database.close()
    fresh.close()
