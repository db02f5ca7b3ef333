"""Bodies that callers send, checked by hand: each error names the field and the cure.

Why by hand: `curl -d` sends no JSON content type, old clients send none at all, and the contract promises
400 with the field's name for all of it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from whatsapp_contracts.errors import ErrorCode
from whatsapp_session.api.errors import ApiError
from whatsapp_session.api.gate import other_client

MAX_TEXT = 65_536
"""Characters of one text message that WhatsApp takes."""
SHORTEST, LONGEST = 7, 15
"""Digits of a phone number with its country code (E.164)."""

SEND_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["to", "message"],
    "properties": {
        "cliente_id": {"type": "integer", "description": "must be this session's client when given"},
        "to": {
            "type": "string",
            "pattern": f"^[1-9][0-9]{{{SHORTEST - 1},{LONGEST - 1}}}$",
            "example": "5491123456789",
        },
        "message": {"type": "string", "minLength": 1, "maxLength": MAX_TEXT, "example": "Hello"},
    },
}


@dataclass(frozen=True, kw_only=True)
class Outgoing:
    """A text to send: `to` is digits, country code first."""

    to: str
    message: str


def outgoing(body: bytes, cliente_id: int) -> Outgoing:
    """The body of `POST /send`; raises ApiError that names the first wrong field."""
    data = _object(body)
    given = data.get("cliente_id")
    if given is not None:
        number = _whole(given)
        if number is None:
            raise _wrong("cliente_id is not a whole number. Correct it, or leave it out.")
        if number != cliente_id:
            raise ApiError(*other_client(number, cliente_id))
    return Outgoing(to=_phone(data.get("to")), message=_text(data.get("message")))


def _object(body: bytes) -> dict[str, Any]:
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        raise _wrong('The body is not JSON. Send {"to": "5491123456789", "message": "Hello"}.') from None
    if not isinstance(data, dict):
        raise _wrong('The body is not a JSON object. Send {"to": "5491123456789", "message": "Hello"}.')
    return data


def _whole(value: object) -> int | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 10:
        return int(value)
    return None


def _phone(value: object) -> str:
    if value is None:
        raise _wrong("to is missing. Send the phone number, country code first, such as 5491123456789.")
    if not isinstance(value, str) or not value.isascii() or not value.isdigit():
        raise _wrong("to is not a string of digits. Send the number without +, spaces or hyphens.")
    if not SHORTEST <= len(value) <= LONGEST or value.startswith("0"):
        raise _wrong(f"to has not {SHORTEST} to {LONGEST} digits with the country code first. Correct it.")
    return value


def _text(value: object) -> str:
    if value is None:
        raise _wrong("message is missing. Send the text.")
    if not isinstance(value, str):
        raise _wrong("message is not a string. Send the text.")
    if not value.strip():
        raise _wrong("message is empty. Send the text.")
    if len(value) > MAX_TEXT:
        raise _wrong(f"message is longer than {MAX_TEXT} characters. Send it in parts.")
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        raise _wrong("message has half of a surrogate pair. Send valid Unicode.") from None
    return value


def _wrong(message: str) -> ApiError:
    return ApiError(ErrorCode.INVALID_REQUEST, message)
