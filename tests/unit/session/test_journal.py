from __future__ import annotations

import sqlite3
import stat
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from unit.session.doubles import NOW
from whatsapp_contracts.events import Event
from whatsapp_session import journal as journals
from whatsapp_session.journal import Entry, Journal, JournalError


def append(journal: Journal, id: str, *, time: datetime = NOW) -> Entry:
    return journal.append(id=id, type="message.received", time=time, session="cliente_51", data={"text": "ñ"})


def ids(journal: Journal, after: int = 0) -> list[str]:
    return [event.id for event in journal.after(after, limit=100_000)]


def test_a_folder_that_cannot_be_written_is_an_error_with_a_cure(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="Make the folder writable"):
        Journal(tmp_path / "missing" / "journal.sqlite3")


def test_a_file_that_is_no_journal_is_an_error_with_a_cure(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite3"
    path.write_bytes(b"x" * 4096)
    with pytest.raises(JournalError, match="move that file away"):
        Journal(path)


def test_a_journal_of_a_newer_release_is_refused_and_left_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite3"
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(JournalError, match=r"newer release \(format 99\)"):
        Journal(path)


def test_a_known_id_gives_its_first_entry_and_writes_nothing(journal: Journal) -> None:
    first = append(journal, "a")
    append(journal, "b")
    again = append(journal, "a", time=NOW + timedelta(hours=1))
    assert (first.new, again.new) == (True, False)
    assert again.event == first.event
    assert ids(journal) == ["a", "b"]


def test_an_entry_is_the_whole_event(journal: Journal) -> None:
    want = Event(
        id="a",
        seq=1,
        type="message.received",
        time="2026-01-01T12:00:00.000Z",
        session="cliente_51",
        data={"text": "ñ"},
    )
    assert append(journal, "a").event == want
    assert journal.after(0, limit=1) == [want]


def test_seq_grows_over_a_restart_also_after_everything_was_let_go_of(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite3"
    first = Journal(path)
    append(first, "a")
    append(first, "b")
    first.close()
    with sqlite3.connect(path) as db:
        db.execute("DELETE FROM events")
    db.close()
    again = Journal(path)
    assert (again.first_seq(), again.last_seq()) == (3, 2)
    entry = append(again, "c")
    again.close()
    assert entry.event
    assert entry.event.seq == 3


def test_replay_goes_on_after_a_seq_page_by_page(journal: Journal) -> None:
    for name in "abcde":
        append(journal, name)
    assert [event.id for event in journal.after(1, limit=2)] == ["b", "c"]
    assert ids(journal, after=3) == ["d", "e"]
    assert ids(journal, after=5) == []


def test_old_events_are_let_go_of_and_their_ids_are_still_known(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journals, "TRIM_EVERY", 2)
    append(journal, "old")
    late = NOW + journals.KEEP_FOR + timedelta(seconds=1)
    append(journal, "b", time=late)
    append(journal, "c", time=late)
    assert ids(journal) == ["b", "c"]
    assert append(journal, "old", time=late) == Entry(event=None, new=False)


def test_no_more_events_are_kept_than_the_count_and_the_trim_step(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journals, "TRIM_EVERY", 2)
    monkeypatch.setattr(journals, "KEEP_EVENTS", 3)
    for number in range(20):
        append(journal, str(number))
    assert len(ids(journal)) <= 3 + 2
    assert ids(journal)[-1] == "19"


def test_ids_outlive_the_fortnight_in_which_whatsapp_may_show_a_message_again() -> None:
    assert timedelta(days=14) * 2 <= journals.KEEP_IDS_FOR
    assert journals.KEEP_FOR < journals.KEEP_IDS_FOR


def test_a_note_is_there_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite3"
    first = Journal(path)
    first.write_note("login_since", "one")
    first.write_note("login_since", "two")
    first.close()
    again = Journal(path)
    assert (again.note("login_since"), again.note("other")) == ("two", None)
    again.close()


def test_nobody_else_may_read_it(tmp_path: Path, journal: Journal) -> None:
    append(journal, "a")
    for file in tmp_path.glob("journal.sqlite3*"):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file.name


def test_a_commit_is_on_disk_when_append_returns(journal: Journal) -> None:
    assert journal._db.execute("PRAGMA synchronous").fetchone() == (2,)  # FULL
    assert journal._db.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_failed_append_leaves_the_journal_usable(journal: Journal) -> None:
    journal._db.execute("PRAGMA max_page_count = 1")  # as a full volume: SQLITE_FULL
    with pytest.raises(sqlite3.OperationalError, match="full"):
        append(journal, "x" * 100_000)
    journal._db.execute("PRAGMA max_page_count = 100000")
    before = ids(journal)
    append(journal, "after")
    assert ids(journal) == [*before, "after"]
