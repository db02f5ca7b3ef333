from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from whatsapp_session.engine import wa
from whatsapp_session.engine.protocol import NotConnected, SendFailed
from whatsapp_session.engine.watch import Look
from whatsapp_session.facts import AckSeen, ChatMessage

LOOK: dict[str, Any] = {
    "ready": True,
    "authenticated": True,
    "mainLoaded": True,
    "mode": "MAIN",
    "info": "NORMAL",
    "online": True,
    "code": None,
    "idle": False,
    "account": {"phone": "1", "platform": None, "pushName": None, "userId": None},
    "detail": "",
}
MESSAGE: dict[str, Any] = {
    "id": "true_5491100000002@c.us_1",
    "chat": "5491100000002@c.us",
    "from": "5491100000001:3@c.us",
    "to": "5491100000002@c.us",
    "fromMe": True,
    "kind": "chat",
    "text": "Hello",
    "t": 1767268800,
    "ack": 0,
}


@pytest.mark.parametrize(
    ("wid", "want"),
    [
        ("5491100000001@c.us", "5491100000001"),
        ("5491100000001:3@c.us", "5491100000001"),
        ("5491100000001@s.whatsapp.net", "5491100000001"),
        ("74130053891942@lid", "74130053891942@lid"),
        ("74130053891942:2@lid", "74130053891942@lid"),
        ("120363000000000000@g.us", "120363000000000000@g.us"),
    ],
)
def test_a_person_is_digits_unless_whatsapp_knows_no_number(wid: str, want: str) -> None:
    assert wa.person(wid) == want


@pytest.mark.parametrize(
    ("kind", "want"), [("chat", "text"), ("ptt", "audio"), ("vcard", "contact"), ("poll_creation", "text")]
)
def test_kinds_are_the_contracts_closed_set(kind: str, want: str) -> None:
    assert wa.message(MESSAGE | {"kind": kind}).kind == want


def test_a_turn_holds_the_look_and_what_happened_in_order() -> None:
    ack = {"ack": {"id": "true_5491100000002@c.us_1", "chat": "5491100000002@c.us", "ack": 2}}
    turn = wa.turn({"look": LOOK, "items": [{"message": MESSAGE}, ack]})
    assert turn.look.usable
    message, seen = turn.items
    assert message == ChatMessage(
        message_id="true_5491100000002@c.us_1",
        chat_id="5491100000002@c.us",
        sender="5491100000001",
        recipient="5491100000002",
        from_me=True,
        kind="text",
        text="Hello",
        sent_at=datetime(2026, 1, 1, 12, tzinfo=UTC),
        ack=0,
    )
    assert seen == AckSeen(message_id="true_5491100000002@c.us_1", chat_id="5491100000002@c.us", ack=2)


def test_a_page_without_the_driver_is_not_ready() -> None:
    assert wa.turn(None) == wa.Turn(look=Look())


def test_a_number_that_nobody_could_ask_about_is_not_called_unknown() -> None:
    with pytest.raises(NotConnected):
        wa.checked({"wid": None, "look": LOOK | {"online": False}})
    with pytest.raises(NotConnected):
        wa.checked(None)


def test_a_number_without_whatsapp_is_none_and_another_its_id() -> None:
    assert wa.checked({"wid": None, "look": LOOK}) is None
    assert wa.checked({"wid": "5491100000002@c.us", "look": LOOK}) == "5491100000002@c.us"


@pytest.mark.parametrize(
    "answer",
    [
        {"message": MESSAGE, "ack": 0, "result": "ERROR_NETWORK", "id": "x"},
        {"message": MESSAGE, "ack": 0, "result": None, "id": "x"},
        {"message": None, "ack": 1, "result": "OK", "id": "x"},
    ],
)
def test_a_send_that_whatsapp_did_not_accept_failed(answer: dict[str, Any]) -> None:
    with pytest.raises(SendFailed, match="did not accept"):
        wa.sent(answer)


@pytest.mark.parametrize(("ack", "result"), [(1, None), (0, "OK"), (3, "OK")])
def test_an_accepted_send_is_the_message_with_at_least_ack_1(ack: int, result: str | None) -> None:
    sent = wa.sent({"message": MESSAGE, "ack": ack, "result": result, "id": MESSAGE["id"]})
    assert sent.ack == max(1, ack)


def test_the_script_runs_in_the_top_frame_of_real_pages_with_its_config_first() -> None:
    text = wa.script("/* bundle */")
    assert text.startswith("if (window === window.top && location.protocol.startsWith('http'))")
    assert (
        text.index("disableGoogleAnalytics: true") < text.index("/* bundle */") < text.index("async next(ms)")
    )


def test_half_of_a_surrogate_pair_is_replaced_since_no_journal_and_no_stream_could_carry_it() -> None:
    assert wa.message({**MESSAGE, "text": "cut here: \ud83d"}).text == "cut here: \ufffd"
    assert wa.message({**MESSAGE, "text": "whole: \ud83d\ude00"}).text == "whole: 😀"
    look = Look.from_json({**LOOK, "account": {**LOOK["account"], "pushName": "Ana \ud83d"}})
    assert look.account
    assert look.account.push_name == "Ana \ufffd"
