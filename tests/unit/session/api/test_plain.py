from __future__ import annotations

import re

import httpx
import pytest

from unit.session.api.doubles import MESSAGE_ID, FakeSender
from unit.session.conftest import Bring, Wait
from unit.session.doubles import NOW, QR, FakeEngine
from whatsapp_contracts.states import State
from whatsapp_session.engine.protocol import NotOnWhatsApp, PageLost, SendFailed
from whatsapp_session.facts import PairingCodeShown
from whatsapp_session.outgoing import Outgoing, Text
from whatsapp_session.session import NotReady, Session

SEND = {"cliente_id": 51, "to": "5491100000002", "message": "Hello"}


async def bring_anywhere(bring: Bring, session: Session, state: State) -> None:
    await bring(State.READY if state is State.DISCONNECTED else state)
    if state is State.DISCONNECTED:
        await session.disconnect()


@pytest.mark.parametrize("state", list(State))
async def test_health_is_200_in_every_state(
    http: httpx.AsyncClient, bring: Bring, session: Session, state: State
) -> None:
    await bring_anywhere(bring, session, state)
    answer = await http.get("/health")
    body = answer.json()
    assert answer.status_code == 200
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", body.pop("timestamp"))
    assert body == {
        "status": "healthy", "service": "session-manager", "cliente_id": 51, "whatsapp_state": state.value,
    }  # fmt: skip


@pytest.mark.parametrize("state", list(State))
async def test_status_is_connected_only_when_ready(
    http: httpx.AsyncClient, bring: Bring, session: Session, state: State
) -> None:
    await bring_anywhere(bring, session, state)
    assert (await http.get("/status")).json() == {
        "cliente_id": 51, "connected": state is State.READY, "state": state.value,
    }  # fmt: skip


@pytest.mark.parametrize("state", [State.INIT, State.READY, State.DISCONNECTED])
async def test_without_a_qr_its_route_is_404_with_the_state(
    http: httpx.AsyncClient, bring: Bring, session: Session, state: State
) -> None:
    await bring_anywhere(bring, session, state)
    answer = await http.get("/qr-code")
    assert (answer.status_code, answer.json()["error"]) == (404, "qr_not_available")
    assert state.value in answer.json()["message"]


async def test_the_qr_is_given_as_it_is(http: httpx.AsyncClient, bring: Bring) -> None:
    await bring(State.QR_REQUIRED)
    answer = await http.get("/qr-code")
    assert (answer.status_code, answer.json()) == (200, {"qr_code": QR.code})


async def test_the_pairing_code_is_given_with_its_end(
    http: httpx.AsyncClient, session: Session, engine: FakeEngine, until: Wait
) -> None:
    await session.start()
    missing = await http.get("/pairing-code")
    assert (missing.status_code, missing.json()["error"]) == (404, "qr_not_available")
    engine.tell(PairingCodeShown(code="ABCD-1234", expires_at=NOW))
    await until(lambda: session.view.pairing_code is not None)
    answer = await http.get("/pairing-code")
    assert answer.json() == {"pairing_code": "ABCD-1234", "expires_at": "2026-01-01T12:00:00.000Z"}


async def test_a_wrong_field_is_told_before_the_state(http: httpx.AsyncClient, sender: FakeSender) -> None:
    sender.fails = NotReady("The session is INIT.")
    answer = await http.post("/send", json=SEND | {"to": "+54"})
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (NotReady("The session is INIT: starting."), 409, "session_not_ready"),
        (NotOnWhatsApp("5491100000002 is not on WhatsApp."), 400, "not_on_whatsapp"),
        (SendFailed("WhatsApp did not accept the message."), 500, "send_failed"),
        (PageLost("The page crashed."), 500, "send_failed"),
    ],
)
async def test_a_send_that_fails_says_how(
    http: httpx.AsyncClient, sender: FakeSender, error: Exception, status: int, code: str
) -> None:
    sender.fails = error
    answer = await http.post("/send", json=SEND)
    assert answer.status_code == status
    assert answer.json() == {"ok": False, "error": code, "message": str(error)}


async def test_a_sent_message_is_answered_with_its_id(http: httpx.AsyncClient, sender: FakeSender) -> None:
    answer = await http.post("/send", json=SEND)
    assert answer.status_code == 200
    assert answer.json() == {"ok": True, "message_id": MESSAGE_ID}
    assert sender.calls[0].outgoing == Outgoing(to="5491100000002", content=Text(text="Hello"))


async def test_a_body_needs_no_content_type(http: httpx.AsyncClient) -> None:
    content = b'{"to": "5491100000002", "message": "Hello"}'
    for headers in ({}, {"Content-Type": "application/x-www-form-urlencoded"}):
        assert (await http.post("/send", content=content, headers=headers)).status_code == 200


@pytest.mark.parametrize("content", [b"", b"{}"])
async def test_disconnect_answers_as_it_always_did(
    http: httpx.AsyncClient, bring: Bring, session: Session, content: bytes
) -> None:
    await bring(State.READY)
    answer = await http.post("/disconnect", content=content)
    assert answer.json() == {"ok": True, "message": "WhatsApp session disconnected successfully"}
    assert session.view.state is State.DISCONNECTED


@pytest.mark.parametrize("state", [State.INIT, State.QR_REQUIRED, State.DISCONNECTED])
async def test_there_is_no_account_before_ready(
    http: httpx.AsyncClient, bring: Bring, session: Session, state: State
) -> None:
    await bring_anywhere(bring, session, state)
    answer = await http.get("/account-info")
    assert (answer.status_code, answer.json()["error"]) == (409, "session_not_ready")


async def test_the_account_is_who_is_logged_in(http: httpx.AsyncClient, bring: Bring) -> None:
    await bring(State.READY)
    assert (await http.get("/account-info")).json() == {
        "phone": "5491100000001", "platform": "android", "pushname": "Ana",
    }  # fmt: skip
