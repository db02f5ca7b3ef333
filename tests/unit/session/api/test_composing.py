from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from whatsapp_contracts.errors import ErrorCode
from whatsapp_session.api.bodies import MAX_TEXT
from whatsapp_session.api.composing import Source, vcard_of, wish
from whatsapp_session.api.errors import ApiError
from whatsapp_session.outgoing import Card, Contacts, Location, Poll, Text

TO = {"to": "5491100000002"}
PLACE = {"type": "location", "location": {"latitude": -34.6, "longitude": -58.4}}
ASK = {"name": "When?", "options": ["Today", "Tomorrow"]}
FILE = {"data": "AAAA"}
VCARD = "BEGIN:VCARD\nVERSION:3.0\nFN:Ana\nEND:VCARD"


def of(**fields: Any) -> dict[str, Any]:
    return TO | fields


def image(**media: Any) -> dict[str, Any]:
    return of(type="image", media=media)


def cards(**card: Any) -> dict[str, Any]:
    return of(type="contact", contacts=[card])


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "no to": ({"text": "Hello"}, "to is missing"),
    "to a number": ({"to": 5491100000002, "text": "Hello"}, "to is not a string"),
    "to blank": ({"to": " ", "text": "Hello"}, "to is empty"),
    "to with plus": ({"to": "+5491100000002", "text": "Hello"}, "without +, spaces or hyphens"),
    "to too short": ({"to": "123456", "text": "Hello"}, "to has not 7 to 15 digits"),
    "to without country": ({"to": "01123456789", "text": "Hello"}, "the country code first"),
    "to in other digits": ({"to": "٥٤٩١١٠٠٠٠", "text": "Hello"}, "to is not digits"),
    "to a path": ({"to": "../5491100000002@c.us", "text": "Hello"}, "to is not a chat id"),
    "to another server": ({"to": "5491100000002@evil.us", "text": "Hello"}, "to is not a chat id"),
    "to with a line break": ({"to": "5491100000002\n", "text": "Hello"}, "to is not digits"),
    "to too long": ({"to": "1" * 101 + "@g.us", "text": "Hello"}, "to is longer than 100"),
    "an unknown key": (of(text="Hello", sendat="2026-01-01T12:00:00Z"), "sendat is unknown"),
    "an unknown type": (of(type="gif", text="Hello"), "type is unknown"),
    "type a list": (of(type=["text"], text="Hello"), "type is unknown"),
    "no text": (of(), "text is missing"),
    "text null": (of(text=None), "text is missing"),
    "text blank": (of(text=" \n"), "text is empty"),
    "text a number": (of(text=1), "text is not a string"),
    "text too long": (of(text="x" * (MAX_TEXT + 1)), "text is longer than"),
    "text with half a pair": (of(text="\ud800"), "text has half of a surrogate pair"),
    "text for a sticker": (of(type="sticker", text="Hello", media=FILE), "text is not for type sticker"),
    "text for a voice note": (of(type="voice", text="Hello", media=FILE), "text is not for type voice"),
    "text for a poll": (of(type="poll", poll=ASK, text="Hello"), "text is not for type poll"),
    "media for a text": (of(text="Hello", media=FILE), "media is not for type text"),
    "a poll for an image": (of(type="image", media=FILE, poll=ASK), "poll is not for type image"),
    "no media": (of(type="image"), "media is missing"),
    "media a text": (of(type="image", media="AAAA"), "media is not an object"),
    "media without a file": (image(), "media has no file"),
    "media with two files": (image(url="https://example.com/a.png", data="AAAA"), "media has its file twice"),
    "media with an unknown key": (image(data="AAAA", mimetype="image/png"), "media.mimetype is unknown"),
    "media.data a number": (image(data=1), "media.data is not a string"),
    "media.url a number": (image(url=1), "media.url is not a string"),
    "media.url too long": (image(url="https://e/" + "x" * 2048), "media.url is longer than"),
    "media.gif a text": (of(type="video", media={"data": "AAAA", "gif": "yes"}), "media.gif is not true"),
    "gif for an image": (image(data="AAAA", gif=True), "media.gif is not for type image"),
    "media.mimeType no type": (image(data="AAAA", mimeType="png"), "media.mimeType is not a type"),
    "a type with a line break": (image(data="AA", mimeType="image/png\r\nX: y"), "media.mimeType is not"),
    "no location": (of(type="location"), "location is missing"),
    "no latitude": (of(type="location", location={"longitude": 1}), "location.latitude is missing"),
    "latitude a text": (of(type="location", location={"latitude": "1"}), "location.latitude is not a number"),
    "latitude true": (of(type="location", location={"latitude": True}), "location.latitude is not a number"),
    "latitude out of the world": (of(type="location", location={"latitude": 91}), "from -90 to 90"),
    "latitude not a number": (of(type="location", location={"latitude": float("nan")}), "is not a number"),
    "latitude huge": (of(type="location", location={"latitude": 10**400}), "is not a number"),
    "no contacts": (of(type="contact"), "contacts is missing"),
    "contacts an object": (of(type="contact", contacts={}), "contacts is not a list"),
    "a contact that is a text": (of(type="contact", contacts=["Ana"]), "contacts[0] is not an object"),
    "too many contacts": (of(type="contact", contacts=[{}] * 101), "contacts has more than 100"),
    "a contact without a name": (cards(phone="5491100000003"), "contacts[0].name is missing"),
    "a contact without a phone": (cards(name="Ana"), "contacts[0] has not one of phone and vcard"),
    "a contact with both": (cards(name="Ana", phone="5491100000003", vcard=VCARD), "has not one of"),
    "a contact with a wrong phone": (cards(name="Ana", phone="+549"), "contacts[0].phone is not 7 to 15"),
    "a vcard that is none": (cards(name="Ana", vcard="Ana"), "contacts[0].vcard does not go from"),
    "no poll": (of(type="poll"), "poll is missing"),
    "a poll without a question": (of(type="poll", poll={"options": ["a", "b"]}), "poll.name is missing"),
    "a poll with one option": (of(type="poll", poll=ASK | {"options": ["a"]}), "poll.options has not"),
    "a poll with one option twice": (of(type="poll", poll=ASK | {"options": ["a", "a"]}), "different"),
    "a poll with too many": (of(type="poll", poll=ASK | {"options": list("abcdefghijklm")}), "more than 12"),
    "a number as an option": (of(type="poll", poll=ASK | {"options": ["a", 1]}), "poll.options[1] is not"),
    "replyTo no id": (of(text="Hello", replyTo="3EB0"), "replyTo is not the id of a message"),
    "replyTo a number": (of(text="Hello", replyTo=1), "replyTo is not a string"),
    "mentions a text": (of(text="Hello", mentions="5491100000003"), "mentions is not a list"),
    "a mention that is a name": (of(text="Hello", mentions=["Ana"]), "mentions[0] is not digits"),
    "too many mentions": (of(text="Hello", mentions=["1"] * 1025), "mentions has more than 1024"),
    "async a text": (of(text="Hello", **{"async": "yes"}), "async is not true or false"),
    "sendAt a number": (of(text="Hello", sendAt=1767268800), "sendAt is not a string"),
    "sendAt no time": (of(text="Hello", sendAt="tomorrow"), "sendAt is not a time"),
    "sendAt without a zone": (of(text="Hello", sendAt="2026-01-01T12:00:00"), "sendAt has no time zone"),
    "sendAt in the year 3000": (of(text="Hello", sendAt="3000-01-01T12:00:00Z"), "after the year 2100"),
    "sendAt out of all years": (of(text="Hello", sendAt="0001-01-01T00:00:00+23:59"), "sendAt is not a time"),
}  # fmt: skip


@pytest.mark.parametrize(("data", "says"), REFUSED.values(), ids=REFUSED)
def test_a_wrong_field_is_refused_with_its_name_and_the_cure(data: dict[str, Any], says: str) -> None:
    with pytest.raises(ApiError) as caught:
        wish(data, form=False)
    assert caught.value.code is ErrorCode.INVALID_REQUEST
    assert says in caught.value.message
    assert caught.value.message.endswith(".")


def test_a_part_file_is_refused_where_no_file_belongs() -> None:
    with pytest.raises(ApiError, match="the part file is not for type text"):
        wish(of(text="Hello"), form=True)


def test_a_part_file_beside_a_url_is_refused() -> None:
    with pytest.raises(ApiError, match="media has its file twice"):
        wish(image(url="https://example.com/a.png"), form=True)


CONTENT = {
    "text": (of(text=" Hola ñ 😀\n"), Text(text=" Hola ñ 😀\n")),
    "location": (of(**PLACE), Location(latitude=-34.6, longitude=-58.4)),
    "contact": (
        cards(name="Ana", phone="5491100000003"),
        Contacts(cards=(Card(name="Ana", vcard=vcard_of("Ana", "5491100000003")),)),
    ),
    "vcard": (cards(name="Ana", vcard=VCARD), Contacts(cards=(Card(name="Ana", vcard=VCARD),))),
    "poll": (of(type="poll", poll=ASK), Poll(name="When?", options=("Today", "Tomorrow"))),
    "poll of several": (
        of(type="poll", poll=ASK | {"multiple": True}),
        Poll(name="When?", options=("Today", "Tomorrow"), multiple=True),
    ),
}


@pytest.mark.parametrize(("data", "content"), CONTENT.values(), ids=CONTENT)
def test_each_type_becomes_what_is_sent(data: dict[str, Any], content: object) -> None:
    found = wish(data, form=False)
    assert (found.to, found.content, found.source, found.queued) == ("5491100000002", content, None, False)


@pytest.mark.parametrize("to", ["5491100000002", "5491100000002@c.us", "1203630412-16@g.us", "12345@lid"])
def test_to_is_a_number_or_a_chat(to: str) -> None:
    assert wish({"to": to, "text": "Hello"}, form=False).to == to


def test_a_file_has_its_caption_and_what_is_known_of_it() -> None:
    media = {"url": "https://example.com/v", "mimeType": "video/mp4", "fileName": "v.mp4", "gif": True}
    found = wish(of(type="video", text="Look", media=media), form=False)
    assert found.caption == "Look"
    assert found.source == Source(
        url="https://example.com/v", mime_type="video/mp4", file_name="v.mp4", gif=True
    )


def test_reply_mentions_and_time_are_taken_over() -> None:
    found = wish(
        of(
            text="Hello",
            replyTo="false_120363041234567890@g.us_3EB0AA_5491100000002@c.us",
            mentions=["5491100000003", "12345@lid"],
            sendAt="2026-01-01T09:00:00-03:00",
        ),
        form=False,
    )
    assert found.reply_to == "false_120363041234567890@g.us_3EB0AA_5491100000002@c.us"
    assert found.mentions == ("5491100000003", "12345@lid")
    assert (found.queued, found.send_at) == (True, datetime(2026, 1, 1, 12, tzinfo=UTC))


def test_a_vcard_holds_no_field_of_somebody_elses_making() -> None:
    made = vcard_of("Ana\nTEL:1;,\\", "5491100000003")
    assert made.splitlines() == [
        "BEGIN:VCARD",
        "VERSION:3.0",
        "N:;Ana TEL:1\\;\\,\\\\;;;",
        "FN:Ana TEL:1\\;\\,\\\\",
        "TEL;type=CELL;type=VOICE;waid=5491100000003:+5491100000003",
        "END:VCARD",
    ]
