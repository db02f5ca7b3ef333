"""The stream's text, read from its generator: what it says, and where it begins and ends."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from unit.session.conftest import Bring, Wait
from unit.session.doubles import NOW, FakeEngine, message
from whatsapp_contracts.events import Event
from whatsapp_contracts.states import State
from whatsapp_session.api import events
from whatsapp_session.api.errors import ApiError
from whatsapp_session.api.events import position, stream
from whatsapp_session.database import Database
from whatsapp_session.journal import Journal
from whatsapp_session.session import Session


def parsed(text: str) -> list[dict[str, Any]]:
    """The events in a piece of a stream, checked against their `id:` and `event:` lines."""
    found = []
    for block in text.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if "data" in fields:
            event = json.loads(fields["data"])
            assert (fields["id"], fields["event"]) == (str(event["seq"]), event["type"])
            found.append(event)
    return found


async def read(pieces: AsyncIterator[str], count: int) -> list[dict[str, Any]]:
    """The next `count` events."""
    got: list[dict[str, Any]] = []
    async with asyncio.timeout(10):
        while len(got) < count:
            got += parsed(await anext(pieces))
    assert len(got) == count
    return got


async def rest(pieces: AsyncIterator[str]) -> list[dict[str, Any]]:
    """What is left, to the end."""
    async with asyncio.timeout(10):
        return parsed("".join([piece async for piece in pieces]))


@pytest.mark.parametrize("after", ["x", "-1", "1.5", "", "٣", "9" * 30])
def test_an_after_that_is_no_seq_is_refused_with_the_cure(after: str) -> None:
    with pytest.raises(ApiError, match="leave it out for a snapshot"):
        position(after, None)


@pytest.mark.parametrize(
    ("after", "last_event_id", "want"),
    [(None, None, None), ("7", None, 7), ("7", "9", 9), (None, "9", 9), ("7", "no number", 7), ("0", "", 0)],
)
def test_last_event_id_wins_over_after(
    after: str | None, last_event_id: str | None, want: int | None
) -> None:
    assert position(after, last_event_id) == want


async def test_without_after_it_begins_with_a_snapshot_of_the_whole_session(
    session: Session, bring: Bring
) -> None:
    await bring(State.QR_REQUIRED)
    (snapshot,) = await read(stream(session, None, ()), 1)
    assert snapshot["type"] == "session.snapshot"
    assert snapshot["seq"] == 2
    assert snapshot["session"] == "cliente_51"
    assert snapshot["data"] == session.view.to_json()
    assert snapshot["data"]["protocol"] == 1


async def test_a_snapshot_is_not_in_the_journal(session: Session, bring: Bring, journal: Journal) -> None:
    await bring(State.QR_REQUIRED)
    await read(stream(session, None, ()), 1)
    assert "session.snapshot" not in [event.type for event in journal.after(0, limit=100)]


async def test_after_the_snapshot_it_is_live(
    session: Session, engine: FakeEngine, bring: Bring, until: Wait
) -> None:
    await bring(State.READY)
    pieces = stream(session, None, ())
    await read(pieces, 1)
    engine.tell(message(1))
    received, activity = await read(pieces, 2)
    assert (received["type"], activity["type"]) == ("message.received", "session.state")


async def test_with_after_it_replays_then_is_live_and_leaves_out_and_doubles_nothing(
    session: Session, engine: FakeEngine, bring: Bring, told: list[Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "PAGE", 2)
    await bring(State.READY)
    pieces = stream(session, 1, ())
    assert await anext(pieces) == events.GREETING
    engine.tell(message(1))  # between joining and replaying
    got = await read(pieces, 2) + await read(pieces, 3)
    await session.disconnect()
    got += await read(pieces, 1)
    assert [event["seq"] for event in got] == [2, 3, 4, 5, 6, 7]
    assert [event["id"] for event in got] == [event.id for event in told[1:]]


async def test_an_after_that_this_journal_has_not_reached_begins_with_a_snapshot(
    session: Session, bring: Bring
) -> None:
    await bring(State.QR_REQUIRED)
    (snapshot,) = await read(stream(session, 1000, ()), 1)
    assert (snapshot["type"], snapshot["seq"]) == ("session.snapshot", 2)


async def test_an_after_whose_next_events_were_let_go_of_ends_its_replay_with_a_snapshot(
    session: Session, bring: Bring, database: Database
) -> None:
    await bring(State.READY)
    with database.transaction() as db:
        db.execute("DELETE FROM events WHERE seq <= 3")
    kept, snapshot = await read(stream(session, 2, ()), 2)
    assert (kept["type"], kept["seq"]) == ("session.state", 4)
    assert (snapshot["type"], snapshot["seq"]) == ("session.snapshot", 4)
    (exact,) = await read(stream(session, 3, ()), 1)
    assert exact["type"] == "session.state"


async def test_types_hold_back_the_rest_also_in_a_replay(
    session: Session, engine: FakeEngine, bring: Bring, journal: Journal
) -> None:
    journal.append(id="old", type="message.received", time=NOW, session="cliente_51", data={})
    await bring(State.READY)
    pieces = stream(session, 0, ("session.*",))
    assert [event["type"] for event in await read(pieces, 4)] == [
        "session.state", "session.qr", "session.state", "session.state",
    ]  # fmt: skip
    engine.tell(message(1))
    assert [event["type"] for event in await read(pieces, 1)] == ["session.state"]


async def test_who_asks_for_messages_gets_no_snapshot(session: Session, bring: Bring) -> None:
    await bring(State.READY)
    session.followers.close()
    assert await rest(stream(session, None, ("message.*",))) == []


async def test_a_silent_stream_says_that_it_is_still_there(
    session: Session, bring: Bring, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "KEEPALIVE", 0.001)
    await bring(State.QR_REQUIRED)
    pieces = stream(session, None, ())
    await read(pieces, 1)
    assert await anext(pieces) == ": still here\n\n"


async def test_it_ends_when_the_process_stops_and_after_what_was_told(session: Session, bring: Bring) -> None:
    await bring(State.READY)
    pieces = stream(session, None, ())
    await read(pieces, 1)
    await session.disconnect()
    session.followers.close()
    assert [event["data"]["reason"] for event in await rest(pieces)] == ["Stopped"]
    assert len(session.followers) == 0


async def test_the_route_is_an_event_stream_that_nothing_keeps(
    http: httpx.AsyncClient, session: Session, bring: Bring
) -> None:
    await bring(State.QR_REQUIRED)
    session.followers.close()  # so that it ends, and this client can read it
    answer = await http.get("/events?types=session.*", headers={"Last-Event-ID": "1"})
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.headers["cache-control"] == "no-store"
    assert [event["type"] for event in parsed(answer.text)] == ["session.qr"]


async def test_a_change_that_could_not_be_written_down_reaches_whoever_comes_back(
    session: Session, bring: Bring, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bring(State.READY)
    seen = journal.last_seq()

    def full(*_: object, **__: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(journal, "append_all", full)
        await session.disconnect()
    follower = stream(session, seen, ())
    (snapshot,) = await read(follower, 1)
    assert (snapshot["type"], snapshot["seq"]) == ("session.snapshot", seen)
    assert snapshot["data"]["reason"] == "Stopped"
    await session.login()  # written down: it carries everything
    (state,) = await read(follower, 1)
    later = stream(session, seen, ())
    assert await read(later, 1) == [state]
    session.followers.end_all()
    assert await rest(later) == []
