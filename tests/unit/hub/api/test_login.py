"""`POST /api/auth/login`: who gets a token, who does not, who has to wait."""

from __future__ import annotations

import pytest

from unit.hub.world import PASSWORD, World

LOGIN = "/api/auth/login"


@pytest.mark.parametrize(
    ("identifier", "password"),
    [("admin@one.example", "wrong"), ("nobody@one.example", PASSWORD), ("admin@one.example\0", "x")],
    ids=["a wrong password", "nobody of this name", "a name with a NUL"],
)
async def test_whoever_is_not_known_gets_the_same_refusal(
    world: World, identifier: str, password: str
) -> None:
    answer = await world.http.post(LOGIN, json={"identifier": identifier, "password": password})
    assert answer.status_code == 401
    assert answer.json() == {"success": False, "message": "Authentication failed"}


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ({"identifier": "a@b.example"}, "password"),
        ({"password": "x"}, "identifier"),
        ({"identifier": 5, "password": "x"}, "identifier"),
        ([], "object"),
    ],
)
async def test_a_login_without_its_fields_is_a_400_that_names_the_field(
    world: World, body: object, names: str
) -> None:
    answer = await world.http.post(LOGIN, json=body)
    assert answer.status_code == 400
    assert answer.json()["success"] is False
    assert names in answer.json()["message"]


async def test_a_body_that_is_no_json_is_a_400_in_the_envelope(world: World) -> None:
    answer = await world.http.post(LOGIN, content="{nope", headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["success"]) == (400, False)
    assert "JSON" in answer.json()["message"]


async def test_after_ten_failures_the_address_waits_for_this_account(world: World) -> None:
    for _ in range(10):
        await world.http.post(LOGIN, json={"identifier": world.one.email, "password": "wrong"})
    refused = await world.http.post(LOGIN, json={"identifier": world.one.email, "password": PASSWORD})
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) == 15 * 60 + 1
    other = await world.http.post(LOGIN, json={"identifier": world.two.email, "password": PASSWORD})
    assert other.status_code == 200
    world.clock.pass_(minutes=15, seconds=1)
    later = await world.http.post(LOGIN, json={"identifier": world.one.email, "password": PASSWORD})
    assert later.status_code == 200


async def test_good_logins_are_never_throttled_and_revoke_no_earlier_token(world: World) -> None:
    first = await world.login(world.one.email)
    for _ in range(15):
        await world.login(world.one.email)
    answer = await world.http.get("/api/sessions", headers={"Authorization": f"Bearer {first}"})
    assert answer.status_code == 200


async def test_a_token_lives_24_hours(world: World) -> None:
    headers = {"Authorization": f"Bearer {world.one.token}"}
    world.clock.pass_(hours=23, minutes=59)
    assert (await world.http.get("/api/sessions", headers=headers)).status_code == 200
    world.clock.pass_(minutes=2)
    assert (await world.http.get("/api/sessions", headers=headers)).status_code == 401


async def test_logins_good_and_bad_are_in_the_audit_log(world: World) -> None:
    await world.http.post(LOGIN, json={"identifier": world.one.email, "password": "wrong"})
    entries = (await world.http.get("/api/audit", headers=world.one.both)).json()["data"]["entries"]
    assert [(each["action"], each["outcome"]) for each in entries] == [("login", "refused")]
    await world.login(world.one.email)
    entries = (await world.http.get("/api/audit", headers=world.one.both)).json()["data"]["entries"]
    assert [each["outcome"] for each in entries] == ["done", "refused"]
