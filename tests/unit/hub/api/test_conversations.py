"""Sending and reading: contract A's answers in contract B's envelope."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from unit.hub.world import World
from whatsapp_hub.backend.protocol import Answer
from whatsapp_hub.services import UPLOADS

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


CALLS = [
    ("PUT", "messages/m@1/reaction", "/messages/m%401/reaction"),
    ("PATCH", "messages/m1", "/messages/m1"),
    ("DELETE", "messages/m1", "/messages/m1"),
    ("POST", "messages/m1/forward", "/messages/m1/forward"),
    ("GET", "chats?limit=5", "/chats?limit=5"),
    ("POST", "chats/549@c.us/read", "/chats/549%40c.us/read"),
    ("POST", "chats/549@c.us/typing", "/chats/549%40c.us/typing"),
    ("POST", "chats/549@c.us/presence", "/chats/549%40c.us/presence"),
    ("GET", "outbox?state=queued&after=out_1", "/outbox?state=queued&after=out_1"),
    ("GET", "outbox/out_1", "/outbox/out_1"),
    ("DELETE", "outbox/out_1", "/outbox/out_1"),
    ("GET", "contacts?limit=2&after=x", "/contacts?limit=2&after=x"),
    ("GET", "contacts/5491123456789", "/contacts/5491123456789"),
    ("GET", "groups", "/groups"),
    ("GET", "groups/1@g.us", "/groups/1%40g.us"),
    ("GET", "webhooks/crm/dead-letters?limit=3", "/webhooks/crm/dead-letters?limit=3"),
    ("POST", "webhooks/crm/dead-letters/retry", "/webhooks/crm/dead-letters/retry"),
    ("POST", "webhooks/crm/dead-letters/7/retry", "/webhooks/crm/dead-letters/7/retry"),
    ("DELETE", "webhooks/crm/dead-letters", "/webhooks/crm/dead-letters"),
    ("DELETE", "webhooks/crm/dead-letters/7", "/webhooks/crm/dead-letters/7"),
]


@pytest.mark.parametrize(("method", "path", "asked"), CALLS)
async def test_a_call_is_handed_on_to_the_sessions_own_route(
    world: World, method: str, path: str, asked: str
) -> None:
    await world.create("a")
    answers(world, 200, {"ok": True, "found": [1]})
    answer = await world.http.request(
        method, f"/api/sessions/a/{path}", json={"x": 1}, headers=world.one.headers
    )
    assert answer.json() == {"success": True, "data": {"found": [1]}}
    ((_, call),) = world.backend.calls
    assert (call.method, call.path, json.loads(call.body or b"")) == (method, asked, {"x": 1})


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("contacts/549@c.us/picture", "/contacts/549%40c.us/picture"),
        ("groups/1@g.us/picture", "/groups/1%40g.us/picture"),
        ("media/med_1", "/media/med_1"),
    ],
)
async def test_a_file_is_nothing_that_a_browser_runs(world: World, path: str, asked: str) -> None:
    await world.create("a")
    answers(world, 404, {"ok": False, "message": "There is no picture."})
    refused = await world.http.get(f"/api/sessions/a/{path}", headers=world.one.headers)
    assert (refused.status_code, refused.json()["message"]) == (404, "There is no picture.")
    answers(world, 200, b"<svg onload=x>", **{"content-type": "image/svg+xml"})
    answer = await world.http.get(f"/api/sessions/a/{path}", headers=world.one.headers)
    assert world.backend.calls[-1][1].path == asked
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]


@pytest.mark.parametrize("query", ["limit=0", "limit=501", "limit=x", "after=" + "x" * 301])
async def test_a_page_that_cannot_be_is_a_400_that_names_the_parameter(world: World, query: str) -> None:
    await world.create("a")
    answer = await world.http.get(f"/api/sessions/a/chats?{query}", headers=world.one.headers)
    assert answer.status_code == 400
    assert answer.json()["message"].startswith(query.partition("=")[0])
    assert world.backend.calls == []


async def test_a_file_and_its_message_go_on_as_they_came(world: World) -> None:
    await world.create("a")
    answers(world, 200, SENT)
    body = json.dumps({"to": "549", "type": "image"}).encode()
    files = {
        "message": (None, body, "application/json"),
        "file": ("a.png", b"\x89PNG" * 400_000, "image/png"),
    }
    answer = await world.http.post(MESSAGES, files=files, headers=world.one.headers)
    assert answer.status_code == 200
    ((_, call),) = world.backend.calls
    assert call.headers["content-type"].startswith("multipart/form-data; boundary=")
    assert (call.body or b"").count(b"\x89PNG") == 400_000


async def test_only_so_many_uploads_are_held_at_one_time(world: World) -> None:
    await world.create("a")
    answers(world, 200, SENT)
    for _ in range(UPLOADS):
        await world.services.uploads.acquire()
    body = json.dumps({"to": "549", "media": {"data": "A" * 2_000_000}})
    large = asyncio.create_task(
        world.http.post(
            MESSAGES, content=body, headers=world.one.headers | {"content-type": "application/json"}
        )
    )
    small = await world.http.post(MESSAGES, json={"to": "549", "text": "hola"}, headers=world.one.headers)
    assert small.status_code == 200
    assert not large.done()
    assert len(world.backend.calls) == 1
    world.services.uploads.release()
    assert (await large).status_code == 200


@pytest.mark.parametrize(
    ("path", "size", "status"),
    [(MESSAGES, 96 * 1024 * 1024 + 1, 413), ("/api/sessions/a/chats/1/typing", 1024 * 1024 + 1, 413)],
)
async def test_a_body_that_is_too_large_is_not_read(world: World, path: str, size: int, status: int) -> None:
    await world.create("a")
    headers = {**world.one.headers, "content-length": str(size)}
    answer = await world.http.post(path, content=b"", headers=headers)
    assert (answer.status_code, answer.json()["success"]) == (status, False)
    assert world.backend.calls == []
