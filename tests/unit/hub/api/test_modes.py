"""Sessions that do not run: suspended ones, and those that somebody removed where they ran."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from unit.hub.world import World
from whatsapp_contracts.states import State
from whatsapp_hub.database.models import Session
from whatsapp_hub.manager import every

HEADERS_OF = "/api/sessions/a"


async def post(world: World, action: str) -> tuple[int, dict[str, object]]:
    answer = await world.http.post(f"{HEADERS_OF}/{action}", headers=world.one.headers)
    return answer.status_code, answer.json().get("data") or answer.json()


async def vanish(world: World) -> None:
    """Somebody removed it from its backend."""
    async with world.services.database.begin() as transaction:
        await transaction.execute(update(Session).where(Session.session_id == "a").values(gone=True))
    world.backend.wanted.clear()


async def test_a_suspend_that_the_backend_refuses_changes_nothing(world: World) -> None:
    await world.create("a")
    world.backend.broken = "The cluster does not answer."
    assert (await post(world, "suspend"))[0] == 503
    world.backend.broken = None
    assert (await world.row("a")).operating_mode == "Connected"


async def test_a_suspended_session_is_disconnected_and_says_how_it_comes_back(world: World) -> None:
    await world.create("a")
    await world.show_ready("a")
    status, data = await post(world, "suspend")
    assert (status, data["status"], data["isConnected"]) == (200, "disconnected", False)
    assert "connect" in str(data["message"])
    assert world.backend.puts[-1].operating_mode == "Suspended"
    assert world.backend.puts[-1].retain


@pytest.mark.parametrize("action", ["suspend", "disconnect"])
async def test_suspending_twice_or_disconnecting_a_suspended_session_starts_nothing(
    world: World, action: str
) -> None:
    await world.create("a")
    await post(world, "suspend")
    told = len(world.backend.puts)
    assert (await post(world, action))[0] == 200
    assert len(world.backend.puts) == told
    assert (await world.row("a")).operating_mode == "Suspended"


async def test_a_disconnected_session_can_be_suspended(world: World) -> None:
    await world.create("a")
    await post(world, "disconnect")
    await post(world, "suspend")
    assert world.backend.puts[-1].operating_mode == "Suspended"


async def test_connect_brings_a_suspended_session_back(world: World) -> None:
    await world.create("a")
    await post(world, "suspend")
    status, data = await post(world, "connect")
    assert (status, data["status"]) == (200, "pending")
    assert world.backend.puts[-1].operating_mode == "Connected"
    generations = [each.generation for each in world.backend.puts]
    assert generations == sorted(set(generations))


async def test_a_session_that_was_removed_where_it_ran_is_disconnected_and_says_so(world: World) -> None:
    await world.create("a")
    await world.show_ready("a")
    await vanish(world)
    data = (await world.http.get(f"{HEADERS_OF}/status", headers=world.one.headers)).json()["data"]
    assert (data["status"], data["isConnected"], data["hasQR"]) == ("disconnected", False, False)
    assert "removed" in data["message"]
    listed = (await world.http.get("/api/sessions", headers=world.one.headers)).json()["data"]["sessions"]
    assert [each["status"] for each in listed] == ["disconnected"]


@pytest.mark.parametrize("action", ["disconnect", "suspend"])
async def test_closing_a_removed_session_does_not_make_it_again(world: World, action: str) -> None:
    await world.create("a")
    await vanish(world)
    told = len(world.backend.puts)
    assert (await post(world, action))[0] == 200
    assert len(world.backend.puts) == told
    assert await every(world.services) == []


async def test_connect_makes_a_removed_session_again(world: World) -> None:
    await world.create("a")
    await world.show("a", State.READY)
    await vanish(world)
    status, data = await post(world, "connect")
    assert (status, data["status"]) == (200, "pending")
    row = await world.row("a")
    assert (row.gone, list(world.backend.wanted)) == (False, [row.uid])


async def test_deleting_a_removed_session_takes_its_row(world: World) -> None:
    await world.create("a")
    await vanish(world)
    answer = await world.http.delete(HEADERS_OF, headers=world.one.headers)
    assert answer.status_code == 200
    assert (await world.http.get(HEADERS_OF, headers=world.one.headers)).status_code == 404


async def test_the_qr_of_a_suspended_session_is_answered_at_once_with_nulls(world: World) -> None:
    await world.create("a")
    await world.show_qr("a")
    await post(world, "suspend")
    answer = await world.http.get(f"{HEADERS_OF}/qr", headers=world.one.headers)
    data = answer.json()["data"]
    assert (answer.status_code, data["qrCode"], data["status"]) == (200, None, "disconnected")


async def test_what_every_session_should_be_is_told_with_its_organizations_name(world: World) -> None:
    await world.create("a")
    await world.create("b", org=world.two)
    assert [(each.session_id, each.tenant) for each in await every(world.services)] == [
        ("a", "one"),
        ("b", "two"),
    ]
