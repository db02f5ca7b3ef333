"""Messages as the pages draw them: read from what a session answers, tells, or once told the hub. Pure.

Why the answers are not trusted: an older or newer session pod may say less or more than is known here, and
what people wrote goes through all of them. What is no message is left out; nothing here raises.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from whatsapp_hub import times
from whatsapp_hub.dashboard.strangers import (
    Piece,
    degrees,
    moment,
    person,
    pieces,
    sequence,
    text,
    whole,
    word,
)
from whatsapp_hub.database.models import Mensaje

FILES = frozenset({"image", "video", "audio", "document", "sticker"})
KINDS = FILES | {"text", "location", "contact", "poll"}
INLINE = {
    "image": frozenset({"image/jpeg", "image/png", "image/webp", "image/gif"}),
    "video": frozenset({"video/mp4", "video/webm", "video/3gpp"}),
    "audio": frozenset({"audio/ogg", "audio/mpeg", "audio/mp4", "audio/aac", "audio/wav", "audio/webm"}),
}
"""What a browser may show in place: types in which nothing can run. All else is a download."""


@dataclass(frozen=True, kw_only=True)
class File:
    """The file of a message. `shown_as` is `image`, `video`, `audio`, or empty: offered as a download.

    `state`: `stored` and `pending` can be asked for; `tooLarge`, `failed` and `removed` say why not.
    """

    id: str
    mime_type: str
    name: str
    size: int | None = None
    seconds: int | None = None
    width: int | None = None
    height: int | None = None
    voice: bool = False
    gif: bool = False
    state: str = "stored"
    shown_as: str = ""

    @property
    def there(self) -> bool:
        """Whether it is worth asking for."""
        return self.state in ("stored", "pending", "removed")


@dataclass(frozen=True, kw_only=True)
class Place:
    """A location; `href` leads to a map."""

    name: str
    address: str
    href: str


@dataclass(frozen=True, kw_only=True)
class Card:
    """A person that was sent."""

    name: str
    phones: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Poll:
    """A question and its options; votes are not known here."""

    name: str
    options: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Quoted:
    """What a message answers. `anchor` leads to it, where it is on the page."""

    anchor: str
    sender: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Bubble:
    """One message. `ack`: 0 on its way, 1 sent, 2 delivered, 3 read; None for others' messages."""

    message_id: str
    chat_id: str
    mine: bool
    kind: str
    sender: str
    pieces: tuple[Piece, ...]
    at: datetime
    ack: int | None = None
    file: File | None = None
    place: Place | None = None
    cards: tuple[Card, ...] = ()
    poll: Poll | None = None
    quoted: Quoted | None = None
    forwarded: bool = False
    edited: bool = False
    deleted: bool = False
    reactions: tuple[tuple[str, str], ...] = ()
    """(who, emoji): one of each person."""

    @property
    def anchor(self) -> str:
        """Its id on the page."""
        return anchor(self.message_id)

    @property
    def emojis(self) -> tuple[tuple[str, int], ...]:
        """Each emoji once, with how many gave it."""
        given = [emoji for _, emoji in self.reactions]
        return tuple((emoji, given.count(emoji)) for emoji in dict.fromkeys(given))


def anchor(message_id: str) -> str:
    """An id on the page that no message can choose."""
    return "m-" + hashlib.sha256(message_id.encode("utf-8", "replace")).hexdigest()[:20]


def bubble(data: Mapping[str, Any]) -> Bubble | None:
    """A message as contract A has it, in answers and events; None for what is none."""
    message_id, at = data.get("messageId"), moment(data.get("timestamp"))
    if not isinstance(message_id, str) or not message_id or at is None:
        return None
    kind = data.get("type")
    mine = data.get("fromMe") is True
    return Bubble(
        message_id=message_id,
        chat_id=word(data.get("chatId")),
        mine=mine,
        kind=kind if kind in KINDS else "text",
        sender=word(data.get("pushName")) or person(data.get("phone") or data.get("from")),
        pieces=pieces(text(data.get("text"))),
        at=at,
        ack=whole(data.get("ack")) if mine else None,
        file=file(data.get("media"), kind if kind in FILES else "document"),
        place=place(data.get("location")),
        cards=tuple(card(each) for each in sequence(data.get("contacts")) if isinstance(each, Mapping)),
        poll=poll(data.get("poll")),
        quoted=quoted(data.get("quoted")),
        forwarded=data.get("forwarded") is True,
        edited=bool(data.get("editedAt")),
        deleted=data.get("deleted") is True,
    )


def bubbles(answers: Any) -> list[Bubble]:
    """The messages of an answer, the oldest first, as they are read."""
    found = [bubble(each) for each in sequence(answers) if isinstance(each, Mapping)]
    return [each for each in reversed(found) if each is not None]


def stored(row: Mensaje) -> Bubble | None:
    """A message that the hub keeps, which is contract D's."""
    kind = str(row.content.get("type"))
    inner = row.content.get(kind)
    data: dict[str, Any] = {
        "messageId": row.message_id,
        "from": row.sender,
        "type": kind,
        "timestamp": times.iso(row.sent_at),
    }
    if kind == "text":
        data["text"] = inner
    elif isinstance(inner, Mapping) and kind in FILES:
        data |= {"media": inner, "text": inner.get("caption")}
    elif isinstance(inner, Mapping) and kind == "location":
        data["location"] = inner
    elif isinstance(inner, Mapping) and kind == "contact":
        data["contacts"] = [inner, *sequence(inner.get("others"))]
    return bubble(data)


def changed(before: Bubble, event_type: str, data: Mapping[str, Any]) -> Bubble:
    """The message after an event about it; the same when the event says nothing new."""
    match event_type:
        case "message.reaction":
            who = "me" if data.get("fromMe") is True else person(data.get("from"))
            others = tuple(each for each in before.reactions if each[0] != who)
            emoji = word(data.get("emoji"))[:16]
            return replace(before, reactions=(*others, (who, emoji)) if emoji else others)
        case "message.edited":
            return replace(before, pieces=pieces(text(data.get("text"))), edited=True)
        case "message.deleted":
            return replace(before, deleted=True, file=None, pieces=())
        case "message.ack" if before.mine:
            return replace(before, ack=max(before.ack or 0, whole(data.get("ack")) or 0))
        case "message.media":
            return replace(before, file=file(data.get("media"), before.kind) or before.file)
    return before


def after(found: Sequence[Bubble], events: Iterable[Mapping[str, Any]]) -> list[Bubble]:
    """The messages after every event that is about one of them."""
    by_id = {each.message_id: each for each in found}
    for event in events:
        data = event.get("data")
        if isinstance(data, Mapping) and (known := by_id.get(str(data.get("messageId")))):
            by_id[known.message_id] = changed(known, str(event.get("type")), data)
    return list(by_id.values())


def file(data: Any, kind: str) -> File | None:
    """`media`, as contracts A and D have it."""
    if not isinstance(data, Mapping) or not isinstance(data.get("id"), str):
        return None
    mime_type = word(data.get("mimeType")).partition(";")[0].lower()
    family = {"sticker": "image"}.get(kind, kind)
    return File(
        id=data["id"],
        mime_type=mime_type,
        name=word(data.get("fileName")),
        size=whole(data.get("size")),
        seconds=whole(data.get("seconds")),
        width=whole(data.get("width")),
        height=whole(data.get("height")),
        voice=data.get("voice") is True,
        gif=data.get("gif") is True,
        state=str(data.get("state") or "stored"),
        shown_as=family if shown_in_place(mime_type, family) else "",
    )


def shown_in_place(mime_type: str, family: str | None = None) -> bool:
    """Whether a browser may show a file of this type, of this family or of any."""
    if family is None:
        return any(mime_type in types for types in INLINE.values())
    return mime_type in INLINE.get(family, ())


def place(data: Any) -> Place | None:
    """`location`."""
    if not isinstance(data, Mapping):
        return None
    latitude, longitude = degrees(data.get("latitude")), degrees(data.get("longitude"))
    if latitude is None or longitude is None:
        return None
    there = f"{latitude:.6f},{longitude:.6f}"
    return Place(
        name=word(data.get("name")),
        address=word(data.get("address")),
        href=f"https://www.openstreetmap.org/?mlat={latitude:.6f}&mlon={longitude:.6f}"
        f"#map=16/{there.replace(',', '/')}",
    )


def card(data: Mapping[str, Any]) -> Card:
    """One of `contacts`."""
    phones = (re.sub(r"[^0-9+]", "", each) for each in sequence(data.get("phones")) if isinstance(each, str))
    return Card(name=word(data.get("name")), phones=tuple(each for each in phones if each))


def poll(data: Any) -> Poll | None:
    """`poll`."""
    if not isinstance(data, Mapping):
        return None
    options = tuple(word(each) for each in sequence(data.get("options")))
    return Poll(name=word(data.get("name")), options=options)


def quoted(data: Any) -> Quoted | None:
    """`quoted`."""
    if not isinstance(data, Mapping):
        return None
    said = word(data.get("text"))
    return Quoted(anchor=anchor(str(data.get("messageId") or "")), sender=person(data.get("from")), text=said)
