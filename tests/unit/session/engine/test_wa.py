from __future__ import annotations

import logging
from typing import Any

import pytest

from unit.session.engine.plain import LOOK, MESSAGE
from whatsapp_session.engine import wa
from whatsapp_session.engine.protocol import EngineError, NotConnected, NotFound, SendFailed, SendRefused
from whatsapp_session.engine.watch import Look
from whatsapp_session.facts import AckSeen, ChatMessage


def test_a_page_without_the_driver_is_not_ready() -> None:
    assert wa.turn(None) == wa.Turn(look=Look())


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("offline", NotConnected),
        ("missing", NotFound),
        ("refused", SendRefused),
        ("unknown", SendFailed),
        ("failed", EngineError),
        ("anything", EngineError),
    ],
)
def test_what_a_call_ended_in_is_an_error_of_its_kind_with_its_words(
    kind: str, error: type[EngineError]
) -> None:
    with pytest.raises(error, match=r"^It rained\.$") as caught:
        wa.value({"error": kind, "because": "It rained"})
    assert type(caught.value) is error


def test_a_page_without_the_driver_did_nothing() -> None:
    with pytest.raises(NotConnected):
        wa.value(None)


@pytest.mark.parametrize("answer", [None, 0, [], {"wid": None}])
def test_an_answer_is_what_the_page_gave(answer: Any) -> None:
    assert wa.value({"ok": answer}) == answer


def test_a_turn_holds_the_look_and_what_happened_in_order() -> None:
    ack = {"ack": {"id": "true_5491100000002@c.us_1", "chat": "5491100000002@c.us", "ack": 2}}
    turn = wa.turn({"load": "1", "look": LOOK, "items": [{"message": MESSAGE}, ack]})
    assert turn.look.usable
    assert turn.load == "1"
    message, seen = turn.items
    assert isinstance(message, ChatMessage)
    assert seen == AckSeen(message_id="true_5491100000002@c.us_1", chat_id="5491100000002@c.us", ack=2)


def test_what_cannot_be_read_costs_nothing_beside_it_and_its_words_are_not_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    broken = {"message": {**MESSAGE, "t": "secret"}}
    with caplog.at_level(logging.WARNING):
        turn = wa.turn({"load": "1", "look": LOOK, "items": [broken, {"message": MESSAGE}]})
    assert len(turn.items) == 1
    assert "left out" in caplog.text
    assert "secret" not in caplog.text


def test_the_script_runs_in_the_top_frame_of_real_pages_with_its_config_first() -> None:
    text = wa.script("/* bundle */")
    assert text.startswith("if (window === window.top && location.protocol.startsWith('http'))")
    places = [text.index(part) for part in ("disableGoogleAnalytics: true", "/* bundle */", "methods.next =")]
    assert places == sorted(places)


def test_every_file_of_the_driver_is_in_the_script() -> None:
    from importlib import resources

    folder = resources.files("whatsapp_session").joinpath("engine/driver")
    assert {file.name.removesuffix(".js") for file in folder.iterdir()} == set(wa.DRIVER)
