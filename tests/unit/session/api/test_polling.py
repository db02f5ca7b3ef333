from __future__ import annotations

import asyncio

import httpx
import pytest

from unit.session.conftest import Bring, Wait
from unit.session.doubles import FakeEngine, message
from whatsapp_contracts.states import State
from whatsapp_session.api import polling
from whatsapp_session.api.events import polls
from whatsapp_session.api.polling import batch
from whatsapp_session.database import Database
from whatsapp_session.session import Session

JSON = {"Accept": "application/json"}


@pytest.mark.parametrize(
    ("accept", "want"),
    [
        ("application/json", True),
        ("application/json; charset=utf-8, */*", True),
        ("text/event-stream", False),
        ("text/event-stream, application/json", False),
        ("*/*", False),
        ("", False),
    ],
)
def test_json_is_for_who_names_it(accept: str, want: bool) -> None:
    assert polls(accept) is want


@pytest.mark.parametrize("query", ["wait=31", "wait=-1", "wait=x", "limit=0", "after=x", "after=-1"])
async def test_a_wrong_parameter_is_refused(http: httpx.AsyncClient, query: str) -> None:
    answer = await http.get(f"/events?{query}", headers=JSON)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


async def test_without_after_it_begins_with_a_snapshot(http: httpx.AsyncClient, bring: Bring) -> None:
    await bring(State.QR_REQUIRED)
    answer = (await http.get("/events", headers=JSON)).json()
    assert [event["type"] for event in answer["events"]] == ["session.snapshot"]
    assert (answer["ok"], answer["next"]) == (True, 2)


async def test_next_leads_through_everything_once_also_past_what_types_hold_back(
    http: httpx.AsyncClient, engine: FakeEngine, bring: Bring, until: Wait, session: Session,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(polling, "PAGE", 2)
    await bring(State.READY)
    engine.tell(*(message(number) for number in range(5)))
    found: list[str] = []
    after = 0
    async with asyncio.timeout(10):
        while len(found) < 5:
            path = f"/events?after={after}&types=message.*&limit=2&wait=1"
            answer = (await http.get(path, headers=JSON)).json()
            assert len(answer["events"]) <= 2
            found += [event["data"]["text"] for event in answer["events"]]
            assert answer["next"] > after or not answer["events"]
            after = answer["next"]
    assert found == [f"text {number}" for number in range(5)]
    rest = await batch(session, after, ("message.*",), limit=2, wait=0)
    assert rest.events == []


async def test_it_waits_for_what_comes(
    session: Session, engine: FakeEngine, bring: Bring, until: Wait
) -> None:
    await bring(State.READY)
    _, last = await session.kept()
    asking = asyncio.create_task(batch(session, last, ("message.*",), limit=10, wait=10))
    await until(lambda: len(session.followers) == 1)
    engine.tell(message(1))
    async with asyncio.timeout(10):
        found = await asking
    assert [event.type for event in found.events] == ["message.received"]
    assert len(session.followers) == 0


async def test_without_anything_it_answers_after_the_wait(session: Session, bring: Bring) -> None:
    await bring(State.QR_REQUIRED)
    found = await batch(session, 2, (), limit=10, wait=0.01)
    assert (found.events, found.next) == ([], 2)


async def test_the_end_of_the_process_ends_the_wait(session: Session, bring: Bring, until: Wait) -> None:
    await bring(State.QR_REQUIRED)
    asking = asyncio.create_task(batch(session, 2, (), limit=10, wait=30))
    await until(lambda: len(session.followers) == 1)
    session.followers.close()
    async with asyncio.timeout(10):
        assert (await asking).events == []


async def test_a_place_that_this_journal_has_not_reached_gets_a_snapshot(
    session: Session, bring: Bring, database: Database
) -> None:
    await bring(State.READY)
    _, last = await session.kept()
    beyond = await batch(session, 1000, (), limit=10, wait=0)
    assert [event.type for event in beyond.events] == ["session.snapshot"]
    assert beyond.next == last
    with database.transaction() as db:
        db.execute("DELETE FROM events WHERE seq < ?", (last,))
    gap = await batch(session, 1, (), limit=10, wait=0)
    assert [event.type for event in gap.events] == ["session.state", "session.snapshot"]
