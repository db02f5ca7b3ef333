"""Every route of the application × who calls. A route that is missing in this matrix fails the first test."""

from __future__ import annotations

import re
from typing import Any

import pytest
from fastapi.routing import APIRoute

from unit.hub.world import PASSWORD, World
from whatsapp_hub.api.app import PARTS
from whatsapp_hub.api.caller import ROLES
from whatsapp_hub.security.api_keys import SCOPES

OPEN, SIGNED, PERSON, ANYBODY, ADMIN = "nobody asked", "signature", "own account", "key or token", "admin"
SR, SW, MR, MW = SCOPES

MATRIX: dict[str, str] = {
    "GET /healthz": OPEN,
    "GET /readyz": OPEN,
    "POST /api/auth/login": OPEN,
    "GET /api/auth/me": ANYBODY,
    "POST /api/auth/password": PERSON,
    "POST /api/auth/logout-everywhere": PERSON,
    "POST /api/whatsapp/sessions/status-update": SIGNED,
    "POST /api/whatsapp/messages/received": SIGNED,
    "POST /api/whatsapp/sessions/qr-update": SIGNED,
    "GET /api/users": ADMIN,
    "POST /api/users": ADMIN,
    "PATCH /api/users/{user_id}": ADMIN,
    "DELETE /api/users/{user_id}": ADMIN,
    "GET /api/keys": ADMIN,
    "POST /api/keys": ADMIN,
    "DELETE /api/keys/{key_id}": ADMIN,
    "GET /api/origins": ADMIN,
    "PUT /api/origins": ADMIN,
    "GET /api/retention": ADMIN,
    "PUT /api/retention": ADMIN,
    "GET /api/audit": ADMIN,
    "DELETE /api/contacts/{contact_id}": ADMIN,
    "GET /api/contacts": MR,
    "GET /api/contacts/{contact_id}/messages": MR,
    "GET /api/sessions": SR,
    "POST /api/sessions": SW,
    "GET /api/sessions/{id}": SR,
    "DELETE /api/sessions/{id}": SW,
    "POST /api/sessions/{id}/connect": SW,
    "POST /api/sessions/{id}/disconnect": SW,
    "POST /api/sessions/{id}/suspend": SW,
    "GET /api/sessions/{id}/qr": SR,
    "GET /api/sessions/{id}/status": SR,
    "GET /api/sessions/{id}/events": SR,
    "GET /api/sessions/{id}/webhooks": SR,
    "PUT /api/sessions/{id}/webhooks/{name}": SW,
    "DELETE /api/sessions/{id}/webhooks/{name}": SW,
    "POST /api/sessions/{id}/webhooks/{name}/rotate": SW,
    "GET /api/sessions/{id}/webhooks/{name}/dead-letters": MR,
    "POST /api/sessions/{id}/webhooks/{name}/dead-letters/retry": SW,
    "POST /api/sessions/{id}/webhooks/{name}/dead-letters/{seq}/retry": SW,
    "DELETE /api/sessions/{id}/webhooks/{name}/dead-letters": SW,
    "DELETE /api/sessions/{id}/webhooks/{name}/dead-letters/{seq}": SW,
    "GET /api/messages": MR,
    "GET /api/sessions/{id}/messages": MR,
    "GET /api/sessions/{id}/history": SR,
    "GET /api/sessions/{id}/contacts": MR,
    "GET /api/sessions/{id}/contacts/{number}": MR,
    "GET /api/sessions/{id}/contacts/{contact}/picture": MR,
    "GET /api/sessions/{id}/groups": MR,
    "GET /api/sessions/{id}/groups/{group}": MR,
    "GET /api/sessions/{id}/groups/{group}/picture": MR,
    "POST /api/sessions/{id}/messages": MW,
    "PATCH /api/sessions/{id}/messages/{message_id}": MW,
    "DELETE /api/sessions/{id}/messages/{message_id}": MW,
    "PUT /api/sessions/{id}/messages/{message_id}/reaction": MW,
    "POST /api/sessions/{id}/messages/{message_id}/forward": MW,
    "GET /api/sessions/{id}/chats": MR,
    "GET /api/sessions/{id}/chats/{chat_id}/messages": MR,
    "POST /api/sessions/{id}/chats/{chat_id}/read": MW,
    "POST /api/sessions/{id}/chats/{chat_id}/typing": MW,
    "POST /api/sessions/{id}/chats/{chat_id}/presence": MW,
    "GET /api/sessions/{id}/outbox": MR,
    "GET /api/sessions/{id}/outbox/{entry_id}": MR,
    "DELETE /api/sessions/{id}/outbox/{entry_id}": MW,
    "GET /api/sessions/{id}/media/{media_id}": MR,
    "GET /generate-qr": SW,
    "GET /api/whatsapp_sessions": SR,
    "POST /api/whatsapp_sessions": SW,
    "GET /api/whatsapp_sessions/{id}": SR,
    "PATCH /api/whatsapp_sessions/{id}": SW,
    "DELETE /api/whatsapp_sessions/{id}": SW,
    "POST /api/whatsapp_sessions/new-session-connected": SW,
}
ROUTES = sorted(
    f"{method} {route.path}"
    for part in PARTS
    for route in part.router.routes
    if isinstance(route, APIRoute)
    for method in route.methods or ()
)
LOCKED = [route for route, lock in MATRIX.items() if lock is not OPEN]
SCOPED = [route for route, lock in MATRIX.items() if lock in SCOPES]
ADMINISTERED = [route for route, lock in MATRIX.items() if lock is ADMIN]
OF_A_ROW = [route for route in SCOPED + ADMINISTERED if "{" in route]
BODY: Any = {
    "session_id": "a",
    "sessionId": "b",
    "url": "https://crm.example/hooks",
    "email": "new@one.example",
    "password": PASSWORD,
    "current": PASSWORD,
    "new": "another horse",
    "name": "x",
    "origins": [],
    "days": 30,
}


def filled(path: str) -> str:
    """The path for the session `a`, or for the first row of its kind."""
    return re.sub(r"\{\w+\}", "1", path.replace("{id}", "a"))


async def ask(world: World, route: str, headers: dict[str, str]) -> int:
    method, path = route.split(" ")
    answer = await world.http.request(method, filled(path), json=BODY, headers=headers)
    assert answer.json()["success"] is False, answer.text
    return answer.status_code


async def key_with(world: World, *scopes: str) -> dict[str, str]:
    made = await world.http.post("/api/keys", json={"name": "some", "scopes": scopes}, headers=world.one.both)
    assert made.status_code == 201
    return {"X-API-Key": made.json()["data"]["key"]}


async def token_of(world: World, role: str) -> dict[str, str]:
    email = f"{role}@one.example"
    made = await world.http.post(
        "/api/users", json={"email": email, "password": PASSWORD, "role": role}, headers=world.one.both
    )
    assert made.status_code == 201
    return {"Authorization": f"Bearer {await world.login(email)}"}


async def nothing_was_done(world: World) -> None:
    assert world.backend.calls == []
    assert world.backend.logins == []
    assert world.backend.deleted == []
    assert len(world.backend.puts) == 1


def test_the_matrix_has_every_route_and_no_other() -> None:
    assert sorted(MATRIX) == ROUTES


@pytest.mark.parametrize("route", LOCKED)
async def test_nobody_is_let_in_without_credentials(world: World, route: str) -> None:
    await world.create("a")
    for headers in (
        {},
        {"X-API-Key": "was_000000000000_" + "A" * 43},
        {"Authorization": "Bearer x.y.z"},
        {"Authorization": f"Bearer {world.one.token[:-2]}"},
        {"webhook-id": "1", "webhook-timestamp": "1", "webhook-signature": "v1,AAAA"},
    ):
        assert await ask(world, route, headers) == 401
    await nothing_was_done(world)


@pytest.mark.parametrize("route", OF_A_ROW)
async def test_another_organizations_rows_are_not_there(world: World, route: str) -> None:
    """Of each kind there is a first row, and it is the other organization's."""
    await world.create("a")
    before = await rows(world)
    headers = world.two.both if MATRIX[route] is ADMIN else world.two.headers
    assert await ask(world, route, headers) == 404
    await nothing_was_done(world)
    assert await rows(world) == before


async def rows(world: World) -> list[Any]:
    """What the first organization sees of itself."""
    paths = ("/api/users", "/api/sessions", "/api/sessions/a/webhooks", "/api/whatsapp_sessions")
    found = [(await world.http.get(path, headers=world.one.both)).json()["data"] for path in paths]
    keys = (await world.http.get("/api/keys", headers=world.one.both)).json()["data"]["keys"]
    world.backend.calls.clear()
    return [*found, [(each["id"], each["revokedAt"]) for each in keys]]


@pytest.mark.parametrize("route", SCOPED)
async def test_a_key_with_every_other_scope_is_refused(world: World, route: str) -> None:
    await world.create("a")
    others = [scope for scope in SCOPES if scope != MATRIX[route]]
    assert await ask(world, route, await key_with(world, *others)) == 403
    await nothing_was_done(world)


@pytest.mark.parametrize("role", ["agent", "viewer"])
@pytest.mark.parametrize("route", SCOPED + ADMINISTERED)
async def test_a_role_may_what_its_scopes_say(world: World, route: str, role: str) -> None:
    if MATRIX[route] in ROLES[role]:
        return
    await world.create("a")
    headers = await token_of(world, role)
    if MATRIX[route] is ADMIN:
        headers |= world.one.headers
    assert await ask(world, route, headers) == 403
    await nothing_was_done(world)


@pytest.mark.parametrize("route", ADMINISTERED)
async def test_a_key_alone_says_nothing_about_the_organization(world: World, route: str) -> None:
    assert await ask(world, route, world.one.headers) == 401
    assert await ask(world, route, {"Authorization": f"Bearer {world.one.token}"}) == 401
    mixed = {**world.two.headers, "Authorization": f"Bearer {world.one.token}"}
    assert await ask(world, route, mixed) == 401


@pytest.mark.parametrize("route", [route for route, lock in MATRIX.items() if lock is PERSON])
async def test_a_key_is_nobodys_account(world: World, route: str) -> None:
    assert await ask(world, route, world.one.headers) == 401
