"""Messages of a chat, as they are answered."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from whatsapp_session.api.chats import message_json
from whatsapp_session.facts import ChatMessage

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
MESSAGE = ChatMessage(
    message_id="true_5491123456789@c.us_3EB0",
    chat_id="5491123456789@c.us",
    sender="5491100000001",
    recipient="5491123456789",
    from_me=True,
    kind="text",
    text="Hello",
    sent_at=NOON,
    ack=2,
)


def test_a_message_that_nobody_changed_says_nothing_of_it() -> None:
    answered = message_json(MESSAGE)
    assert answered["ack"] == 2
    assert not {"editedAt", "deleted"} & set(answered)


def test_an_edited_and_a_deleted_message_say_so() -> None:
    assert message_json(replace(MESSAGE, edited_at=NOON))["editedAt"] == "2026-01-01T12:00:00.000Z"
    assert message_json(replace(MESSAGE, deleted=True, text=""))["deleted"] is True
