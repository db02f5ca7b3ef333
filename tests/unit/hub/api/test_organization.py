"""Users, keys, origins, audit: both headers, one tenant, an administrator."""

from __future__ import annotations

from typing import Any

import pytest

from unit.hub.world import PASSWORD, World

ROUTES: list[tuple[str, str, Any]] = [
    ("GET", "/api/users", None),
    ("POST", "/api/users", {"email": "x@y.example", "password": "long enough"}),
    ("PATCH", "/api/users/1", {"name": "x"}),
    ("DELETE", "/api/users/1", None),
    ("GET", "/api/keys", None),
    ("POST", "/api/keys", {"name": "x"}),
    ("DELETE", "/api/keys/1", None),
    ("GET", "/api/origins", None),
    ("PUT", "/api/origins", {"origins": []}),
    ("GET", "/api/audit", None),
]


@pytest.mark.parametrize(("method", "path", "body"), ROUTES)
async def test_routes_about_the_organization_need_both_headers(
    world: World, method: str, path: str, body: Any
) -> None:
    one, two = world.one, world.two
    viewer = await _user(world, "viewer@one.example", "viewer")
    cases = {
        401: [
            {},
            one.headers,
            {"Authorization": f"Bearer {one.token}"},
            {**one.headers, "Authorization": "Bearer expired"},
            {"X-API-Key": "was_wrong", "Authorization": f"Bearer {one.token}"},
            {**two.headers, "Authorization": f"Bearer {one.token}"},
        ],
        403: [{**one.headers, "Authorization": f"Bearer {viewer}"}],
    }
    for status, refused in cases.items():
        for headers in refused:
            answer = await world.http.request(method, path, json=body, headers=headers)
            assert (answer.status_code, answer.json()["success"]) == (status, False), headers


async def _user(world: World, email: str, role: str) -> str:
    made = await world.http.post(
        "/api/users", json={"email": email, "password": PASSWORD, "role": role}, headers=world.one.both
    )
    assert made.status_code == 201
    return await world.login(email)


async def test_a_key_is_shown_once_works_until_it_is_revoked_and_never_again(world: World) -> None:
    made = await world.http.post("/api/keys", json={"name": "crm"}, headers=world.one.both)
    assert made.status_code == 201
    key = made.json()["data"]
    listed = await world.http.get("/api/keys", headers=world.one.both)
    assert key["key"] not in listed.text
    assert (await world.http.get("/api/sessions", headers={"X-API-Key": key["key"]})).status_code == 200
    for _ in range(2):
        gone = await world.http.delete(f"/api/keys/{key['id']}", headers=world.one.both)
        assert gone.status_code == 200
        assert gone.json()["data"]["revokedAt"]
    assert (await world.http.get("/api/sessions", headers={"X-API-Key": key["key"]})).status_code == 401


async def test_a_key_without_the_scope_is_refused(world: World) -> None:
    made = await world.http.post(
        "/api/keys", json={"name": "reader", "scopes": ["sessions:read"]}, headers=world.one.both
    )
    headers = {"X-API-Key": made.json()["data"]["key"]}
    assert (await world.http.get("/api/sessions", headers=headers)).status_code == 200
    answer = await world.http.post("/api/sessions", json={"sessionId": "a"}, headers=headers)
    assert answer.status_code == 403
    assert "sessions:write" in answer.json()["message"]


async def test_another_organizations_users_and_keys_are_not_there(world: World) -> None:
    users = (await world.http.get("/api/users", headers=world.two.both)).json()["data"]["users"]
    assert [each["email"] for each in users] == [world.two.email]
    other = (await world.http.get("/api/users", headers=world.one.both)).json()["data"]["users"][0]
    key = (await world.http.get("/api/keys", headers=world.one.both)).json()["data"]["keys"][0]
    for method, path in [
        ("PATCH", f"/api/users/{other['id']}"),
        ("DELETE", f"/api/users/{other['id']}"),
        ("DELETE", f"/api/keys/{key['id']}"),
        ("DELETE", "/api/keys/99999999999999999999"),
    ]:
        answer = await world.http.request(method, path, json={}, headers=world.two.both)
        assert answer.status_code == 404
    assert (await world.http.get("/api/sessions", headers=world.one.headers)).status_code == 200


async def test_an_address_has_one_user_in_all_organizations(world: World) -> None:
    body = {"email": world.two.email.upper(), "password": PASSWORD}
    answer = await world.http.post("/api/users", json=body, headers=world.one.both)
    assert answer.status_code == 409


async def test_the_last_administrator_stays(world: World) -> None:
    me = (await world.http.get("/api/users", headers=world.one.both)).json()["data"]["users"][0]["id"]
    for method, body in [("DELETE", None), ("PATCH", {"role": "agent"}), ("PATCH", {"active": False})]:
        answer = await world.http.request(method, f"/api/users/{me}", json=body, headers=world.one.both)
        assert answer.status_code == 409
    assert (await world.http.get("/api/users", headers=world.one.both)).status_code == 200


async def test_a_removed_user_has_no_token_any_more(world: World) -> None:
    token = await _user(world, "agent@one.example", "agent")
    headers = {"Authorization": f"Bearer {token}"}
    assert (await world.http.get("/api/sessions", headers=headers)).status_code == 200
    users = (await world.http.get("/api/users", headers=world.one.both)).json()["data"]["users"]
    await world.http.delete(f"/api/users/{users[1]['id']}", headers=world.one.both)
    assert (await world.http.get("/api/sessions", headers=headers)).status_code == 401


async def test_what_was_done_is_in_the_audit_log_of_its_organization_only(world: World) -> None:
    await world.http.put("/api/origins", json={"origins": []}, headers=world.one.both)
    await world.http.post("/api/keys", json={"name": "crm"}, headers=world.one.both)
    mine = (await world.http.get("/api/audit?limit=1", headers=world.one.both)).json()["data"]
    assert [(each["actor"], each["action"]) for each in mine["entries"]] == [("user:1", "key.create")]
    older = await world.http.get(f"/api/audit?before={mine['next']}", headers=world.one.both)
    assert [each["action"] for each in older.json()["data"]["entries"]] == ["origins.set"]
    theirs = (await world.http.get("/api/audit", headers=world.two.both)).json()["data"]
    assert theirs == {"entries": [], "next": None}


@pytest.mark.parametrize("origin", ["https://crm.example/path", "crm.example", "*", "null", "HTTPS://X"])
async def test_what_is_no_origin_is_refused(world: World, origin: str) -> None:
    answer = await world.http.put("/api/origins", json={"origins": [origin]}, headers=world.one.both)
    assert answer.status_code == 400
