"""Fields that several bodies have, checked once.

Why so careful with characters: PostgreSQL holds no NUL, and UTF-8 no half of a surrogate pair; a field with
one must be a 400 that names it, not a failure of the hub.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from whatsapp_hub import times
from whatsapp_hub.store.sessions import LARGEST_ID


class Body(BaseModel):
    """A JSON object; a field that is not known is let be, because fields may be added."""

    model_config = ConfigDict(extra="ignore")


def plain(text: str) -> str:
    """A text that every database can hold."""
    if "\0" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
        raise ValueError("it has characters that cannot be stored")
    return text


def printable(text: str) -> str:
    """A name: one line, nothing invisible."""
    if not text.isprintable():
        raise ValueError("it has characters that are not printable")
    return plain(text)


def _name(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_.-]{1,100}", text):
        raise ValueError("only letters, digits, '_', '-' and '.', 1 to 100 of them")
    if text.isdigit():
        raise ValueError("digits alone are an id, not a name: put a letter in")
    return text


def phone(value: Any) -> Any:
    """Digits; `+`, spaces and hyphens are stripped, and nothing means any number."""
    if value is None:
        return None
    if not isinstance(value, str):
        raise ValueError('a phone number is text, such as "5491123456789"')
    digits = re.sub(r"[+\s-]", "", value)
    if not digits:
        return None
    if not re.fullmatch(r"[1-9][0-9]{6,14}", digits, re.ASCII):
        raise ValueError("a phone number has 7 to 15 digits, the country code first")
    return digits


def _moment(value: Any) -> datetime:
    if not isinstance(value, str):
        raise ValueError('a time is text, such as "2026-01-01T12:00:00.000Z"')
    try:
        return times.parse(value)
    except ValueError:
        raise ValueError("a time is ISO 8601, such as 2026-01-01T12:00:00.000Z") from None


def whole(value: Any) -> Any:
    """True and false are no numbers."""
    if isinstance(value, bool):
        raise ValueError("a whole number")
    return value


SessionName = Annotated[str, AfterValidator(_name)]
"""Contract B's `sessionId`."""
AnyName = Annotated[str, StringConstraints(min_length=1, max_length=100), AfterValidator(printable)]
"""A session's name as contracts C and D have it."""
Phone = Annotated[str | None, BeforeValidator(phone)]
"""The number that is expected."""
StoredPhone = Annotated[str, StringConstraints(max_length=20), AfterValidator(printable)]
Moment = Annotated[datetime, BeforeValidator(_moment)]
Id = Annotated[int, BeforeValidator(whole), Field(ge=1, le=LARGEST_ID)]
Port = Annotated[int, BeforeValidator(whole), Field(ge=0, le=65535)]
Short = Annotated[str, StringConstraints(max_length=200), AfterValidator(printable)]
Long = Annotated[str, StringConstraints(max_length=2000), AfterValidator(plain)]
