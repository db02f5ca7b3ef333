"""Contacts on the dashboard, and the erasure of one of them."""

from __future__ import annotations

import re
from typing import Any

import pytest

from unit.hub.dashboard.talking import person, talking, written
from unit.hub.world import World
from whatsapp_hub.dashboard.contacts import wanted

ANA = "5491123456789"


async def write(world: World, content: Any, sender: str = ANA, id: str | None = None) -> int:
    """Somebody writes; their contact's id."""
    found: int = (await written(world, content, sender=sender, id=id))["contact_id"]
    return found


async def test_nobody_else_sees_or_erases_a_contact(world: World) -> None:
    await talking(world)
    id = await write(world, "hola")
    agent, stranger = await person(world, "agent"), await person(world, org=world.two)
    form = {"confirm": ANA}
    assert (await world.http.get("/contacts", headers={"Accept": "text/html"})).status_code == 303
    assert (await stranger.get(f"/contacts/{id}")).status_code == 404
    assert ANA not in (await stranger.get("/contacts")).text
    assert (await stranger.post(f"/contacts/{id}/erase", form)).status_code == 404
    assert (await agent.post(f"/contacts/{id}/erase", form)).status_code == 403
    admin = await person(world)
    refused = await world.http.post(f"/contacts/{id}/erase", data=form, headers=admin.headers)
    assert refused.status_code == 403
    assert 'id="erase"' not in (await agent.get(f"/contacts/{id}")).text
    assert (await agent.get(f"/contacts/{id}")).status_code == 200


async def test_contacts_are_listed_and_found(world: World) -> None:
    await talking(world)
    me = await person(world, "viewer")
    assert "There are no contacts yet" in (await me.get("/contacts")).text
    await write(world, "hola")
    await write(world, "hi", "77@lid")
    assert "+5491123456789" in (await me.get("/contacts")).text
    part = await me.get("/contacts?q=2345-67", **{"HX-Request": "true"})
    assert "<html" not in part.text
    assert "+5491123456789" in part.text
    assert "77@lid" not in part.text
    assert "No contact matches" in (await me.get("/contacts?q=%25")).text


@pytest.mark.parametrize(
    ("asked", "looked_for"), [(" +54 9 (11) ", "54911"), ("77@lid", "77@lid"), ("a\0b", "ab")]
)
def test_a_number_is_found_however_it_is_spaced(asked: str, looked_for: str) -> None:
    assert wanted(asked) == looked_for


async def test_a_contact_has_pages(world: World) -> None:
    await talking(world)
    for number in range(55):
        id = await write(world, f"text {number:02}")
    me = await person(world)
    page = (await me.get(f"/contacts/{id}")).text
    assert "text 54" in page
    assert "text 04" not in page
    (following,) = re.findall(r"before=(\d+)", page)
    assert "text 04" in (await me.get(f"/contacts/{id}?before={following}")).text


async def test_what_a_contact_wrote_is_harmless(world: World) -> None:
    await talking(world)
    id = await write(world, "<script>alert(1)</script> https://shop.example")
    await write(world, {"type": "image", "image": {"id": '"><script>', "fileName": "<script>\u202e"}})
    page = (await (await person(world)).get(f"/contacts/{id}")).text
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert" not in page
    assert '"><script>' not in page
    assert "\u202e" not in page
    assert 'rel="noopener noreferrer nofollow">https://shop.example</a>' in page


async def test_only_the_number_that_was_typed_erases(world: World) -> None:
    await talking(world)
    id = await write(world, "hola")
    me = await person(world)
    for typed in ("", "yes", "549112345678", "Ana"):
        answer = await me.post(f"/contacts/{id}/erase", {"confirm": typed})
        assert answer.status_code == 422
        assert "Nothing was erased." in answer.text
    answer = await me.post(f"/contacts/{id}/erase", {"confirm": "+54 9 11 2345-6789"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/contacts")
    assert (await me.get(f"/contacts/{id}")).status_code == 404
    audit = (await me.get("/settings/audit")).text
    assert "Erased the contact&#39;s data" in audit
    assert ANA not in audit


async def test_messages_of_a_session_that_is_gone_stay(world: World) -> None:
    await talking(world)
    id = await write(world, "hola")
    await world.http.delete("/api/sessions/a", headers=world.one.headers)
    page = (await (await person(world)).get(f"/contacts/{id}")).text
    assert "hola" in page
    assert "Deleted session" in page


@pytest.mark.parametrize("id", ["0", "999999", "-1", "99999999999999999999", "x"])
async def test_who_is_not_there_is_no_failure_of_ours(world: World, id: str) -> None:
    answer = await (await person(world)).get(f"/contacts/{id}")
    assert 400 <= answer.status_code < 500
