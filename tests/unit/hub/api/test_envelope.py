"""Every error is `{"success":false,"message":…}`, the framework's own and a bug's included."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from unit.hub.world import World
from whatsapp_hub.api.gate import MAX_BODY


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("GET", "/api/auth/login", 405),
        ("DELETE", "/healthz", 405),
        ("POST", "/api/whatsapp/nothing", 404),
    ],
)
async def test_routing_errors_are_in_the_envelope(world: World, method: str, path: str, status: int) -> None:
    answer = await world.http.request(method, path)
    assert answer.status_code == status
    assert set(answer.json()) == {"success", "message"}
    assert answer.json()["success"] is False


async def test_a_body_that_says_it_is_too_large_is_refused(world: World) -> None:
    answer = await world.http.post("/api/auth/login", content=b"x" * (MAX_BODY + 1))
    assert (answer.status_code, answer.json()["success"]) == (413, False)


async def test_a_body_that_grows_too_large_without_saying_so_is_refused(world: World) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b" " * (MAX_BODY // 16)

    answer = await world.http.post(
        "/api/auth/login", content=chunks(), headers={"content-type": "application/json"}
    )
    assert (answer.status_code, answer.json()["success"]) == (413, False)


async def test_a_bug_is_a_500_in_the_envelope_that_shows_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def bug(*_: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr("whatsapp_hub.login.throttle.wait", bug)
    answer = await world.http.post("/api/auth/login", json={"identifier": "a", "password": "b"})
    assert (answer.status_code, answer.json()["success"]) == (500, False)
    assert "secret" not in answer.text


async def test_a_database_that_is_away_is_a_503_and_the_process_stays_healthy(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr(world.services.database, "read", away)
    ready = await world.http.get("/readyz")
    assert (ready.status_code, ready.json()["success"]) == (503, False)
    sessions = await world.http.get("/api/sessions", headers=world.one.headers)
    assert sessions.status_code == 503
    assert sessions.headers["retry-after"]
    assert (await world.http.get("/healthz")).status_code == 200
    monkeypatch.undo()
    assert (await world.http.get("/readyz")).status_code == 200
