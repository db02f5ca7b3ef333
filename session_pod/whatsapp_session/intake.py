"""What a message becomes in the journal, and which messages count. Pure.

Why by message id: WhatsApp shows one message several times (live, after a late decryption, in its store
after a reconnect), and the journal takes an id once. The same holds for what happens to a message.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from whatsapp_contracts.events import (
    CALL_RECEIVED,
    GROUP_PARTICIPANTS,
    MESSAGE_ACK,
    MESSAGE_DELETED,
    MESSAGE_EDITED,
    MESSAGE_REACTION,
    MESSAGE_RECEIVED,
    MESSAGE_SENT,
    PRESENCE_CHANGED,
    timestamp,
)
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
    ReactionSeen,
)
from whatsapp_session.media.ids import media_id
from whatsapp_session.outgoing import Card

LOOK_BACK = timedelta(days=14)
"""WhatsApp unlinks a device that stays away longer: nothing older can have been missed."""
CLOCK_SKEW = timedelta(seconds=30)
"""Messages carry WhatsApp's clock, the login ours: rather one old message told than a new one lost."""
OVERLAP = timedelta(days=1)
"""How far a comparison looks behind the last one, for messages that were decrypted or delivered late."""
CHANGES_OVERLAP = timedelta(hours=61)
"""The same after a time away: a message can be deleted for everyone until it is 60 hours old."""
GROUP = "@g.us"


@dataclass(frozen=True, kw_only=True)
class Draft:
    """An event before it has a `seq`. `id` is visible ASCII: receivers of webhooks get it in a header."""

    id: str
    type: str
    data: dict[str, Any]


def drafts(message: ChatMessage, login_since: datetime) -> list[Draft]:
    """The events of one message: none for history from before the login, or for one WhatsApp has not yet."""
    if message.sent_at < login_since - CLOCK_SKEW or (message.from_me and message.ack < 1):
        return []
    if message.deleted:  # what it said is gone: there is nothing else to tell
        return [happening(_deletion(message))]
    found = []
    if message.from_me:
        id = sent_id(message.message_id)
        found.append(Draft(id=id, type=MESSAGE_SENT, data=message_data(message)))
        found += acks(
            AckSeen(message_id=message.message_id, chat_id=message.chat_id, ack=min(message.ack, 3))
        )
    else:
        id = f"received:{message.message_id}"
        found.append(Draft(id=id, type=MESSAGE_RECEIVED, data=message_data(message)))
    if message.edited_at:
        found.append(happening(_edit(message, message.edited_at)))
    return found


def sent_id(message_id: str) -> str:
    """The event id of an own message."""
    return f"sent:{message_id}"


def acks(seen: AckSeen) -> list[Draft]:
    """The events of an acknowledgement: what was read was delivered too, and each level counts once."""
    return [
        Draft(
            id=f"ack:{seen.message_id}:{level}",
            type=MESSAGE_ACK,
            data={"messageId": seen.message_id, "chatId": seen.chat_id, "ack": level},
        )
        for level in range(1, seen.ack + 1)
    ]


def happening(seen: Happening) -> Draft:
    """The event of something that happened; the same happening seen twice has one id."""
    match seen:
        case ReactionSeen():
            id = f"reaction:{seen.message_id}:{seen.sender}:{_short(seen.emoji)}:{_millis(seen.at)}"
            return Draft(id=id, type=MESSAGE_REACTION, data={**_about(seen), "emoji": seen.emoji})
        case EditSeen():
            id = f"edited:{seen.message_id}:{_millis(seen.at)}:{_short(seen.text)}"
            return Draft(id=id, type=MESSAGE_EDITED, data={**_about(seen), "text": seen.text})
        case DeletionSeen():
            return Draft(id=f"deleted:{seen.message_id}", type=MESSAGE_DELETED, data=_about(seen))
        case ParticipantsChanged():
            who = _short(",".join(sorted(seen.participants)))
            return Draft(
                id=f"participants:{seen.chat_id}:{seen.action}:{who}:{_millis(seen.at)}",
                type=GROUP_PARTICIPANTS,
                data={
                    "chatId": seen.chat_id,
                    "action": seen.action,
                    "participants": list(seen.participants),
                    "by": seen.by,
                    "timestamp": timestamp(seen.at),
                },
            )
        case CallSeen():
            return Draft(
                id=f"call:{seen.call_id}",
                type=CALL_RECEIVED,
                data={
                    "callId": seen.call_id,
                    "from": seen.sender,
                    "video": seen.video,
                    "group": seen.group,
                    "timestamp": timestamp(seen.at),
                },
            )
        case PresenceSeen():
            raise TypeError("a presence has no id of its own; use presence()")


def presence(seen: PresenceSeen, unique: str) -> Draft:
    """The event of a presence; WhatsApp gives it neither id nor time, so `unique` tells two apart."""
    data = {"chatId": seen.chat_id, "from": seen.sender, "state": seen.state}
    return Draft(id=f"presence:{unique}", type=PRESENCE_CHANGED, data=data)


def message_data(message: ChatMessage) -> dict[str, Any]:
    """The `data` of `message.received` and `message.sent`, and of messages in answers."""
    optional: dict[str, Any] = {
        "phone": message.phone,
        "lid": message.lid,
        "pushName": message.push_name,
        "group": message.chat_id.endswith(GROUP),
        "media": message.media and media_data(message.message_id, message.media, "pending"),
        "location": message.location
        and {
            "latitude": message.location.latitude,
            "longitude": message.location.longitude,
            "name": message.location.name,
            "address": message.location.address,
        },
        "contacts": [_card(card) for card in message.contacts],
        "poll": message.poll
        and {
            "name": message.poll.name,
            "options": list(message.poll.options),
            "multiple": message.poll.multiple,
        },
        "quoted": message.quoted
        and {
            "messageId": message.quoted.message_id,
            "from": message.quoted.sender,
            "text": message.quoted.text,
        },
        "mentions": list(message.mentions),
        "forwarded": message.forwarded,
    }
    return {
        "messageId": message.message_id,
        "chatId": message.chat_id,
        "from": message.sender,
        "to": message.recipient,
        "fromMe": message.from_me,
        "type": message.kind,
        "text": message.text,
        "timestamp": timestamp(message.sent_at),
        **{name: value for name, value in optional.items() if value},
    }


def media_data(message_id: str, info: MediaInfo, state: str, size: int | None = None) -> dict[str, Any]:
    """The `media` of a message; `size` once it is known better than the message says."""
    return {
        "id": media_id(message_id),
        "mimeType": info.mime_type,
        "size": info.size if size is None else size,
        "fileName": info.file_name,
        "voice": info.voice,
        "gif": info.gif,
        "seconds": info.seconds,
        "width": info.width,
        "height": info.height,
        "state": state,
    }


def compare_since(
    login_since: datetime, last: datetime | None, now: datetime, overlap: timedelta = OVERLAP
) -> datetime:
    """From when on WhatsApp's store is compared with the journal."""
    reach = now - LOOK_BACK if last is None else max(last - overlap, now - LOOK_BACK)
    return max(login_since - CLOCK_SKEW, reach)


def _about(seen: ReactionSeen | EditSeen | DeletionSeen) -> dict[str, Any]:
    return {
        "messageId": seen.message_id,
        "chatId": seen.chat_id,
        "from": seen.sender,
        "fromMe": seen.from_me,
        "timestamp": timestamp(seen.at),
    }


def _deletion(message: ChatMessage) -> DeletionSeen:
    return DeletionSeen(
        message_id=message.message_id,
        chat_id=message.chat_id,
        sender=message.sender,
        from_me=message.from_me,
        at=message.edited_at or message.sent_at,
    )


def _edit(message: ChatMessage, at: datetime) -> EditSeen:
    return EditSeen(
        message_id=message.message_id,
        chat_id=message.chat_id,
        sender=message.sender,
        from_me=message.from_me,
        text=message.text,
        at=at,
    )


def _card(card: Card) -> dict[str, Any]:
    """A contact with the numbers in its vCard, digits only."""
    lines = [line for line in card.vcard.splitlines() if re.match(r"(?i)(item\d+\.)?TEL[;:]", line)]
    numbers = [re.sub(r"\D", "", line.rpartition(":")[2]) for line in lines]
    return {"name": card.name, "vcard": card.vcard, "phones": [number for number in numbers if number]}


def _short(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12] if text else "-"


def _millis(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
