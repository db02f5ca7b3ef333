"""Sending and reading: contract A's answers in contract B's envelope."""

from __future__ import annotations

import json
from typing import Any

import pytest

from unit.hub.world import World
from whatsapp_hub.backend.protocol import Answer

MESSAGES = "/api/sessions/a/messages"
SENT = {"ok": True, "messageId": "true_1@c.us_X", "id": None, "state": "sent"}


def answers(world: World, status: int, body: Any, **headers: str) -> None:
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    world.backend.answer = lambda call: Answer(status=status, headers=headers, body=text)


async def test_a_send_is_handed_on_with_its_key_and_answered_in_the_envelope(world: World) -> None:
    await world.create("a")
    answers(world, 200, SENT, **{"idempotent-replayed": "true", "server": "x"})
    answer = await world.http.post(
        MESSAGES, json={"to": "549", "text": "hola"}, headers={**world.one.headers, "Idempotency-Key": "k"}
    )
    assert answer.json() == {
        "success": True,
        "data": {name: value for name, value in SENT.items() if name != "ok"},
    }
    assert answer.headers["idempotent-replayed"] == "true"
    ((uid, call),) = world.backend.calls
    assert uid == (await world.row("a")).uid
    assert (call.method, call.path, json.loads(call.body or b"")) == (
        "POST",
        "/messages",
        {"to": "549", "text": "hola"},
    )
    assert call.headers["idempotency-key"] == "k"
    assert world.one.key not in str(call)


@pytest.mark.parametrize("status", [400, 409, 413, 422, 429, 500, 503, 507])
async def test_a_refusal_keeps_its_status_and_its_cure(world: World, status: int) -> None:
    await world.create("a")
    answers(world, status, {"ok": False, "error": "x", "message": "Do this."}, **{"retry-after": "7"})
    answer = await world.http.post(MESSAGES, json={}, headers=world.one.headers)
    assert answer.status_code == status
    assert answer.json() == {"success": False, "message": "Do this."}
    assert answer.headers["retry-after"] == "7"


@pytest.mark.parametrize(("status", "body"), [(200, b"<html>"), (200, []), (401, {"ok": False})])
async def test_an_answer_that_is_none_is_502(world: World, status: int, body: Any) -> None:
    await world.create("a")
    answers(world, status, body)
    answer = await world.http.get("/api/sessions/a/chats", headers=world.one.headers)
    assert (answer.status_code, answer.json()["success"]) == (502, False)


async def test_a_session_that_cannot_be_reached_is_503(world: World) -> None:
    await world.create("a")
    world.backend.broken = "The session is not running now."
    answer = await world.http.get("/api/sessions/a/chats", headers=world.one.headers)
    assert (answer.status_code, answer.json()["message"]) == (503, "The session is not running now.")


async def test_chats_and_messages_are_asked_with_their_pages(world: World) -> None:
    await world.create("a")
    answers(world, 200, {"ok": True, "messages": [], "next": None})
    answer = await world.http.get(
        "/api/sessions/a/chats/549%40c.us/messages?limit=5&after=x", headers=world.one.headers
    )
    assert answer.json() == {"success": True, "data": {"messages": [], "next": None}}
    assert world.backend.calls[0][1].path == "/chats/549%40c.us/messages?limit=5&after=x"


async def test_a_file_comes_as_it_is(world: World) -> None:
    await world.create("a")
    answers(world, 200, b"bytes", **{"content-type": "image/png", "content-disposition": "attachment"})
    answer = await world.http.get("/api/sessions/a/media/m1", headers=world.one.headers)
    assert (answer.content, answer.headers["content-type"]) == (b"bytes", "image/png")
    assert answer.headers["content-disposition"] == "attachment"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", MESSAGES),
        ("GET", "/api/sessions/a/chats"),
        ("GET", "/api/sessions/a/chats/1/messages"),
        ("POST", "/api/sessions/a/chats/1/read"),
        ("PATCH", MESSAGES + "/1"),
        ("DELETE", MESSAGES + "/1"),
        ("PUT", MESSAGES + "/1/reaction"),
        ("GET", "/api/sessions/a/media/1"),
        ("GET", "/api/sessions/a/outbox/1"),
        ("GET", "/api/sessions/a/webhooks"),
    ],
)
async def test_nobody_reaches_another_organizations_session(world: World, method: str, path: str) -> None:
    await world.create("a")
    for headers, status in [({}, 401), (world.two.headers, 404)]:
        answer = await world.http.request(method, path, headers=headers)
        assert (answer.status_code, answer.json()["success"]) == (status, False)
    assert world.backend.calls == []
