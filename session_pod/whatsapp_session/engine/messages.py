"""Messages and happenings, read from what the page's driver gives. Pure.

Why so plain a shape between them: what a browser says is checked and named here, where tests reach it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from whatsapp_session.engine.watch import whole
from whatsapp_session.facts import (
    AckSeen,
    CallSeen,
    ChatMessage,
    DeletionSeen,
    EditSeen,
    Happening,
    MediaInfo,
    ParticipantsChanged,
    PresenceSeen,
    Quoted,
    ReactionSeen,
)
from whatsapp_session.outgoing import Card, Location, Poll

KINDS = {
    "chat": "text",
    "image": "image",
    "video": "video",
    "gif": "video",
    "ptv": "video",
    "audio": "audio",
    "ptt": "audio",
    "document": "document",
    "sticker": "sticker",
    "location": "location",
    "live_location": "location",
    "vcard": "contact",
    "multi_vcard": "contact",
    "poll_creation": "poll",
}
"""WhatsApp's kinds of message as events name them; any other is `text`, with what text it has."""
PRESENCES = {
    "available": "available",
    "paused": "available",
    "idle": "available",
    "unavailable": "unavailable",
    "composing": "composing",
    "typing": "composing",
    "recording": "recording",
    "recording_audio": "recording",
}
"""WhatsApp's states of a person in a chat as events name them."""
ACTIONS = frozenset({"join", "leave", "add", "remove", "promote", "demote"})


def item(data: Mapping[str, Any]) -> ChatMessage | AckSeen | Happening | None:
    """Read one thing of the queue; None for one that events have no word for."""
    ((kind, seen),) = data.items()
    match kind:
        case "message":
            return message(seen)
        case "ack":
            return AckSeen(message_id=seen["id"], chat_id=seen["chat"], ack=int(seen["ack"]))
        case "participants" if seen["action"] in ACTIONS:
            return ParticipantsChanged(
                chat_id=seen["chat"],
                action=seen["action"],
                participants=tuple(map(person, seen["participants"])),
                by=person(seen["by"]) if seen["by"] else None,
                at=moment(seen["t"]),
            )
        case "presence" if seen["state"] in PRESENCES:
            state = PRESENCES[seen["state"]]
            return PresenceSeen(chat_id=seen["chat"], sender=person(seen["from"]), state=state)
        case "call":
            return CallSeen(
                call_id=seen["id"],
                sender=person(seen["from"]),
                video=seen["video"],
                group=seen["group"],
                at=moment(seen["t"]),
            )
        case "reaction" | "edit" | "deletion":
            return _changed(kind, seen)
    return None


def _changed(kind: str, seen: Mapping[str, Any]) -> ReactionSeen | EditSeen | DeletionSeen:
    """What happened to a message."""
    common: dict[str, Any] = {
        "message_id": seen["id"],
        "chat_id": seen["chat"],
        "sender": person(seen["from"]),
        "from_me": seen["fromMe"],
        "at": moment(seen["t"]),
    }
    if kind == "reaction":
        return ReactionSeen(**common, emoji=whole(seen["emoji"]))
    if kind == "edit":
        return EditSeen(**common, text=whole(seen["text"] or ""))
    return DeletionSeen(**common)


def message(data: Mapping[str, Any]) -> ChatMessage:
    """Read one message."""
    return ChatMessage(
        message_id=data["id"],
        chat_id=data["chat"],
        sender=person(data["from"]),
        recipient=person(data["to"]),
        from_me=data["fromMe"],
        kind=KINDS.get(data["kind"], "text"),
        text=whole(data["text"] or ""),
        sent_at=moment(data["t"]),
        ack=min(int(data["ack"]), 3),
        phone=digits(data["phone"]),
        lid=person(data["lid"]) if data["lid"] else None,
        push_name=words(data["pushName"]),
        media=_media(data["file"]),
        location=_location(data["place"]),
        contacts=tuple(_card(card) for card in data["cards"]),
        poll=_poll(data["poll"]),
        quoted=_quoted(data["quoted"]),
        mentions=tuple(map(person, data["mentions"])),
        forwarded=data["forwarded"],
        edited_at=moment(data["editedAt"]) if data["editedAt"] else None,
        deleted=data["deleted"],
    )


def person(wid: str | None) -> str:
    """`5491123456789@c.us` (or with a device, `:3`) as digits; a LID or a group stays as WhatsApp has it."""
    user, _, server = (wid or "").partition("@")
    alone = user.partition(":")[0]
    return alone if server in {"c.us", "s.whatsapp.net"} else f"{alone}@{server}"


def digits(wid: str | None) -> str | None:
    """The number of a person whose number is known."""
    return person(wid) if wid and not wid.endswith("@lid") else None


def words(text: str | None) -> str | None:
    """A name, None for none."""
    return whole(text) if text else None


def moment(seconds: float) -> datetime:
    """WhatsApp's seconds."""
    return datetime.fromtimestamp(seconds, UTC)


def _media(data: Mapping[str, Any] | None) -> MediaInfo | None:
    if data is None:
        return None
    return MediaInfo(
        mime_type=(data["mimeType"] or "application/octet-stream").partition(";")[0].strip().lower(),
        size=data["size"],
        file_name=words(data["fileName"]),
        voice=data["voice"],
        gif=data["gif"],
        seconds=data["seconds"],
        width=data["width"],
        height=data["height"],
    )


def _location(data: Mapping[str, Any] | None) -> Location | None:
    if data is None or data["latitude"] is None or data["longitude"] is None:
        return None
    return Location(
        latitude=float(data["latitude"]),
        longitude=float(data["longitude"]),
        name=words(data["name"]),
        address=words(data["address"]),
    )


def _card(data: Mapping[str, Any]) -> Card:
    """A card whose name the page does not give says it itself, in its line FN."""
    vcard = whole(data["vcard"])
    said = re.search(r"(?im)^FN[^:\r\n]*:(.*?)\r?$", vcard)
    return Card(name=words(data["name"]) or (said[1].strip() if said else ""), vcard=vcard)


def _poll(data: Mapping[str, Any] | None) -> Poll | None:
    if data is None:
        return None
    options = tuple(whole(option) for option in data["options"])
    return Poll(name=whole(data["name"]), options=options, multiple=data["multiple"])


def _quoted(data: Mapping[str, Any] | None) -> Quoted | None:
    if data is None:
        return None
    sender = person(data["from"]) if data["from"] else None
    return Quoted(message_id=data["id"], sender=sender, text=words(data["text"]))
