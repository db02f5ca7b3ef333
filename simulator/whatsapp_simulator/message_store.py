"""The messages of every account, each side with its own copy; chats are derived from them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import replace

from whatsapp_simulator.records import Chat, Message
from whatsapp_simulator.store import Store

# What a page gets of each chat when it logs in; the rest stays on the phone, as with the real one.
RECENT_PER_CHAT = 50


def _message(row: sqlite3.Row) -> Message:
    return Message(
        seq=row["seq"],
        owner=row["owner"],
        chat=row["chat"],
        id=row["id"],
        from_me=bool(row["from_me"]),
        type=row["type"],
        text=row["text"],
        time=row["time"],
        ack=row["ack"],
    )


class MessageStore:
    def __init__(self, store: Store) -> None:
        self._database = store.database

    def add(self, message: Message) -> Message:
        """The stored message with its `seq`."""
        cursor = self._database.execute(
            "INSERT INTO messages (owner, chat, id, from_me, type, text, time, ack) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                message.owner,
                message.chat,
                message.id,
                int(message.from_me),
                message.type,
                message.text,
                message.time,
                message.ack,
            ),
        )
        assert cursor.lastrowid is not None
        return replace(message, seq=cursor.lastrowid)

    def sent(self, owner: str, message_id: str) -> Message | None:
        """This account's own message with this id."""
        row = self._database.execute(
            "SELECT * FROM messages WHERE owner = ? AND from_me = 1 AND id = ?", (owner, message_id)
        ).fetchone()
        return _message(row) if row else None

    def set_ack(self, owner: str, message_ids: Iterable[str], *, from_me: bool, ack: int) -> None:
        """Acknowledgements only grow."""
        self._database.executemany(
            "UPDATE messages SET ack = ? WHERE owner = ? AND from_me = ? AND id = ? AND ack < ?",
            [(ack, owner, int(from_me), message_id, ack) for message_id in message_ids],
        )

    def unread(self, owner: str, chat: str) -> list[Message]:
        rows = self._database.execute(
            "SELECT * FROM messages WHERE owner = ? AND chat = ? AND from_me = 0 AND ack < 3 ORDER BY seq",
            (owner, chat),
        )
        return [_message(row) for row in rows]

    def of_account(self, owner: str, chat: str | None = None) -> list[Message]:
        rows = self._database.execute(
            "SELECT * FROM messages WHERE owner = ? AND (? IS NULL OR chat = ?) ORDER BY seq",
            (owner, chat, chat),
        )
        return [_message(row) for row in rows]

    def count(self, owner: str) -> int:
        (number,) = self._database.execute(
            "SELECT count(*) FROM messages WHERE owner = ?", (owner,)
        ).fetchone()
        return int(number)

    def last_seq(self, owner: str) -> int:
        (seq,) = self._database.execute(
            "SELECT coalesce(max(seq), 0) FROM messages WHERE owner = ?", (owner,)
        ).fetchone()
        return int(seq)

    def recent(self, owner: str, *, up_to: int) -> list[Message]:
        """The newest messages of each chat that a device took in before, oldest first."""
        rows = self._database.execute(
            "SELECT * FROM (SELECT *, row_number() OVER (PARTITION BY chat ORDER BY seq DESC) AS age "
            "FROM messages WHERE owner = ? AND seq <= ?) WHERE age <= ? ORDER BY seq",
            (owner, up_to, RECENT_PER_CHAT),
        )
        return [_message(row) for row in rows]

    def after(self, owner: str, seq: int) -> list[Message]:
        """What a device has not taken in yet."""
        rows = self._database.execute(
            "SELECT * FROM messages WHERE owner = ? AND seq > ? ORDER BY seq", (owner, seq)
        )
        return [_message(row) for row in rows]

    def chats(self, owner: str) -> list[Chat]:
        """Newest first."""
        rows = self._database.execute(
            "SELECT m.chat, max(m.time) AS time, sum(m.from_me = 0 AND m.ack < 3) AS unread, a.name, a.lid "
            "FROM messages m LEFT JOIN accounts a ON a.number = m.chat WHERE m.owner = ? GROUP BY m.chat "
            "ORDER BY max(m.seq) DESC",
            (owner,),
        )
        return [
            Chat(number=row["chat"], name=row["name"], lid=row["lid"], time=row["time"], unread=row["unread"])
            for row in rows
        ]
