"""What a logged-in page says about messages, contacts and groups, and what it asks.

Why apart from the socket: these are the exchange's rules in the page's words; the socket's own are those
of linking and login.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from whatsapp_simulator.content import Content, Draft, Quoted, parse
from whatsapp_simulator.errors import Refused
from whatsapp_simulator.kinds import DELETE, EDIT, REACTION, VOTE, kind_of
from whatsapp_simulator.lookups import Key, around, by_keys
from whatsapp_simulator.numbers import LID_SERVER, is_group, user_wid
from whatsapp_simulator.page_frames import BadFrame, Frame, text_of
from whatsapp_simulator.pages import Page
from whatsapp_simulator.records import Message
from whatsapp_simulator.world import World

CHANGES = (REACTION, EDIT, DELETE, VOTE)


class MessageFrames:
    """The handlers of one page."""

    def __init__(self, world: World, page: Page) -> None:
        self._world = world
        self._page = page
        self._exchange = world.exchange
        self._directory = world.exchange.directory

    def handlers(self) -> dict[str, Callable[[Frame], None]]:
        """By the frame's type."""
        return {
            "send": self._send,
            "received": self._received,
            "seen": self._seen,
            "exists": self._exists,
            "lookup": self._lookup,
            "history": self._history,
            "group": self._group,
            "groups": self._groups,
            "picture": self._picture,
        }

    def _me(self, frame: Frame) -> tuple[str, str]:
        """(number, device id) of a logged-in page."""
        if self._page.device is None:
            raise BadFrame(f"{frame['type']}: this page is not logged in")
        return self._page.device.number, self._page.device.id

    def _answer(self, frame: Frame, answer: dict[str, Any]) -> None:
        self._page.tell({"type": "answer", "ask": frame.get("ask"), **answer})

    # Sending

    def _send(self, frame: Frame) -> None:
        number, device = self._me(frame)
        message_id, named = text_of(frame, "id"), text_of(frame, "to")
        try:
            self._handed_in(frame, number, device, message_id, named)
        except Refused as error:
            self._page.tell({"type": "nack", "id": message_id, **error.body()})

    def _handed_in(self, frame: Frame, number: str, device: str, message_id: str, named: str) -> None:
        chat = self._directory.chat_of(named)
        text = str(frame.get("body") or "")
        wire = str(frame.get("kind") or "chat")
        if wire in CHANGES:
            self._changed(frame, number, device, message_id, named)
            return
        kind = kind_of(wire, gif=bool(frame.get("gif")))
        if kind is None:
            raise Refused("not_simulated", f"Messages of type {wire!r} are not simulated.", status=400)
        content = self._content(number, chat, frame.get("content") or {})
        if content.media and self._world.media.path(content.media.sha256) is None:
            raise Refused("media_missing", "The file was not uploaded: upload it first.", status=404)
        draft = Draft(kind=kind, text=text, content=content)
        self._exchange.send(number, chat, draft, message_id=message_id, device=device, named=named)

    def _changed(self, frame: Frame, number: str, device: str, change_id: str, named: str) -> None:
        """A reaction, edit, deletion or vote; `target` names the message."""
        chat = self._directory.chat_of(named)
        if self._world.changes.again(number, chat, change_id, device, named):
            return
        target = str(frame.get("target"))
        about = self._world.messages.find(number, target, chat)
        if about is None:
            raise Refused("unknown_message", f"There is no message {target} in {named}.", status=404)
        changes, text = self._world.changes, str(frame.get("body") or "")
        handed_in = {"change_id": change_id, "device": device, "named": named}
        if frame["kind"] == REACTION:
            changes.react(number, about, text, **handed_in)
        elif frame["kind"] == EDIT:
            changes.edit(number, about, text, **handed_in)
        elif frame["kind"] == DELETE:
            changes.delete(number, about, **handed_in)
        else:
            options = frame.get("options")
            changes.vote(number, about, options if isinstance(options, list) else [], **handed_in)

    def _content(self, number: str, chat: str, given: Any) -> Content:
        """A page's content, its people named by number."""
        if not isinstance(given, dict) or not isinstance(given.get("mentions", []), list):
            raise Refused("invalid_content", "content: an object, its mentions a list.", status=400)
        quoted = given.get("quoted")
        mentions = [self._directory.number_of(str(wid)) for wid in given.get("mentions", [])]
        content = parse({**given, "quoted": None, "mentions": mentions})
        return (
            content.model_copy(update={"quoted": self._quoted(number, chat, quoted)}) if quoted else content
        )

    def _quoted(self, number: str, chat: str, quoted: Any) -> Quoted:
        if not isinstance(quoted, dict) or not quoted.get("id"):
            raise Refused("invalid_content", "quoted: an object with the id of a message.", status=400)
        message_id = str(quoted["id"])
        found = self._world.messages.find(number, message_id, chat)
        if found is None:
            # A message of another chat, or one that this account never had: as the page describes it.
            author = self._directory.number_of(str(quoted.get("participant")))
            return Quoted(id=message_id, author=author, type="text", text=str(quoted.get("body") or ""))
        text = found.text if found.edit_text is None else found.edit_text
        return Quoted(id=found.id, author=found.author, type=found.type, text=text)

    # Taking in

    def _received(self, frame: Frame) -> None:
        _, device = self._me(frame)
        seq = frame.get("seq")
        if not isinstance(seq, int):
            raise BadFrame("received: field 'seq' must be a number")
        self._world.store.set_synced(device, seq)

    def _seen(self, frame: Frame) -> None:
        number, _ = self._me(frame)
        self._exchange.read(number, self._directory.chat_of(text_of(frame, "chat")))

    # Asking

    def _exists(self, frame: Frame) -> None:
        number, _ = self._me(frame)
        try:
            wid = text_of(frame, "wid")
            found = self._directory.number_of(wid)
        except Refused:
            found = ""
        account = self._world.store.account(found)
        contact = self._directory.contact(found, number) if account else None
        if contact and not wid.endswith(f"@{LID_SERVER}"):
            contact["wid"] = user_wid(found)  # who asks by a number knows it, and learns no LID of it here
        self._answer(frame, {"contact": contact})

    def _lookup(self, frame: Frame) -> None:
        number, _ = self._me(frame)
        keys = frame.get("keys")
        if not isinstance(keys, list) or not all(isinstance(key, dict) for key in keys):
            raise BadFrame("lookup: field 'keys' must be a list of message keys")
        wanted = [Key(str(key.get("chat")), str(key.get("id")), bool(key.get("fromMe"))) for key in keys]
        ids = dict.fromkeys(key.id for key in wanted)
        candidates = [one for message_id in ids for one in self._world.messages.with_id(number, message_id)]
        self._found(frame, number, by_keys(candidates, wanted))

    def _history(self, frame: Frame) -> None:
        number, _ = self._me(frame)
        count = frame.get("count")
        if not (count is None or isinstance(count, int)):
            raise BadFrame("history: field 'count' must be a number or null")
        try:
            chat = self._directory.chat_of(text_of(frame, "chat"))
        except Refused:
            self._found(frame, number, [])
            return
        anchor = (str(frame.get("id")), bool(frame.get("fromMe")))
        self._found(frame, number, around(self._world.messages.of_account(number, chat), anchor, count))

    def _found(self, frame: Frame, number: str, messages: list[Message]) -> None:
        people = {message.author if message.in_group else message.chat for message in messages}
        self._answer(
            frame,
            {
                "messages": [self._exchange.wire.now(message) for message in messages],
                "contacts": [self._directory.contact(one, number) for one in sorted(people)],
            },
        )

    def _group(self, frame: Frame) -> None:
        number, _ = self._me(frame)
        group = self._exchange.groups.get(text_of(frame, "id"))
        # Who was removed keeps the chat, and no longer sees who is in it.
        told = self._exchange.wire.group(group, number) if group and group.has(number) else None
        self._answer(frame, {"group": told})

    def _groups(self, frame: Frame) -> None:
        number, _ = self._me(frame)
        groups = [self._exchange.wire.group(group, number) for group in self._exchange.groups.of(number)]
        self._answer(frame, {"groups": groups})

    def _picture(self, frame: Frame) -> None:
        self._me(frame)
        try:
            chat = self._directory.chat_of(text_of(frame, "wid"))
        except Refused:
            chat = ""
        account = None if is_group(chat) else self._world.store.account(chat)
        self._answer(frame, {"url": f"/picture/{account.lid}.png" if account and account.picture else None})
