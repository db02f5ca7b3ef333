"""WhatsApp itself between phones: messages go in, copies, acknowledgements and receipts come out.

Why one place: a phone's message, a linked device's message and a read mark are the same few rules, and
what is stored and what is told to open pages may never differ. Nothing here waits: frames go to `tell`,
which only queues.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any, Protocol

from whatsapp_simulator.acks import Ack, on_arrival, steps
from whatsapp_simulator.errors import Refused
from whatsapp_simulator.message_store import MessageStore
from whatsapp_simulator.numbers import lid_wid, user_wid
from whatsapp_simulator.records import Account, Message
from whatsapp_simulator.store import Store

Frame = dict[str, Any]
MAX_TEXT = 65_536


class Tell(Protocol):
    """Queues a frame for the open pages of an account: all, only one device's, or all but one's."""

    def __call__(
        self, number: str, frame: Frame, *, only: str | None = None, but: str | None = None
    ) -> None: ...


def new_phone_message_id() -> str:
    """Ids made by phones start otherwise than those made by WhatsApp Web (`3EB0…`)."""
    return "3A" + secrets.token_hex(9).upper()


class Exchange:
    def __init__(self, store: Store, messages: MessageStore, tell: Tell, clock: Callable[[], float]) -> None:
        self._store = store
        self._messages = messages
        self._tell = tell
        self._clock = clock

    def phone(
        self,
        number: str,
        *,
        name: str | None = None,
        platform: str | None = None,
        auto_read: bool | None = None,
    ) -> Account:
        """The phone with this number, made on first use; given settings are taken over."""
        account = self._store.account(number)
        if account is None:
            return self._store.create_account(
                number,
                name=name or f"Phone {number[-4:]}",
                platform=platform or "android",
                auto_read=True if auto_read is None else auto_read,
                now=self._clock(),
            )
        if (name, platform, auto_read) != (None, None, None):
            self._store.update_account(
                number,
                name=name or account.name,
                platform=platform or account.platform,
                auto_read=account.auto_read if auto_read is None else auto_read,
            )
        return self._store.account(number) or account

    def send(
        self,
        sender: str,
        to: str,
        text: str,
        *,
        message_id: str | None = None,
        kind: str = "chat",
        device: str | None = None,
    ) -> Message:
        """A message of `sender`, written on the phone or (with `device`) on a linked device.

        The same id again gives the first outcome, so a page may repeat after a lost connection. Raises
        `Refused(not_on_whatsapp)` when no phone has the number.
        """
        known = self._messages.sent(sender, message_id) if message_id else None
        if known:
            self._confirm(known, device)
            return known
        if not 0 < len(text) <= MAX_TEXT:
            raise Refused(
                "invalid_text", f"A text has 1 to {MAX_TEXT} characters, this one {len(text)}.", status=400
            )
        receiver = self._store.account(to)
        if receiver is None:
            raise Refused(
                "not_on_whatsapp",
                f"No phone here has the number {to}. Make one first: POST /phones/{to}.",
                status=404,
            )
        with self._store.transaction():
            mine = self._messages.add(
                Message(
                    seq=0,
                    owner=sender,
                    chat=to,
                    id=message_id or new_phone_message_id(),
                    from_me=True,
                    type=kind,
                    text=text,
                    time=int(self._clock()),
                    ack=Ack.SENT,
                )
            )
            reached = on_arrival(receiver_reads_at_once=receiver.auto_read or to == sender)
            self._messages.set_ack(sender, [mine.id], from_me=True, ack=reached)
            theirs = None
            if to != sender:
                theirs = self._messages.add(
                    Message(
                        seq=0,
                        owner=to,
                        chat=sender,
                        id=mine.id,
                        from_me=False,
                        type=kind,
                        text=text,
                        time=mine.time,
                        ack=reached,
                    )
                )
        self._tell(sender, self.message_frame(mine), but=device)
        self._confirm(mine, device)
        if theirs:
            self._tell(to, self.message_frame(theirs))
        for ack in steps(mine.ack, reached):
            self._tell(sender, self._receipt(to, [mine.id], ack))
        return self._messages.sent(sender, mine.id) or mine

    def read(self, reader: str, chat: str) -> int:
        """`reader` has read everything from `chat`: how many messages that were."""
        unread = self._messages.unread(reader, chat)
        ids = [message.id for message in unread]
        if ids:
            with self._store.transaction():
                self._messages.set_ack(reader, ids, from_me=False, ack=Ack.READ)
                self._messages.set_ack(chat, ids, from_me=True, ack=Ack.READ)
            self._tell(chat, self._receipt(reader, ids, Ack.READ))
        self._tell(reader, {"type": "read", "chat": user_wid(chat)})
        return len(ids)

    def _confirm(self, message: Message, device: str | None) -> None:
        """To the page that wrote it: the server has it; of a repeated one also how far it has come since."""
        if device is None:
            return
        frame = {"type": "ack", "id": message.id, "seq": message.seq, "t": message.time}
        self._tell(message.owner, {**frame, "contact": self._contact(message.chat)}, only=device)
        for ack in steps(Ack.SENT, Ack(message.ack)):
            self._tell(message.owner, self._receipt(message.chat, [message.id], ack), only=device)

    def message_frame(self, message: Message) -> Frame:
        """A new message as a page gets it, with who the other side is."""
        return {"type": "message", "message": message.wire(), "contact": self._contact(message.chat)}

    def _contact(self, number: str) -> Frame:
        other = self._store.account(number)
        return {
            "wid": user_wid(number),
            "name": other.name if other else None,
            "lid": lid_wid(other.lid) if other else None,
        }

    @staticmethod
    def _receipt(chat: str, ids: list[str], ack: Ack) -> Frame:
        return {"type": "receipt", "chat": user_wid(chat), "ids": ids, "ack": int(ack)}
