"""What can happen to a session: facts, as values. The engine tells them, the machine judges them.

Why apart from both: the machine must not know of a browser, and the engine must not know of states.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from whatsapp_contracts.sessions import Account


@dataclass(frozen=True, kw_only=True)
class LoginAsked:
    """Somebody wants a login: the start of the process, or `POST /session-manager/login`."""


@dataclass(frozen=True, kw_only=True)
class QrShown:
    """WhatsApp shows a QR that was not shown before; `expires_at` is when it replaces it."""

    code: str
    expires_at: datetime


@dataclass(frozen=True, kw_only=True)
class Scanned:
    """A phone scanned the QR; WhatsApp syncs now."""


@dataclass(frozen=True, kw_only=True)
class Synced:
    """Logged in, synced, connected: the session can send."""

    account: Account


@dataclass(frozen=True, kw_only=True)
class AccountChanged:
    """What is known of the account changed while connected: its name often comes after the first sync."""

    account: Account


@dataclass(frozen=True, kw_only=True)
class NetworkWentAway:
    """WhatsApp cannot be reached; it comes back without a call and without a QR."""

    because: str


@dataclass(frozen=True, kw_only=True)
class Healing:
    """The page or the browser is being started again inside this process."""

    because: str


@dataclass(frozen=True, kw_only=True)
class LoggedOut:
    """The login is gone, by our logout or by the phone."""

    because: str


@dataclass(frozen=True, kw_only=True)
class Stopped:
    """`POST /disconnect`: WhatsApp is closed, the login is kept."""


@dataclass(frozen=True, kw_only=True)
class ConflictFound:
    """WhatsApp says that this login is open in another browser."""


@dataclass(frozen=True, kw_only=True)
class BanFound:
    """WhatsApp refuses this number."""


@dataclass(frozen=True, kw_only=True)
class BrowserLost:
    """Healing has ended without a working page."""

    because: str


Fact = (
    LoginAsked
    | QrShown
    | Scanned
    | Synced
    | AccountChanged
    | NetworkWentAway
    | Healing
    | LoggedOut
    | Stopped
    | ConflictFound
    | BanFound
    | BrowserLost
)


@dataclass(frozen=True, kw_only=True)
class ChatMessage:
    """One message as WhatsApp has it. `sender` and `recipient` are digits, or `<lid>@lid` for a person known
    only so; `kind` is `text`, `image`, ...; `text` is the text or caption; `ack` 0: WhatsApp has it not."""

    message_id: str
    chat_id: str
    sender: str
    recipient: str
    from_me: bool
    kind: str
    text: str
    sent_at: datetime
    ack: int = 0


@dataclass(frozen=True, kw_only=True)
class AckSeen:
    """An own message went further: 1 WhatsApp has it, 2 the phone has it, 3 it was read."""

    message_id: str
    chat_id: str
    ack: int
