"""Contract D, field by field: each event, and each kind of message."""

from __future__ import annotations

import base64
import io
import json
from dataclasses import replace
from typing import Any

import pytest
import zxingcpp
from PIL import Image

from unit.session.doubles import ACCOUNT
from unit.session.webhooks.shapes import BODIES, faults
from whatsapp_contracts import callbacks
from whatsapp_contracts.events import (
    MESSAGE_RECEIVED,
    SESSION_QR,
    SESSION_STATE,
    TYPES,
    Event,
)
from whatsapp_contracts.sessions import PairingCode, QrCode, SessionView
from whatsapp_contracts.states import Reason, State
from whatsapp_session.webhooks import orchestrator
from whatsapp_session.webhooks.orchestrator import Origin

TIME = "2026-01-01T12:00:00.000Z"
ORIGIN = Origin(server_port=3001, auth_folder_path="/data/cliente_51", phone="5491100000001")
QR = QrCode(code="2@opaque,code==", expires_at="2026-01-01T12:00:20.000Z", attempt=1)
READY = SessionView(state=State.READY, account=ACCOUNT, connected_since="2026-01-01T11:59:59.000Z")
WAITING = SessionView(state=State.QR_REQUIRED, qr=QR)
STATUS = callbacks.STATUS_UPDATE


def state(view: SessionView, type: str = SESSION_STATE, id: str = "evt_1") -> Event:
    return Event(id=id, seq=7, type=type, time=TIME, session="cliente_51", data=view.to_json())


def incoming(**data: Any) -> Event:
    plain = {
        "messageId": "false_5491100000002@c.us_3EB0", "chatId": "5491100000002@c.us", "from": "5491100000002",
        "to": "5491100000001", "fromMe": False, "type": "text", "text": "hola",
        "timestamp": "2026-01-01T11:00:00.000Z",
    }  # fmt: skip
    return Event(
        id="received:1", seq=8, type=MESSAGE_RECEIVED, time=TIME, session="cliente_51", data={**plain, **data}
    )


def made(event: Event, told: str | None = None, origin: Origin = ORIGIN) -> list[tuple[str, dict[str, Any]]]:
    """The calls as path and body; every one of them checked for exactness."""
    calls, _ = orchestrator.calls(event, told, origin)
    bodies = [(call.path, json.loads(call.body)) for call in calls]
    assert [fault for path, body in bodies for fault in faults(body, BODIES[path])] == []
    return bodies


def content(**data: Any) -> dict[str, Any]:
    ((path, body),) = made(incoming(**data))
    assert path == callbacks.MESSAGE_RECEIVED
    return body["message"]  # type: ignore[no-any-return]


def test_ready_is_a_status_update_and_then_a_new_session() -> None:
    about = {"auth_folder_path": "/data/cliente_51", "server_port": 3001}
    who = {"phone_number": "5491100000001", "whatsapp_user_id": "5491100000001:1@s.whatsapp.net"}
    assert made(state(READY)) == [
        (STATUS, {"session_id": "cliente_51", "status": "connected", "last_seen": TIME, **who, **about}),
        (
            callbacks.NEW_SESSION_CONNECTED,
            {
                "session_id": "cliente_51", "status": "connected", "last_seen": TIME, **who, **about,
                "created_at": "2026-01-01T11:59:59.000Z", "updated_at": TIME,
            },
        ),
    ]  # fmt: skip


def test_an_account_without_a_user_id_is_told_as_far_as_it_is_known() -> None:
    (_, status), (_, connected) = made(state(replace(READY, account=replace(ACCOUNT, whatsapp_user_id=None))))
    assert "whatsapp_user_id" not in status
    assert connected["whatsapp_user_id"] is None


@pytest.mark.parametrize(
    ("view", "status"),
    [
        (SessionView(state=State.INIT), "pending"),
        (WAITING, "pending"),
        (
            SessionView(state=State.QR_REQUIRED, pairing_code=PairingCode(code="A", expires_at=TIME)),
            "pending",
        ),
        *(
            (SessionView(state=State.DISCONNECTED, reason=reason), "disconnected")
            for reason in Reason
            if reason is not Reason.QR_EXPIRED
        ),
        (SessionView(state=State.DISCONNECTED, reason=Reason.QR_EXPIRED), "expired"),
        (
            SessionView(state=State.DISCONNECTED, reason=Reason.LOGGED_OUT, logged_out_by="phone"),
            "expired",
        ),
        (
            SessionView(state=State.DISCONNECTED, reason=Reason.LOGGED_OUT, logged_out_by="request"),
            "disconnected",
        ),
    ],
)
def test_every_other_state_is_one_status_update(view: SessionView, status: str) -> None:
    ((path, body),) = made(state(view))
    assert (path, body["status"]) == (STATUS, status)
    assert body.keys() == {"session_id", "status", "auth_folder_path", "server_port"}


def test_last_seen_of_a_lost_session_is_its_last_activity() -> None:
    lost = SessionView(
        state=State.DISCONNECTED, reason=Reason.NETWORK_LOST, last_activity=TIME, account=ACCOUNT
    )
    ((_, body),) = made(state(lost))
    assert (body["last_seen"], body["phone_number"]) == (TIME, "5491100000001")


def test_the_first_qr_of_a_login_is_a_pending_status_and_then_the_qr() -> None:
    (status, first), (path, body) = made(state(WAITING, SESSION_QR))
    assert (status, first["status"]) == (STATUS, "pending")
    assert path == callbacks.QR_UPDATE
    prefix, _, picture = body.pop("qr_url").partition(",")
    assert prefix == "data:image/png;base64"
    (found,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(base64.b64decode(picture))))
    assert found.text == QR.code
    assert body == {"session_id": "cliente_51", "qr_code": QR.code, "timestamp": TIME}


def test_a_rotated_qr_is_the_qr_alone() -> None:
    _, told = orchestrator.calls(state(WAITING, SESSION_QR), None, ORIGIN)
    rotated = replace(WAITING, qr=replace(QR, code="2@next", attempt=2))
    ((path, body),) = made(state(rotated, SESSION_QR), told)
    assert (path, body["qr_code"]) == (callbacks.QR_UPDATE, "2@next")


@pytest.mark.parametrize(
    "change",
    [
        {"last_activity": TIME},
        {"config_revision": "2"},
        {"storage_pressure": True},
        {"message": "Connected."},
        {"account": replace(ACCOUNT, push_name="Eva")},
    ],
)
def test_what_contract_d_cannot_say_is_not_told_again(change: dict[str, Any]) -> None:
    _, told = orchestrator.calls(state(READY), None, ORIGIN)
    assert made(state(replace(READY, **change)), told) == []


def test_coming_back_from_a_lost_network_is_told_whole() -> None:
    lost = SessionView(state=State.DISCONNECTED, reason=Reason.NETWORK_LOST)
    _, told = orchestrator.calls(state(lost), None, ORIGIN)
    assert [path for path, _ in made(state(READY), told)] == [STATUS, callbacks.NEW_SESSION_CONNECTED]


def test_every_call_has_an_id_of_its_own_that_stays() -> None:
    for event in (state(READY), state(WAITING, SESSION_QR)):
        first, _ = orchestrator.calls(event, None, ORIGIN)
        again, _ = orchestrator.calls(event, None, ORIGIN)
        assert [call.id for call in first] == [call.id for call in again]
        assert len({call.id for call in first}) == 2


def test_a_message_has_these_fields() -> None:
    assert made(incoming()) == [
        (
            callbacks.MESSAGE_RECEIVED,
            {
                "session_id": "cliente_51",
                "from": "5491100000002",
                "to": "5491100000001",
                "message": {"type": "text", "text": "hola"},
                "timestamp": "2026-01-01T11:00:00.000Z",
                "message_id": "false_5491100000002@c.us_3EB0",
            },
        )
    ]


@pytest.mark.parametrize("event_type", [each for each in TYPES if each not in orchestrator.TYPES])
def test_nothing_else_is_sent(event_type: str) -> None:
    assert made(replace(incoming(), type=event_type)) == []


def test_own_messages_are_not_sent() -> None:
    assert made(incoming(fromMe=True)) == []


MEDIA = {"id": "med_1", "mimeType": "image/jpeg", "size": 9, "fileName": None, "voice": False, "gif": False,
         "seconds": None, "width": 4, "height": 3, "state": "pending"}  # fmt: skip


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (
            {"type": "image", "text": "look", "media": MEDIA},
            {"type": "image", "image": {"id": "med_1", "caption": "look", "mimeType": "image/jpeg", "size": 9,
                                        "width": 4, "height": 3}},
        ),
        (
            {"type": "video", "text": "",
             "media": {**MEDIA, "gif": True, "mimeType": "video/mp4", "seconds": 2}},
            {"type": "video", "video": {"id": "med_1", "mimeType": "video/mp4", "size": 9, "seconds": 2,
                                        "width": 4, "height": 3, "gif": True}},
        ),
        (
            {"type": "audio", "text": "", "media": {"id": "med_1", "mimeType": "audio/ogg", "voice": True}},
            {"type": "audio", "audio": {"id": "med_1", "mimeType": "audio/ogg", "voice": True}},
        ),
        (
            {"type": "document", "text": "", "media": {"id": "med_1", "fileName": "a.pdf"}},
            {"type": "document", "document": {"id": "med_1", "fileName": "a.pdf"}},
        ),
        (
            {"type": "sticker", "text": "", "media": {"id": "med_1", "mimeType": "image/webp"}},
            {"type": "sticker", "sticker": {"id": "med_1", "mimeType": "image/webp"}},
        ),
        (
            {"type": "location", "text": "", "location": {"latitude": -34.6, "longitude": -58,
                                                          "name": "Here", "address": None}},
            {"type": "location", "location": {"latitude": -34.6, "longitude": -58, "name": "Here"}},
        ),
        (
            {"type": "location", "text": "", "location": {"latitude": 0.5, "longitude": 0.5, "name": None,
                                                          "address": "A street"}},
            {"type": "location", "location": {"latitude": 0.5, "longitude": 0.5, "address": "A street"}},
        ),
        (
            {"type": "contact", "text": "",
             "contacts": [{"name": "Ana", "vcard": "BEGIN", "phones": ["549"]}]},
            {"type": "contact", "contact": {"name": "Ana", "vcard": "BEGIN", "phones": ["549"]}},
        ),
        (
            {"type": "contact", "text": "", "contacts": [{"name": "Ana", "vcard": "A", "phones": ["1"]},
                                                         {"name": "Eva", "vcard": "", "phones": []}]},
            {"type": "contact", "contact": {"name": "Ana", "vcard": "A", "phones": ["1"],
                                            "others": [{"name": "Eva", "phones": []}]}},
        ),
        (
            {"type": "poll", "text": "", "poll": {"name": "When?", "options": ["Now", "Never"],
                                                  "multiple": False}},
            {"type": "text", "text": "When?\n- Now\n- Never"},
        ),
        ({"type": "image", "text": "its file is unknown"}, {"type": "text", "text": "its file is unknown"}),
        ({"type": "location", "text": ""}, {"type": "text", "text": ""}),
        ({"type": "contact", "text": "Ana"}, {"type": "text", "text": "Ana"}),
        ({"type": "order", "text": "of a later day"}, {"type": "text", "text": "of a later day"}),
    ],
)  # fmt: skip
def test_every_kind_of_message_is_of_the_closed_set(data: dict[str, Any], message: dict[str, Any]) -> None:
    assert content(**data) == message


@pytest.mark.parametrize(
    ("data", "sender", "recipient"),
    [
        ({}, "5491100000002", "5491100000001"),
        ({"from": "123@lid", "lid": "123@lid"}, "123@lid", "5491100000001"),
        ({"from": "123@lid", "lid": "123@lid", "phone": "5491100000003"}, "5491100000003", "5491100000001"),
        ({"chatId": "1-2@g.us", "to": "1-2@g.us", "group": True}, "5491100000002", "5491100000001"),
        ({"to": "9@lid"}, "5491100000002", "5491100000001"),
    ],
)
def test_from_and_to_are_digits_where_they_are_known(
    data: dict[str, Any], sender: str, recipient: str
) -> None:
    ((_, body),) = made(incoming(**data))
    assert (body["from"], body["to"]) == (sender, recipient)


def test_without_a_known_number_to_is_what_the_event_says() -> None:
    ((_, body),) = made(incoming(to="9@lid"), origin=replace(ORIGIN, phone=None))
    assert body["to"] == "9@lid"


def test_the_check_of_shapes_finds_what_is_missing_unknown_and_wrong() -> None:
    body = {"session_id": 1, "status": "error", "more": True, "server_port": True}
    assert sorted(faults(body, callbacks.StatusUpdate)) == [
        "body.more is unknown",
        "body.server_port is True",
        "body.session_id is 1",
        "body.status is 'error'",
    ]
    assert faults({}, callbacks.QrUpdate)[0] == "body.qr_code is missing"
