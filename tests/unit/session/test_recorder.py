from __future__ import annotations

import sqlite3

import pytest

from unit.session.doubles import Clock
from whatsapp_contracts.events import Event
from whatsapp_session import recorder as recorders
from whatsapp_session.intake import Draft
from whatsapp_session.journal import Journal
from whatsapp_session.recorder import Recorder


@pytest.fixture
def recorder(journal: Journal, clock: Clock, told: list[Event]) -> Recorder:
    return Recorder(name="cliente_51", journal=journal, clock=clock, told=told.append)


def draft(name: str, **data: str) -> Draft:
    return Draft(id=name, type="x", data=data)


def full(*_: object, **__: object) -> None:
    raise sqlite3.OperationalError("database or disk is full")


async def test_what_finds_no_room_is_told_later_in_its_order_and_nothing_is_told_before(
    recorder: Recorder, journal: Journal, told: list[Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(journal, "append_all", full)
        assert await recorder.write([draft("a")]) is None
        assert await recorder.write([draft("b")]) is None
        assert await recorder.write([draft("c")], hold=False) is None
    assert told == []
    assert [event.id for event in await recorder.write([draft("d")]) or []] == ["d"]
    assert [event.id for event in told] == ["a", "b", "d"]
    assert journal.after(0, limit=10) == told


async def test_what_is_held_is_bounded(
    recorder: Recorder, journal: Journal, told: list[Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(journal, "append_all", full)
        for number in range(recorders.HELD + 1):
            await recorder.write([draft(str(number))])
    await recorder.write([draft("last")])
    assert [told[0].id, told[-1].id, len(told)] == ["1", "last", recorders.HELD + 1]


async def test_one_draft_that_no_journal_takes_leaves_the_others(
    recorder: Recorder, told: list[Event], caplog: pytest.LogCaptureFixture
) -> None:
    await recorder.write([draft("a"), draft("b", text="\ud83d"), draft("c")])
    assert [event.id for event in told] == ["a", "c"]
    assert "left out a x" in caplog.text


async def test_a_known_event_is_not_told_again(recorder: Recorder, told: list[Event]) -> None:
    assert await recorder.write([draft("a"), draft("a")])
    assert await recorder.write([draft("a")]) == []
    assert len(told) == 1
