"""A session's own receivers: set, changed, rotated, removed, while its pod is there and while it is away."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from unit.hub.world import World
from whatsapp_hub.backend.protocol import Answer, Call
from whatsapp_hub.store.webhooks import MOST

ALL = "/api/sessions/a/webhooks"
CRM = f"{ALL}/crm"
BODY = {"url": "https://crm.example/hooks", "events": ["message.*"], "headers": {"X-Gateway": "gate-pass"}}
DELIVERY = {
    "pending": 3,
    "deadLetters": 1,
    "lastDeliveredAt": "2026-01-01T12:00:00.000Z",
    "failingSince": None,
    "lastError": "500",
}


async def put(world: World, body: Any = BODY, path: str = CRM) -> httpx.Response:
    return await world.http.put(path, json=body, headers=world.one.headers)


async def listed(world: World, headers: dict[str, str] | None = None) -> Any:
    answer = await world.http.get(ALL, headers=headers or world.one.headers)
    assert answer.status_code == 200
    return answer.json()["data"]


async def reader(world: World) -> dict[str, str]:
    made = await world.http.post(
        "/api/keys", json={"name": "r", "scopes": ["sessions:read"]}, headers=world.one.both
    )
    return {"X-API-Key": made.json()["data"]["key"]}


@pytest.mark.parametrize(
    ("path", "body", "names"),
    [
        (f"{ALL}/hub", BODY, "name 'hub'"),
        (f"{ALL}/CRM", BODY, "name 'CRM'"),
        (CRM, {}, "url"),
        (CRM, {"url": 5}, "url"),
        (CRM, BODY | {"url": "ftp://x"}, "url"),
        (CRM, BODY | {"events": ["nothing.*"]}, "events"),
        (CRM, BODY | {"events": "message.*"}, "events"),
        (CRM, BODY | {"headers": {"Host": "x"}}, "'Host'"),
        (CRM, BODY | {"headers": {"X-A": "***"}}, "headers.X-A"),
    ],
)
async def test_what_cannot_be_set_is_named_and_changes_nothing(
    world: World, path: str, body: Any, names: str
) -> None:
    await world.create("a")
    answer = await put(world, body, path)
    assert (answer.status_code, answer.json()["success"]) == (400, False)
    assert names in answer.json()["message"]
    assert (await listed(world))["webhooks"] == []
    assert len(world.backend.puts) == 1


@pytest.mark.parametrize(("method", "path"), [("POST", f"{CRM}/rotate"), ("DELETE", CRM)])
async def test_a_receiver_that_is_not_there_is_404(world: World, method: str, path: str) -> None:
    await world.create("a")
    answer = await world.http.request(method, path, headers=world.one.headers)
    assert (answer.status_code, "'crm'" in answer.json()["message"]) == (404, True)
    assert len(world.backend.puts) == 1


async def test_when_the_backend_refuses_nothing_is_set(world: World) -> None:
    await world.create("a")
    world.backend.broken = "The cluster does not answer."
    assert (await put(world)).status_code == 503
    world.backend.broken = None
    assert (await listed(world))["webhooks"] == []


async def test_a_session_has_only_so_many(world: World) -> None:
    await world.create("a")
    for number in range(MOST):
        assert (await put(world, path=f"{ALL}/crm-{number}")).status_code == 201
    refused = await put(world)
    assert (refused.status_code, str(MOST) in refused.json()["message"]) == (400, True)
    assert (await put(world, path=f"{ALL}/crm-0")).status_code == 200


async def test_a_new_receiver_is_told_to_the_session_with_its_secret(world: World) -> None:
    await world.create("a")
    answer = await put(world)
    data = answer.json()["data"]
    assert (answer.status_code, data["name"], data["url"]) == (201, "crm", BODY["url"])
    (told,) = world.backend.puts[-1].receivers
    assert (told.name, told.url, told.events) == ("crm", BODY["url"], ("message.*",))
    assert (told.secret, told.previous) == (data["secret"], None)
    assert told.headers == {"X-Gateway": "gate-pass"}
    assert world.backend.puts[-1].generation > world.backend.puts[0].generation


async def test_a_change_keeps_the_secret_and_what_is_hidden(world: World) -> None:
    await world.create("a")
    first = (await put(world)).json()["data"]
    assert first["headers"] == {"X-Gateway": "***"}
    again = await put(world, {"url": "https://crm.example/v2", "headers": first["headers"]})
    assert (again.status_code, again.json()["data"]["secret"]) == (200, first["secret"])
    (told,) = world.backend.puts[-1].receivers
    assert (told.url, told.events, dict(told.headers)) == (
        "https://crm.example/v2",
        (),
        {"X-Gateway": "gate-pass"},
    )


async def test_a_rotated_secret_is_new_and_the_one_before_signs_beside_it(world: World) -> None:
    await world.create("a")
    first = (await put(world)).json()["data"]["secret"]
    second = (await world.http.post(f"{CRM}/rotate", headers=world.one.headers)).json()["data"]["secret"]
    (told,) = world.backend.puts[-1].receivers
    assert (told.secret, told.previous) == (second, first)
    await world.http.post(f"{CRM}/rotate", headers=world.one.headers)
    (told,) = world.backend.puts[-1].receivers
    assert told.previous == second
    assert len({first, second, told.secret}) == 3


async def test_a_receiver_that_was_removed_and_made_again_has_another_secret(world: World) -> None:
    await world.create("a")
    first = (await put(world)).json()["data"]["secret"]
    assert (await world.http.delete(CRM, headers=world.one.headers)).status_code == 200
    assert world.backend.puts[-1].receivers == ()
    assert (await put(world)).json()["data"]["secret"] != first


async def test_the_secret_is_shown_to_who_may_change_it_only(world: World) -> None:
    await world.create("a")
    await put(world)
    (mine,) = (await listed(world))["webhooks"]
    (seen,) = (await listed(world, await reader(world)))["webhooks"]
    assert mine["secret"].startswith("whsec_")
    assert (seen["secret"], seen["url"]) == (None, BODY["url"])
    log = (await world.http.get("/api/audit", headers=world.one.both)).text
    assert "a/crm" in log
    for secret in (mine["secret"], "gate-pass", "crm.example"):
        assert secret not in log


async def test_how_deliveries_go_is_laid_beside_the_settings(world: World) -> None:
    await world.create("a")
    await put(world)
    own = {"name": "crm", "url": "https://crm.example", "format": "Standard", "events": []} | DELIVERY
    hub = {"name": "hub", "url": "http://hub.internal", "format": "Orchestrator", "events": []} | DELIVERY
    said = json.dumps({"ok": True, "webhooks": [hub, own]}).encode()
    world.backend.answer = lambda call: Answer(status=200, headers={}, body=said)
    data = await listed(world)
    assert data["heard"] is True
    crm, other = data["webhooks"]
    assert {name: crm[name] for name in DELIVERY} == DELIVERY
    assert (crm["own"], crm["url"]) == (True, BODY["url"])
    assert (other["name"], other["own"], other["secret"], other["pending"]) == ("hub", False, None, 3)
    assert "hub.internal" not in json.dumps(data)


@pytest.mark.parametrize(
    "answer",
    [
        Answer(status=401, headers={}, body=b"{}"),
        Answer(status=200, headers={}, body=b"<html>"),
        Answer(status=200, headers={}, body=b'{"webhooks": 5}'),
        Answer(status=200, headers={}, body=b'{"webhooks": [{}]}'),
    ],
)
async def test_settings_are_there_when_the_session_says_nothing_of_use(world: World, answer: Answer) -> None:
    await world.create("a")
    await put(world)

    def said(call: Call) -> Answer:
        return answer

    world.backend.answer = said
    data = await listed(world)
    assert (data["heard"], data["webhooks"][0]["name"], data["webhooks"][0]["pending"]) == (
        False,
        "crm",
        None,
    )


async def test_settings_are_read_while_the_session_is_away_and_dead_letters_are_503(world: World) -> None:
    await world.create("a")
    await put(world)
    world.backend.broken = "The session is not running now."
    data = await listed(world)
    assert (data["heard"], data["webhooks"][0]["url"]) == (False, BODY["url"])
    letters = await world.http.get(f"{CRM}/dead-letters", headers=world.one.headers)
    assert (letters.status_code, letters.json()["message"]) == (503, "The session is not running now.")


async def test_a_receiver_that_was_set_while_a_session_is_suspended_is_there_when_it_returns(
    world: World,
) -> None:
    await world.create("a")
    await world.http.post("/api/sessions/a/suspend", headers=world.one.headers)
    await put(world)
    assert world.backend.puts[-1].operating_mode == "Suspended"
    await world.http.post("/api/sessions/a/connect", headers=world.one.headers)
    assert [each.name for each in world.backend.puts[-1].receivers] == ["crm"]
