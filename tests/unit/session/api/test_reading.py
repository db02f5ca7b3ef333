"""Lists, pages, pictures: what the page says becomes the wire shape."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import httpx
import pytest

from unit.session.api.doubles import FakeSender
from unit.session.conftest import Bring
from unit.session.doubles import NOW, FakeEngine, message
from whatsapp_contracts.states import State
from whatsapp_session.api import reading
from whatsapp_session.engine.protocol import (
    Chat,
    CheckFailed,
    Contact,
    EngineStuck,
    Group,
    NotConnected,
    NotFound,
    NotOnWhatsApp,
    PageLost,
    Participant,
    Picture,
    Stage,
)

CHAT = "5491100000002@c.us"
GROUP = "120363041234567890@g.us"
READING = ["/chats", f"/chats/{CHAT}/messages", "/contacts", "/groups", f"/groups/{GROUP}"]
CHAT_ACTIONS = {"read": "mark_read", "typing": "typing", "presence": "follow_presence"}


@pytest.fixture(autouse=True)
async def ready(bring: Bring) -> None:
    await bring(State.READY)


METHODS = ["chats", "history", "contacts", "groups", "picture"]


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (NotConnected("There is no page."), 409, "session_not_ready"),
        (EngineStuck(Stage.READ, 30), 503, "engine_timeout"),
        (PageLost("The page crashed."), 503, "engine_timeout"),
        (TimeoutError(), 503, "engine_timeout"),
    ],
)
async def test_a_page_that_does_not_answer_has_its_code(
    http: httpx.AsyncClient, engine: FakeEngine, error: Exception, status: int, code: str
) -> None:
    engine.fails = dict.fromkeys(METHODS, error)
    for path in (*READING, f"/contacts/{CHAT}/picture", f"/groups/{GROUP}/picture"):
        answer = await http.get(path)
        assert (answer.status_code, answer.json()["error"]) == (status, code), path


async def test_a_page_that_hangs_is_given_up(
    http: httpx.AsyncClient, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hang(*, timeout: float) -> list[Chat]:
        await asyncio.Event().wait()
        return []

    monkeypatch.setattr(engine, "chats", hang)
    monkeypatch.setattr(reading, "TIMEOUT", 0.0)
    monkeypatch.setattr(reading, "LAST", 0.01)
    assert (await http.get("/chats")).json()["error"] == "engine_timeout"


@pytest.mark.parametrize("action", CHAT_ACTIONS)
async def test_a_chat_that_is_not_there_is_404(
    http: httpx.AsyncClient, engine: FakeEngine, action: str
) -> None:
    engine.fails[CHAT_ACTIONS[action]] = NotFound("There is no such chat.")
    answer = await http.post(f"/chats/{CHAT}/{action}", json={"state": "paused"})
    assert (answer.status_code, answer.json()["error"]) == (404, "chat_not_found")


async def test_what_is_shown_in_a_chat_reaches_the_page(http: httpx.AsyncClient, engine: FakeEngine) -> None:
    for action in CHAT_ACTIONS:
        answer = await http.post(f"/chats/{CHAT}/{action}", json={"state": "recording"})
        assert (answer.status_code, answer.json()) == (200, {"ok": True})
    assert engine.did[-3:] == [f"read {CHAT}", f"recording {CHAT}", f"presence {CHAT}"]


async def test_chats_are_newest_first_in_pages(http: httpx.AsyncClient, engine: FakeEngine) -> None:
    engine.chats_ = [
        Chat(id=f"{n}@c.us", name=None, group=False, unread=n, last_message_at=NOW + timedelta(hours=n))
        for n in range(1, 4)
    ] + [Chat(id=GROUP, name="Sales", group=True, unread=0, last_message_at=None)]
    first = (await http.get("/chats?limit=3")).json()
    assert [chat["id"] for chat in first["chats"]] == ["3@c.us", "2@c.us", "1@c.us"]
    assert first["chats"][0]["lastMessageAt"] == "2026-01-01T15:00:00.000Z"
    second = (await http.get(f"/chats?limit=3&after={first['next']}")).json()
    assert second == {
        "ok": True,
        "chats": [{"id": GROUP, "name": "Sales", "group": True, "unread": 0, "lastMessageAt": None}],
        "next": None,
    }


async def test_messages_of_a_chat_are_newest_first_in_pages(
    http: httpx.AsyncClient, engine: FakeEngine
) -> None:
    engine.store = [message(n, from_me=True, ack=3) for n in range(3)]
    first = (await http.get(f"/chats/{CHAT}/messages?limit=2")).json()
    assert [each["text"] for each in first["messages"]] == ["text 2", "text 1"]
    assert first["messages"][0]["ack"] == 3
    second = (await http.get(f"/chats/{CHAT}/messages?limit=2&after={first['next']}")).json()
    assert [each["text"] for each in second["messages"]] == ["text 0"]
    assert second["next"] is None


async def test_an_unknown_chat_has_no_messages(http: httpx.AsyncClient) -> None:
    answer = await http.get(f"/chats/{CHAT}/messages")
    assert (answer.status_code, answer.json()["error"]) == (404, "chat_not_found")


async def test_contacts_are_listed_by_id_in_pages(http: httpx.AsyncClient, engine: FakeEngine) -> None:
    engine.contacts_ = [
        Contact(id=id, phone=None, lid=None, name=None, push_name="P", business=False, mine=True)
        for id in ("b@lid", "a@lid")
    ]
    first = (await http.get("/contacts?limit=1")).json()
    assert first["contacts"] == [
        {
            "id": "a@lid", "phone": None, "lid": None, "name": None, "pushName": "P", "business": False,
            "mine": True,
        }
    ]  # fmt: skip
    assert first["next"] == "a@lid"
    second = (await http.get("/contacts?limit=1&after=a@lid")).json()
    assert ([each["id"] for each in second["contacts"]], second["next"]) == (["b@lid"], None)
    assert (await http.get("/contacts?after=gone@lid")).json()["contacts"] == []


async def test_a_group_has_its_members(http: httpx.AsyncClient, engine: FakeEngine) -> None:
    member = Participant(id="1@lid", phone="5491100000002", lid="1@lid", admin=True)
    engine.groups_ = [Group(id=GROUP, name="Sales", owner=None, created_at=NOW, participants=(member,))]
    shape = {
        "id": GROUP,
        "name": "Sales",
        "owner": None,
        "createdAt": "2026-01-01T12:00:00.000Z",
        "participants": [{"id": "1@lid", "phone": "5491100000002", "lid": "1@lid", "admin": True}],
    }
    assert (await http.get("/groups")).json() == {"ok": True, "groups": [shape], "next": None}
    assert (await http.get(f"/groups/{GROUP}")).json() == {"ok": True, "group": shape}
    assert (await http.get("/groups/1@g.us")).json()["error"] == "chat_not_found"


@pytest.mark.parametrize("path", [f"/contacts/{CHAT}/picture", "/contacts/5491100000002/picture"])
async def test_a_picture_is_given_so_that_no_browser_runs_it(http: httpx.AsyncClient, path: str) -> None:
    answer = await http.get(path)
    assert (answer.status_code, answer.content) == (200, b"picture")
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]


async def test_a_picture_of_a_type_that_is_none_is_bytes(
    http: httpx.AsyncClient, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def picture(id: str, *, timeout: float) -> Picture:
        return Picture(content=b"<svg/>", mime_type="image/svg+xml")

    monkeypatch.setattr(engine, "picture", picture)
    answer = await http.get(f"/groups/{GROUP}/picture")
    assert answer.headers["content-type"] == "application/octet-stream"


async def test_who_has_no_picture_is_404(http: httpx.AsyncClient, engine: FakeEngine) -> None:
    engine.fails["picture"] = NotFound("There is no picture.")
    answer = await http.get(f"/contacts/{CHAT}/picture")
    assert (answer.status_code, answer.json()["error"]) == (404, "picture_not_found")


async def test_a_number_is_checked(http: httpx.AsyncClient, sender: FakeSender) -> None:
    answer = await http.get("/contacts/5491100000002")
    assert answer.json() == {"ok": True, "exists": True, "id": CHAT}
    sender.fails = NotOnWhatsApp("5491100000002 is not on WhatsApp.")
    answer = await http.get("/contacts/5491100000002")
    assert (answer.status_code, answer.json()) == (200, {"ok": True, "exists": False, "id": None})
    sender.fails = CheckFailed("Nobody could say.")
    answer = await http.get("/contacts/5491100000002")
    assert (answer.status_code, answer.json()["error"]) == (503, "number_check_failed")
