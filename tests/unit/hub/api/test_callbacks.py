"""Contract D: proven by a signature, counted once, told in one line without text, number or QR."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any

import pytest
from sqlalchemy import event, func, select

from unit.hub.world import World
from whatsapp_contracts.states import Reason, State
from whatsapp_hub.database.connection import Run
from whatsapp_hub.database.models import Chat, Contact, Mensaje
from whatsapp_hub.security.secrets import Secrets
from whatsapp_hub.store import arrivals
from whatsapp_hub.times import iso

STATUS = "/api/whatsapp/sessions/status-update"
MESSAGE = "/api/whatsapp/messages/received"
QR = "/api/whatsapp/sessions/qr-update"
CONNECTED = "/api/whatsapp_sessions/new-session-connected"

BODIES: dict[str, dict[str, Any]] = {
    STATUS: {"session_id": "a", "status": "connected"},
    MESSAGE: {
        "session_id": "a",
        "from": "5491155550000",
        "to": "5491100000001",
        "message": {"type": "text", "text": "secret words"},
        "timestamp": "2026-01-01T11:59:00.000Z",
        "message_id": "false_5491155550000@c.us_ABC",
    },
    QR: {
        "session_id": "a",
        "qr_code": "1@secretcode",
        "qr_url": "data:image/png;base64,iVBORw0KGgoAAAA",
        "timestamp": "2026-01-01T12:00:00.000Z",
    },
    CONNECTED: {"session_id": "a", "phone_number": "5491100000001"},
}
MESSAGES: list[dict[str, Any]] = [
    {"type": "text", "text": "hola"},
    {"type": "text", "text": ""},
    {"type": "text", "text": "nul \0 and half a pair \ud83d"},
    {"type": "image", "image": {"id": "m1", "caption": "x", "mimeType": "image/png"}},
    {"type": "video", "video": {"id": "m1", "gif": True}},
    {"type": "audio", "audio": {"id": "m1", "voice": True, "seconds": 3}},
    {"type": "document", "document": {"id": "m1", "fileName": "a.pdf", "url": "https://x.example/a"}},
    {"type": "sticker", "sticker": {"id": "m1"}},
    {"type": "location", "location": {"latitude": -34.6, "longitude": -58, "name": "Obelisco"}},
    {"type": "contact", "contact": {"name": "Bea", "phones": ["549"]}},
]


@pytest.fixture
async def told(world: World) -> World:
    await world.create("a")
    return world


@pytest.mark.parametrize("path", BODIES)
@pytest.mark.parametrize(
    "change",
    [
        {"webhook-signature": "v1,AAAA"},
        {"webhook-signature": "nonsense"},
        {"webhook-id": "evt_other"},
        {"webhook-timestamp": "1"},
        {"webhook-timestamp": "soon"},
        {"webhook-timestamp": "9" * 400},
    ],
    ids=str,
)
async def test_a_call_that_proves_nothing_is_401(told: World, path: str, change: dict[str, str]) -> None:
    answer = await told.callback(path, BODIES[path], replaced=change)
    assert (answer.status_code, answer.json()["success"]) == (401, False)


@pytest.mark.parametrize("path", [STATUS, MESSAGE, QR])
async def test_an_unsigned_call_is_401_even_with_an_api_key(told: World, path: str) -> None:
    answer = await told.http.post(path, json=BODIES[path], headers=told.one.headers)
    assert (answer.status_code, answer.json()["success"]) == (401, False)


async def test_a_pod_may_write_its_own_session_only(told: World) -> None:
    await told.create("b")
    other = (await told.row("b")).uid
    for path, body in BODIES.items():
        answer = await told.callback(path, body, uid=other)
        assert answer.status_code == 401
    assert (await told.row("a")).status == "pending"


async def test_sessions_of_one_name_in_two_organizations_are_told_apart(told: World) -> None:
    await told.create("a", told.two)
    theirs = (await told.row("a", told.two)).uid
    assert (await told.callback(STATUS, BODIES[STATUS], uid=theirs)).status_code == 200
    assert (await told.row("a")).status == "pending"
    assert (await told.row("a", told.two)).status == "connected"


@pytest.mark.parametrize("path", BODIES)
async def test_an_unknown_session_is_404(told: World, path: str) -> None:
    answer = await told.callback(path, BODIES[path] | {"session_id": "nobody"}, uid="x")
    assert (answer.status_code, answer.json()["success"]) == (404, False)


@pytest.mark.parametrize("path", BODIES)
@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
async def test_a_wrong_method_is_405(told: World, path: str, method: str) -> None:
    answer = await told.http.request(
        method, path, headers=told.one.headers, json={} if method != "GET" else None
    )
    assert (answer.status_code, answer.json()["success"]) == (405, False)
    assert "POST" in answer.headers["allow"]


@pytest.mark.parametrize(
    ("path", "change", "names"),
    [
        (STATUS, {"status": None}, "status"),
        (STATUS, {"status": "error"}, "status"),
        (STATUS, {"last_seen": "soon"}, "last_seen"),
        (STATUS, {"server_port": 70000}, "server_port"),
        (STATUS, {"phone_number": "1" * 21}, "phone_number"),
        (MESSAGE, {"from": None}, "from"),
        (MESSAGE, {"from": "Ana"}, "from"),
        (MESSAGE, {"to": ""}, "to"),
        (MESSAGE, {"message": "hola"}, "message"),
        (MESSAGE, {"message": {"type": "poll"}}, "message"),
        (MESSAGE, {"message": {"type": ["text"]}}, "message"),
        (MESSAGE, {"message": {"type": "text"}}, "message"),
        (MESSAGE, {"message": {"type": "image", "image": {}}}, "message"),
        (MESSAGE, {"message": {"type": "location", "location": {"latitude": 1}}}, "message"),
        (MESSAGE, {"timestamp": "2026-13-01"}, "timestamp"),
        (MESSAGE, {"message_id": ""}, "message_id"),
        (QR, {"qr_code": ""}, "qr_code"),
        (QR, {"timestamp": 5}, "timestamp"),
        (CONNECTED, {"phone_number": None}, "phone_number"),
        (CONNECTED, {"status": "ready"}, "status"),
    ],
)
async def test_a_missing_or_invalid_field_is_a_400_that_names_it(
    told: World, path: str, change: dict[str, Any], names: str
) -> None:
    answer = await told.callback(path, BODIES[path] | change)
    assert (answer.status_code, answer.json()["success"]) == (400, False)
    assert answer.json()["message"].startswith(names)


@pytest.mark.parametrize(
    "body",
    ["nope", "[]", '{"session_id": 5}', "[" * 100_000],
    ids=["text", "list", "number", "deep"],
)
async def test_a_body_that_is_no_callback_is_400(told: World, body: str) -> None:
    headers = {"webhook-id": "x", "webhook-timestamp": "1", "webhook-signature": "v1,x"}
    answer = await told.http.post(STATUS, content=body, headers=headers)
    assert (answer.status_code, answer.json()["success"]) == (400, False)


async def test_a_status_update_changes_what_it_says_and_nothing_else(told: World) -> None:
    full = BODIES[STATUS] | {
        "last_seen": "2026-01-01T11:00:00Z", "phone_number": "5491100000001", "server_port": 3001,
        "whatsapp_user_id": "5491100000001:1@s.whatsapp.net", "auth_folder_path": "/data",
    }  # fmt: skip
    first = (await told.callback(STATUS, full)).json()
    assert first["success"] is True
    assert isinstance(first["message"], str)
    assert first["data"].items() >= {**full, "last_seen": "2026-01-01T11:00:00.000Z"}.items()
    told.clock.pass_(seconds=5)
    second = await told.callback(STATUS, {"session_id": "a", "status": "expired"}, webhook_id="evt_2")
    assert second.json()["data"] == first["data"] | {
        "status": "expired", "updated_at": "2026-01-01T12:00:05.000Z",
    }  # fmt: skip


async def test_a_status_that_is_told_twice_changes_nothing_the_second_time(told: World) -> None:
    await told.callback(STATUS, BODIES[STATUS], webhook_id="evt_1")
    await told.callback(STATUS, BODIES[STATUS] | {"status": "expired"}, webhook_id="evt_2")
    again = await told.callback(STATUS, BODIES[STATUS], webhook_id="evt_1")
    assert again.status_code == 200
    assert again.json()["data"]["status"] == "expired"


async def test_a_status_that_comes_late_does_not_win_over_what_was_heard_since(told: World) -> None:
    await told.show("a", State.READY)
    answer = await told.callback(STATUS, {"session_id": "a", "status": "pending"})
    assert answer.status_code == 200
    assert answer.json()["data"]["status"] == "connected"
    assert (await told.row("a")).status == "connected"
    told.clock.pass_(seconds=60)
    await told.show("a", State.DISCONNECTED, Reason.LOGGED_OUT)
    late = {"session_id": "a", "status": "connected", "last_seen": "2026-01-01T12:00:30.000Z"}
    for path in (STATUS, CONNECTED):
        body = late | ({"phone_number": "549"} if path == CONNECTED else {})
        answer = await told.callback(path, body, webhook_id=f"late {path[-6:]}")
        assert answer.status_code == 200
        row = await told.row("a")
        assert row.status != "connected"
        assert row.phone_number is None


async def test_status_updates_in_the_wrong_order_end_as_in_the_right_one(told: World) -> None:
    first = {"session_id": "a", "status": "connected", "last_seen": "2026-01-01T11:00:00Z"}
    last = {"session_id": "a", "status": "disconnected", "last_seen": "2026-01-01T11:30:00Z"}
    await told.callback(STATUS, last, webhook_id="evt_2")
    await told.callback(STATUS, first, webhook_id="evt_1")
    row = await told.row("a")
    assert (row.status, iso(row.last_seen)) == ("disconnected", "2026-01-01T11:30:00.000Z")


async def test_a_code_that_comes_late_does_not_replace_the_one_on_show(told: World) -> None:
    told.clock.pass_(seconds=20)
    later = BODIES[QR] | {"qr_code": "1@later", "timestamp": "2026-01-01T12:00:20.000Z"}
    await told.callback(QR, later, webhook_id="evt_2")
    answer = await told.callback(QR, BODIES[QR], webhook_id="evt_1")
    assert answer.status_code == 200
    assert (await told.row("a")).qr_code == "1@later"


async def test_a_message_of_a_session_that_is_deleted_meanwhile_is_404(
    told: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    uid = (await told.row("a")).uid
    named = arrivals.named

    async def and_deleted(run: Run, session_id: str) -> list[arrivals.Known]:
        found = await named(run, session_id)
        deleted = await told.http.delete("/api/sessions/a", headers=told.one.headers)
        assert deleted.status_code == 200
        return found

    monkeypatch.setattr(arrivals, "named", and_deleted)
    answer = await told.callback(MESSAGE, BODIES[MESSAGE], uid=uid)
    assert answer.status_code == 404
    assert await counts(told) == (0, 0, 0)


async def test_a_commit_that_fails_is_no_success_and_nobody_is_told(
    told: World, caplog: pytest.LogCaptureFixture
) -> None:
    uid, engine = (await told.row("a")).uid, told.services.database.engine.sync_engine

    def commit(_connection: object) -> None:
        raise ConnectionError("cut")

    for path in (STATUS, QR, CONNECTED):
        event.listen(engine, "commit", commit)
        caplog.clear()
        with caplog.at_level(logging.INFO), told.services.live.watch(uid) as watch:
            answer = await told.callback(path, BODIES[path], uid=uid)
            assert not len(watch)
        event.remove(engine, "commit", commit)
        assert answer.status_code == 503
        lines = [record.getMessage() for record in caplog.records if record.name == "whatsapp_hub.audit"]
        assert [line.endswith("session a: failed") for line in lines] == [True]
    row = await told.row("a")
    assert (row.status, row.qr_code, row.phone_number) == ("pending", None, None)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
async def test_a_number_that_is_none_is_400(told: World, number: str) -> None:
    headers = {"webhook-id": "x", "webhook-timestamp": "1", "webhook-signature": "v1,x"}
    answer = await told.http.post(MESSAGE, content=f'{{"session_id": "a", "x": {number}}}', headers=headers)
    assert answer.status_code == 400


@pytest.mark.parametrize("message", MESSAGES, ids=lambda each: each["type"])
async def test_a_message_of_every_type_is_stored_whole(told: World, message: dict[str, Any]) -> None:
    answer = await told.callback(MESSAGE, BODIES[MESSAGE] | {"message": message})
    assert answer.status_code == 200, answer.text
    data = answer.json()["data"]
    assert set(data) == {"message", "contact_id", "chat_id"}
    async with told.services.database.read() as transaction:
        (kept,) = (await transaction.execute(select(Mensaje))).scalars().all()
        contact = await transaction.get(Contact, data["contact_id"])
        chat = await transaction.get(Chat, data["chat_id"])
    assert (kept.id, kept.type, kept.content) == (data["message"]["id"], "whatsapp_api", message)
    assert contact is not None
    assert contact.phone == "5491155550000"
    assert chat is not None
    assert (chat.contact_id, chat.session_pk) == (contact.id, kept.session_pk)


async def test_a_sender_known_only_by_lid_is_a_contact_too(told: World) -> None:
    answer = await told.callback(MESSAGE, BODIES[MESSAGE] | {"from": "123456789@lid"})
    assert answer.status_code == 200


async def test_one_contact_has_a_chat_in_each_session(told: World) -> None:
    await told.create("b")
    first = (await told.callback(MESSAGE, BODIES[MESSAGE])).json()["data"]
    other = (await told.callback(MESSAGE, BODIES[MESSAGE] | {"session_id": "b"})).json()["data"]
    assert first["contact_id"] == other["contact_id"]
    assert first["chat_id"] != other["chat_id"]
    assert first["message"]["id"] != other["message"]["id"]


async def test_the_same_message_at_once_many_times_is_stored_once(told: World) -> None:
    answers = await asyncio.gather(
        *(told.callback(MESSAGE, BODIES[MESSAGE], webhook_id=f"evt_{each}") for each in range(12))
    )
    assert {answer.status_code for answer in answers} == {200}
    assert len({json.dumps(answer.json()["data"]) for answer in answers}) == 1
    assert await counts(told) == (1, 1, 1)


async def counts(world: World) -> tuple[int, ...]:
    async with world.services.database.read() as transaction:
        return tuple(
            [
                (await transaction.execute(select(func.count()).select_from(table))).scalar_one()
                for table in (Mensaje, Contact, Chat)
            ]
        )


async def test_messages_outlive_their_session(told: World) -> None:
    await told.callback(MESSAGE, BODIES[MESSAGE])
    await told.http.delete("/api/sessions/a", headers=told.one.headers)
    assert await counts(told) == (1, 1, 1)


async def test_a_qr_update_sets_the_row_to_pending_and_is_shown_live(told: World) -> None:
    await told.callback(STATUS, BODIES[STATUS], webhook_id="evt_0")
    asked = asyncio.create_task(told.http.get("/api/sessions/a/qr", headers=told.one.headers))
    await told.watched()
    answer = await told.callback(QR, BODIES[QR])
    data = answer.json()["data"]
    assert set(data) == {"session", "qr_code", "qr_url", "timestamp"}
    assert data["session"]["status"] == "pending"
    assert {name: data[name] for name in ("qr_code", "qr_url", "timestamp")} == {
        name: BODIES[QR][name] for name in ("qr_code", "qr_url", "timestamp")
    }
    assert (await asked).json()["data"]["qrCode"] == "iVBORw0KGgoAAAA"


@pytest.mark.parametrize("code", ["1@raw", "iVBORw0KGgoAAAA"])
async def test_a_qr_update_may_have_the_raw_code_or_base64_alone(told: World, code: str) -> None:
    body = {"session_id": "a", "qr_code": code, "timestamp": "2026-01-01T12:00:00Z"}
    assert (await told.callback(QR, body)).status_code == 200
    shown = (await told.http.get("/api/sessions/a/qr", headers=told.one.headers)).json()["data"]
    assert shown["qrCode"].startswith("iVBORw0KGgo")


async def test_a_qr_that_a_callback_tells_first_is_in_the_history_once(told: World) -> None:
    assert (await told.callback(QR, BODIES[QR])).status_code == 200
    await told.show_qr("a", BODIES[QR]["qr_code"])
    found = (await told.http.get("/api/sessions/a/history", headers=told.one.headers)).json()["data"]
    assert [each["state"] for each in found["changes"]].count("QR_REQUIRED") == 1


async def test_a_qr_from_before_the_scan_changes_nothing(told: World) -> None:
    told.clock.pass_(seconds=10)
    await told.show_ready("a")
    answer = await told.callback(QR, BODIES[QR])
    assert answer.status_code == 200
    row = await told.row("a")
    assert (row.status, row.state, row.qr_code) == ("connected", State.READY, None)


async def test_a_day_old_qr_is_not_shown(told: World) -> None:
    await told.callback(QR, BODIES[QR] | {"timestamp": "2025-12-31T12:00:00Z"})
    assert (await told.row("a")).qr_png is None


async def test_each_callback_is_one_line_without_text_number_or_qr(
    told: World, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        for number, (path, body) in enumerate(BODIES.items()):
            await told.callback(path, body, webhook_id=f"evt_{number}")
            await told.callback(path, body, replaced={"webhook-signature": "v1,AAAA"})
    lines = [record.getMessage() for record in caplog.records if record.name == "whatsapp_hub.audit"]
    assert len(lines) == 2 * len(BODIES)
    assert all("session a: " in line for line in lines)
    assert any("stored 1, contact 1, chat 1" in line for line in lines)
    for secret in ("secret", "5491155550000", "5491100000001", "iVBOR"):
        assert secret not in caplog.text


def test_another_masters_secret_is_another() -> None:
    assert Secrets(b"m" * 32).callback("a") != Secrets(b"n" * 32).callback("a")
    assert Secrets(b"m" * 32).callback("a") != Secrets(b"m" * 32).callback("b")
