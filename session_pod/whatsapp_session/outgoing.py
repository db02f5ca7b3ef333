"""What can be sent, as plain values: read from a call, kept in the outbox, sent by the engine.

Why one type for all of it: a queued poll and a reaction that is sent at once take the same path, and so keep
the same promises (pacing, order within a chat, one message for one key).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Text:
    """A plain text."""

    text: str


@dataclass(frozen=True, kw_only=True)
class Media:
    """A file on the volume. `kind`: image, video, audio, voice, document or sticker; `path` is in the media
    folder, so that it outlives the process; `sha256` in hex is of its content."""

    kind: str
    path: str
    mime_type: str
    file_name: str
    size: int
    sha256: str
    caption: str = ""
    gif: bool = False

    @property
    def file(self) -> Path:
        """Where it lies."""
        return Path(self.path)


@dataclass(frozen=True, kw_only=True)
class Location:
    """A place, in degrees."""

    latitude: float
    longitude: float
    name: str | None = None
    address: str | None = None


@dataclass(frozen=True, kw_only=True)
class Card:
    """One contact as a vCard; `name` is what WhatsApp shows."""

    name: str
    vcard: str


@dataclass(frozen=True, kw_only=True)
class Contacts:
    """One contact or several."""

    cards: tuple[Card, ...]


@dataclass(frozen=True, kw_only=True)
class Poll:
    """A question; `multiple`: more than one option may be chosen."""

    name: str
    options: tuple[str, ...]
    multiple: bool = False


@dataclass(frozen=True, kw_only=True)
class Forward:
    """An existing message, sent on; `message_id` is its whole id."""

    message_id: str


@dataclass(frozen=True, kw_only=True)
class Reaction:
    """A reaction to a message; an empty `emoji` takes it back."""

    message_id: str
    emoji: str


@dataclass(frozen=True, kw_only=True)
class Edit:
    """Another text for an own message."""

    message_id: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Deletion:
    """An own message, deleted for everyone."""

    message_id: str


NewMessage = Text | Media | Location | Contacts | Poll | Forward
"""What makes a message with an id of its own, and must never be made twice."""
Change = Reaction | Edit | Deletion
"""What changes an existing message; done twice it is the same as done once."""
Content = NewMessage | Change

_KINDS: dict[str, type[Any]] = {
    "text": Text,
    "media": Media,
    "location": Location,
    "contacts": Contacts,
    "poll": Poll,
    "forward": Forward,
    "reaction": Reaction,
    "edit": Edit,
    "deletion": Deletion,
}
_NAMES = {kind: name for name, kind in _KINDS.items()}


@dataclass(frozen=True, kw_only=True)
class Outgoing:
    """One thing to send. `to` is digits or a chat id; for a Change the chat of its message.

    `reply_to` is the whole id of the quoted message; `mentions` are digits or `<lid>@lid`.
    """

    to: str
    content: Content
    reply_to: str | None = None
    mentions: tuple[str, ...] = ()

    @property
    def type(self) -> str:
        """The word of the API: `text`, `image`, …, `contact`, `forward`, `reaction`, `edit`, `delete`."""
        match self.content:
            case Media(kind=kind):
                return kind
            case Contacts():
                return "contact"
            case Deletion():
                return "delete"
            case content:
                return _NAMES[type(content)]

    def to_json(self) -> dict[str, Any]:
        """For the outbox."""
        return {
            "to": self.to,
            "kind": _NAMES[type(self.content)],
            "content": asdict(self.content),
            "replyTo": self.reply_to,
            "mentions": list(self.mentions),
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Outgoing:
        """What `to_json` wrote; raises KeyError or TypeError for another release's."""
        kind, content = _KINDS[data["kind"]], dict(data["content"])
        if kind is Contacts:
            content = {"cards": tuple(Card(**card) for card in content["cards"])}
        if kind is Poll:
            content["options"] = tuple(content["options"])
        return cls(
            to=data["to"],
            content=kind(**content),
            reply_to=data["replyTo"],
            mentions=tuple(data["mentions"]),
        )
