from __future__ import annotations

import pytest

from unit.session.doubles import Clock, FakeEngine
from whatsapp_session.engine.protocol import NotFound
from whatsapp_session.outbox import numbers
from whatsapp_session.outbox.numbers import Numbers


async def test_no_more_answers_are_kept_than_there_is_room_for_and_the_least_used_goes(
    clock: Clock, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(numbers, "MOST", 2)
    known = Numbers(clock)
    for to in ("1", "2", "1", "3", "1", "2"):
        await known.resolve(to, lambda: engine)
    assert engine.resolved == ["1", "2", "3", "2"]


async def test_a_group_that_the_account_is_not_in_is_asked_for_each_time(
    clock: Clock, engine: FakeEngine
) -> None:
    known = Numbers(clock)
    engine.fails["resolve"] = NotFound("The account is not in this group.")
    with pytest.raises(NotFound):
        await known.resolve("1@g.us", lambda: engine)
    engine.fails.clear()
    assert await known.resolve("1@g.us", lambda: engine) == "1@g.us"
    await known.resolve("1@g.us", lambda: engine)
    assert engine.resolved == ["1@g.us"] * 3
