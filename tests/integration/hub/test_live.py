"""Live updates between replicas: PostgreSQL carries the words, and its restart ends nothing for good."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator

import pytest

from integration.hub.postgres import PostgreSQL
from whatsapp_hub import live
from whatsapp_hub.live import Live, Word

WORD = Word(tenant_id=1, uid="a", kind="message", id=7)


@pytest.fixture
async def replicas(database_url: str) -> AsyncIterator[tuple[Live, Live]]:
    made = Live(database_url), Live(database_url)
    work = [asyncio.create_task(each.run()) for each in made]
    yield made
    for task in work:
        task.cancel()
    await asyncio.gather(*work, return_exceptions=True)


async def heard(teller: Live, listener: Live) -> Word:
    """Tells until it is heard."""
    async with asyncio.timeout(60):
        with listener.watch("a") as watch:
            word: Word | None = None
            while word is None or word.kind == "lost":
                await teller.tell(WORD)
                word = await watch.next(0.1)
            return word


async def test_what_one_replica_tells_is_heard_on_the_other(replicas: tuple[Live, Live]) -> None:
    one, other = replicas
    assert await heard(one, other) == WORD
    with other.watch("b") as watch:
        await one.tell(WORD)
        assert await heard(one, other) == WORD
        assert not len(watch)


async def test_a_database_that_restarts_is_listened_to_again(
    replicas: tuple[Live, Live], postgresql: PostgreSQL, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "RETRY_SECONDS", 0.1)
    one, other = replicas
    await heard(one, other)
    await asyncio.to_thread(postgresql.stop, signal.SIGINT)
    await asyncio.to_thread(postgresql.start)
    assert await heard(one, other) == WORD
