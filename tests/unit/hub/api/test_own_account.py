"""One's own account: the password, the end of every token, and who one is."""

from __future__ import annotations

from typing import Any

import pytest

from unit.hub.world import PASSWORD, World

CHANGE, EVERYWHERE, ME = "/api/auth/password", "/api/auth/logout-everywhere", "/api/auth/me"
NEW = "another horse battery"


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def good(world: World, token: str) -> bool:
    return (await world.http.get("/api/sessions", headers=bearer(token))).status_code == 200


async def change(world: World, current: str, new: str, token: str | None = None) -> Any:
    return await world.http.post(
        CHANGE, json={"current": current, "new": new}, headers=bearer(token or world.one.token)
    )


@pytest.mark.parametrize("path", [CHANGE, EVERYWHERE])
async def test_a_key_has_no_account(world: World, path: str) -> None:
    body = {"current": PASSWORD, "new": NEW}
    for headers in ({}, world.one.headers, bearer("a.b.c")):
        answer = await world.http.post(path, json=body, headers=headers)
        assert (answer.status_code, answer.json()["success"]) == (401, False)
    assert await good(world, world.one.token)


async def test_a_wrong_current_password_changes_nothing(world: World) -> None:
    answer = await change(world, "wrong", NEW)
    assert answer.status_code == 403
    assert "current" in answer.json()["message"]
    assert await world.login(world.one.email, PASSWORD)
    assert await good(world, world.one.token)


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ({"new": NEW}, "current"),
        ({"current": PASSWORD}, "new"),
        ({"current": PASSWORD, "new": "short"}, "new"),
        ({"current": PASSWORD, "new": "x" * 201}, "new"),
        ({"current": 5, "new": NEW}, "current"),
    ],
)
async def test_a_field_that_cannot_be_is_named(world: World, body: Any, names: str) -> None:
    answer = await world.http.post(CHANGE, json=body, headers=bearer(world.one.token))
    assert answer.status_code == 400
    assert answer.json()["message"].startswith(names)


async def test_guessing_the_current_password_waits_as_logins_do(world: World) -> None:
    for _ in range(10):
        assert (await change(world, "wrong", NEW)).status_code == 403
    refused = await change(world, PASSWORD, NEW)
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) > 0
    login = await world.http.post(
        "/api/auth/login", json={"identifier": world.one.email, "password": PASSWORD}
    )
    assert login.status_code == 429


async def test_a_changed_password_ends_every_token_but_the_new_one(world: World) -> None:
    before = await world.login(world.one.email)
    answer = await change(world, PASSWORD, NEW)
    assert answer.status_code == 200
    assert not await good(world, before)
    assert not await good(world, world.one.token)
    assert await good(world, answer.json()["data"]["accessToken"])
    refused = await world.http.post(
        "/api/auth/login", json={"identifier": world.one.email, "password": PASSWORD}
    )
    assert refused.status_code == 401
    assert await good(world, await world.login(world.one.email, NEW))  # at the same moment: it came after
    assert await good(world, world.two.token)
    assert (await world.http.get("/api/sessions", headers=world.one.headers)).status_code == 200


async def test_logging_out_everywhere_ends_the_tokens_of_this_very_second(world: World) -> None:
    early = await world.login(world.one.email)
    world.clock.pass_(milliseconds=300)
    late = await world.login(world.one.email)
    world.clock.pass_(milliseconds=300)
    assert (await world.http.post(EVERYWHERE, headers=bearer(late))).status_code == 200
    for token in (early, late, world.one.token):
        assert not await good(world, token)
    world.clock.pass_(milliseconds=300)
    assert await good(world, await world.login(world.one.email))
    assert await good(world, world.two.token)


async def test_a_token_counts_though_another_replicas_clock_is_ahead(world: World) -> None:
    world.clock.pass_(seconds=5)
    await world.http.post(EVERYWHERE, headers=bearer(world.one.token))
    world.clock.pass_(seconds=-5)
    assert await good(world, await world.login(world.one.email))


async def test_an_administrators_new_password_ends_the_tokens_of_that_user(world: World) -> None:
    made = await world.http.post(
        "/api/users", json={"email": "a@one.example", "password": PASSWORD}, headers=world.one.both
    )
    token, path = await world.login("a@one.example"), f"/api/users/{made.json()['data']['id']}"
    await world.http.patch(path, json={"name": "Ana"}, headers=world.one.both)
    assert await good(world, token)
    await world.http.patch(path, json={"password": NEW}, headers=world.one.both)
    assert not await good(world, token)


async def test_who_was_let_in_again_has_none_of_the_old_tokens(world: World) -> None:
    made = await world.http.post(
        "/api/users", json={"email": "a@one.example", "password": PASSWORD}, headers=world.one.both
    )
    token, path = await world.login("a@one.example"), f"/api/users/{made.json()['data']['id']}"
    for active in (False, True):
        await world.http.patch(path, json={"active": active}, headers=world.one.both)
        assert not await good(world, token)
    assert await good(world, await world.login("a@one.example"))


async def test_everybody_can_ask_who_they_are(world: World) -> None:
    assert (await world.http.get(ME)).status_code == 401
    wrong = await world.http.get(ME, headers={**bearer(world.one.token), "X-API-Key": "was_wrong"})
    assert wrong.status_code == 401
    by_token = (await world.http.get(ME, headers=bearer(world.one.token))).json()["data"]
    assert (by_token["user"]["email"], by_token["user"]["role"], by_token["key"]) == (
        world.one.email,
        "admin",
        None,
    )
    assert by_token["organization"] == {"id": world.one.id, "name": "one"}
    by_key = (await world.http.get(ME, headers=world.two.headers)).json()["data"]
    assert (by_key["user"], by_key["key"]["name"], by_key["organization"]["name"]) == (None, "first", "two")
    assert world.two.key not in str(by_key)
    both = (await world.http.get(ME, headers=world.one.both)).json()["data"]
    assert both["user"]
    assert both["key"]
    assert "sessions:write" in both["scopes"]


async def test_what_was_done_is_in_the_audit_log_without_a_password(world: World) -> None:
    await change(world, "a wrong password", NEW)
    token = (await change(world, PASSWORD, NEW)).json()["data"]["accessToken"]
    await world.http.post(EVERYWHERE, headers=bearer(token))
    headers = {**world.one.headers, **bearer(await world.login(world.one.email, NEW))}
    log = await world.http.get("/api/audit", headers=headers)
    assert [(each["action"], each["outcome"]) for each in log.json()["data"]["entries"]] == [
        ("login", "done"),
        ("logout.everywhere", "done"),
        ("password.change", "done"),
        ("password.change", "refused"),
    ]
    assert NEW not in log.text
    assert "wrong" not in log.text
