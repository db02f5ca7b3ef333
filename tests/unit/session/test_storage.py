from __future__ import annotations

import sqlite3
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pytest

from unit.session.doubles import NOW, Clock
from whatsapp_session import journal as journals
from whatsapp_session import storage
from whatsapp_session.journal import Journal
from whatsapp_session.storage import Storage, pressed

MIB = 2**20
CASES = {
    "much room": (False, 1000 * MIB, 2000 * MIB, False),
    "just enough": (False, 32 * MIB, 2000 * MIB, False),
    "too little": (False, 32 * MIB - 1, 2000 * MIB, True),
    "a small volume": (False, 4 * MIB, 64 * MIB, False),
    "a small volume, too little": (False, 3 * MIB, 64 * MIB, True),
    "not enough to be easy again": (True, 40 * MIB, 2000 * MIB, True),
    "easy again": (True, 48 * MIB, 2000 * MIB, False),
    "nothing at all": (False, 0, 2000 * MIB, True),
}


@pytest.mark.parametrize(("before", "free", "total", "want"), CASES.values(), ids=CASES)
def test_pressure_comes_and_goes_with_a_distance(before: bool, free: int, total: int, want: bool) -> None:
    assert pressed(before, free, total) is want


@dataclass
class Around:
    """A fake session, media store and volume."""

    free: int = 1000 * MIB
    total: int = 2000 * MIB
    told: list[bool] = field(default_factory=list)
    swept: list[bool] = field(default_factory=list)

    renewed: int = 0

    async def storage(self, pressure: bool) -> None:
        self.told.append(pressure)

    def renew(self, because: str) -> None:
        self.renewed += 1

    async def sweep(self, now: datetime, pressure: bool) -> int:
        self.swept.append(pressure)
        return 0

    def usage(self, _: Path) -> tuple[int, int, int]:
        return self.total, self.total - self.free, self.free


@pytest.fixture
def around() -> Around:
    return Around()


@pytest.fixture
def watched(tmp_path: Path, around: Around, journal: Journal, clock: Clock) -> Storage:
    return Storage(
        tmp_path,
        tmp_path / "reserve",
        session=around,
        media=around,
        journal=journal,
        clock=clock,
        usage=around.usage,
    )


def fill(journal: Journal, count: int) -> None:
    for number in range(count):
        journal.append(id=str(number), type="x", time=NOW, session="s", data={})


async def test_the_session_is_told_when_it_comes_and_when_it_goes(watched: Storage, around: Around) -> None:
    for free in (1000, 20, 20, 40, 60, 60):
        around.free = free * MIB
        await watched.check()
    assert around.told == [True, False]
    assert watched.pressure is False


async def test_the_browser_is_renewed_once_there_is_room_after_nothing_was_left(
    watched: Storage, around: Around
) -> None:
    for free in (1000, 20, 1000):  # little room is not none
        around.free = free * MIB
        await watched.check()
    assert around.renewed == 0
    for free in (20, 0, 20):
        around.free = free * MIB
        await watched.check()
    assert around.renewed == 0
    for free in (1000, 1000, 20, 1000):
        around.free = free * MIB
        await watched.check()
    assert around.renewed == 1


async def test_under_pressure_media_go_at_each_look_and_else_once_an_hour(
    watched: Storage, around: Around, clock: Clock
) -> None:
    await watched.check()
    await watched.check()
    assert around.swept == [False]
    clock.move(hours=1, seconds=1)
    await watched.check()
    assert around.swept == [False, False]
    around.free = 0
    await watched.check()
    await watched.check()
    assert around.swept == [False, False, True, True]


async def test_under_pressure_events_that_every_webhook_had_go(
    watched: Storage, around: Around, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journals, "PRESSED_KEEP", 2)
    fill(journal, 10)
    journal.floor = lambda: 5
    await watched.check()
    assert journal.first_seq() == 1
    around.free = 0
    await watched.check()
    assert journal.first_seq() == 5


async def test_when_nothing_can_be_written_the_reserve_is_given_up_before_anything_a_webhook_needs(
    watched: Storage,
    around: Around,
    journal: Journal,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(journals, "PRESSED_KEEP", 2)
    monkeypatch.setattr(journals, "PIECE", 3)
    fill(journal, 10)
    journal.floor = lambda: 1
    await watched.check()
    reserve = tmp_path / "reserve"
    assert reserve.stat().st_size == storage.RESERVE
    around.free = 0

    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    await watched.check()
    assert journal.first_seq() == 1  # it can be written: what a webhook needs stays
    monkeypatch.setattr(journal, "write_note", full)
    await watched.check()
    assert not reserve.exists()
    assert journal.first_seq() == 4
    monkeypatch.undo()
    around.free = 1000 * MIB
    await watched.check()
    assert reserve.exists()


async def test_the_reserve_counts_as_free_and_is_small_on_a_small_volume(
    watched: Storage, around: Around, tmp_path: Path
) -> None:
    around.total, around.free = 64 * MIB, 30 * MIB
    await watched.check()
    size = (tmp_path / "reserve").stat().st_size
    assert size == int(64 * MIB * storage.RESERVE_SHARE)
    around.free = int(64 * MIB * storage.LOW_SHARE) + 1 - size
    await watched.check()
    assert around.told == []


async def test_a_watch_that_fails_goes_on(
    watched: Storage, around: Around, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(_: Path) -> tuple[int, int, int]:
        raise OSError("the volume went away")

    monkeypatch.setattr(watched, "_usage", gone)
    looks = 0

    async def twice(_: float) -> None:
        nonlocal looks
        looks += 1
        if looks == 2:
            raise TimeoutError

    monkeypatch.setattr("whatsapp_session.storage.asyncio.sleep", twice)
    with pytest.raises(TimeoutError):
        await watched.run()
    assert looks == 2


async def test_what_a_webhook_needs_stays_while_anything_else_can_go(
    watched: Storage, around: Around, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journals, "PRESSED_KEEP", 2)
    monkeypatch.setattr(journals, "PIECE", 3)
    fill(journal, 10)
    journal.floor = lambda: 5
    around.free = 0

    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(journal, "write_note", full)
    await watched.check()
    assert journal.first_seq() == 5
