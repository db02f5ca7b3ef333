"""What can happen to a session: facts, as values. The engine tells them, the machine judges them.

Why apart from both: the machine must not know of a browser, and the engine must not know of states.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from whatsapp_contracts.sessions import Account
from whatsapp_session.outgoing import Card, Location, Poll


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
    """The login is gone, by our logout (`by_request`), or by the phone or WhatsApp."""

    because: str
    by_request: bool = False


@dataclass(frozen=True, kw_only=True)
class Stopped:
    """`POST /disconnect`, or operating mode `Disconnected` (`by_mode`): closed, the login is kept."""

    by_mode: bool = False


@dataclass(frozen=True, kw_only=True)
class PairingCodeShown:
    """WhatsApp gives a code to type on the phone; `expires_at` is when it gives another one."""

    code: str
    expires_at: datetime


@dataclass(frozen=True, kw_only=True)
class RotationsEnded:
    """As many codes were shown as are allowed, and none was scanned."""

    shown: int


@dataclass(frozen=True, kw_only=True)
class WrongPhone:
    """Another number logged in than the one that may; its device was unlinked again, or could not be.

    `expected` and `found` are the last digits of the two: no message names a number whole.
    """

    unlinked: bool
    expected: str = ""
    found: str = ""


@dataclass(frozen=True, kw_only=True)
class ConfigTaken:
    """Another configuration is in force."""

    revision: str


@dataclass(frozen=True, kw_only=True)
class StorageChanged:
    """The volume became too full, or has room again."""

    pressure: bool


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
    | PairingCodeShown
    | RotationsEnded
    | Scanned
    | Synced
    | AccountChanged
    | WrongPhone
    | NetworkWentAway
    | Healing
    | LoggedOut
    | Stopped
    | ConfigTaken
    | StorageChanged
    | ConflictFound
    | BanFound
    | BrowserLost
)


@dataclass(frozen=True, kw_only=True)
class MediaInfo:
    """What a message says of its file before it is fetched; `size` in bytes, `seconds` of sound or film."""

    mime_type: str
    size: int | None = None
    file_name: str | None = None
    voice: bool = False
    gif: bool = False
    seconds: int | None = None
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True, kw_only=True)
class Quoted:
    """The message that another one answers."""

    message_id: str
    sender: str | None = None
    text: str | None = None


@dataclass(frozen=True, kw_only=True)
class ChatMessage:
    """One message as WhatsApp has it. `sender` and `recipient` are digits, or `<lid>@lid` for a person known
    only so, or a group's id; `kind` is the `type` of the contract; `text` is the text or caption; `ack` 0:
    WhatsApp has it not. `phone` (digits) and `lid` (`…@lid`) are of who wrote it, as far as known."""

    message_id: str
    chat_id: str
    sender: str
    recipient: str
    from_me: bool
    kind: str
    text: str
    sent_at: datetime
    ack: int = 0
    phone: str | None = None
    lid: str | None = None
    push_name: str | None = None
    media: MediaInfo | None = None
    location: Location | None = None
    contacts: tuple[Card, ...] = ()
    poll: Poll | None = None
    quoted: Quoted | None = None
    mentions: tuple[str, ...] = ()
    forwarded: bool = False
    edited_at: datetime | None = None
    """Set when the store shows a later text than the first; the comparison tells the edit then."""
    deleted: bool = False
    """Deleted for everyone: what it was is gone."""


@dataclass(frozen=True, kw_only=True)
class AckSeen:
    """An own message went further: 1 WhatsApp has it, 2 the phone has it, 3 it was read."""

    message_id: str
    chat_id: str
    ack: int


@dataclass(frozen=True, kw_only=True)
class ReactionSeen:
    """Somebody reacted; an empty `emoji` takes it back."""

    message_id: str
    chat_id: str
    sender: str
    from_me: bool
    emoji: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class EditSeen:
    """A message has another text."""

    message_id: str
    chat_id: str
    sender: str
    from_me: bool
    text: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class DeletionSeen:
    """A message was deleted for everyone."""

    message_id: str
    chat_id: str
    sender: str
    from_me: bool
    at: datetime


@dataclass(frozen=True, kw_only=True)
class ParticipantsChanged:
    """Who is in a group, or leads it, changed. `action`: join, leave, add, remove, promote, demote."""

    chat_id: str
    action: str
    participants: tuple[str, ...]
    by: str | None
    at: datetime


@dataclass(frozen=True, kw_only=True)
class CallSeen:
    """Somebody calls."""

    call_id: str
    sender: str
    video: bool
    group: bool
    at: datetime


@dataclass(frozen=True, kw_only=True)
class PresenceSeen:
    """`state`: available, unavailable, composing, recording."""

    chat_id: str
    sender: str
    state: str


Happening = ReactionSeen | EditSeen | DeletionSeen | ParticipantsChanged | CallSeen | PresenceSeen
"""What happens beside messages and their acknowledgements."""
