"""The web engine: `WhatsAppEngine` by Chromium and wa-js. A run keeps the page (`runs`); here it is asked.

Every call goes to the page there is at that moment, and ends when that page does.
"""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path

from whatsapp_session.engine import files, profile, reading, sending, wa
from whatsapp_session.engine.page import Navigated
from whatsapp_session.engine.protocol import Chat, Contact, Group, Picture, Stage
from whatsapp_session.engine.runs import Patience, Runs
from whatsapp_session.facts import ChatMessage
from whatsapp_session.outgoing import Outgoing

__all__ = ["Patience", "WebEngine"]


class WebEngine(Runs):
    """`WhatsAppEngine`; what each call raises stands in the protocol."""

    async def resolve(self, to: str, *, timeout: float) -> str:
        """The chat id to send to."""
        return await reading.resolve(self._open_page(), to, timeout=timeout)

    async def send(self, outgoing: Outgoing, *, chat_id: str, bare_id: str, timeout: float) -> ChatMessage:
        """Send a NewMessage under its id, and wait until WhatsApp has accepted it."""
        page = self._open_page()
        return await sending.send(page, outgoing, chat_id=chat_id, bare_id=bare_id, timeout=timeout)

    async def change(self, outgoing: Outgoing, *, timeout: float) -> None:
        """Do a Change."""
        await sending.change(self._open_page(), outgoing, timeout=timeout)

    async def find(self, chat_id: str, bare_id: str, *, timeout: float) -> ChatMessage | None:
        """The own message with this id."""
        return await sending.find(self._open_page(), chat_id, bare_id, timeout=timeout)

    async def messages(self, since: datetime, *, timeout: float) -> list[ChatMessage]:
        """What the page's store has from `since` on, oldest first."""
        return await reading.recent(self._open_page(), int(since.timestamp()), timeout=timeout)

    async def download(self, message_id: str, into: Path, *, limit: int, timeout: float) -> str:
        """Write the file of a message to `into`; its MIME type."""
        return await files.download(self._open_page(), message_id, into, limit=limit, timeout=timeout)

    async def mark_read(self, chat_id: str, *, timeout: float) -> None:
        """Everything in the chat is read."""
        wa.value(await self._open_page().call(Stage.READ, "markRead", chat_id, timeout=timeout))

    async def typing(self, chat_id: str, state: str, *, timeout: float) -> None:
        """Show `composing`, `recording` or `paused`."""
        argument = {"chat": chat_id, "state": state}
        wa.value(await self._open_page().call(Stage.READ, "typing", argument, timeout=timeout))

    async def follow_presence(self, chat_id: str, *, timeout: float) -> None:
        """Have PresenceSeen told for this chat until the page loads again."""
        wa.value(await self._open_page().call(Stage.READ, "followPresence", chat_id, timeout=timeout))

    async def chats(self, *, timeout: float) -> list[Chat]:
        """All chats, newest first."""
        return await reading.chats(self._open_page(), timeout=timeout)

    async def history(
        self, chat_id: str, *, before: str | None, limit: int, timeout: float
    ) -> list[ChatMessage]:
        """Messages of a chat, newest first."""
        page = self._open_page()
        return await reading.history(page, chat_id, before=before, limit=limit, timeout=timeout)

    async def contacts(self, *, timeout: float) -> list[Contact]:
        """Everybody the account knows."""
        return await reading.contacts(self._open_page(), timeout=timeout)

    async def groups(self, *, timeout: float) -> list[Group]:
        """All groups with their members."""
        return await reading.groups(self._open_page(), timeout=timeout)

    async def picture(self, id: str, *, timeout: float) -> Picture:
        """The profile picture of a person or group."""
        return await files.picture(self._open_page(), id, timeout=timeout)

    async def logout(self, *, timeout: float) -> None:
        """Unlink this device; the page's reload afterwards ends the call."""
        try:
            await self._open_page().call(Stage.LOGOUT, "logout", timeout=timeout)
        except Navigated:
            return

    async def forget(self) -> None:
        """Delete the profile."""
        await profile.clear(self._options.profile)
        await asyncio.to_thread(profile.forget, self._options.profile)
