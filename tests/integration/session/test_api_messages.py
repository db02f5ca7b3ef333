"""Each kind of message by HTTP to the simulator's phone, and what the phone has of it."""

from __future__ import annotations

import base64
import json
from typing import Any

import httpx
import pytest

from integration.session.conftest import FRIEND, Phones
from integration.session.processes import SessionProcess, eventually
from integration.simulator.processes import Simulator

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
)
PDF = b"%PDF-1.4\n" + bytes(range(256)) * 8000  # two megabytes: more than a body may have without a file
TO = {"to": FRIEND}
PLAIN: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "text": ({"text": "Hola ñ 😀"}, {"type": "text", "text": "Hola ñ 😀"}),
    "location": (
        {"type": "location", "location": {"latitude": -34.6, "longitude": -58.4, "name": "Obelisco"}},
        {"type": "location", "location": {"latitude": -34.6, "longitude": -58.4, "name": "Obelisco"}},
    ),
    "contact": (
        {"type": "contact", "contacts": [{"name": "Ana", "phone": "5491100000009"}]},
        {"type": "contact"},
    ),
    "poll": (
        {"type": "poll", "poll": {"name": "When?", "options": ["Today", "Tomorrow"]}},
        {"type": "poll"},
    ),
}


async def message(session: SessionProcess, body: dict[str, Any]) -> dict[str, Any]:
    answer = await session.post("/messages", TO | body)
    assert answer.status_code == 200, answer.text
    assert answer.json()["state"] == "sent"
    return answer.json()  # type: ignore[no-any-return]


async def last(phones: Phones) -> dict[str, Any]:
    return (await phones.get(f"/phones/{FRIEND}/messages"))[-1]


def agrees(found: Any, want: Any) -> bool:
    """Whether everything that is wanted is there; more may be."""
    if isinstance(want, dict):
        return isinstance(found, dict) and all(agrees(found.get(key), value) for key, value in want.items())
    return bool(found == want)


async def test_what_needs_no_file_arrives_as_it_was_sent(ready: SessionProcess, phones: Phones) -> None:
    for name, (body, want) in PLAIN.items():
        await message(ready, body)
        found = await last(phones)
        assert agrees(found, want), (name, found)


@pytest.mark.parametrize("way", ["base64", "form"])
async def test_a_file_arrives_byte_for_byte(
    ready: SessionProcess, phones: Phones, simulator: Simulator, way: str
) -> None:
    for kind, content, name in (("image", PNG, "dot.png"), ("document", PDF, "invoice.pdf")):
        if way == "base64":
            data = base64.b64encode(content).decode()
            body = {"type": kind, "text": "Look", "media": {"data": data, "fileName": name}}
            await message(ready, body)
        else:
            text = json.dumps(TO | {"type": kind, "text": "Look"})
            files: dict[str, Any] = {"message": (None, text), "file": (name, content)}
            answer = await ready.http.post(f"{ready.url}/messages", files=files)
            assert answer.status_code == 200, answer.text
        found = await last(phones)
        assert (found["type"], found["text"]) == (kind, "Look")
        url = f"{simulator.url}/phones/{FRIEND}/messages/{found['id']}/media"
        async with httpx.AsyncClient() as client:
            arrived = (await client.get(url)).content
        if kind == "document":
            assert arrived == content
        else:  # pictures are drawn anew by WhatsApp's page
            assert arrived
    staged = list((ready.sessions_dir / "media-cliente_51" / "outgoing").glob("*"))
    assert staged == []


async def test_a_message_is_answered_reacted_to_edited_forwarded_and_deleted(
    ready: SessionProcess, phones: Phones
) -> None:
    await phones.send("question")
    (received,) = await ready.events(1, "after=0&types=message.received")
    asked = received["data"]["messageId"]
    sent = await message(ready, {"text": "answer", "replyTo": asked})
    assert (await last(phones))["quoted"]

    answer = await ready.http.put(f"{ready.url}/messages/{asked}/reaction", json={"emoji": "👍"})
    assert answer.status_code == 200, answer.text

    async def reacted() -> bool:
        messages = await phones.get(f"/phones/{FRIEND}/messages")
        return any(one["text"] == "question" and bool(one["reactions"]) for one in messages)

    await eventually(reacted, "the phone has the reaction")

    path = f"{ready.url}/messages/{sent['messageId']}"
    answer = await ready.http.patch(path, json={"text": "a better answer"})
    assert answer.status_code == 200, answer.text

    async def edited() -> bool:
        return bool((await last(phones))["text"] == "a better answer")

    await eventually(edited, "the phone has the edit")

    answer = await ready.http.post(f"{ready.url}/messages/{asked}/forward", json={"to": FRIEND})
    assert answer.status_code == 200, answer.text
    assert answer.json()["messageId"] != asked

    answer = await ready.http.delete(path)
    assert answer.status_code == 200, answer.text

    async def deleted() -> bool:
        texts = [one["text"] for one in await phones.get(f"/phones/{FRIEND}/messages")]
        return "a better answer" not in texts

    await eventually(deleted, "the phone has the deletion")


async def test_one_key_makes_one_message_on_every_door(ready: SessionProcess, phones: Phones) -> None:
    for path, body in (("/send", {"to": FRIEND, "message": "once"}), ("/messages", TO | {"text": "one"})):
        headers = {"Idempotency-Key": f"key-of-{path}"}
        first = await ready.http.post(ready.url + path, json=body, headers=headers)
        again = await ready.http.post(ready.url + path, json=body, headers=headers)
        assert (first.status_code, again.status_code) == (200, 200)
        assert again.json() == first.json()
        assert "idempotent-replayed" not in first.headers
        assert again.headers["idempotent-replayed"] == "true"
        other = await ready.http.post(ready.url + path, json=body | {"to": "5491100000003"}, headers=headers)
        assert (other.status_code, other.json()["error"]) == (422, "idempotency_key_reused")
    assert await phones.received() == ["once", "one"]


async def test_a_queued_message_is_listed_sent_and_told(ready: SessionProcess, phones: Phones) -> None:
    queued = await ready.post("/messages", TO | {"text": "later", "async": True})
    assert queued.status_code == 202
    entry = queued.json()["id"]

    async def sent() -> bool:
        found = (await ready.get(f"/outbox/{entry}")).json()["entry"]
        return bool(found["state"] == "sent" and found["messageId"])

    await eventually(sent, "the entry is sent")
    assert await phones.received() == ["later"]
    late = await ready.post("/messages", TO | {"text": "never", "sendAt": "2099-01-01T00:00:00Z"})
    cancelled = await ready.http.delete(f"{ready.url}/outbox/{late.json()['id']}")
    assert cancelled.json()["entry"]["state"] == "cancelled"
    too_late = await ready.http.delete(f"{ready.url}/outbox/{entry}")
    assert (too_late.status_code, too_late.json()["error"]) == (409, "too_late")


async def test_what_whatsapp_knows_can_be_read(ready: SessionProcess, phones: Phones) -> None:
    await phones.send("hello")
    await ready.events(1, "after=0&types=message.received")
    (chat,) = (await ready.get("/chats")).json()["chats"]
    assert chat["group"] is False
    messages = (await ready.get(f"/chats/{chat['id']}/messages")).json()["messages"]
    assert [one["text"] for one in messages] == ["hello"]
    assert (await ready.post(f"/chats/{chat['id']}/read")).json() == {"ok": True}
    assert (await ready.get(f"/contacts/{FRIEND}")).json()["exists"] is True
    assert (await ready.get("/contacts/5491199999999")).json()["exists"] is False
    assert (await ready.get("/contacts")).json()["ok"] is True
    assert (await ready.get("/groups")).json() == {"ok": True, "groups": [], "next": None}
    events = await ready.http.get(
        f"{ready.url}/events?after=0&types=message.received", headers={"Accept": "application/json"}
    )
    assert [event["data"]["text"] for event in events.json()["events"]] == ["hello"]
