"""The messages of every account, each side with its own copy; chats are derived from them.

Changes of messages (reactions, edits …) are rows among them, in the same order, told apart by `target`.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import replace

from whatsapp_simulator.kinds import MEMBERS, REACTION
from whatsapp_simulator.records import Chat, Message
from whatsapp_simulator.store import Store

# What a page gets of each chat when it logs in; the rest it asks for, as a person who scrolls up does.
RECENT_PER_CHAT = 50


def _message(row: sqlite3.Row) -> Message:
    return Message(
        seq=row["seq"],
        owner=row["owner"],
        chat=row["chat"],
        id=row["id"],
        from_me=bool(row["from_me"]),
        author=row["author"],
        type=row["type"],
        text=row["text"],
        time=row["time"],
        ack=row["ack"],
        content=json.loads(row["content"]),
        target=row["target"],
        edit_text=row["edit_text"],
        edit_id=row["edit_id"],
        delete_id=row["delete_id"],
        deleted_by=row["deleted_by"],
        repeats=row["repeats"],
    )


class MessageStore:
    def __init__(self, store: Store) -> None:
        self._database = store.database

    def add(self, message: Message) -> Message:
        """The stored message with its `seq`."""
        cursor = self._database.execute(
            "INSERT INTO messages (owner, chat, id, from_me, author, type, text, content, target, time, ack) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                message.owner,
                message.chat,
                message.id,
                int(message.from_me),
                message.author,
                message.type,
                message.text,
                json.dumps(message.content, ensure_ascii=False),
                message.target,
                message.time,
                message.ack,
            ),
        )
        assert cursor.lastrowid is not None
        return replace(message, seq=cursor.lastrowid)

    def _rows(self, where: str, *values: object) -> list[Message]:
        found = self._database.execute(f"SELECT * FROM messages WHERE {where}", values)  # noqa: S608
        return [_message(row) for row in found]

    def sent(self, owner: str, message_id: str, chat: str | None = None) -> Message | None:
        """This account's own message or change with this id, in this chat or in any."""
        found = self._rows(
            "owner = ? AND from_me = 1 AND id = ? AND (? IS NULL OR chat = ?)", owner, message_id, chat, chat
        )
        return found[0] if found else None

    def find(self, owner: str, message_id: str, chat: str | None = None) -> Message | None:
        """A message (no change) that this account has, whoever wrote it; the newest if an id came twice."""
        found = self._rows(
            "owner = ? AND id = ? AND target IS NULL AND (? IS NULL OR chat = ?) ORDER BY seq DESC LIMIT 1",
            owner,
            message_id,
            chat,
            chat,
        )
        return found[0] if found else None

    def with_id(self, owner: str, message_id: str) -> list[Message]:
        """This account's messages (no changes) with this id, in whatever chat, oldest first."""
        return self._rows("owner = ? AND id = ? AND target IS NULL ORDER BY seq", owner, message_id)

    def repeated(self, seq: int) -> None:
        """Its writer handed the same id in again."""
        self._database.execute("UPDATE messages SET repeats = repeats + 1 WHERE seq = ?", (seq,))

    def set_ack(self, owner: str, message_ids: Iterable[str], *, from_me: bool, chat: str, ack: int) -> None:
        """Acknowledgements only grow."""
        self._database.executemany(
            "UPDATE messages SET ack = ? WHERE owner = ? AND from_me = ? AND chat = ? AND id = ? AND ack < ?",
            [(ack, owner, int(from_me), chat, message_id, ack) for message_id in message_ids],
        )

    def lowest_ack(self, author: str, chat: str, message_id: str) -> int | None:
        """How far a group message has come with the member it has come least far with; None without any."""
        (ack,) = self._database.execute(
            "SELECT min(ack) FROM messages WHERE author = ? AND chat = ? AND id = ? AND from_me = 0",
            (author, chat, message_id),
        ).fetchone()
        return None if ack is None else int(ack)

    def set_edit(self, message: Message, text: str, change_id: str) -> None:
        self._database.execute(
            "UPDATE messages SET edit_text = ?, edit_id = ? WHERE seq = ?", (text, change_id, message.seq)
        )

    def set_deleted(self, message: Message, by: str, change_id: str) -> None:
        self._database.execute(
            "UPDATE messages SET delete_id = ?, deleted_by = ? WHERE seq = ?", (change_id, by, message.seq)
        )

    def changes(self, owner: str, chat: str, message_id: str, kind: str) -> list[Message]:
        """The newest reaction or vote of each author about a message, oldest first."""
        found = self._rows(
            "owner = ? AND chat = ? AND target = ? AND type = ? ORDER BY seq", owner, chat, message_id, kind
        )
        newest = {change.author: change for change in found}
        return sorted(newest.values(), key=lambda change: change.seq)

    def reactions(self, message: Message) -> list[Message]:
        """Who reacts to it with what, oldest first; those taken back are left out."""
        found = self.changes(message.owner, message.chat, message.id, REACTION)
        return [reaction for reaction in found if reaction.text]

    def unread(self, owner: str, chat: str) -> list[Message]:
        return self._rows("owner = ? AND chat = ? AND from_me = 0 AND ack < 3 ORDER BY seq", owner, chat)

    def of_account(self, owner: str, chat: str | None = None) -> list[Message]:
        """Without changes and group notices."""
        return self._rows(
            "owner = ? AND (? IS NULL OR chat = ?) AND target IS NULL AND type <> ? ORDER BY seq",
            owner,
            chat,
            chat,
            MEMBERS,
        )

    def accepted(self, after: int, *, changes: bool, limit: int) -> list[Message]:
        """What the server took in, of everybody, in order."""
        return self._rows(
            "seq > ? AND from_me = 1 AND (? OR target IS NULL) AND type <> ? ORDER BY seq LIMIT ?",
            after,
            int(changes),
            MEMBERS,
            limit,
        )

    def count(self, owner: str) -> int:
        (number,) = self._database.execute(
            "SELECT count(*) FROM messages WHERE owner = ? AND target IS NULL AND type <> ?", (owner, MEMBERS)
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
            "FROM messages WHERE owner = ? AND seq <= ? AND target IS NULL) WHERE age <= ? ORDER BY seq",
            (owner, up_to, RECENT_PER_CHAT),
        )
        return [_message(row) for row in rows]

    def after(self, owner: str, seq: int) -> list[Message]:
        """What a device has not taken in yet, changes included."""
        return self._rows("owner = ? AND seq > ? ORDER BY seq", owner, seq)

    def chats(self, owner: str) -> list[Chat]:
        """Newest first."""
        rows = self._database.execute(
            "SELECT chat, max(time) AS time, sum(from_me = 0 AND ack < 3) AS unread FROM messages "
            "WHERE owner = ? AND target IS NULL GROUP BY chat ORDER BY max(seq) DESC",
            (owner,),
        )
        return [Chat(id=row["chat"], time=row["time"], unread=row["unread"]) for row in rows]
