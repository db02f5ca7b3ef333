"""How long an organization keeps messages: what may be said, and what is removed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from unit.hub.api.test_callbacks import BODIES, MESSAGE, counts
from unit.hub.world import Org, World
from whatsapp_hub import retention, upkeep
from whatsapp_hub.database.models import Base

PATH = "/api/retention"


async def put(world: World, body: Any, org: Org | None = None) -> Any:
    return await world.http.put(PATH, json=body, headers=(org or world.one).both)


async def receive(world: World, number: int, session_id: str = "a", sender: str = "5491155550000") -> None:
    body = BODIES[MESSAGE] | {"session_id": session_id, "message_id": f"m{number}", "from": sender}
    assert (await world.callback(MESSAGE, body)).status_code == 200


@pytest.mark.parametrize("body", [{}, [], {"days": -1}, {"days": 36501}, {"days": True}, {"days": "a year"}])
async def test_what_is_no_number_of_days_changes_nothing(world: World, body: Any) -> None:
    await put(world, {"days": 7})
    answer = await put(world, body)
    assert (answer.status_code, answer.json()["success"]) == (400, False)
    kept = (await world.http.get(PATH, headers=world.one.both)).json()["data"]
    assert kept["days"] == 7


async def test_nothing_said_is_the_hubs_setting(world: World) -> None:
    answer = await world.http.get(PATH, headers=world.one.both)
    assert answer.json()["data"] == {"days": None, "default": 0, "inForce": 0}


async def test_one_organizations_word_is_not_the_others(world: World) -> None:
    assert (await put(world, {"days": 30})).json()["data"] == {"days": 30, "default": 0, "inForce": 30}
    assert (await world.http.get(PATH, headers=world.two.both)).json()["data"]["days"] is None
    entries = (await world.http.get("/api/audit", headers=world.one.both)).json()["data"]["entries"]
    assert (entries[0]["action"], entries[0]["target"]) == ("retention.set", "30 days")


@pytest.mark.parametrize(
    ("days", "default", "stay"),
    [
        (None, None, 1), (None, 40, 1), (None, 30, 0),
        (0, 30, 1), (40, 30, 1), (30, None, 0), (30, 40, 0),
    ],
)  # fmt: skip
async def test_messages_are_removed_by_the_organizations_word_before_the_hubs(
    world: World, days: int | None, default: int | None, stay: int
) -> None:
    await world.create("a")
    await receive(world, 1)
    await put(world, {"days": days})
    world.clock.pass_(days=31)
    kept = timedelta(days=default) if default else None
    await upkeep.once(replace(world.services, messages_kept=kept))
    assert (await counts(world))[0] == stay


async def test_another_organizations_messages_stay(world: World) -> None:
    await world.create("a")
    await receive(world, 1)
    await put(world, {"days": 1}, world.two)
    world.clock.pass_(days=31)
    assert await retention.forget(world.services) == 0


async def test_a_large_removal_goes_in_batches_and_the_next_pass_goes_on(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)
    monkeypatch.setattr(retention, "BATCHES", 2)
    await world.create("a")
    for number in range(5):
        await receive(world, number)
    await put(world, {"days": 1})
    world.clock.pass_(days=31)
    assert [await retention.forget(world.services) for _ in range(3)] == [4, 1, 0]


async def test_nothing_of_an_erased_person_is_left_in_any_table(world: World) -> None:
    sender, other = "5491155557777", "5491155558888"
    await world.create("a")
    await receive(world, 1, sender=sender)
    await receive(world, 2, sender=other)
    assert sender in await everything(world)
    found = await world.http.get(f"/api/contacts?phone={sender}", headers=world.one.headers)
    id = found.json()["data"]["contacts"][0]["id"]
    assert (await world.http.delete(f"/api/contacts/{id}", headers=world.one.both)).status_code == 200
    left = await everything(world)
    assert sender not in left
    assert other in left


async def everything(world: World) -> str:
    """Every value in the database."""
    found: list[str] = []
    async with world.services.database.read() as transaction:
        for table in Base.metadata.sorted_tables:
            found += [str(tuple(row)) for row in (await transaction.execute(select(table))).all()]
    return "\n".join(found)
