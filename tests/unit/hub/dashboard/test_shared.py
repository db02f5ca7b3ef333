from __future__ import annotations

import asyncio

import pytest

from whatsapp_hub.dashboard.shared import Shared


class Table:
    """Rows that are read when the test says so."""

    def __init__(self) -> None:
        self.readings = 0
        self.go = asyncio.Event()

    async def read(self) -> list[int]:
        self.readings += 1
        mine = self.readings
        await self.go.wait()
        return [mine]


async def rest() -> None:
    """Let everything run that can."""
    for _ in range(5):
        await asyncio.sleep(0)


async def test_a_thousand_pages_read_once() -> None:
    shared, table = Shared(), Table()
    asked = [asyncio.create_task(shared.get("a", table.read)) for _ in range(1000)]
    table.go.set()
    assert await asyncio.gather(*asked) == [[1]] * 1000
    assert table.readings == 1


async def test_who_asks_while_it_is_read_gets_a_reading_that_began_later() -> None:
    shared, table = Shared(), Table()
    first = asyncio.create_task(shared.get("a", table.read))
    await rest()
    assert table.readings == 1
    late = [asyncio.create_task(shared.get("a", table.read)) for _ in range(3)]
    await rest()
    assert table.readings == 1
    table.go.set()
    assert await first == [1]
    assert await asyncio.gather(*late) == [[2]] * 3


async def test_other_rows_are_read_beside() -> None:
    shared, table = Shared(), Table()
    both = [asyncio.create_task(shared.get(key, table.read)) for key in ("a", "b")]
    await rest()
    assert table.readings == 2
    table.go.set()
    await asyncio.gather(*both)


async def test_a_page_that_is_left_takes_nothing_from_the_others() -> None:
    shared, table = Shared(), Table()
    left, stays = (asyncio.create_task(shared.get("a", table.read)) for _ in range(2))
    await rest()
    left.cancel()
    table.go.set()
    assert await stays == [1]


async def test_a_failure_is_told_to_all_and_the_next_asks_anew() -> None:
    shared, table = Shared(), Table()

    async def broken() -> list[int]:
        raise ConnectionError("away")

    asked = [asyncio.create_task(shared.get("a", broken)) for _ in range(2)]
    for each in asked:
        with pytest.raises(ConnectionError):
            await each
    table.go.set()
    assert await shared.get("a", table.read) == [1]
