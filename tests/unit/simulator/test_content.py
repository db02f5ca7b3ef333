"""What a message may carry, and what is refused by name."""

from __future__ import annotations

from typing import Any

import pytest

from whatsapp_simulator.content import MAX_TEXT, Content, Draft, parse, vcard
from whatsapp_simulator.errors import Refused
from whatsapp_simulator.kinds import KINDS, kind_of, wire_type

BAD_CONTENT: dict[str, tuple[Any, str]] = {
    "no object": ([1], "content"),
    "an unknown field": ({"colour": "red"}, "colour"),
    "a hash that is none": ({"media": {"sha256": "x", "size": 1, "mimeType": "a/b"}}, "media.sha256"),
    "a place off the earth": ({"location": {"latitude": 91, "longitude": 0}}, "location.latitude"),
    "a poll with one option": ({"poll": {"name": "q", "options": ["a"]}}, "poll.options"),
}
BAD_DRAFTS = {
    "an empty text": (Draft(), "invalid_text"),
    "an endless text": (Draft(text="x" * (MAX_TEXT + 1)), "invalid_text"),
    "a picture without a file": (Draft(kind="image"), "invalid_content"),
    "a contact without contacts": (Draft(kind="contact"), "invalid_content"),
    "a place without a place": (Draft(kind="location"), "invalid_content"),
}


@pytest.mark.parametrize(("value", "field"), BAD_CONTENT.values(), ids=BAD_CONTENT)
def test_bad_content_is_refused_with_the_name_of_the_field(value: Any, field: str) -> None:
    with pytest.raises(Refused) as caught:
        parse(value)
    assert caught.value.code == "invalid_content"
    assert caught.value.message.startswith(f"{field}:")


@pytest.mark.parametrize(("draft", "code"), BAD_DRAFTS.values(), ids=BAD_DRAFTS)
def test_a_message_without_what_its_kind_needs_is_refused(draft: Draft, code: str) -> None:
    with pytest.raises(Refused) as caught:
        draft.check()
    assert caught.value.code == code


def test_what_is_not_there_is_not_stored() -> None:
    assert Content(mentions=["5491100000001"]).stored() == {"mentions": ["5491100000001"]}


def test_a_vcard_opens_the_chat_with_its_number() -> None:
    assert "TEL;type=CELL;waid=5491123456789:+5491123456789" in vcard("Zoe", "+54 9 11 2345-6789")


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_has_a_name_at_whatsapp_and_comes_back_from_it(kind: str) -> None:
    assert kind_of(wire_type(kind), gif=kind == "gif") == kind


def test_a_type_that_is_not_simulated_is_none_of_the_kinds() -> None:
    assert kind_of("list") is None
    assert kind_of("reaction") is None
