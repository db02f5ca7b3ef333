"""All that a session knows of a browser. Every wait is bounded and names the stage it was stuck in.

Why so narrow: a leaner driver can take the web engine's place, and the double that tests of the session
use is a few lines.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from whatsapp_session.config import Proxy
from whatsapp_session.facts import AckSeen, ChatMessage, Fact, Happening
from whatsapp_session.outgoing import Outgoing


class Stage(StrEnum):
    """Where a start or a call can be stuck; the words stand in `message` for a person to read."""

    LAUNCH = "launching the browser"
    OPEN = "opening the page"
    CLOSE_PAGE = "closing the page before"
    INJECT = "waiting for wa-js to find WhatsApp's modules"
    BOOT = "waiting for WhatsApp's first answer"
    SYNC = "waiting for WhatsApp to sync"
    ALIVE = "waiting for a sign of life of the page"
    CHECK = "asking whether the number is on WhatsApp"
    UPLOAD = "handing the file to the page"
    SEND = "waiting for WhatsApp to accept the message"
    READ = "reading WhatsApp's store"
    DOWNLOAD = "fetching the file of a message"
    PAIR = "asking WhatsApp for a pairing code"
    LOGOUT = "waiting for WhatsApp to unlink the device"


class EngineError(Exception):
    """Something failed in the browser; the text says what."""


class EngineStuck(EngineError):
    """The page never left `stage`; `detail` is what it showed. Cure: reload, new browser, exit."""

    def __init__(self, stage: Stage, seconds: float, detail: str = "") -> None:
        super().__init__(f"Stuck {stage.value} ({seconds:.0f} s{', ' + detail if detail else ''}).")
        self.stage = stage


class PageLost(EngineError):
    """The page crashed or went away under a call."""


class BrowserGone(EngineError):
    """The browser process ended, or could not be started."""


class SiteUnreachable(EngineError):
    """The WhatsApp page could not be loaded; the network's fault, not the browser's."""


class NotConnected(EngineError):
    """There is no page that could do this now. Nothing was done."""


class NotOnWhatsApp(EngineError):
    """The number has no WhatsApp account. Nothing was sent."""


class CheckFailed(EngineError):
    """Nobody could say whether the number has an account. Nothing was sent."""


class NotFound(EngineError):
    """WhatsApp has no such message, chat, picture or file. Nothing was done."""


class SendRefused(EngineError):
    """WhatsApp refused, or the page could not prepare it: it was certainly not sent."""


class SendFailed(EngineError):
    """Whether WhatsApp has the message is not known: the page or the connection went away, or time ended."""


@dataclass(frozen=True, kw_only=True)
class Told:
    """Something the engine tells, and of which run: what a stopped run still had to say counts no more."""

    run: int
    what: Fact | ChatMessage | AckSeen | Happening


@dataclass(frozen=True, kw_only=True)
class LoginWish:
    """How a run shall log in where there is no login: by QR, or by pairing code for `pair_with` (digits)."""

    pair_with: str | None = None


@dataclass(frozen=True, kw_only=True)
class Chat:
    """A chat of the account. `id` `…@c.us`, `…@g.us` or `…@lid`."""

    id: str
    name: str | None
    group: bool
    unread: int
    last_message_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Contact:
    """A person that the account knows; `mine`: in its address book."""

    id: str
    phone: str | None
    lid: str | None
    name: str | None
    push_name: str | None
    business: bool
    mine: bool


@dataclass(frozen=True, kw_only=True)
class Participant:
    """A member of a group."""

    id: str
    phone: str | None
    lid: str | None
    admin: bool


@dataclass(frozen=True, kw_only=True)
class Group:
    """A group that the account is in."""

    id: str
    name: str | None
    owner: str | None
    created_at: datetime | None
    participants: tuple[Participant, ...]


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A profile picture."""

    content: bytes
    mime_type: str


class WhatsAppEngine(Protocol):
    """One browser with one login. `start` and `stop` may be called again and again, never side by side."""

    def start(self, wish: LoginWish = LoginWish(), *, proxy: Proxy | None = None) -> int:
        """Begin a run and return its number at once; everything after is told by `events`.

        The engine heals its page and its browser itself. When that ends it tells BrowserLost and the run is
        over; after LoggedOut, ConflictFound and BanFound it waits for `stop`.
        """
        ...

    async def stop(self) -> None:
        """Close the browser so that the login is on disk, and wait until it is gone."""
        ...

    def hurry(self) -> None:
        """A stop under way need not be gentle any more."""
        ...

    def events(self) -> AsyncIterator[Told]:
        """Everything that is told, in order, of all runs."""
        ...

    async def resolve(self, to: str, *, timeout: float) -> str:
        """The chat id (`…@c.us`, `…@g.us`, `…@lid`) to send to: digits are asked of WhatsApp.

        Raises NotOnWhatsApp, CheckFailed, NotConnected; NotFound for a group that the account is not in.
        """
        ...

    async def send(self, outgoing: Outgoing, *, chat_id: str, bare_id: str, timeout: float) -> ChatMessage:
        """Send a NewMessage under a given id (`3EB0` and 18 upper-case hex digits), and wait until WhatsApp
        has accepted it. `chat_id` is what `resolve` gave. The same id again never makes a second message.

        Raises NotConnected, SendRefused, NotFound (a quoted or forwarded message), SendFailed (outcome not
        known).
        """
        ...

    async def change(self, outgoing: Outgoing, *, timeout: float) -> None:
        """Do a Change (reaction, edit, deletion) and wait until WhatsApp has it. Raises as `send`."""
        ...

    async def find(self, chat_id: str, bare_id: str, *, timeout: float) -> ChatMessage | None:
        """The own message with this id as WhatsApp's store has it (its `ack` says whether it went out), or
        None: the page never had it. Raises EngineError when it could not be asked."""
        ...

    async def messages(self, since: datetime, *, timeout: float) -> list[ChatMessage]:
        """What WhatsApp's own store has from `since` on, oldest first. Raises EngineError."""
        ...

    async def download(self, message_id: str, into: Path, *, limit: int, timeout: float) -> str:
        """Write the file of a message to `into` (new, or overwritten) in pieces; its MIME type.

        Raises NotFound when WhatsApp has it no more, EngineError otherwise;
        ValueError when it is larger than `limit` bytes.
        """
        ...

    async def mark_read(self, chat_id: str, *, timeout: float) -> None:
        """Everything in the chat is read. Raises NotFound, EngineError."""
        ...

    async def typing(self, chat_id: str, state: str, *, timeout: float) -> None:
        """Show `composing`, `recording` or `paused` in the chat. Raises NotFound, EngineError."""
        ...

    async def follow_presence(self, chat_id: str, *, timeout: float) -> None:
        """Have PresenceSeen told for this chat until the page loads again. Raises EngineError."""
        ...

    async def chats(self, *, timeout: float) -> list[Chat]:
        """All chats, newest first."""
        ...

    async def history(
        self, chat_id: str, *, before: str | None, limit: int, timeout: float
    ) -> list[ChatMessage]:
        """Messages of a chat, newest first, older than the message id `before`. Raises NotFound."""
        ...

    async def contacts(self, *, timeout: float) -> list[Contact]:
        """Everybody the account knows, by id."""
        ...

    async def groups(self, *, timeout: float) -> list[Group]:
        """All groups with their members, by id."""
        ...

    async def picture(self, id: str, *, timeout: float) -> Picture:
        """The profile picture of a person or group. Raises NotFound."""
        ...

    async def logout(self, *, timeout: float) -> None:
        """Unlink this device at WhatsApp. Raises EngineError."""
        ...

    async def forget(self) -> None:
        """Delete the login from disk; only between runs."""
        ...
