"""The body of `POST /messages`: what to send, checked, before any file of it is touched. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from whatsapp_session.api.bodies import MAX_TEXT
from whatsapp_session.api.errors import wrong
from whatsapp_session.api.fields import Fields
from whatsapp_session.api.params import MESSAGE
from whatsapp_session.api.recipients import DIGITS, mention, recipient
from whatsapp_session.media.types import KINDS, LONGEST_NAME, MIME
from whatsapp_session.outgoing import Card, Contacts, Location, Outgoing, Poll, Text

TYPES = ("text", *KINDS, "location", "contact", "poll")
FIELDS = {
    "to", "type", "text", "media", "location", "contacts", "poll", "replyTo", "mentions", "async", "sendAt",
}  # fmt: skip
CAPTIONED = {"image", "video", "document"}
OWNED = {"media": set(KINDS), "location": {"location"}, "contacts": {"contact"}, "poll": {"poll"}}
"""Which types a field belongs to; anywhere else it would be lost silently."""
MAX_CONTACTS, MAX_MENTIONS = 100, 1024
MAX_VCARD = 64 * 1024
MAX_QUESTION, MAX_OPTION, MAX_OPTIONS = 255, 100, 12
MAX_URL = 2048
LATEST = datetime(2100, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where a file comes from: a URL, base64 text, or (neither) the part `file` of the form."""

    url: str | None = None
    data: str | None = None
    mime_type: str | None = None
    file_name: str | None = None
    gif: bool = False


@dataclass(frozen=True, kw_only=True)
class Wish:
    """One message to send. `content` is None while its file (`source`) is not on the volume."""

    to: str
    type: str
    content: Text | Location | Contacts | Poll | None
    source: Source | None
    caption: str
    reply_to: str | None
    mentions: tuple[str, ...]
    queued: bool
    send_at: datetime | None

    def outgoing(self, content: Any) -> Outgoing:
        """What goes to the outbox."""
        return Outgoing(to=self.to, content=content, reply_to=self.reply_to, mentions=self.mentions)

    def meaning(self) -> dict[str, Any]:
        """What makes this request another one, beside its file's content."""
        return {
            "to": self.to,
            "type": self.type,
            "text": self.caption,
            "content": None if self.content is None else self.outgoing(self.content).to_json()["content"],
            "replyTo": self.reply_to,
            "mentions": list(self.mentions),
            "async": self.queued,
            "sendAt": self.send_at and self.send_at.isoformat(),
        }


def wish(data: dict[str, Any], *, form: bool) -> Wish:
    """Read the body; `form`: its file comes as a part. Raises ApiError that names the first wrong field."""
    given = Fields(data, FIELDS)
    to = recipient(given)
    type = given.choice("type", TYPES, "text")
    for field, types in OWNED.items():
        if given.has(field) and type not in types:
            raise wrong(
                f"{field} is not for type {type}. Leave it out, or set type to {', '.join(sorted(types))}."
            )
    text = _text(given, type)
    read: dict[str, Callable[[], Text | Location | Contacts | Poll]] = {
        "text": lambda: Text(text=text),
        "location": lambda: _location(given),
        "contact": lambda: _contacts(given),
        "poll": lambda: _poll(given),
    }
    source = None
    if type in KINDS:
        source = _source(given, type, form=form)
    elif form:
        raise wrong(f"the part file is not for type {type}. Leave it out, or set type to {', '.join(KINDS)}.")
    send_at = _moment(given)
    return Wish(
        to=to,
        type=type,
        content=read[type]() if type in read else None,
        source=source,
        caption="" if type == "text" else text,
        reply_to=_reply_to(given),
        mentions=tuple(
            mention(each, f"mentions[{index}]")
            for index, each in enumerate(given.list("mentions", most=MAX_MENTIONS))
        ),
        queued=given.flag("async") or send_at is not None,
        send_at=send_at,
    )


def _text(given: Fields, type: str) -> str:
    if type == "text":
        return given.needed("text", longest=MAX_TEXT, cure="Send the text.")
    text = given.text("text", longest=MAX_TEXT) or ""
    if text and type not in CAPTIONED:
        raise wrong(f"text is not for type {type}. Leave it out, and send a text of its own.")
    return text


def _source(given: Fields, type: str, *, form: bool) -> Source:
    if form and not given.has("media"):
        return Source()
    media = given.object("media", {"url", "data", "mimeType", "fileName", "gif"})
    url = media.text("url", longest=MAX_URL, cure="Send an http or https address.")
    data = media.text("data", longest=2**40, cure="Send the base64 of the file.")
    ways = sum((url is not None, data is not None, form))
    if ways != 1:
        what = "no file" if ways == 0 else "its file twice"
        raise wrong(f"media has {what}. Send one of url, data, or the part file of a form.")
    gif = media.flag("gif")
    if gif and type != "video":
        raise wrong(f"media.gif is not for type {type}. Set type to video, or leave it out.")
    mime = media.text("mimeType", longest=200)
    if mime is not None and not MIME.fullmatch(mime.strip().lower()):
        raise wrong("media.mimeType is not a type such as image/png. Correct it, or leave it out.")
    return Source(
        url=url, data=data, mime_type=mime, file_name=media.text("fileName", longest=LONGEST_NAME), gif=gif
    )


def _location(given: Fields) -> Location:
    place = given.object("location", {"latitude", "longitude", "name", "address"})
    return Location(
        latitude=place.number("latitude", -90, 90),
        longitude=place.number("longitude", -180, 180),
        name=place.text("name", longest=1000),
        address=place.text("address", longest=1000),
    )


def _contacts(given: Fields) -> Contacts:
    entries = given.list("contacts", most=MAX_CONTACTS)
    if not entries:
        raise wrong('contacts is missing. Send [{"name": "Ana", "phone": "5491123456789"}].')
    return Contacts(cards=tuple(_card(each, f"contacts[{index}].") for index, each in enumerate(entries)))


def _card(data: object, where: str) -> Card:
    if not isinstance(data, dict):
        raise wrong(f"{where[:-1]} is not an object. Send one with name and phone, or name and vcard.")
    card = Fields(data, {"name", "phone", "vcard"}, where)
    name = card.needed("name", longest=255, cure="Send the name that is shown.")
    if card.has("phone") == card.has("vcard"):
        raise wrong(f"{where[:-1]} has not one of phone and vcard. Send one of them.")
    if card.has("vcard"):
        vcard = card.needed("vcard", longest=MAX_VCARD, cure="Send the text of a vCard.").strip()
        if not re.fullmatch(r"(?is)BEGIN:VCARD\r?\n.*\nEND:VCARD", vcard):
            raise wrong(f"{where}vcard does not go from BEGIN:VCARD to END:VCARD. Correct it.")
        return Card(name=name, vcard=vcard)
    phone = card.needed("phone", longest=20, cure="Send the number.")
    if not DIGITS.fullmatch(phone):
        raise wrong(f"{where}phone is not 7 to 15 digits with the country code first. Correct it.")
    return Card(name=name, vcard=vcard_of(name, phone))


def vcard_of(name: str, phone: str) -> str:
    """A vCard as WhatsApp makes them: `waid` is what lets the reader write to the number."""
    escaped = re.sub(r"([\\,;])", r"\\\1", " ".join(name.splitlines()))
    tel = f"TEL;type=CELL;type=VOICE;waid={phone}:+{phone}"
    return f"BEGIN:VCARD\nVERSION:3.0\nN:;{escaped};;;\nFN:{escaped}\n{tel}\nEND:VCARD"


def _poll(given: Fields) -> Poll:
    poll = given.object("poll", {"name", "options", "multiple"})
    name = poll.needed("name", longest=MAX_QUESTION, cure="Send the question.")
    options: list[str] = []
    for index, each in enumerate(poll.list("options", most=MAX_OPTIONS)):
        where = f"poll.options[{index}]"
        options.append(
            Fields({where: each}, {where}).needed(where, longest=MAX_OPTION, cure="Send a text.").strip()
        )
    if len(options) < 2 or len(set(options)) < len(options):
        raise wrong("poll.options has not two different entries or more. Send 2 to 12 different texts.")
    return Poll(name=name, options=tuple(options), multiple=poll.flag("multiple"))


def _reply_to(given: Fields) -> str | None:
    message_id = given.text("replyTo", longest=300)
    if message_id is not None and not re.fullmatch(MESSAGE, message_id):
        raise wrong("replyTo is not the id of a message. Take it from an event, or leave it out.")
    return message_id


def _moment(given: Fields) -> datetime | None:
    text = given.text("sendAt", longest=40, cure="Send a time such as 2026-01-01T12:00:00Z.")
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
        moment = moment.astimezone(UTC) if moment.tzinfo else moment
    except (ValueError, OverflowError):
        raise wrong("sendAt is not a time. Send one such as 2026-01-01T12:00:00Z.") from None
    if moment.tzinfo is None:
        raise wrong("sendAt has no time zone. Add Z, or an offset such as -03:00.")
    if moment > LATEST:
        raise wrong("sendAt is after the year 2100. Correct it.")
    return moment
