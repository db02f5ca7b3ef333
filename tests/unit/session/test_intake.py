from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from unit.session.doubles import NOW, message
from whatsapp_session import intake
from whatsapp_session.facts import (
    AckSeen,
    EditSeen,
    Happening,
    MediaInfo,
    ParticipantsChanged,
    Quoted,
    ReactionSeen,
)
from whatsapp_session.media.ids import media_id
from whatsapp_session.outgoing import Card


def types(number: int = 1, **more: object) -> list[str]:
    return [draft.type for draft in intake.drafts(message(number, **more), NOW)]  # type: ignore[arg-type]


def test_history_from_before_the_login_is_no_event() -> None:
    assert types(sent_at=NOW - intake.CLOCK_SKEW - timedelta(seconds=1)) == []


def test_a_message_is_not_lost_when_our_clock_is_ahead_of_whatsapps() -> None:
    assert types(sent_at=NOW - intake.CLOCK_SKEW) == ["message.received"]


def test_an_own_message_that_whatsapp_has_not_yet_is_no_event() -> None:
    assert types(from_me=True, ack=0) == []


def test_an_own_message_is_told_as_sent_with_every_step_it_went() -> None:
    assert types(from_me=True, ack=3) == ["message.sent"] + ["message.ack"] * 3


def test_what_was_read_had_been_delivered_and_each_level_is_one_event() -> None:
    found = intake.acks(AckSeen(message_id="true_x@c.us_1", chat_id="x@c.us", ack=3))
    assert [draft.id for draft in found] == [f"ack:true_x@c.us_1:{level}" for level in (1, 2, 3)]
    assert [draft.data["ack"] for draft in found] == [1, 2, 3]


def test_a_played_voice_note_and_a_failed_message_have_no_level_of_their_own() -> None:
    assert [draft.data.get("ack") for draft in intake.drafts(message(1, from_me=True, ack=4), NOW)] == [
        None, 1, 2, 3,
    ]  # fmt: skip
    assert intake.acks(AckSeen(message_id="true_x@c.us_1", chat_id="x@c.us", ack=-1)) == []


def test_an_edit_that_was_missed_is_told_from_the_store_as_it_is_live() -> None:
    edited_at = NOW + timedelta(minutes=5)
    stored = replace(message(1), text="later", edited_at=edited_at)
    live = EditSeen(
        message_id=stored.message_id,
        chat_id=stored.chat_id,
        sender=stored.sender,
        from_me=False,
        text="later",
        at=edited_at,
    )
    assert intake.drafts(stored, NOW)[1] == intake.happening(live)


def test_a_deletion_that_was_missed_is_told_and_not_what_is_left_of_the_message() -> None:
    (draft,) = intake.drafts(replace(message(1), deleted=True, text=""), NOW)
    assert (draft.id, draft.type) == ("deleted:false_5491100000002@c.us_1", "message.deleted")
    assert draft.data["chatId"] == "5491100000002@c.us"


REACTION = ReactionSeen(
    message_id="m", chat_id="c@c.us", sender="5491100000002", from_me=False, emoji="👍", at=NOW
)
JOINED = ParticipantsChanged(chat_id="g@g.us", action="join", participants=("1", "2"), by=None, at=NOW)


def test_the_same_happening_has_the_same_id_and_another_one_another() -> None:
    edit = EditSeen(message_id="m", chat_id="c@c.us", sender="1", from_me=False, text="a", at=NOW)
    others: list[Happening] = [
        edit,
        replace(edit, text="b"),  # within one second, which is as exact as WhatsApp may be
        replace(REACTION, emoji=""),
        replace(REACTION, emoji="❤"),
        replace(REACTION, at=NOW + timedelta(milliseconds=1)),
        replace(REACTION, sender="5491100000003"),
        JOINED,
        replace(JOINED, action="leave"),
        replace(JOINED, participants=("1",)),
    ]
    every: list[Happening] = [REACTION, *others]
    ids = [intake.happening(one).id for one in every]
    assert len(set(ids)) == len(ids)
    assert ids == [intake.happening(one).id for one in every]
    assert intake.happening(replace(JOINED, participants=("2", "1"))).id == intake.happening(JOINED).id


def test_ids_are_visible_ascii_because_webhooks_carry_them_in_a_header() -> None:
    both: list[Happening] = [REACTION, JOINED]
    for one in both:
        id = intake.happening(one).id
        assert id.isascii()
        assert id.isprintable()
        assert " " not in id


def test_a_message_has_what_applies_and_leaves_out_what_does_not() -> None:
    whole = replace(
        message(1),
        chat_id="123@g.us",
        kind="contact",
        phone="5491100000002",
        lid="99@lid",
        push_name="Ana",
        contacts=(
            Card(name="Eva", vcard="BEGIN:VCARD\nitem1.TEL;waid=5491:+54 9 1\nTEL:x\nFN:TEL\nEND:VCARD"),
        ),
        quoted=Quoted(message_id="q", sender="5491", text="before"),
        mentions=("5491",),
        forwarded=True,
    )
    data = intake.message_data(whole)
    assert data["group"] is True
    assert data["contacts"] == [{"name": "Eva", "vcard": whole.contacts[0].vcard, "phones": ["5491"]}]
    assert data["quoted"] == {"messageId": "q", "from": "5491", "text": "before"}
    assert (data["phone"], data["lid"], data["pushName"]) == ("5491100000002", "99@lid", "Ana")
    assert (data["mentions"], data["forwarded"]) == (["5491"], True)
    assert not {"media", "location", "poll"} & set(data)


def test_a_file_is_told_as_pending_under_the_id_it_will_have() -> None:
    media = MediaInfo(mime_type="image/jpeg", size=5)
    data = intake.message_data(replace(message(1), kind="image", media=media))["media"]
    assert data == {
        "id": media_id(message(1).message_id), "mimeType": "image/jpeg", "size": 5, "fileName": None,
        "voice": False, "gif": False, "seconds": None, "width": None, "height": None, "state": "pending",
    }  # fmt: skip


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
