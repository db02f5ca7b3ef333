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
