from __future__ import annotations

import re

import pytest

from whatsapp_session.api.params import CHAT, MESSAGE, chat_of

MESSAGES = {
    "true_5491123456789@c.us_3EB0C431C26A1916E07E": "5491123456789@c.us",
    "false_123456789012345@lid_3A1F00": "123456789012345@lid",
    "false_120363041234567890@g.us_3EB0C4_5491123456789@c.us": "120363041234567890@g.us",
    "true_5491123456789-1400000000@g.us_3EB0C4_123456789012345@lid": "5491123456789-1400000000@g.us",
    "false_status@broadcast_3EB0C4_5491123456789@c.us": "status@broadcast",
    "true_5491123456789@c.us_3EB0C4_out": "5491123456789@c.us",
    "false_120363041234567890@newsletter_1234": "120363041234567890@newsletter",
}


@pytest.mark.parametrize(("message", "chat"), MESSAGES.items())
def test_the_chat_is_in_the_message_id(message: str, chat: str) -> None:
    assert re.fullmatch(MESSAGE, message)
    assert re.fullmatch(CHAT, chat)
    assert chat_of(message) == chat


@pytest.mark.parametrize(
    "text",
    [
        "",
        "3EB0C431C26A1916E07E",
        "maybe_5491123456789@c.us_3EB0",
        "true_5491123456789@c.us_",
        "true_5491123456789@evil.us_3EB0",
        "true_../etc@c.us_3EB0",
        "true_5491123456789@c.us_3EB0/..",
        "true_5491123456789@c.us_3EB0\n",
        "true_5491123456789@c.us_3EB0\x00",
        "true_5491123456789@c.us_3EB0');alert(1)//",
        "true_" + "5" * 33 + "@c.us_3EB0",
        "true_5491123456789@c.us_" + "3" * 129,
    ],
)
def test_what_is_not_of_the_alphabet_is_no_message_id(text: str) -> None:
    assert not re.fullmatch(MESSAGE, text)
