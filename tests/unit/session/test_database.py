from __future__ import annotations

import sqlite3
import stat
from pathlib import Path

import pytest

from whatsapp_session.database import Database, DatabaseError


def test_a_folder_that_cannot_be_written_is_an_error_with_a_cure(tmp_path: Path) -> None:
    with pytest.raises(DatabaseError, match="Make the folder writable"):
        Database(tmp_path / "missing" / "journal.sqlite3")


def test_a_file_that_is_no_journal_is_an_error_with_a_cure(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite3"
    path.write_bytes(b"x" * 4096)
    with pytest.raises(DatabaseError, match="move that file away"):
        Database(path)


def test_a_journal_of_a_newer_release_is_refused_and_left_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite3"
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(DatabaseError, match=r"newer release \(format 99\)"):
        Database(path)


def test_nobody_else_may_read_it(tmp_path: Path, database: Database) -> None:
    database.ensure("CREATE TABLE IF NOT EXISTS some (value TEXT)")
    for file in tmp_path.glob("journal.sqlite3*"):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file.name


def test_a_commit_is_on_disk_when_it_returns(database: Database) -> None:
    assert database.rows("PRAGMA synchronous") == [(2,)]  # FULL
    assert database.rows("PRAGMA journal_mode") == [("wal",)]


def test_a_failed_transaction_leaves_nothing_behind_and_the_file_usable(database: Database) -> None:
    database.ensure("CREATE TABLE IF NOT EXISTS some (value TEXT)")
    database.rows("PRAGMA max_page_count = 1")  # as a full volume: SQLITE_FULL
    with pytest.raises(sqlite3.OperationalError, match="full"), database.transaction() as db:
        db.execute("INSERT INTO some VALUES (?)", ("x" * 100_000,))
    database.rows("PRAGMA max_page_count = 100000")
    with database.transaction() as db:
        db.execute("INSERT INTO some VALUES ('after')")
    assert database.rows("SELECT value FROM some") == [("after",)]
