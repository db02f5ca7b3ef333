"""WhatsApp itself between phones: messages go in, copies, acknowledgements and receipts come out.

Why one place: a phone's message, a linked device's message and a read mark are the same few rules, and
what is stored and what is told to open pages may never differ. Nothing here waits: frames go to `tell`,
which only queues.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Protocol

from whatsapp_simulator.acks import Ack, on_arrival, steps
from whatsapp_simulator.content import Draft
from whatsapp_simulator.directory import Directory
from whatsapp_simulator.errors import Refused
from whatsapp_simulator.group_store import GroupStore
from whatsapp_simulator.message_store import MessageStore
from whatsapp_simulator.numbers import is_group
from whatsapp_simulator.records import Account, Message
from whatsapp_simulator.store import Store
from whatsapp_simulator.wire import Frame as Frame
from whatsapp_simulator.wire import Wire


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
        self.directory = Directory(store)
        self.groups = GroupStore(store)
        self.wire = Wire(self.directory, messages, self.groups)
        self.tell = tell
        self.clock = clock
        self._store = store
        self._messages = messages

    def phone(self, number: str, **settings: Any) -> Account:
        """The phone with this number, made on first use; settings (fields of `Account`) that are not None
        are taken over.
        """
        given = {name: value for name, value in settings.items() if value is not None}
        account = self._store.account(number)
        if account is None:
            account = self._store.create_account(
                number,
                name=given.get("name", f"Phone {number[-4:]}"),
                platform=given.get("platform", "android"),
                auto_read=given.get("auto_read", True),
                now=self.clock(),
            )
        if given:
            account = replace(account, **given)
            self._store.update_account(account)
        return account

    def send(
        self,
        sender: str,
        to: str,
        draft: Draft,
        *,
        message_id: str | None = None,
        device: str | None = None,
        named: str | None = None,
    ) -> Message:
        """A message of `sender` to a number or a group, written on the phone or (with `device`) on a linked
        device, whose page calls the chat `named`.

        The same id again gives the first outcome, so a page may repeat after a lost connection. Raises
        `Refused`: `not_on_whatsapp` when no phone has the number, `not_a_member`, `invalid_text`.
        """
        known = self.known(sender, to, message_id, device, named)
        if known:
            return known
        draft.check()
        mine = self.post(
            Message(
                seq=0,
                owner=sender,
                chat=to,
                id=message_id or new_phone_message_id(),
                from_me=True,
                author=sender,
                type=draft.kind,
                text=draft.text,
                time=int(self.clock()),
                ack=Ack.SENT,
                content=draft.content.stored(),
            ),
            device=device,
            named=named,
        )
        return self._messages.sent(sender, mine.id, to) or mine

    def known(
        self, sender: str, chat: str, message_id: str | None, device: str | None, named: str | None
    ) -> Message | None:
        """The message or change that this account handed in before under this id, confirmed again."""
        known = self._messages.sent(sender, message_id, chat) if message_id else None
        if known:
            self._messages.repeated(known.seq)
            self._confirm(known, device, named)
        return known

    def receivers(self, sender: str, chat: str) -> list[Account]:
        """The phones that a message reaches, without the sender's own. Raises `Refused`."""
        if not is_group(chat):
            account = self._store.account(chat)
            if account is None:
                raise Refused(
                    "not_on_whatsapp",
                    f"No phone here has the number {chat}. Make one first: POST /phones/{chat}.",
                    status=404,
                )
            return [account] if chat != sender else []
        group = self.groups.get(chat)
        if group is None or not group.has(sender):
            raise Refused(
                "not_a_member",
                f"{sender} is not in the group {chat}. Add it: POST /groups/{chat}/members.",
                status=404 if group is None else 409,
            )
        others = [self._store.account(member.number) for member in group.members if member.number != sender]
        return [account for account in others if account]

    def post(
        self,
        mine: Message,
        *,
        device: str | None = None,
        named: str | None = None,
    ) -> Message:
        """Stores a message or change for everybody in its chat and tells their pages."""
        sender = mine.owner
        receivers = self.receivers(sender, mine.chat)
        change = mine.target is not None
        theirs: list[Message] = []
        with self._store.transaction():
            mine = self._messages.add(mine)
            for account in receivers:
                theirs.append(self._messages.add(self._copy(mine, account, change=change)))
            reached = min((Ack(copy.ack) for copy in theirs), default=self._alone(mine))
            self._messages.set_ack(sender, [mine.id], from_me=True, chat=mine.chat, ack=reached)
        self.tell(sender, self.wire.told(mine), but=device)
        self._confirm(mine, device, named)
        for copy in theirs:
            self.tell(copy.owner, self.wire.told(copy))
        if not change:
            self._tell_receipts(mine, theirs, reached)
        return mine

    def notify(self, notice: Message, others: list[Account]) -> None:
        """Stores a notice of a group for its author and `others`, read already, and tells their pages."""
        with self._store.transaction():
            copies = [self._messages.add(notice)]
            copies += [self._messages.add(self._copy(notice, account, change=True)) for account in others]
        for copy in copies:
            self.tell(copy.owner, self.wire.told(copy))

    @staticmethod
    def _copy(mine: Message, account: Account, *, change: bool) -> Message:
        ack = Ack.READ if change else on_arrival(receiver_reads_at_once=account.auto_read)
        chat = mine.chat if mine.in_group else mine.owner
        return replace(mine, seq=0, owner=account.number, chat=chat, from_me=False, ack=ack)

    @staticmethod
    def _alone(mine: Message) -> Ack:
        """A note to oneself is read; a message into a group of one stays with the server."""
        return Ack.SENT if mine.in_group else Ack.READ

    def _tell_receipts(self, mine: Message, theirs: list[Message], reached: Ack) -> None:
        if not mine.in_group:
            for ack in steps(Ack.SENT, reached):
                self.tell(mine.owner, self._receipt(mine.owner, mine.chat, [mine.id], ack))
            return
        # Each member's receipts by themselves; the message comes as far as the slowest one.
        now = {copy.owner: Ack.SENT for copy in theirs}
        for ack in (Ack.DELIVERED, Ack.READ):
            for copy in theirs:
                if copy.ack >= ack:
                    now[copy.owner] = ack
                    frame = self._receipt(mine.owner, mine.chat, [mine.id], ack, member=copy.owner)
                    self.tell(mine.owner, {**frame, "reached": int(min(now.values()))})

    def read(self, reader: str, chat: str) -> int:
        """`reader` has read everything in `chat`: how many messages that were."""
        unread = self._messages.unread(reader, chat)
        authors: dict[str, list[str]] = {}
        for message in unread:
            authors.setdefault(message.author, []).append(message.id)
        for author, ids in authors.items():
            theirs = chat if is_group(chat) else reader
            with self._store.transaction():
                self._messages.set_ack(reader, ids, from_me=False, chat=chat, ack=Ack.READ)
                for message_id in ids:
                    lowest = self._messages.lowest_ack(author, theirs, message_id) or Ack.READ
                    self._messages.set_ack(author, [message_id], from_me=True, chat=theirs, ack=lowest)
            self._tell_read(author, theirs, ids, reader)
        self.tell(reader, {"type": "read", "chat": self.directory.wid(chat, reader)})
        return len(unread)

    def _tell_read(self, author: str, chat: str, ids: list[str], reader: str) -> None:
        if not is_group(chat):
            self.tell(author, self._receipt(author, chat, ids, Ack.READ))
            return
        for message_id in ids:
            sent = self._messages.sent(author, message_id, chat)
            frame = self._receipt(author, chat, [message_id], Ack.READ, member=reader)
            self.tell(author, {**frame, "reached": sent.ack if sent else int(Ack.READ)})

    def _confirm(self, message: Message, device: str | None, named: str | None) -> None:
        """To the page that wrote it: the server has it; of a repeated one also how far it has come since."""
        if device is None:
            return
        frame = {
            "type": "ack",
            "id": message.id,
            "chat": named or self.directory.wid(message.chat, message.owner),
            "seq": message.seq,
            "t": message.time,
        }
        if not message.in_group:
            frame["contact"] = self.directory.contact(message.chat, message.owner)
        self.tell(message.owner, frame, only=device)
        if message.target is None:
            for ack in steps(Ack.SENT, Ack(message.ack)):
                receipt = self._receipt(message.owner, message.chat, [message.id], ack)
                self.tell(message.owner, receipt, only=device)

    def message_frame(self, message: Message) -> Frame:
        """A new message as a page gets it, with who the other side is."""
        return self.wire.told(message)

    def _receipt(
        self, viewer: str, chat: str, ids: list[str], ack: Ack, *, member: str | None = None
    ) -> Frame:
        frame: Frame = {
            "type": "receipt",
            "chat": self.directory.wid(chat, viewer),
            "ids": ids,
            "ack": int(ack),
        }
        if member:
            frame["participant"] = self.directory.member_wid(member)
        return frame
