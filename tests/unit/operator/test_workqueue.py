"""The queue: once, one at a time, what just happened first."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest

from whatsapp_operator.workqueue import WorkQueue


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def queue(clock: Clock) -> WorkQueue[str]:
    return WorkQueue(clock=clock)


async def test_a_key_waits_once_however_often_it_came(queue: WorkQueue[str]) -> None:
    for _ in range(5):
        queue.add("a")
    assert queue.depth() == 1
    queue.done(await queue.get())
    assert queue.depth() == 0


async def test_no_second_worker_gets_a_key_that_is_worked_on(queue: WorkQueue[str]) -> None:
    queue.add("a")
    key = await queue.get()
    queue.add("a")
    assert queue.depth() == 0
    queue.done(key)
    assert await queue.get() == "a"


async def test_what_just_happened_goes_before_what_is_looked_over_again(queue: WorkQueue[str]) -> None:
    for number in range(3):
        queue.add(f"resync-{number}", urgent=False)
    queue.add("new")
    queue.add("resync-2")
    assert [await queue.get() for _ in range(4)] == ["new", "resync-2", "resync-0", "resync-1"]


async def test_a_fault_waits_longer_each_time_and_is_forgotten_after_success(queue: WorkQueue[str]) -> None:
    pauses = []
    for _ in range(12):
        queue.add("a")
        pauses.append(queue.failed(await queue.get(), jitter=lambda: 1.0))
    assert pauses[:4] == [0.5, 1.0, 2.0, 4.0]
    assert max(pauses) == pauses[-1] == 120.0
    queue.add("a")
    queue.done(await queue.get())
    queue.add("a")
    assert queue.failed(await queue.get(), jitter=lambda: 1.0) == 0.5


async def test_what_comes_in_during_a_fault_does_not_make_a_hot_loop(queue: WorkQueue[str]) -> None:
    queue.add("a")
    key = await queue.get()
    queue.add("a")
    queue.failed(key)
    assert queue.depth() == 0


async def test_the_earliest_wish_for_later_counts(queue: WorkQueue[str]) -> None:
    queue.add_after("a", 3600)
    queue.add_after("a", 0)
    queue.add_after("a", 7200)
    async with asyncio.timeout(5):
        assert await queue.get() == "a"


async def test_a_worker_waits_until_there_is_something(queue: WorkQueue[str]) -> None:
    waiting = asyncio.create_task(queue.get())
    await asyncio.sleep(0)
    assert not waiting.done()
    queue.add("a")
    async with asyncio.timeout(5):
        assert await waiting == "a"


async def test_a_worker_that_leaves_loses_no_key(queue: WorkQueue[str]) -> None:
    waiting = asyncio.create_task(queue.get())
    await asyncio.sleep(0)
    waiting.cancel()
    with suppress(asyncio.CancelledError):
        await waiting
    queue.add("a")
    assert await queue.get() == "a"


async def test_the_oldest_is_the_one_that_waits_or_is_worked_on_longest(
    queue: WorkQueue[str], clock: Clock
) -> None:
    assert queue.oldest() == 0
    queue.add("a")
    clock.now += 10
    queue.add("b")
    assert queue.oldest() == 10
    key = await queue.get()
    clock.now += 5
    assert queue.oldest() == 5
    queue.done(key)
