"""All that a session knows of a browser. Every wait is bounded and names the stage it was stuck in.

Why so narrow: a leaner driver can take the web engine's place, and the double that tests of the session
use is a few lines.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from whatsapp_session.facts import AckSeen, ChatMessage, Fact


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
    SEND = "waiting for WhatsApp to accept the message"
    READ = "reading the message store"
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
    """There is no page that could do this now."""


class NotOnWhatsApp(EngineError):
    """The number has no WhatsApp account."""


class SendFailed(EngineError):
    """WhatsApp did not accept the message, or did not say so in time."""


@dataclass(frozen=True, kw_only=True)
class Told:
    """Something the engine tells, and of which run: what a stopped run still had to say counts no more."""

    run: int
    what: Fact | ChatMessage | AckSeen


class WhatsAppEngine(Protocol):
    """One browser with one login. `start` and `stop` may be called again and again, never side by side."""

    def start(self) -> int:
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

    async def send(self, to: str, text: str, *, timeout: float) -> ChatMessage:
        """Send and wait until WhatsApp has accepted it. Raises NotOnWhatsApp, NotConnected, SendFailed."""
        ...

    async def messages(self, since: datetime, *, timeout: float) -> list[ChatMessage]:
        """What WhatsApp's own store has from `since` on, oldest first. Raises EngineError."""
        ...

    async def logout(self, *, timeout: float) -> None:
        """Unlink this device at WhatsApp. Raises EngineError."""
        ...

    async def forget(self) -> None:
        """Delete the login from disk; only between runs."""
        ...
