"""The whole process and a receiver: configured by a call, signed, complete over a kill; contract D."""

from __future__ import annotations

import json
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from integration.session.conftest import FRIEND, PHONE, Phones
from integration.session.processes import SessionProcess, eventually
from integration.simulator.processes import Simulator
from unit.session.webhooks.shapes import BODIES, faults
from unit.session.webhooks.stage import SECRET, Recorder, status
from whatsapp_contracts import callbacks

KEY = "a-key-that-must-never-leave"


@pytest.fixture
async def crm() -> AsyncIterator[Recorder]:
    made = Recorder()
    await made.start()
    yield made
    await made.stop()
    assert made.forged == []


@pytest.fixture
async def session(
    simulator: Simulator, start_session: Callable[..., Awaitable[SessionProcess]], tmp_path: Path
) -> SessionProcess:
    """With a key, and allowed to reach a receiver on loopback."""
    (tmp_path / "keys").write_text(f"{KEY}\n")
    process = await start_session(
        simulator.url,
        ALLOWED_NETWORKS="127.0.0.0/8",
        API_KEY_FILE=str(tmp_path / "keys"),
        HOST="127.0.0.1",
    )
    process.http.headers["X-API-Key"] = KEY
    return process


async def put(session: SessionProcess, *webhooks: dict[str, Any]) -> None:
    answer = await session.http.put(
        f"{session.url}/config",
        json={"revision": "1", "webhooks": [{"secrets": [SECRET], **each} for each in webhooks]},
    )
    assert answer.status_code == 200, answer.text


async def taken(crm: Recorder, type: str, count: int) -> list[Any]:
    """The events of a type that the receiver took, once there are so many different ones."""

    def there() -> dict[str, Any]:
        return {call.id: call.body for call in crm.taken if call.body.get("type") == type}

    async def enough() -> bool:
        return len(there()) >= count

    await eventually(enough, f"{count} {type} at the receiver")
    return list(there().values())


async def test_messages_both_ways_arrive_signed_whole_and_in_order(
    ready: SessionProcess, phones: Phones, crm: Recorder
) -> None:
    await put(ready, {"name": "crm", "url": crm.url, "events": ["message.*"], "headers": {"X-Own": "mine"}})
    for number in range(5):
        await phones.send(f"in {number}")
        assert (await ready.send(FRIEND, f"out {number}")).status_code == 200
    received = await taken(crm, "message.received", 5)
    assert [event["data"]["text"] for event in received] == [f"in {number}" for number in range(5)]
    sent = await taken(crm, "message.sent", 5)
    assert [event["data"]["text"] for event in sent] == [f"out {number}" for number in range(5)]
    told = {
        event["id"]: event for event in await ready.events(10, "after=0&types=message.received,message.sent")
    }
    assert {event["id"]: event for event in received + sent} == told
    assert {call.headers["x-own"] for call in crm.calls} == {"mine"}
    assert {call.id for call in crm.calls} == {call.body["id"] for call in crm.calls}
    assert all(KEY not in str(call) for call in crm.calls)
    answer = await ready.get("/webhooks")
    (view,) = answer.json()["webhooks"]
    assert (view["name"], view["deadLetters"], view["failingSince"]) == ("crm", 0, None)


async def test_a_kill_while_the_receiver_is_away_loses_nothing(
    ready: SessionProcess, phones: Phones, crm: Recorder
) -> None:
    await put(ready, {"name": "crm", "url": crm.url, "events": ["message.received"]})
    crm.answer = status(503)
    for number in range(6):
        await phones.send(f"before {number}")
    await ready.events(6, "after=0&types=message.received")
    assert await ready.end(signal.SIGKILL) != 0
    for number in range(6):
        await phones.send(f"away {number}")
    crm.answer = status(204)
    await ready.start()
    events = await taken(crm, "message.received", 12)
    wanted = [f"{when} {number}" for when in ("before", "away") for number in range(6)]
    assert [event["data"]["text"] for event in events] == wanted


async def test_dead_letters_are_listed_retried_and_dropped_by_calls(
    ready: SessionProcess, phones: Phones, crm: Recorder
) -> None:
    await put(ready, {"name": "crm", "url": crm.url, "events": ["message.received"]})
    crm.answer = status(422)
    await phones.send("one")
    await phones.send("two")

    async def dead() -> bool:
        answer = await ready.get("/webhooks/crm/dead-letters")
        return len(answer.json()["deadLetters"]) == 2

    await eventually(dead, "two dead letters")
    one, two = (await ready.get("/webhooks/crm/dead-letters")).json()["deadLetters"]
    assert [letter["event"]["data"]["text"] for letter in (one, two)] == ["one", "two"]
    crm.answer = status(204)
    answer = await ready.post(f"/webhooks/crm/dead-letters/{one['seq']}/retry")
    assert (answer.status_code, answer.json()) == (200, {"ok": True, "retried": 1})
    (event,) = await taken(crm, "message.received", 1)
    assert event == one["event"]
    answer = await ready.http.delete(f"{ready.url}/webhooks/crm/dead-letters/{two['seq']}")
    assert (answer.status_code, answer.json()) == (200, {"ok": True, "discarded": 1})
    answer = await ready.post("/webhooks/crm/dead-letters/999/retry")
    assert (answer.status_code, answer.json()["error"]) == (404, "dead_letter_not_found")
    answer = await ready.get("/webhooks/nobody/dead-letters")
    assert (answer.status_code, answer.json()["error"]) == (404, "webhook_not_found")


async def test_a_login_and_a_message_are_contract_ds_calls(
    session: SessionProcess, phones: Phones, crm: Recorder
) -> None:
    view = await session.reaches("QR_REQUIRED")
    await put(session, {"name": "hub", "url": crm.base, "format": "Orchestrator"})
    await session.post("/session-manager/login")
    view = await session.reaches("QR_REQUIRED")
    await phones.scan(view["qr"]["code"])
    await session.reaches("READY")
    await phones.send("hola")

    async def arrived() -> bool:
        return any(call.path == callbacks.MESSAGE_RECEIVED for call in crm.taken)

    await eventually(arrived, "the message at the receiver")
    assert [fault for call in crm.calls for fault in faults(call.body, BODIES[call.path])] == []
    assert {call.body["session_id"] for call in crm.calls} == {"cliente_51"}
    statuses = [call.body["status"] for call in crm.calls if call.path == callbacks.STATUS_UPDATE]
    assert statuses[-1] == "connected"
    assert set(statuses) == {"pending", "connected"}
    qrs = [call.body["qr_code"] for call in crm.calls if call.path == callbacks.QR_UPDATE]
    assert view["qr"]["code"] in qrs
    (connected,) = [call.body for call in crm.calls if call.path == callbacks.NEW_SESSION_CONNECTED]
    assert connected["phone_number"] == PHONE
    assert f":{connected['server_port']}" in session.url
    assert connected["auth_folder_path"] == str(session.login_dir)
    (message,) = [call.body for call in crm.calls if call.path == callbacks.MESSAGE_RECEIVED]
    assert (message["from"], message["to"]) == (FRIEND, PHONE)
    assert message["message"] == {"type": "text", "text": "hola"}
    assert all(KEY not in call.raw + str(call.headers) for call in crm.calls)


async def test_a_receiver_inside_is_not_reached_unless_the_setting_names_it(
    start_session: Callable[..., Awaitable[SessionProcess]], simulator: Simulator, crm: Recorder
) -> None:
    session = await start_session(simulator.url)
    await session.reaches("QR_REQUIRED")
    await put(session, {"name": "crm", "url": crm.url})
    await session.post("/session-manager/login")

    async def refused() -> bool:
        (view,) = (await session.get("/webhooks")).json()["webhooks"]
        return "ALLOWED_NETWORKS" in (view["lastError"] or "")

    await eventually(refused, "the receiver is refused")
    assert crm.calls == []


async def test_a_running_session_reaches_what_its_file_lets_through(
    start_session: Callable[..., Awaitable[SessionProcess]],
    simulator: Simulator,
    crm: Recorder,
    tmp_path: Path,
) -> None:
    """The file is the operator's word, which reaches a running pod; a call cannot say the same."""
    file = tmp_path / "config.json"
    file.write_text("{}", "utf-8")
    session = await start_session(simulator.url, CONFIG_FILE=str(file))
    await session.reaches("QR_REQUIRED")
    hook = {"name": "hub", "url": crm.url, "events": ["session.*"], "secrets": [SECRET]}
    told = {"owner": "uid", "generation": 2, "webhooks": [hook]}
    answer = await session.http.put(f"{session.url}/config", json=told | {"allowedHosts": ["127.0.0.1"]})
    assert answer.status_code == 400
    (await session.http.put(f"{session.url}/config", json=told)).raise_for_status()
    await session.post("/session-manager/login")

    async def refused() -> bool:
        (view,) = (await session.get("/webhooks")).json()["webhooks"]
        return "ALLOWED_NETWORKS" in (view["lastError"] or "")

    await eventually(refused, "the receiver is refused")
    file.write_text(json.dumps({"allowedHosts": ["127.0.0.1"]} | told), "utf-8")

    async def reached() -> bool:
        return bool(crm.taken)

    await eventually(reached, "the receiver is reached")
