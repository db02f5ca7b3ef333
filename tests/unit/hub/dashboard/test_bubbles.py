"""Messages as the pages draw them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from whatsapp_hub.dashboard.bubbles import after, bubble, bubbles, shown_in_place, stored
from whatsapp_hub.database.models import Mensaje

MESSAGE: dict[str, Any] = {
    "messageId": "false_549@c.us_A",
    "chatId": "549@c.us",
    "from": "549",
    "to": "111",
    "fromMe": False,
    "type": "text",
    "text": "Hello",
    "timestamp": "2026-01-01T12:00:00.000Z",
    "ack": 0,
}


def made(**fields: Any) -> Any:
    found = bubble(MESSAGE | fields)
    assert found is not None
    return found


@pytest.mark.parametrize(
    "broken",
    [
        {"messageId": None},
        {"messageId": ""},
        {"messageId": 7},
        {"timestamp": None},
        {"timestamp": "soon"},
    ],
)
def test_what_is_no_message_is_left_out(broken: dict[str, Any]) -> None:
    assert bubble(MESSAGE | broken) is None


@pytest.mark.parametrize(
    "odd",
    [
        {"type": "hologram"},
        {"media": "x"},
        {"media": {"id": 7}},
        {"location": {"latitude": "x", "longitude": 1}},
        {"contacts": "x"},
        {"contacts": [7, {"name": 7, "phones": [None, {}]}]},
        {"poll": []},
        {"poll": {"name": None, "options": {}}},
        {"quoted": "x"},
        {"quoted": {}},
        {"text": {"a": 1}},
        {"pushName": ["x"]},
        {"reactions": 7},
    ],
)
def test_a_field_that_is_odd_breaks_nothing(odd: dict[str, Any]) -> None:
    assert made(**odd).message_id == MESSAGE["messageId"]


def test_a_text_and_who_wrote_it() -> None:
    found = made(pushName="Ana")
    assert (found.sender, found.mine, found.ack, found.kind) == ("Ana", False, None, "text")
    assert [each.text for each in found.pieces] == ["Hello"]
    assert made(**{"from": "77@lid", "phone": "549"}).sender == "+549"
    assert made(fromMe=True, ack=3).ack == 3


def test_an_id_on_the_page_is_not_the_strangers_to_choose() -> None:
    found = made(messageId='x" onclick="alert(1)')
    assert found.anchor.startswith("m-")
    assert found.anchor[2:].isalnum()


FILES: dict[str, tuple[str, str, str]] = {
    "a photo": ("image", "image/jpeg", "image"),
    "a sticker": ("sticker", "image/webp", "image"),
    "a voice note": ("audio", "audio/ogg; codecs=opus", "audio"),
    "a film": ("video", "video/mp4", "video"),
    "a drawing that can hold a script": ("image", "image/svg+xml", ""),
    "a page that says it is a photo": ("image", "text/html", ""),
    "a photo sent as a document": ("document", "image/jpeg", ""),
    "a document": ("document", "application/pdf", ""),
    "no type": ("image", "", ""),
}


@pytest.mark.parametrize(("kind", "mime_type", "shown"), FILES.values(), ids=FILES)
def test_only_what_cannot_run_is_shown_in_place(kind: str, mime_type: str, shown: str) -> None:
    found = made(type=kind, media={"id": "med_1", "mimeType": mime_type, "fileName": "a\u202efdp.exe"})
    assert (found.file.shown_as, found.file.name) == (shown, "afdp.exe")


def test_no_markup_is_ever_shown_in_place() -> None:
    for mime_type in (
        "text/html",
        "image/svg+xml",
        "application/xhtml+xml",
        "text/xml",
        "application/pdf",
        "",
    ):
        assert not shown_in_place(mime_type)
    assert shown_in_place("image/png")


def test_other_kinds_have_what_they_need() -> None:
    where = made(type="location", location={"latitude": -34.6, "longitude": -58.4, "name": "Shop"}).place
    assert where.href.startswith("https://www.openstreetmap.org/?mlat=-34.600000&mlon=-58.400000")
    (card,) = made(type="contact", contacts=[{"name": "Ana", "phones": ["+54 9 11"], "vcard": "x"}]).cards
    assert (card.name, card.phones) == ("Ana", ("+54911",))
    assert made(type="poll", poll={"name": "When?", "options": ["A", "B"]}).poll.options == ("A", "B")
    said = made(quoted={"messageId": "false_549@c.us_B", "from": "549", "text": "before"}).quoted
    assert (said.sender, said.text) == ("+549", "before")
    assert said.anchor == made(messageId="false_549@c.us_B").anchor


def test_an_answer_is_read_the_oldest_first() -> None:
    newer = MESSAGE | {"messageId": "b"}
    assert [each.message_id for each in bubbles([newer, "x", MESSAGE])] == ["b", MESSAGE["messageId"]][::-1]
    assert bubbles({"not": "a list"}) == []


EVENTS: dict[str, tuple[str, dict[str, Any], str, Any]] = {
    "a reaction": ("message.reaction", {"from": "1", "emoji": "👍"}, "emojis", (("👍", 1),)),
    "an edit": ("message.edited", {"text": "Bye"}, "edited", True),
    "a deletion": ("message.deleted", {}, "deleted", True),
    "another's ack": ("message.ack", {"ack": 3}, "ack", None),
    "one that is not known": ("message.sung", {"song": 1}, "edited", False),
}


@pytest.mark.parametrize(("kind", "data", "field", "value"), EVENTS.values(), ids=EVENTS)
def test_an_event_about_a_message_changes_it(kind: str, data: dict[str, Any], field: str, value: Any) -> None:
    event = {"type": kind, "data": {"messageId": MESSAGE["messageId"], **data}}
    (found,) = after([made()], [event, {"type": kind, "data": {"messageId": "other"}}, {"type": kind}])
    assert getattr(found, field) == value


def test_one_person_has_one_reaction_and_takes_it_back() -> None:
    def reacted(emoji: str, who: str = "1") -> dict[str, Any]:
        return {
            "type": "message.reaction",
            "data": {"messageId": MESSAGE["messageId"], "from": who, "emoji": emoji},
        }

    (found,) = after([made()], [reacted("👍"), reacted("❤️"), reacted("❤️", "2")])
    assert found.emojis == (("❤️", 2),)
    (found,) = after([made()], [reacted("👍"), reacted("")])
    assert found.emojis == ()


def test_a_deleted_message_shows_nothing_of_what_it_was() -> None:
    file = made(type="image", media={"id": "med_1", "mimeType": "image/png"})
    event = {"type": "message.deleted", "data": {"messageId": MESSAGE["messageId"]}}
    (found,) = after([file], [event])
    assert (found.pieces, found.file) == ((), None)


def test_a_tick_never_goes_back() -> None:
    acks = [{"type": "message.ack", "data": {"messageId": MESSAGE["messageId"], "ack": n}} for n in (3, 2)]
    (found,) = after([made(fromMe=True, ack=1)], acks)
    assert found.ack == 3


CONTENT: dict[str, tuple[dict[str, Any], str]] = {
    "text": ({"type": "text", "text": "hola"}, "hola"),
    "image": ({"type": "image", "image": {"id": "med_1", "caption": "look"}}, "look"),
    "location": ({"type": "location", "location": {"latitude": 1, "longitude": 2}}, ""),
    "contact": ({"type": "contact", "contact": {"name": "Ana", "phones": ["1"], "others": [{}]}}, ""),
    "odd": ({"type": "text", "text": 7}, ""),
}


@pytest.mark.parametrize(("content", "said"), CONTENT.values(), ids=CONTENT)
def test_a_kept_message_is_drawn_like_one_of_the_session(content: dict[str, Any], said: str) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    found = stored(Mensaje(message_id="m", sender="549", content=content, sent_at=now))
    assert found is not None
    assert (found.sender, found.at, "".join(each.text for each in found.pieces)) == ("+549", now, said)
