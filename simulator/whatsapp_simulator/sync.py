"""What a page gets when it logs in: who it is, its contacts, chats and recent messages; then what it missed.

Why two parts: the recent messages are history and raise no event in the page; those that arrived while
the device was away come after, one by one, as new ones.
"""

from __future__ import annotations

from whatsapp_simulator.exchange import Exchange
from whatsapp_simulator.message_store import MessageStore
from whatsapp_simulator.numbers import is_group, lid_wid
from whatsapp_simulator.records import Account, Connection, Device
from whatsapp_simulator.wire import Frame


def welcome(
    account: Account, device: Device, connection: Connection, messages: MessageStore, exchange: Exchange
) -> Frame:
    """The first frame after a login."""
    me = account.number
    chats = messages.chats(me)
    groups = {group.id: group for group in exchange.groups.of(me)}
    return {
        "type": "welcome",
        "connection": {"id": connection.id, "name": connection.name},
        "me": {
            "wid": device.wid,
            "lid": lid_wid(account.lid),
            "pushname": account.name,
            "platform": account.platform,
        },
        "contacts": [exchange.directory.contact(chat.id, me) for chat in chats if not is_group(chat.id)],
        "groups": [exchange.wire.group(group, me) for group in groups.values()],
        "chats": [
            {"wid": exchange.directory.wid(chat.id, me), "t": chat.time, "unread": chat.unread}
            for chat in chats
        ],
        "messages": [exchange.wire.now(one) for one in messages.recent(me, up_to=device.synced_seq)],
        "missed": len(messages.after(me, device.synced_seq)),
    }
