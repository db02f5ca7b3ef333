"""Who wrote, what they wrote, and how it is forgotten: on request, and by age."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from unit.hub.api.test_callbacks import BODIES, MESSAGE, counts
from unit.hub.world import World
from whatsapp_hub import upkeep


@pytest.fixture
async def written(world: World) -> World:
    """Two people wrote three messages."""
    await world.create("a")
    for number, sender in enumerate(["5491155550000", "5491155550000", "5491155550001"]):
        body = BODIES[MESSAGE] | {"message_id": f"m{number}", "from": sender}
        assert (await world.callback(MESSAGE, body)).status_code == 200
    return world


async def test_people_and_what_they_wrote_are_listed_in_pages(written: World) -> None:
    first = await written.http.get("/api/contacts?limit=1", headers=written.one.headers)
    (ana,) = first.json()["data"]["contacts"]
    assert ana["phone"] == "5491155550000"
    rest = await written.http.get(
        f"/api/contacts?after={first.json()['data']['next']}", headers=written.one.headers
    )
    assert [each["phone"] for each in rest.json()["data"]["contacts"]] == ["5491155550001"]
    path = f"/api/contacts/{ana['id']}/messages"
    page = (await written.http.get(f"{path}?limit=1", headers=written.one.headers)).json()["data"]
    assert [each["messageId"] for each in page["messages"]] == ["m1"]
    older = await written.http.get(f"{path}?before={page['next']}", headers=written.one.headers)
    assert [each["messageId"] for each in older.json()["data"]["messages"]] == ["m0"]
    found = await written.http.get("/api/contacts?phone=5491155550001", headers=written.one.headers)
    assert len(found.json()["data"]["contacts"]) == 1


async def test_erasing_a_person_takes_chats_and_messages_and_nobody_elses(written: World) -> None:
    (ana,) = (
        await written.http.get("/api/contacts?phone=5491155550000", headers=written.one.headers)
    ).json()["data"]["contacts"]
    path = f"/api/contacts/{ana['id']}"
    assert (await written.http.delete(path, headers=written.two.both)).status_code == 404
    assert (await written.http.delete(path, headers=written.one.headers)).status_code == 401
    assert await counts(written) == (3, 2, 2)
    assert (await written.http.delete(path, headers=written.one.both)).status_code == 200
    assert await counts(written) == (1, 1, 1)
    assert (await written.http.get(f"{path}/messages", headers=written.one.headers)).status_code == 404
    (entry,) = (await written.http.get("/api/audit?limit=1", headers=written.one.both)).json()["data"][
        "entries"
    ]
    assert (entry["action"], entry["target"]) == ("contact.erase", f"contact:{ana['id']}")


async def test_another_organization_sees_none_of_it(written: World) -> None:
    assert (await written.http.get("/api/contacts", headers=written.two.headers)).json()["data"] == {
        "contacts": [],
        "next": None,
    }
    answer = await written.http.get("/api/contacts/1/messages", headers=written.two.headers)
    assert answer.status_code == 404


async def test_messages_are_removed_by_age_where_that_is_set(written: World) -> None:
    written.clock.pass_(days=30)
    await upkeep.once(written.services)
    assert (await counts(written))[0] == 3
    await upkeep.once(replace(written.services, messages_kept=timedelta(days=31)))
    assert (await counts(written))[0] == 3
    await upkeep.once(replace(written.services, messages_kept=timedelta(days=30)))
    assert (await counts(written))[0] == 0
