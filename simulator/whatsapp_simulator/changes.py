"""What can be done to a message: react, edit, delete for everyone, vote.

Why rows of their own: a device that was away hears of each in its place among the messages, and a page
may hand the same change in again under the same id, as it may a message.
"""

from __future__ import annotations

from typing import Any

from whatsapp_simulator.acks import Ack
from whatsapp_simulator.content import MAX_TEXT
from whatsapp_simulator.errors import Refused
from whatsapp_simulator.exchange import Exchange, new_phone_message_id
from whatsapp_simulator.kinds import DELETE, EDIT, EDITABLE, MEMBERS, REACTION, VOTE
from whatsapp_simulator.message_store import MessageStore
from whatsapp_simulator.records import Message
from whatsapp_simulator.store import Store

# WhatsApp's own limits, in seconds.
EDIT_SECONDS = 15 * 60
DELETE_SECONDS = 60 * 60 * 60
MAX_EMOJI = 40


class Changes:
    def __init__(self, store: Store, messages: MessageStore, exchange: Exchange) -> None:
        self._store = store
        self._messages = messages
        self._exchange = exchange

    def react(self, by: str, about: Message, emoji: str, **handed_in: Any) -> Message:
        """An empty emoji takes the reaction back. `handed_in` as in `_make`."""
        if len(emoji) > MAX_EMOJI:
            raise Refused("invalid_text", "A reaction is one emoji.", status=400)
        _check_is_there(about)
        return self._make(by, about, REACTION, text=emoji, **handed_in)

    def edit(self, by: str, about: Message, text: str, **handed_in: Any) -> Message:
        """A new text, or caption, of an own message. Raises `Refused`."""
        _check_is_there(about)
        if about.author != by or about.type not in EDITABLE:
            raise Refused("not_editable", f"Only own texts and captions can be edited, not {about.id}.")
        if not 0 < len(text) <= MAX_TEXT:
            raise Refused("invalid_text", f"A text has 1 to {MAX_TEXT} characters.", status=400)
        self._check_age(about, EDIT_SECONDS, "edited")
        return self._make(by, about, EDIT, text=text, **handed_in)

    def delete(self, by: str, about: Message, **handed_in: Any) -> Message:
        """For everyone: an own message, or as an admin any of the group. Raises `Refused`."""
        group = self._exchange.groups.get(about.chat) if about.in_group else None
        if about.author != by and not (group and group.has_admin(by)):
            raise Refused("not_deletable", f"Only its author or an admin can delete {about.id} for everyone.")
        _check_is_there(about)
        self._check_age(about, DELETE_SECONDS, "deleted")
        return self._make(by, about, DELETE, **handed_in)

    def vote(self, by: str, about: Message, options: list[str], **handed_in: Any) -> Message:
        """Chooses options of a poll instead of those chosen before. Raises `Refused`."""
        poll = about.content.get("poll") or {}
        if not set(options) <= set(poll.get("options", [])):
            raise Refused("invalid_vote", f"{about.id} is no poll with the options {options}.", status=400)
        return self._make(by, about, VOTE, content={"options": options}, **handed_in)

    def _check_age(self, about: Message, limit: int, what: str) -> None:
        age = self._exchange.clock() - about.time
        if age > limit:
            raise Refused("too_old", f"{about.id} is {age:.0f} s old; it can be {what} for {limit} s.")

    def _make(
        self,
        by: str,
        about: Message,
        kind: str,
        *,
        text: str = "",
        content: dict[str, Any] | None = None,
        change_id: str | None = None,
        device: str | None = None,
        named: str | None = None,
    ) -> Message:
        """Stores the change for everybody in the chat and tells their pages. A page hands it in under its
        own `change_id`, from its `device`, which calls the chat `named`; whoever does so again gets the
        first outcome (see `again`).
        """
        change = Message(
            seq=0,
            owner=by,
            chat=about.chat,
            id=change_id or new_phone_message_id(),
            from_me=True,
            author=by,
            type=kind,
            text=text,
            time=int(self._exchange.clock()),
            ack=Ack.SENT,
            content=content or {},
            target=about.id,
        )
        with self._store.transaction():
            self._apply(change, [by, *(one.number for one in self._exchange.receivers(by, about.chat))])
            return self._exchange.post(change, device=device, named=named)

    def _apply(self, change: Message, everybody: list[str]) -> None:
        for number in everybody:
            chat = change.chat if change.in_group or number == change.owner else change.owner
            about = self._messages.find(number, change.target or "", chat)
            if about is None:
                continue  # whoever joined later does not have the message
            if change.type == EDIT:
                self._messages.set_edit(about, change.text, change.id)
            elif change.type == DELETE:
                self._messages.set_deleted(about, change.author, change.id)

    def again(
        self, by: str, chat: str, change_id: str, device: str | None, named: str | None
    ) -> Message | None:
        """A change that was handed in before under this id, confirmed again."""
        return self._exchange.known(by, chat, change_id, device, named)


def _check_is_there(about: Message) -> None:
    if about.delete_id or about.type == MEMBERS:
        raise Refused("message_deleted", f"The message {about.id} was deleted.")
