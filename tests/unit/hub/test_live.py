"""Words between who changes a session and who watches it."""

from __future__ import annotations

import asyncio

import pytest

from whatsapp_hub import live
from whatsapp_hub.live import Live, Word

CHANGED = Word(tenant_id=1, uid="a", kind="session")


async def test_a_word_reaches_who_watches_that_session_and_nobody_else() -> None:
    words = Live()
    with words.watch("a") as first, words.watch("a") as second, words.watch("b") as other:
        await words.tell(CHANGED)
        assert await first.next(1) == await second.next(1) == CHANGED
        assert await other.next(0) is None
    assert words.watched == 0


async def test_who_watches_a_tenant_hears_of_its_sessions_and_of_no_other_tenants() -> None:
    words = Live()
    with words.watch(1) as one, words.watch(2) as two:
        await words.tell(CHANGED)
        assert await one.next(1) == CHANGED
        assert await two.next(0) is None


async def test_a_word_that_waits_already_is_heard_once() -> None:
    words = Live()
    with words.watch("a") as watch:
        for _ in range(3):
            await words.tell(CHANGED)
        assert await watch.next(1) == CHANGED
        assert not len(watch)
        await words.tell(CHANGED)
        assert await watch.next(1) == CHANGED


async def test_a_word_ends_a_wait() -> None:
    words = Live()
    with words.watch("a") as watch:
        waiting = asyncio.create_task(watch.next(30))
        await asyncio.sleep(0)
        await words.tell(CHANGED)
        assert await asyncio.wait_for(waiting, 30) == CHANGED


async def test_who_is_too_far_behind_is_told_to_look_anew_and_holds_no_more() -> None:
    words = Live()
    with words.watch("a") as watch:
        for number in range(live.BACKLOG + 1):
            await words.tell(Word(tenant_id=1, uid="a", kind="message", id=number))
            assert len(watch) <= live.BACKLOG
        word = await watch.next(0)
        assert word is not None
        assert word.kind == "lost"


async def test_words_that_cannot_be_sent_are_bounded() -> None:
    words = Live("postgresql+asyncpg://nobody@127.0.0.1:1/none")
    for number in range(3 * live.BACKLOG):
        await words.tell(Word(tenant_id=1, uid="a", kind="message", id=number))
        assert len(words._unsent) <= live.BACKLOG
    assert live.EVERYTHING in words._unsent


async def test_a_thousand_who_ask_at_once_are_answered_by_one_look() -> None:
    words, looks = Live(), 0

    async def look() -> int:
        nonlocal looks
        looks += 1
        await asyncio.sleep(0)
        return looks

    assert await asyncio.gather(*(words.read(("state", 1, "a"), look) for _ in range(1000))) == [1] * 1000
    assert await words.read(("state", 1, "a"), look) == 2


async def test_who_asks_after_a_look_has_begun_gets_the_next() -> None:
    words, begun, go, state = Live(), asyncio.Event(), asyncio.Event(), "old"

    async def look() -> str:
        found = state
        begun.set()
        await go.wait()
        return found

    first = asyncio.create_task(words.read("key", look))
    await begun.wait()
    state = "new"
    second = asyncio.create_task(words.read("key", look))
    await asyncio.sleep(0)
    go.set()
    assert (await first, await second) == ("old", "new")


async def test_who_leaves_ends_a_look_for_nobody_else_and_an_error_is_everybodys() -> None:
    words, go = Live(), asyncio.Event()

    async def look() -> str:
        await go.wait()
        raise ConnectionError("away")

    waiting = [asyncio.create_task(words.read("key", look)) for _ in range(2)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    go.set()
    with pytest.raises(ConnectionError):
        await waiting[1]

    async def better() -> str:
        return "there"

    assert await words.read("key", better) == "there"
