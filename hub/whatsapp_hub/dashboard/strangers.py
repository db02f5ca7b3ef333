"""Words of strangers: made harmless before a page has them. Pure.

Threats: a text that turns the line around it (bidirectional controls make a program's name end in `pdf`),
hides a part of itself, breaks a name over lines, or leads elsewhere than it reads. Markup is the templates'
matter: they escape everything.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from whatsapp_hub import times

TURNING = dict.fromkeys([0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)])
UNSEEN = {code: None for code in (*range(0x20), 0x7F, *range(0x80, 0xA0), 0xFEFF) if code not in (9, 10)}
LONGEST_TEXT, LONGEST_NAME = 70_000, 200
LINK = re.compile(r"https?://[^\s<>\"'`{}|\\^\[\]]+", re.IGNORECASE)
LINK_ENDS = ".,;:!?)*_~"


@dataclass(frozen=True, kw_only=True)
class Piece:
    """A part of a text; `href` makes it a link."""

    text: str
    href: str | None = None


def text(value: Any) -> str:
    """A text of a stranger: its lines stay, what turns or hides them goes."""
    if not isinstance(value, str):
        return ""
    plain = value[:LONGEST_TEXT].encode("utf-8", "replace").decode()
    return plain.replace("\r\n", "\n").translate(TURNING).translate(UNSEEN)


def word(value: Any) -> str:
    """A name: one line."""
    return " ".join(text(value).split())[:LONGEST_NAME]


def person(value: Any) -> str:
    """Whoever wrote, as a person reads it: `+` and digits where the number is known."""
    who = word(value).removesuffix("@c.us")
    return f"+{who}" if who.isascii() and who.isdigit() else who


def pieces(whole_text: str) -> tuple[Piece, ...]:
    """The text, with its addresses as links."""
    made: list[Piece] = []
    done = 0
    for found in LINK.finditer(whole_text):
        address = found[0].rstrip(LINK_ENDS)
        if not _followable(address):
            continue
        if found.start() > done:
            made.append(Piece(text=whole_text[done : found.start()]))
        made.append(Piece(text=address, href=address))
        done = found.start() + len(address)
    if done < len(whole_text):
        made.append(Piece(text=whole_text[done:]))
    return tuple(made)


def _followable(address: str) -> bool:
    """No user in it: `https://bank.example@evil.example` leads elsewhere than it reads."""
    try:
        parts = urlsplit(address)
        return parts.scheme.lower() in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        return False


def moment(value: Any) -> datetime | None:
    """A time, None for what is none."""
    if not isinstance(value, str):
        return None
    try:
        return times.parse(value).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def whole(value: Any) -> int | None:
    """A whole number that is not negative."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 2**53:
        return None
    return int(value)


def degrees(value: Any) -> float | None:
    """A latitude or longitude."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not -360 <= value <= 360:
        return None
    return float(value)


def sequence(value: Any) -> Sequence[Any]:
    """A list, or nothing."""
    return value if isinstance(value, list | tuple) else ()
