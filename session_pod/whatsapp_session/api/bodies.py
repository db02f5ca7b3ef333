"""The small bodies: a plain text of contract A, a reaction, an edit, a forward, a typing state."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from whatsapp_session.api import fields
from whatsapp_session.api.errors import ApiError, wrong
from whatsapp_session.api.fields import Fields
from whatsapp_session.api.gate import other_client
from whatsapp_session.api.recipients import LONGEST, SHORTEST, recipient

MAX_TEXT = 65_536
"""Characters of one text message that WhatsApp takes."""
MAX_EMOJI = 40
"""Characters: families and flags are many code points, and still one emoji."""
TYPING = ("composing", "recording", "paused")


@dataclass(frozen=True, kw_only=True)
class Plain:
    """A text to send: `to` is digits, country code first."""

    to: str
    message: str


def plain(body: bytes, cliente_id: int) -> Plain:
    """The body of `POST /send`; raises ApiError that names the first wrong field."""
    data = _object(body)
    given = data.get("cliente_id")
    if given is not None:
        number = _whole(given)
        if number is None:
            raise wrong("cliente_id is not a whole number. Correct it, or leave it out.")
        if number != cliente_id:
            raise ApiError(*other_client(number, cliente_id))
    return Plain(to=_phone(data.get("to")), message=_text(data.get("message")))


def reaction(body: bytes) -> str:
    """The emoji of a reaction; empty takes it back."""
    given = Fields(fields.parse(body, '{"emoji": "👍"}'), {"emoji"})
    emoji = given.text("emoji", longest=MAX_EMOJI, cure='Send one emoji, or "" to take it back.')
    if emoji is None:
        raise wrong('emoji is missing. Send one emoji, or "" to take it back.')
    return emoji


def edit(body: bytes) -> str:
    """The new text of a message."""
    given = Fields(fields.parse(body, '{"text": "Hello"}'), {"text"})
    return given.needed("text", longest=MAX_TEXT, cure="Send the new text.")


def forward(body: bytes) -> str:
    """To whom a message is forwarded."""
    example = '{"to": "5491123456789"}'
    given = Fields(fields.parse(body, example), {"to"})
    return recipient(given)


def typing(body: bytes) -> str:
    """What the chat is shown."""
    given = Fields(fields.parse(body, '{"state": "composing"}'), {"state"})
    return given.choice("state", TYPING)


def _object(body: bytes) -> dict[str, Any]:
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        raise wrong('The body is not JSON. Send {"to": "5491123456789", "message": "Hello"}.') from None
    if not isinstance(data, dict):
        raise wrong('The body is not a JSON object. Send {"to": "5491123456789", "message": "Hello"}.')
    return data


def _whole(value: object) -> int | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 10:
        return int(value)
    return None


def _phone(value: object) -> str:
    if value is None:
        raise wrong("to is missing. Send the phone number, country code first, such as 5491123456789.")
    if not isinstance(value, str) or not value.isascii() or not value.isdigit():
        raise wrong("to is not a string of digits. Send the number without +, spaces or hyphens.")
    if not SHORTEST <= len(value) <= LONGEST or value.startswith("0"):
        raise wrong(f"to has not {SHORTEST} to {LONGEST} digits with the country code first. Correct it.")
    return value


def _text(value: object) -> str:
    if value is None:
        raise wrong("message is missing. Send the text.")
    if not isinstance(value, str):
        raise wrong("message is not a string. Send the text.")
    if not value.strip():
        raise wrong("message is empty. Send the text.")
    if len(value) > MAX_TEXT:
        raise wrong(f"message is longer than {MAX_TEXT} characters. Send it in parts.")
    return fields.unicode(value, "message")
