from __future__ import annotations

import sqlite3
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from unit.session.doubles import NOW
from whatsapp_contracts.events import Event
from whatsapp_session import journal as journals
from whatsapp_session.database import Database
from whatsapp_session.intake import Draft
from whatsapp_session.journal import Entry, Journal


def append(journal: Journal, id: str, *, time: datetime = NOW) -> Entry:
    return journal.append(id=id, type="message.received", time=time, session="cliente_51", data={"text": "ñ"})


def ids(journal: Journal, after: int = 0) -> list[str]:
    return [event.id for event in journal.after(after, limit=100_000)]


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
    database = Database(path)
    first = Journal(database)
    append(first, "a")
    append(first, "b")
    database.close()
    with sqlite3.connect(path) as db:
        db.execute("DELETE FROM events")
    db.close()
    database = Database(path)
    again = Journal(database)
    assert (again.first_seq(), again.last_seq()) == (3, 2)
    entry = append(again, "c")
    database.close()
    assert entry.event
    assert entry.event.seq == 3


FORMAT_1 = """
CREATE TABLE events (seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, type TEXT NOT NULL,
                     time TEXT NOT NULL, session TEXT NOT NULL, data TEXT NOT NULL);
CREATE TABLE ids (id TEXT PRIMARY KEY, seq INTEGER NOT NULL, time TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX ids_by_time ON ids (time);
CREATE TABLE notes (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
INSERT INTO events VALUES
  (7, 'received:x', 'message.received', '2026-01-01T11:00:00.000Z', 'cliente_51', '{"text":"ñ"}');
INSERT INTO ids VALUES ('received:x', 7, '2026-01-01T11:00:00.000Z');
INSERT INTO notes VALUES ('login_since', '2026-01-01T10:00:00+00:00');
PRAGMA user_version = 1;
"""


def test_a_journal_of_0_1_0_opens_and_keeps_its_events_its_order_and_its_notes(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite3"
    with sqlite3.connect(path) as db:
        db.executescript(FORMAT_1)
    db.close()
    database = Database(path)
    journal = Journal(database)
    assert ids(journal) == ["received:x"]
    assert append(journal, "received:x").new is False
    entry = append(journal, "b")
    assert entry.event
    assert entry.event.seq == 8
    assert journal.note("login_since") == "2026-01-01T10:00:00+00:00"
    database.close()


def test_several_events_are_written_whole_or_not_at_all(journal: Journal) -> None:
    half = [Draft(id="a", type="x", data={}), Draft(id="b", type="x", data={"text": "\ud83d"})]
    with pytest.raises(UnicodeEncodeError):
        journal.append_all(half, time=NOW, session="cliente_51")
    assert ids(journal) == []
    written = journal.append_all([half[0], half[0]], time=NOW, session="cliente_51")
    assert [entry.new for entry in written] == [True, False]


def test_replay_goes_on_after_a_seq_page_by_page(journal: Journal) -> None:
    for name in "abcde":
        append(journal, name)
    assert [event.id for event in journal.after(1, limit=2)] == ["b", "c"]
    assert ids(journal, after=3) == ["d", "e"]
    assert ids(journal, after=5) == []


def test_old_events_are_let_go_of_and_their_ids_are_still_known(journal: Journal) -> None:
    append(journal, "old")
    late = NOW + timedelta(days=journals.KEEP_DAYS, seconds=1)
    append(journal, "b", time=late)
    assert journal.trim(late) == 1
    assert ids(journal) == ["b"]
    assert append(journal, "old", time=late) == Entry(event=None, new=False)


def test_it_trims_itself_every_so_often(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journals, "TRIM_EVERY", 3)
    append(journal, "old")
    late = NOW + timedelta(days=journals.KEEP_DAYS, seconds=1)
    append(journal, "b", time=late)
    assert ids(journal) == ["old", "b"]
    append(journal, "c", time=late)
    assert ids(journal) == ["b", "c"]


def test_a_trim_that_fails_fails_no_append(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(journals, "TRIM_EVERY", 1)
    monkeypatch.setattr(journal, "trim", full)
    assert append(journal, "a").new
    assert ids(journal) == ["a"]


def test_no_more_is_kept_than_the_size_allows_and_the_oldest_goes_first(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journals, "PIECE", 1)
    journal = Journal(database, keep_bytes=10 * journals.ROW_BYTES)
    for number in range(20):
        append(journal, str(number))
    journal.trim(NOW)
    assert 0 < journal.size <= 10 * journals.ROW_BYTES
    kept = ids(journal)
    assert kept == [str(number) for number in range(20 - len(kept), 20)]
    assert Journal(database).size == journal.size  # counted again at the next start


@pytest.mark.parametrize("pressure", [False, True])
def test_what_a_webhook_has_not_had_is_kept_however_old_and_much_it_is(
    database: Database, monkeypatch: pytest.MonkeyPatch, pressure: bool
) -> None:
    monkeypatch.setattr(journals, "PRESSED_KEEP", 0)
    journal = Journal(database, keep_bytes=1)
    for name in "abc":
        append(journal, name)
    journal.floor = lambda: 2
    journal.trim(NOW + timedelta(days=20), pressure)
    assert ids(journal) == ["b", "c"]


def test_under_pressure_what_every_webhook_has_had_goes_but_for_the_last(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journals, "PRESSED_KEEP", 2)
    for name in "abcde":
        append(journal, name)
    journal.trim(NOW)
    assert ids(journal) == [*"abcde"]
    journal.trim(NOW, pressure=True)
    assert ids(journal)[-2:] == ["d", "e"]
    assert len(ids(journal)) <= 3


def test_on_a_volume_that_is_full_to_the_last_block_the_oldest_piece_goes_whoever_needs_it(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journals, "PRESSED_KEEP", 2)
    monkeypatch.setattr(journals, "PIECE", 1)
    for name in "abcde":
        append(journal, name)
    journal.floor = lambda: 1
    assert journal.sacrifice() == 1
    assert ids(journal) == ["b", "c", "d", "e"]


def test_ids_outlive_the_fortnight_in_which_whatsapp_may_show_a_message_again(journal: Journal) -> None:
    append(journal, "old")
    later = NOW + timedelta(days=14) * 2
    journal.trim(later)
    assert append(journal, "old", time=later) == Entry(event=None, new=False)
    journal.trim(NOW + journals.KEEP_IDS_FOR + timedelta(seconds=1))
    assert append(journal, "old").new


def test_a_note_is_there_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite3"
    database = Database(path)
    first = Journal(database)
    first.write_note("login_since", "one")
    first.write_note("login_since", "two")
    database.close()
    database = Database(path)
    again = Journal(database)
    assert (again.note("login_since"), again.note("other")) == ("two", None)
    database.close()
