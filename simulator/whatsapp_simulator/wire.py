"""A stored message as a page gets it: named as that page's account names people, in WhatsApp's words."""

from __future__ import annotations

from typing import Any

from whatsapp_simulator.directory import Directory
from whatsapp_simulator.group_store import GroupStore
from whatsapp_simulator.kinds import DELETE, EDIT, REACTION, VOTE, wire_type
from whatsapp_simulator.message_store import MessageStore
from whatsapp_simulator.records import Group, Message

Frame = dict[str, Any]


class Wire:
    def __init__(self, directory: Directory, messages: MessageStore, groups: GroupStore) -> None:
        self._directory = directory
        self._messages = messages
        self._groups = groups

    def new(self, message: Message) -> Frame:
        """As it was sent: what was done to it since comes after, as changes of their own."""
        content = self._content(message)
        group = self._groups.get(message.chat) if message.in_group else None
        return {
            "seq": message.seq,
            "id": message.id,
            "chat": self._directory.wid(message.chat, message.owner),
            "chatName": group.name if group else None,
            "fromMe": message.from_me,
            "author": self._directory.member_wid(message.author) if message.in_group else None,
            "type": wire_type(message.type, several=len(content.get("contacts", [])) > 1),
            "gif": message.type == "gif",
            "body": message.text,
            "t": message.time,
            "ack": message.ack,
            "content": content,
            "target": self._target(message),
        }

    def now(self, message: Message) -> Frame:
        """As it is now, with its edit, its deletion and its reactions: history."""
        frame = self.new(message)
        if message.delete_id:
            by_author = message.deleted_by == message.author
            frame["delete"] = {"byAuthor": by_author, "t": self._time(message, DELETE)}
            frame["content"] = {}
            return frame
        if message.edit_id:
            edited = self._time(message, EDIT)
            frame["edit"] = {"id": message.edit_id, "text": message.edit_text, "t": edited}
        frame["reactions"] = [self.new(reaction) for reaction in self._messages.reactions(message)]
        if message.type == "poll":
            votes = self._messages.changes(message.owner, message.chat, message.id, VOTE)
            frame["votes"] = [self.new(vote) for vote in votes]
        return frame

    def _time(self, message: Message, kind: str) -> int:
        """When the last change of this kind was made."""
        changes = self._messages.changes(message.owner, message.chat, message.id, kind)
        return max((change.time for change in changes), default=message.time)

    def told(self, message: Message) -> Frame:
        """The frame that tells a page of a new message or change, with who wrote it."""
        return {
            "type": "message",
            "message": self.new(message),
            "contact": self._directory.contact(
                message.author if message.in_group else message.chat, message.owner
            ),
        }

    def group(self, group: Group, viewer: str) -> Frame:
        """A group's metadata."""
        return {
            "id": group.id,
            "name": group.name,
            "owner": self._directory.member_wid(group.owner),
            "t": int(group.created_at),
            "members": [
                {
                    "wid": self._directory.member_wid(member.number),
                    "admin": member.admin,
                    "owner": member.number == group.owner,
                    "me": member.number == viewer,
                    "contact": self._directory.contact(member.number, viewer),
                }
                for member in group.members
            ],
        }

    def _named(self, number: str, message: Message) -> str:
        if message.in_group:
            return self._directory.member_wid(number)
        return self._directory.wid(number, message.owner)

    def _content(self, message: Message) -> Frame:
        content = dict(message.content)
        if "media" in content:
            content["media"] = {**content["media"], "directPath": f"/mms/{content['media']['sha256']}"}
        if "mentions" in content:
            content["mentions"] = [self._named(number, message) for number in content["mentions"]]
        if "quoted" in content:
            quoted = content["quoted"]
            content["quoted"] = {
                "id": quoted["id"],
                "participant": self._named(quoted["author"], message),
                "type": wire_type(quoted["type"]),
                "body": quoted["text"],
            }
        for field in ("members", "by"):
            if field in content:
                named = content[field]
                content[field] = (
                    [self._directory.member_wid(number) for number in named]
                    if isinstance(named, list)
                    else self._directory.member_wid(named)
                )
        return content

    def _target(self, message: Message) -> Frame | None:
        if message.type not in (REACTION, EDIT, DELETE, VOTE) or message.target is None:
            return None
        about = self._messages.find(message.owner, message.target, message.chat)
        return {
            "id": message.target,
            "fromMe": about.from_me if about else False,
            "author": self._directory.member_wid(about.author) if about and about.in_group else None,
        }
