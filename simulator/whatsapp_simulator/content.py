"""What a message carries beside its text: media, a place, contacts, a poll, a quote, mentions.

Why one shape: what a page sends, what the control API sends and what is stored are the same JSON, checked
here once; only ids differ (pages name people as WhatsApp does, the rest by number).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from whatsapp_simulator.errors import Refused
from whatsapp_simulator.kinds import MEDIA

MAX_TEXT = 65_536
Short = Annotated[str, Field(min_length=1, max_length=1000)]


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Media(Part):
    """An uploaded file; its bytes lie in the media store under `sha256` (hex)."""

    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    size: Annotated[int, Field(ge=0)]
    mimeType: Short
    fileName: Short | None = None
    seconds: Annotated[int | None, Field(ge=0)] = None
    width: Annotated[int | None, Field(ge=0)] = None
    height: Annotated[int | None, Field(ge=0)] = None


class Location(Part):
    latitude: Annotated[float, Field(ge=-90, le=90)]
    longitude: Annotated[float, Field(ge=-180, le=180)]
    name: Annotated[str | None, Field(max_length=1000)] = None
    address: Annotated[str | None, Field(max_length=1000)] = None


class Contact(Part):
    """A contact that is sent: its vCard, or name and phone, of which one is made."""

    name: Short
    phone: Annotated[str | None, Field(max_length=40)] = None
    vcard: Annotated[str | None, Field(max_length=20_000)] = None


class Poll(Part):
    name: Short
    options: Annotated[list[Short], Field(min_length=2, max_length=12)]
    multiple: bool = False


class Quoted(Part):
    """The message that is answered, as it was then."""

    id: Short
    author: str
    type: str
    text: str = ""


class Content(Part):
    media: Media | None = None
    location: Location | None = None
    contacts: Annotated[list[Contact], Field(max_length=257)] = []
    poll: Poll | None = None
    quoted: Quoted | None = None
    mentions: Annotated[list[str], Field(max_length=1024)] = []
    forwarded: bool = False

    def stored(self) -> dict[str, Any]:
        """As JSON, without what is not there."""
        return self.model_dump(exclude_defaults=True)


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A message before it has an id: its kind (a word of `kinds`), text or caption, and content."""

    kind: str = "text"
    text: str = ""
    content: Content = field(default_factory=Content)

    def check(self) -> None:
        """Raises `Refused(invalid_text)` or `Refused(invalid_content)`."""
        least = 1 if self.kind == "text" else 0
        if not least <= len(self.text) <= MAX_TEXT:
            raise Refused(
                "invalid_text",
                f"A text has {least} to {MAX_TEXT} characters, this one {len(self.text)}.",
                status=400,
            )
        needed = "media" if self.kind in MEDIA else {"contact": "contacts"}.get(self.kind, self.kind)
        if self.kind != "text" and not getattr(self.content, needed):
            raise Refused(
                "invalid_content", f"A message of type {self.kind} needs the field {needed!r}.", status=400
            )


def parse(value: object) -> Content:
    """The content that a page sent. Raises `Refused(invalid_content)` with the field's name."""
    try:
        return Content.model_validate(value)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "content"
        raise Refused("invalid_content", f"{where}: {first['msg']}.", status=400) from None


def vcard(name: str, phone: str) -> str:
    """A contact as WhatsApp writes it, so that a click on it opens the chat with this number."""
    digits = "".join(letter for letter in phone if letter.isdigit())
    return (
        f"BEGIN:VCARD\nVERSION:3.0\nN:;{name};;;\nFN:{name}\nTEL;type=CELL;waid={digits}:+{digits}\nEND:VCARD"
    )
