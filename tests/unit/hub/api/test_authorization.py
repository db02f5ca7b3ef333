"""Every route of the application × who calls: a route that is added without a lock fails here."""

from __future__ import annotations

import re

import pytest
from fastapi.routing import APIRoute

from unit.hub.world import World
from whatsapp_hub.api.app import PARTS

OPEN = {("GET", "/healthz"), ("GET", "/readyz"), ("POST", "/api/auth/login")}
SIGNED = {
    ("POST", "/api/whatsapp/sessions/status-update"),
    ("POST", "/api/whatsapp/messages/received"),
    ("POST", "/api/whatsapp/sessions/qr-update"),
}
ORGANIZATION = re.compile(r"(GET|POST|PUT|PATCH|DELETE) /api/(users|keys|origins|audit)|DELETE /api/contacts")
ROUTES = sorted(
    (method, route.path)
    for part in PARTS
    for route in part.router.routes
    if isinstance(route, APIRoute)
    for method in route.methods or ()
)
LOCKED = [route for route in ROUTES if route not in OPEN]
FOR_SESSIONS = [route for route in LOCKED if route not in SIGNED and not ORGANIZATION.match(" ".join(route))]


BODY = {"session_id": "a", "url": "https://crm.example/hooks"}


def filled(path: str) -> str:
    """The path for the session `a`, or for the first row of its kind."""
    return re.sub(r"\{\w+\}", "1", path.replace("{id}", "a"))


async def ask(world: World, route: tuple[str, str], headers: dict[str, str]) -> int:
    answer = await world.http.request(route[0], filled(route[1]), json=BODY, headers=headers)
    assert answer.json()["success"] is False
    return answer.status_code


def test_every_open_route_exists() -> None:
    assert set(ROUTES) >= OPEN | SIGNED
    assert len(FOR_SESSIONS) > 20


@pytest.mark.parametrize("route", LOCKED, ids=" ".join)
async def test_nobody_is_let_in_without_credentials(world: World, route: tuple[str, str]) -> None:
    await world.create("a")
    for headers in (
        {},
        {"X-API-Key": "was_000000000000_" + "A" * 43},
        {"Authorization": "Bearer x.y.z"},
        {"webhook-id": "1", "webhook-timestamp": "1", "webhook-signature": "v1,AAAA"},
    ):
        assert await ask(world, route, headers) == 401


@pytest.mark.parametrize("route", [each for each in FOR_SESSIONS if "{id}" in each[1]], ids=" ".join)
async def test_another_organizations_session_is_not_there(world: World, route: tuple[str, str]) -> None:
    await world.create("a")
    assert await ask(world, route, world.two.headers) == 404
    assert world.backend.calls == []
    assert world.backend.logins == []
    assert world.backend.deleted == []


@pytest.mark.parametrize("route", [each for each in FOR_SESSIONS if each[0] != "GET"], ids=" ".join)
async def test_who_may_only_read_changes_nothing(world: World, route: tuple[str, str]) -> None:
    await world.create("a")
    body = {"name": "reader", "scopes": ["sessions:read", "messages:read"]}
    made = await world.http.post("/api/keys", json=body, headers=world.one.both)
    assert await ask(world, route, {"X-API-Key": made.json()["data"]["key"]}) == 403
    assert len(world.backend.puts) == 1


@pytest.mark.parametrize(
    "route", [each for each in LOCKED if ORGANIZATION.match(" ".join(each))], ids=" ".join
)
async def test_a_key_alone_says_nothing_about_the_organization(world: World, route: tuple[str, str]) -> None:
    assert await ask(world, route, world.one.headers) == 401
