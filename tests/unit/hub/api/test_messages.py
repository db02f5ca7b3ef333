"""Stored messages and a session's history: from the database, in pages, while no session can be asked."""

from __future__ import annotations

from typing import Any

import pytest

from unit.hub.api.test_callbacks import BODIES, MESSAGE
from unit.hub.world import World
from whatsapp_contracts.states import Reason, State

ALL, OF_A = "/api/messages", "/api/sessions/a/messages"
ANA, BEA = "5491155550000", "5491155550001"


@pytest.fixture
async def stored(world: World) -> World:
    """Ana wrote in two sessions, Bea in one; no session answers any more."""
    for session_id in ("a", "b"):
        await world.create(session_id)
    for number, (session_id, sender) in enumerate([("a", ANA), ("a", BEA), ("b", ANA)]):
        body = BODIES[MESSAGE] | {
            "session_id": session_id,
            "message_id": f"m{number}",
            "from": sender,
            "timestamp": f"2026-01-01T1{number}:00:00.000Z",
        }
        assert (await world.callback(MESSAGE, body)).status_code == 200
    world.backend.broken = "The session is not running now."
    return world


async def ids(world: World, path: str) -> list[str]:
    return [each["messageId"] for each in (await data(world, path))["messages"]]


async def data(world: World, path: str) -> Any:
    answer = await world.http.get(path, headers=world.one.headers)
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


@pytest.mark.parametrize(
    "query", ["since=yesterday", "limit=0", "limit=501", "before=0", "contact=x", "contact=99999999999"]
)
async def test_a_parameter_that_cannot_be_is_named(stored: World, query: str) -> None:
    for path in (ALL, OF_A):
        answer = await stored.http.get(f"{path}?{query}", headers=stored.one.headers)
        assert answer.status_code == 400
        assert answer.json()["message"].startswith(query.partition("=")[0])


async def test_another_organization_sees_none_of_it(stored: World) -> None:
    answer = await stored.http.get(ALL, headers=stored.two.headers)
    assert answer.json()["data"] == {"messages": [], "next": None}
    contact = (await data(stored, ALL))["messages"][0]["contactId"]
    filtered = await stored.http.get(f"{ALL}?contact={contact}&phone={ANA}", headers=stored.two.headers)
    assert filtered.json()["data"]["messages"] == []
    assert (await stored.http.get(OF_A, headers=stored.two.headers)).status_code == 404


async def test_messages_are_listed_with_the_last_that_arrived_first(stored: World) -> None:
    found = (await data(stored, ALL))["messages"]
    assert [(each["messageId"], each["sessionId"]) for each in found] == [
        ("m2", "b"),
        ("m1", "a"),
        ("m0", "a"),
    ]
    assert await ids(stored, OF_A) == ["m1", "m0"]


async def test_pages_follow_each_other_without_a_gap(stored: World) -> None:
    first = await data(stored, f"{ALL}?limit=2")
    assert [each["messageId"] for each in first["messages"]] == ["m2", "m1"]
    rest = await data(stored, f"{ALL}?limit=2&before={first['next']}")
    assert ([each["messageId"] for each in rest["messages"]], rest["next"]) == (["m0"], None)


async def test_they_are_filtered_by_who_wrote_and_when(stored: World) -> None:
    assert await ids(stored, f"{ALL}?phone={ANA}") == ["m2", "m0"]
    assert await ids(stored, f"{OF_A}?phone={ANA}") == ["m0"]
    ana = (await data(stored, f"{ALL}?phone={ANA}"))["messages"][0]["contactId"]
    assert await ids(stored, f"{ALL}?contact={ana}") == ["m2", "m0"]
    assert await ids(stored, f"{ALL}?since=2026-01-01T11:00:00Z") == ["m2", "m1"]
    assert await ids(stored, f"{ALL}?phone=nobody") == []


async def test_the_messages_of_a_deleted_session_stay(stored: World) -> None:
    stored.backend.broken = None
    assert (await stored.http.delete("/api/sessions/a", headers=stored.one.headers)).status_code == 200
    found = (await data(stored, ALL))["messages"]
    assert [(each["messageId"], each["sessionId"]) for each in found] == [
        ("m2", "b"),
        ("m1", None),
        ("m0", None),
    ]


async def test_a_sessions_history_is_its_changes_the_newest_first(world: World) -> None:
    await world.create("a")
    await world.show_qr("a")
    await world.show_ready("a")
    await world.show("a", State.DISCONNECTED, Reason.LOGGED_OUT, message="The phone unlinked it.")
    path = "/api/sessions/a/history"
    changes = (await data(world, path))["changes"]
    assert [(each["state"], each["reason"]) for each in changes[:3]] == [
        ("DISCONNECTED", "LoggedOut"),
        ("READY", None),
        ("QR_REQUIRED", None),
    ]
    assert changes[0]["at"].endswith("Z")
    first = await data(world, f"{path}?limit=1")
    rest = await data(world, f"{path}?before={first['next']}")
    assert first["changes"] + rest["changes"] == changes
    assert (await world.http.get(path, headers=world.two.headers)).status_code == 404
