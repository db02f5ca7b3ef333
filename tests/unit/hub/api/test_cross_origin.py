"""Calls of web pages: which origins may read an answer is the organization's to say."""

from __future__ import annotations

import pytest

from unit.hub.world import World

PAGE = "https://crm.example"


@pytest.fixture
async def allowed(world: World) -> World:
    answer = await world.http.put("/api/origins", json={"origins": [PAGE]}, headers=world.one.both)
    assert answer.json()["data"] == {"origins": [PAGE]}
    return world


async def test_a_preflight_of_an_allowed_page_is_answered(allowed: World) -> None:
    asked = {
        "Origin": PAGE,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,x-api-key,content-type",
    }
    answer = await allowed.http.options("/api/sessions", headers=asked)
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == PAGE
    permitted = answer.headers["access-control-allow-headers"].lower()
    assert all(name in permitted for name in ("authorization", "x-api-key", "content-type"))
    assert "POST" in answer.headers["access-control-allow-methods"]


async def test_another_page_may_not_read(allowed: World) -> None:
    asked = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    answer = await allowed.http.options("/api/sessions", headers=asked)
    assert answer.status_code == 204
    assert "access-control-allow-origin" not in answer.headers


async def test_an_answer_may_be_read_by_pages_of_its_own_organization_only(allowed: World) -> None:
    mine = await allowed.http.get("/api/sessions", headers={**allowed.one.headers, "Origin": PAGE})
    assert mine.headers["access-control-allow-origin"] == PAGE
    assert "Origin" in mine.headers["vary"]
    theirs = await allowed.http.get("/api/sessions", headers={**allowed.two.headers, "Origin": PAGE})
    assert theirs.status_code == 200
    assert "access-control-allow-origin" not in theirs.headers


async def test_a_page_can_read_why_it_was_refused(allowed: World) -> None:
    for answer in [
        await allowed.http.get("/api/sessions", headers={"Origin": PAGE}),
        await allowed.http.get("/nowhere", headers={"Origin": PAGE}),
        await allowed.http.post("/api/auth/login", json={}, headers={"Origin": PAGE}),
    ]:
        assert answer.status_code >= 400
        assert answer.headers["access-control-allow-origin"] == PAGE


async def test_options_without_a_browser_says_the_methods(world: World) -> None:
    answer = await world.http.options("/api/sessions")
    assert answer.status_code == 204
    assert "POST" in answer.headers["allow"]
