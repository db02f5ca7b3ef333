from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from unit.session.doubles import NOW, message
from whatsapp_session import intake


def types(number: int = 1, **more: object) -> list[str]:
    return [draft.type for draft in intake.drafts(message(number, **more), NOW)]  # type: ignore[arg-type]


def test_history_from_before_the_login_is_no_event() -> None:
    assert types(sent_at=NOW - intake.CLOCK_SKEW - timedelta(seconds=1)) == []


def test_a_message_is_not_lost_when_our_clock_is_ahead_of_whatsapps() -> None:
    assert types(sent_at=NOW - intake.CLOCK_SKEW) == ["message.received"]


def test_an_own_message_that_whatsapp_has_not_yet_is_no_event() -> None:
    assert types(from_me=True, ack=0) == []


def test_an_own_message_is_told_as_sent_with_how_far_it_is() -> None:
    assert types(from_me=True, ack=3) == ["message.sent", "message.ack"]


def test_an_incoming_message_has_the_contracts_fields() -> None:
    (draft,) = intake.drafts(message(7), NOW)
    assert draft == intake.Draft(
        id="received:false_5491100000002@c.us_7",
        type="message.received",
        data={
            "messageId": "false_5491100000002@c.us_7",
            "chatId": "5491100000002@c.us",
            "from": "5491100000002",
            "to": "5491100000001",
            "fromMe": False,
            "type": "text",
            "text": "text 7",
            "timestamp": "2026-01-01T12:00:00.000Z",
        },
    )


def test_the_same_message_seen_twice_has_the_same_id_also_when_its_text_came_late() -> None:
    early = replace(message(1), text="")
    assert intake.drafts(early, NOW)[0].id == intake.drafts(message(1), NOW)[0].id


@pytest.mark.parametrize(
    ("login", "last", "want"),
    [
        (timedelta(hours=1), None, timedelta(hours=1) + intake.CLOCK_SKEW),
        (timedelta(days=100), None, timedelta(days=14)),
        (timedelta(days=100), timedelta(hours=2), timedelta(hours=26)),
        (timedelta(hours=3), timedelta(hours=2), timedelta(hours=3) + intake.CLOCK_SKEW),
        (timedelta(days=100), timedelta(days=40), timedelta(days=14)),
    ],
    ids=[
        "a new login",
        "no comparison yet",
        "the day before the last",
        "never before the login",
        "long away",
    ],
)
def test_a_comparison_reaches_back_as_far_as_something_can_have_been_missed(
    login: timedelta, last: timedelta | None, want: timedelta
) -> None:
    compared: datetime | None = None if last is None else NOW - last
    assert intake.compare_since(NOW - login, compared, NOW) == NOW - want
