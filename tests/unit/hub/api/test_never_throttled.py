"""Who is never answered 429: whoever polls with a good key or token, whatever else comes from their address.

Existing clients poll from behind one address, a hundred at a time; and a key has 256 random bits: nobody
guesses one. So a wrong key costs its caller a 401, and its neighbours nothing.
"""

from __future__ import annotations

import pytest

from unit.hub.world import PASSWORD, World
from whatsapp_hub.security.throttle import PER_ADDRESS

POLLED = [
    ("GET", "/api/sessions"),
    ("GET", "/api/sessions/a"),
    ("GET", "/api/sessions/a/status"),
    ("GET", "/api/sessions/a/qr"),
    ("POST", "/api/sessions/a/connect"),
    ("GET", "/api/whatsapp_sessions"),
    ("GET", "/api/messages"),
]


async def logins_fail(world: World) -> None:
    """More often than any address may."""
    for number in range(PER_ADDRESS + 1):
        body = {"identifier": f"{number}@one.example", "password": "wrong"}
        await world.http.post("/api/auth/login", json=body)
    refused = await world.http.post(
        "/api/auth/login", json={"identifier": world.one.email, "password": PASSWORD}
    )
    assert refused.status_code == 429


@pytest.mark.parametrize("by", ["key", "token"])
async def test_failed_logins_of_an_address_hold_up_none_of_its_calls(world: World, by: str) -> None:
    await world.create("a")
    await world.show_qr("a")
    await logins_fail(world)
    headers = world.one.headers if by == "key" else {"Authorization": f"Bearer {world.one.token}"}
    for method, path in POLLED:
        assert (await world.http.request(method, path, headers=headers)).status_code == 200, path


async def test_wrong_keys_of_an_address_hold_up_none_of_its_calls_nor_its_logins(world: World) -> None:
    await world.create("a")
    for number in range(60):
        wrong = world.one.key[:-4] + f"{number:04d}"
        answer = await world.http.get("/api/sessions", headers={"X-API-Key": wrong})
        assert answer.status_code == 401
    assert (await world.http.get("/api/sessions", headers=world.one.headers)).status_code == 200
    assert await world.login(world.one.email)


async def test_polling_hundreds_of_times_is_never_too_often(world: World) -> None:
    await world.create("a")
    found = {
        (await world.http.get("/api/sessions/a/status", headers=world.one.headers)).status_code
        for _ in range(300)
    }
    assert found == {200}
