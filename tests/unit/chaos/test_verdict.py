"""The judge of a chaos run finds what a broken session would do."""

from __future__ import annotations

import pytest

from chaos.verdict import Delivery, problems_of_ids, problems_of_received, problems_of_sent

WANTED = {"a": ["1", "2", "3"]}


def delivery(text: str, *, event_id: str = "", message_id: str = "", chat: str = "a") -> Delivery:
    return Delivery(
        event_id=event_id or f"e{text}",
        type="message.received",
        chat_id=chat,
        message_id=message_id or f"m{text}",
        text=text,
    )


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (["1", "3"], "lost: 2"),
        (["1", "2", "2", "3"], "too many: 2"),
        (["1", "3", "2"], "out of order at 1"),
        ([], "3 lost"),
        (["1", "2", "3", "never sent"], "too many: never sent"),
    ],
)
def test_what_was_sent_wrongly_is_named(found: list[str], said: str) -> None:
    (problem,) = problems_of_sent(WANTED, {"a": found})
    assert said in problem


def test_a_chat_that_nobody_wrote_to_is_a_problem() -> None:
    assert problems_of_sent(WANTED, {**WANTED, "b": ["1"]})


def test_a_message_with_two_event_ids_is_a_problem() -> None:
    assert problems_of_ids([delivery("1", event_id="x"), delivery("1", event_id="y")])


def test_an_event_id_for_two_messages_is_a_problem() -> None:
    assert problems_of_ids([delivery("1", event_id="x"), delivery("2", event_id="x")])


def test_deliveries_out_of_order_are_a_problem() -> None:
    (problem,) = problems_of_received(
        WANTED, [delivery("1"), delivery("3"), delivery("2")], "message.received"
    )
    assert "out of order" in problem


def test_a_delivery_repeated_under_its_id_is_none() -> None:
    deliveries = [delivery("1"), delivery("2"), delivery("1"), delivery("3")]
    assert problems_of_received(WANTED, deliveries, "message.received") == []
    assert problems_of_ids(deliveries) == []


def test_all_in_order_is_no_problem() -> None:
    assert problems_of_sent(WANTED, WANTED) == []
