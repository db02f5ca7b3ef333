"""The chats of a session as the pages list them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from whatsapp_hub.dashboard.chat_list import chat_of, entries, kept, matching
from whatsapp_hub.database.models import Mensaje

ANA: dict[str, Any] = {
    "id": "5491123456789@c.us",
    "name": "Ana",
    "group": False,
    "unread": 2,
    "lastMessageAt": "2026-01-01T12:00:00.000Z",
}
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def row(message_id: str, sender: str = "549", text: str = "hola", minutes: int = 0) -> Mensaje:
    content = {"type": "text", "text": text}
    return Mensaje(
        message_id=message_id, sender=sender, content=content, sent_at=NOW - timedelta(minutes=minutes)
    )


@pytest.mark.parametrize("id", [None, 7, "", "x", "../../etc@c.us", "549@c.us/../x", '549@c.us"'])
def test_what_is_no_chat_is_left_out(id: Any) -> None:
    assert entries([ANA | {"id": id}, "x", ANA])[0].id == ANA["id"]
    assert entries({"a": 1}) == []


def test_a_chat_has_a_name_in_any_case() -> None:
    (found,) = entries([ANA | {"name": None}])
    assert found.name == "+5491123456789"
    (found,) = entries([ANA])
    assert (found.name, found.unread, found.initial) == ("Ana", 2, "A")


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("", 2),
        ("  ", 2),
        ("aNA", 1),
        ("+54 9 11 2345-6789", 1),
        ("345", 1),
        ("nobody", 0),
        ("@c.us", 0),
    ],
)
def test_chats_are_found_by_name_and_by_number(asked: str, found: int) -> None:
    every = entries([ANA, ANA | {"id": "77@g.us", "name": "Team", "group": True}])
    assert len(matching(every, asked)) == found


def test_kept_messages_are_listed_as_their_chats() -> None:
    found = kept(
        [
            row("false_549@c.us_A", text="newest"),
            row("false_120363@g.us_B_549@c.us", minutes=1),
            row("false_549@c.us_C", text="older", minutes=2),
        ]
    )
    assert [(each.id, each.group, each.preview) for each in found] == [
        ("549@c.us", False, "newest"),
        ("120363@g.us", True, "hola"),
    ]


@pytest.mark.parametrize(
    ("message_id", "sender", "chat"),
    [
        ("false_549@c.us_A", "549", "549@c.us"),
        ("false_77@lid_A", "549", "77@lid"),
        ("wamid.X", "549", "549@c.us"),
        ("wamid.X", "77@lid", "77@lid"),
        ("false_<b>_x", "549", "549@c.us"),
    ],
)
def test_a_kept_message_knows_its_chat(message_id: str, sender: str, chat: str) -> None:
    assert chat_of(row(message_id, sender)) == chat


def test_a_long_text_is_cut_in_the_list() -> None:
    (found,) = kept([row("m", text="x" * 500)])
    assert len(found.preview) == 90
