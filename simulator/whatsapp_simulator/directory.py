"""Who is called what: numbers, LIDs and groups, as each account's pages see them.

Why apart: inside, a person is a number and a group its id; pages see `<number>@c.us`, or `<lid>@lid` of
those who hide their number, and in groups the LID of everybody, as at WhatsApp.
"""

from __future__ import annotations

from typing import Any

from whatsapp_simulator.errors import Refused
from whatsapp_simulator.numbers import LID_SERVER, is_group, lid_wid, phone_number, user_wid
from whatsapp_simulator.store import Store


class Directory:
    def __init__(self, store: Store) -> None:
        self._store = store

    def chat_of(self, text: str) -> str:
        """A number in any spelling, a LID or a group's id → the number or the group's id.

        Raises `Refused(invalid_number)`, and `Refused(not_on_whatsapp)` for a LID that nobody has.
        """
        user, _, server = text.strip().partition("@")
        if is_group(text.strip()) and user.isdigit():
            return text.strip()
        if server != LID_SERVER:
            return phone_number(text)
        account = self._store.account_of_lid(user.partition(":")[0])
        if account is None:
            raise Refused("not_on_whatsapp", f"Nobody here has the LID {text}.", status=404)
        return account.number

    def number_of(self, text: str) -> str:
        """A person's number. Raises `Refused(invalid_number)` for a group too."""
        chat = self.chat_of(text)
        return phone_number(chat) if is_group(chat) else chat

    def wid(self, chat: str, viewer: str) -> str:
        """What `viewer`'s pages call this person or group."""
        if is_group(chat):
            return chat
        account = self._store.account(chat)
        hidden = account is not None and account.lid_only and chat != viewer
        return lid_wid(account.lid) if account and hidden else user_wid(chat)

    def member_wid(self, number: str) -> str:
        """What everybody's pages call a member of a group."""
        account = self._store.account(number)
        return lid_wid(account.lid) if account else user_wid(number)

    def contact(self, number: str, viewer: str) -> dict[str, Any]:
        """A person as a page learns it; the LID is told beside a number, never a number beside a LID."""
        account = self._store.account(number)
        wid = self.wid(number, viewer)
        hidden = wid.endswith(f"@{LID_SERVER}")
        return {
            "wid": wid,
            "name": account.name if account else None,
            "lid": lid_wid(account.lid) if account and not hidden else None,
        }
