"""What a message becomes in the journal, and which messages count. Pure.

Why by message id: WhatsApp shows one message several times (live, after a late decryption, in its store
after a reconnect), and the journal takes an id once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from whatsapp_contracts.events import MESSAGE_ACK, MESSAGE_RECEIVED, MESSAGE_SENT, timestamp
from whatsapp_session.facts import AckSeen, ChatMessage

LOOK_BACK = timedelta(days=14)
"""WhatsApp unlinks a device that stays away longer: nothing older can have been missed."""
CLOCK_SKEW = timedelta(seconds=30)
"""Messages carry WhatsApp's clock, the login ours: rather one old message told than a new one lost."""
OVERLAP = timedelta(days=1)
"""How far a comparison looks behind the last one, for messages that were decrypted or delivered late."""


@dataclass(frozen=True, kw_only=True)
class Draft:
    """An event before it has a `seq`."""

    id: str
    type: str
    data: dict[str, Any]


def drafts(message: ChatMessage, login_since: datetime) -> list[Draft]:
    """The events of one message: none for history from before the login, or for one WhatsApp has not yet."""
    if message.sent_at < login_since - CLOCK_SKEW:
        return []
    if not message.from_me:
        return [Draft(id=f"received:{message.message_id}", type=MESSAGE_RECEIVED, data=message_data(message))]
    if message.ack < 1:
        return []
    sent = Draft(id=f"sent:{message.message_id}", type=MESSAGE_SENT, data=message_data(message))
    return [sent, ack(AckSeen(message_id=message.message_id, chat_id=message.chat_id, ack=message.ack))]


def ack(seen: AckSeen) -> Draft:
    """The event of one acknowledgement; each level of a message counts once."""
    data = {"messageId": seen.message_id, "chatId": seen.chat_id, "ack": seen.ack}
    return Draft(id=f"ack:{seen.message_id}:{seen.ack}", type=MESSAGE_ACK, data=data)


def message_data(message: ChatMessage) -> dict[str, Any]:
    """The `data` of `message.received` and `message.sent`."""
    return {
        "messageId": message.message_id,
        "chatId": message.chat_id,
        "from": message.sender,
        "to": message.recipient,
        "fromMe": message.from_me,
        "type": message.kind,
        "text": message.text,
        "timestamp": timestamp(message.sent_at),
    }


def compare_since(login_since: datetime, last: datetime | None, now: datetime) -> datetime:
    """From when on WhatsApp's store is compared with the journal."""
    reach = now - LOOK_BACK if last is None else max(last - OVERLAP, now - LOOK_BACK)
    return max(login_since - CLOCK_SKEW, reach)
