"""Keys, users, origins, data and the audit log on the dashboard: an administrator's alone."""

from __future__ import annotations

import re
from typing import Any

import pytest

from unit.hub.dashboard.talking import person
from unit.hub.world import World
from whatsapp_hub.store.organization import Organization

PAGES = [
    "/settings",
    "/settings/keys",
    "/settings/users",
    "/settings/users/new",
    "/settings/users/1",
    "/settings/origins",
    "/settings/data",
    "/settings/audit",
]
FORMS: dict[str, dict[str, Any]] = {
    "/settings/keys": {"name": "x", "scopes": "sessions:read"},
    "/settings/keys/1/revoke": {},
    "/settings/users": {"email": "x@y.example", "password": "long enough", "role": "agent"},
    "/settings/users/1": {"name": "x", "role": "viewer"},
    "/settings/users/1/active": {"active": "no"},
    "/settings/users/1/delete": {},
    "/settings/origins": {"origins": ""},
    "/settings/data": {"keep": "days", "days": "1"},
}
SCOPES = ["sessions:read", "messages:read"]


async def kept(world: World) -> Any:
    """What an administrator could have changed."""
    async with world.services.database.read() as transaction:
        store = Organization(transaction, world.one.id)
        return (
            [(each.name, each.revoked_at) for each in await store.keys()],
            [(each.id, each.role, each.active) for each in await store.users()],
            await store.origins(),
        )


@pytest.mark.parametrize("role", ["agent", "viewer"])
async def test_only_an_administrator_sees_settings(world: World, role: str) -> None:
    me = await person(world, role)
    for path in PAGES:
        assert (await me.get(path)).status_code == 403, path
        assert (await world.http.get(path, headers={"Accept": "text/html"})).status_code == 303
    assert 'href="/settings"' not in (await me.get("/contacts")).text


@pytest.mark.parametrize("role", ["agent", "viewer"])
async def test_only_an_administrator_changes_settings_and_only_by_our_form(world: World, role: str) -> None:
    me, admin = await person(world, role), await person(world)
    before = await kept(world)
    for path, form in FORMS.items():
        assert (await me.post(path, form)).status_code == 403, path
        assert (await world.http.post(path, data=form)).status_code == 303, path
        assert (await world.http.post(path, data=form, headers=admin.headers)).status_code == 403, path
    assert await kept(world) == before


async def test_another_organizations_keys_and_users_are_not_there(world: World) -> None:
    await person(world, "agent")
    stranger = await person(world, org=world.two)
    async with world.services.database.read() as transaction:
        user = (await Organization(transaction, world.one.id).users())[-1]
        key = (await Organization(transaction, world.one.id).keys())[0]
    for path in (
        f"/settings/users/{user.id}",
        f"/settings/users/{user.id}/delete",
        f"/settings/keys/{key.id}/revoke",
    ):
        assert (await stranger.post(path, {"name": "x", "role": "admin"})).status_code == 404
    assert user.email not in (await stranger.get("/settings/users")).text


async def test_a_key_is_shown_once_and_revoked(world: World) -> None:
    me = await person(world)
    made = await me.post("/settings/keys", {"name": "CRM <b>", "scopes": SCOPES})
    assert made.status_code == 200
    (text,) = set(re.findall(r"was_[0-9a-f]{12}_[A-Za-z0-9_-]{43}", made.text))
    assert "CRM &lt;b&gt;" in made.text
    assert made.headers["cache-control"] == "no-store"
    answer = await world.http.get("/api/sessions", headers={"X-API-Key": text})
    assert answer.status_code == 200
    page = (await me.get("/settings/keys")).text
    assert text not in page
    (id,) = re.findall(r"/settings/keys/(\d+)/revoke", page.partition("CRM &lt;b&gt;")[2])[:1]
    revoked = await me.post(f"/settings/keys/{id}/revoke")
    assert (revoked.status_code, revoked.headers["location"]) == (303, "/settings/keys")
    assert (await world.http.get("/api/sessions", headers={"X-API-Key": text})).status_code == 401
    assert "Revoked" in (await me.get("/settings/keys")).text


@pytest.mark.parametrize(
    ("form", "seen"),
    [
        ({"name": "", "scopes": SCOPES}, "Write a name."),
        ({"name": "x", "scopes": []}, "Choose one permission at least."),
        ({"name": "x", "scopes": ["everything"]}, "Choose one permission at least."),
    ],
)
async def test_a_key_that_cannot_be_is_said_in_place(world: World, form: dict[str, Any], seen: str) -> None:
    me = await person(world)
    before = await kept(world)
    answer = await me.post("/settings/keys", form)
    assert answer.status_code == 422
    assert seen in answer.text
    assert await kept(world) == before


async def test_a_user_is_added_changed_kept_out_and_deleted(world: World) -> None:
    me = await person(world)
    new = {"name": "Bea", "email": "Bea@One.Example", "role": "viewer", "password": "a long password"}
    assert (await me.post("/settings/users", new)).status_code == 303
    page = (await me.get("/settings/users")).text
    assert "bea@one.example" in page
    (id,) = re.findall(r"/settings/users/(\d+)\"", page.partition("bea@one.example")[2])[:1]
    assert await world.login("bea@one.example", "a long password")
    form = (await me.get(f"/settings/users/{id}")).text
    assert 'value="viewer" selected' in form
    change = {"name": "Beatriz", "role": "agent", "password": "another password"}
    assert (await me.post(f"/settings/users/{id}", change)).status_code == 303
    assert await world.login("bea@one.example", "another password")
    assert (
        await me.post(f"/settings/users/{id}", {"name": "Beatriz", "role": "agent", "password": ""})
    ).status_code == 303
    assert await world.login("bea@one.example", "another password")
    assert (await me.post(f"/settings/users/{id}/active", {"active": "no"})).status_code == 303
    refused = await world.http.post(
        "/api/auth/login", json={"identifier": "bea@one.example", "password": "another password"}
    )
    assert refused.status_code == 401
    assert "Deactivated" in (await me.get("/settings/users")).text
    assert (await me.post(f"/settings/users/{id}/delete")).status_code == 303
    assert "bea@one.example" not in (await me.get("/settings/users")).text.partition("<table")[2]
    assert (await me.get(f"/settings/users/{id}")).status_code == 404


@pytest.mark.parametrize(
    ("change", "seen"),
    [
        ({"email": "nonsense"}, "Write an e-mail address"),
        ({"email": "admin@two.example"}, "There is a user with this address already."),
        ({"password": "short"}, "The password needs at least 8 characters."),
        ({"role": "god"}, "Choose a role."),
    ],
)
async def test_a_user_that_cannot_be_is_said_in_place(
    world: World, change: dict[str, str], seen: str
) -> None:
    me = await person(world)
    form = {"name": "<b>Bea", "email": "bea@one.example", "role": "agent", "password": "a long password"}
    before = await kept(world)
    answer = await me.post("/settings/users", form | change)
    assert answer.status_code == 422
    assert seen in answer.text
    assert 'value="&lt;b&gt;Bea"' in answer.text
    assert "a long password" not in answer.text
    assert await kept(world) == before


async def test_an_administrator_stays(world: World) -> None:
    me = await person(world)
    async with world.services.database.read() as transaction:
        first, mine = await Organization(transaction, world.one.id).users()
    assert (await me.post(f"/settings/users/{first.id}", {"name": "", "role": "viewer"})).status_code == 303
    answer = await me.post(f"/settings/users/{mine.id}", {"name": "", "role": "viewer"})
    assert answer.status_code == 422
    assert "No administrator would be left." in answer.text
    assert (await me.post(f"/settings/users/{mine.id}/delete")).status_code == 409


async def test_origins_are_one_on_each_line(world: World) -> None:
    me = await person(world)
    form = {"origins": "https://b.example/\r\n\r\n https://a.example "}
    assert (await me.post("/settings/origins", form)).status_code == 303
    assert (await kept(world))[2] == ["https://a.example", "https://b.example"]
    answer = await me.post("/settings/origins", {"origins": "https://a.example\n<script>alert(1)"})
    assert answer.status_code == 422
    assert "“&lt;script&gt;alert(1)” is no origin." in answer.text
    assert (await kept(world))[2] == ["https://a.example", "https://b.example"]


@pytest.mark.parametrize(
    ("form", "shown"),
    [
        ({"keep": "days", "days": "30"}, "kept for 30 days"),
        ({"keep": "days", "days": "1"}, "kept for 1 day;"),
        ({"keep": "ever", "days": "30"}, "kept for ever"),
    ],
)
async def test_how_long_messages_are_kept_is_said(world: World, form: dict[str, str], shown: str) -> None:
    me = await person(world)
    assert "kept for ever" in (await me.get("/settings/data")).text
    assert (await me.post("/settings/data", form)).status_code == 303
    assert shown in (await me.get("/settings/data")).text
    assert (await me.post("/settings/data", {"keep": "default"})).status_code == 303
    assert 'value="default" checked' in (await me.get("/settings/data")).text


@pytest.mark.parametrize("days", ["", "0", "-1", "x", "1.5", "99999", "9" * 30])
async def test_what_is_no_number_of_days_changes_nothing(world: World, days: str) -> None:
    me = await person(world)
    answer = await me.post("/settings/data", {"keep": "days", "days": days})
    assert answer.status_code == 422
    assert "Write a number of days" in answer.text
    assert "kept for ever" in (await me.get("/settings/data")).text


async def test_the_audit_log_says_who_did_what_in_words(world: World) -> None:
    me = await person(world)
    assert "There is nothing yet" in (await me.get("/settings/audit")).text
    await world.create("shop")
    await me.post("/settings/keys", {"name": "CRM", "scopes": SCOPES})
    page = (await me.get("/settings/audit")).text
    assert page.index("Created the key") < page.index("Created the session")
    assert "shop" in page
    assert "<bdi>first</bdi>" in page  # the key that made the session
    assert "<bdi>CRM</bdi>" in page
    assert "key.create" not in page


async def test_the_audit_log_has_pages(world: World) -> None:
    me = await person(world)
    async with world.services.database.begin() as transaction:
        store = Organization(transaction, world.one.id)
        for number in range(60):
            await store.audit(at=world.clock(), actor="key:0", action="brand.new", target=f"t{number}")
    page = (await me.get("/settings/audit")).text
    assert "<code>brand.new</code>" in page
    (following,) = re.findall(r"/settings/audit\?before=(\d+)", page)
    second = (await me.get(f"/settings/audit?before={following}")).text
    assert "<bdi>t0</bdi>" in second
    assert "<bdi>t59</bdi>" not in second
