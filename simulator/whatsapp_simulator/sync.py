"""What a page gets when it logs in: who it is, its contacts, chats and recent messages; then what it missed.

Why two parts: the recent messages are history and raise no event in the page; those that arrived while
the device was away come after, one by one, as new ones.
"""

from __future__ import annotations

from typing import Any

from whatsapp_simulator.exchange import Frame
from whatsapp_simulator.message_store import MessageStore
from whatsapp_simulator.numbers import lid_wid, user_wid
from whatsapp_simulator.records import Account, Chat, Connection, Device


def _contact(chat: Chat) -> dict[str, Any]:
    return {"wid": user_wid(chat.number), "name": chat.name, "lid": lid_wid(chat.lid) if chat.lid else None}


def welcome(account: Account, device: Device, connection: Connection, messages: MessageStore) -> Frame:
    """The first frame after a login."""
    chats = messages.chats(account.number)
    missed = messages.after(account.number, device.synced_seq)
    return {
        "type": "welcome",
        "connection": {"id": connection.id, "name": connection.name},
        "me": {
            "wid": device.wid,
            "lid": lid_wid(account.lid),
            "pushname": account.name,
            "platform": account.platform,
        },
        "contacts": [_contact(chat) for chat in chats],
        "chats": [{"wid": user_wid(chat.number), "t": chat.time, "unread": chat.unread} for chat in chats],
        "messages": [message.wire() for message in messages.recent(account.number, up_to=device.synced_seq)],
        "missed": len(missed),
    }
