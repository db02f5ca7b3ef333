from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from unit.session.engine.plain import FILE, LOOK, MESSAGE
from whatsapp_session.engine import messages
from whatsapp_session.engine.watch import Look
from whatsapp_session.facts import (
    CallSeen,
    ChatMessage,
    DeletionSeen,
    EditSeen,
    MediaInfo,
    ParticipantsChanged,
    PresenceSeen,
    Quoted,
    ReactionSeen,
)
from whatsapp_session.outgoing import Card, Location, Poll

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
CHAT = "5491100000002@c.us"
CHANGED = {"id": "true_5491100000002@c.us_1", "chat": CHAT, "from": CHAT, "fromMe": False, "t": 1767268800}


def read(**fields: Any) -> ChatMessage:
    return messages.message(MESSAGE | fields)


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
    assert messages.person(wid) == want


@pytest.mark.parametrize(
    ("kind", "want"),
    [
        ("chat", "text"), ("ptt", "audio"), ("ptv", "video"), ("gif", "video"), ("vcard", "contact"),
        ("multi_vcard", "contact"), ("live_location", "location"), ("poll_creation", "poll"),
        ("order", "text"),
    ],
)  # fmt: skip
def test_kinds_are_the_contracts_closed_set(kind: str, want: str) -> None:
    assert read(kind=kind).kind == want


def test_a_text_has_who_wrote_it_to_whom_and_when() -> None:
    assert messages.item({"message": MESSAGE}) == ChatMessage(
        message_id="true_5491100000002@c.us_1",
        chat_id=CHAT,
        sender="5491100000001",
        recipient="5491100000002",
        from_me=True,
        kind="text",
        text="Hello",
        sent_at=NOON,
        ack=0,
        phone="5491100000001",
    )


def test_a_person_known_by_lid_alone_has_no_number() -> None:
    got = read(**{"from": "74130053891942@lid", "phone": None, "lid": "74130053891942:3@lid"})
    assert (got.sender, got.phone, got.lid) == ("74130053891942@lid", None, "74130053891942@lid")


def test_a_file_is_described_and_its_type_is_without_parameters() -> None:
    got = read(kind="ptt", file=FILE)
    assert got.media == MediaInfo(mime_type="audio/ogg", size=1234, voice=True, seconds=3)


def test_a_file_of_unknown_type_is_bytes() -> None:
    media = read(kind="document", file=FILE | {"mimeType": None, "voice": False, "seconds": None}).media
    assert media == MediaInfo(mime_type="application/octet-stream", size=1234)


def test_a_location_a_poll_and_a_quoted_message_are_read() -> None:
    place = {"latitude": -34.6, "longitude": -58.4, "name": "Obelisco", "address": None}
    poll = {"name": "When?", "options": ["now", "later"], "multiple": True}
    quoted = {"id": "false_x_1", "from": "74130053891942@lid", "text": None}
    got = read(place=place, poll=poll, quoted=quoted)
    assert got.location == Location(latitude=-34.6, longitude=-58.4, name="Obelisco")
    assert got.poll == Poll(name="When?", options=("now", "later"), multiple=True)
    assert got.quoted == Quoted(message_id="false_x_1", sender="74130053891942@lid")


def test_a_location_without_a_place_is_none() -> None:
    assert read(place={"latitude": None, "longitude": 1, "name": None, "address": None}).location is None


@pytest.mark.parametrize(
    ("name", "vcard", "want"),
    [
        ("Ana", "BEGIN:VCARD\nFN:Other\nEND:VCARD", "Ana"),
        (None, "BEGIN:VCARD\r\nFN;CHARSET=UTF-8:Ana Lima\r\nEND:VCARD", "Ana Lima"),
        (None, "BEGIN:VCARD\nEND:VCARD", ""),
    ],
)
def test_a_card_without_a_name_beside_it_says_it_itself(name: str | None, vcard: str, want: str) -> None:
    assert read(cards=[{"name": name, "vcard": vcard}]).contacts == (Card(name=want, vcard=vcard),)


def test_mentions_forwards_edits_and_deletions_are_seen() -> None:
    got = read(mentions=[CHAT, "7@lid"], forwarded=True, editedAt=1767268800.5, deleted=True, pushName="Ana")
    assert got.mentions == ("5491100000002", "7@lid")
    assert (got.forwarded, got.deleted, got.push_name) == (True, True, "Ana")
    assert got.edited_at == datetime(2026, 1, 1, 12, 0, 0, 500_000, tzinfo=UTC)


def test_happenings_are_read() -> None:
    common: dict[str, Any] = {
        "message_id": CHANGED["id"], "chat_id": CHAT, "sender": "5491100000002", "from_me": False, "at": NOON,
    }  # fmt: skip
    assert messages.item({"reaction": CHANGED | {"emoji": "👍"}}) == ReactionSeen(**common, emoji="👍")
    assert messages.item({"edit": CHANGED | {"text": "new"}}) == EditSeen(**common, text="new")
    assert messages.item({"deletion": CHANGED}) == DeletionSeen(**common)
    call = {"id": "c1", "from": CHAT, "video": True, "group": False, "t": 1767268800}
    assert messages.item({"call": call}) == CallSeen(
        call_id="c1", sender="5491100000002", video=True, group=False, at=NOON
    )


def test_who_came_into_a_group_is_read_and_another_action_is_left_out() -> None:
    group = "120363000000000000@g.us"
    seen = {"chat": group, "action": "add", "participants": [CHAT, "7@lid"], "by": None, "t": 1767268800}
    assert messages.item({"participants": seen}) == ParticipantsChanged(
        chat_id=group, action="add", participants=("5491100000002", "7@lid"), by=None, at=NOON
    )
    assert messages.item({"participants": seen | {"action": "ephemeral"}}) is None


@pytest.mark.parametrize(
    ("state", "want"),
    [("typing", "composing"), ("recording_audio", "recording"), ("paused", "available"), ("deleted", None)],
)
def test_presence_has_the_words_of_the_contract(state: str, want: str | None) -> None:
    got = messages.item({"presence": {"chat": CHAT, "from": CHAT, "state": state}})
    assert got == (PresenceSeen(chat_id=CHAT, sender="5491100000002", state=want) if want else None)


def test_half_of_a_surrogate_pair_is_replaced_since_no_journal_and_no_stream_could_carry_it() -> None:
    assert read(text="cut here: \ud83d").text == "cut here: \ufffd"
    assert read(text="whole: \ud83d\ude00").text == "whole: 😀"
    assert read(poll={"name": "\ud83d", "options": ["\ud83d"], "multiple": False}).poll == Poll(
        name="\ufffd", options=("\ufffd",)
    )
    look = Look.from_json({**LOOK, "account": {**LOOK["account"], "pushName": "Ana \ud83d"}})
    assert look.account
    assert look.account.push_name == "Ana \ufffd"
