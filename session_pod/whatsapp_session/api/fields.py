"""A JSON object that a caller sent, read field by field: each error names the field and the cure.

Why by hand: `curl -d` sends no JSON content type, old clients send none at all, and the contract promises
400 with the field's name for all of it.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

from whatsapp_session.api.errors import wrong


def parse(body: bytes | bytearray, example: str) -> dict[str, Any]:
    """The JSON object in `body`; raises ApiError that shows `example`."""
    try:
        data = json.loads(bytes(body).decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise wrong(f"The body is not JSON. Send {example}.") from None
    if not isinstance(data, dict):
        raise wrong(f"The body is not a JSON object. Send {example}.")
    return data


class Fields:
    """One object; `where` comes before each name in an error, such as `media.`."""

    def __init__(self, data: Mapping[str, Any], known: Collection[str], where: str = "") -> None:
        """Raises ApiError for a key that is not `known`: a misspelt `sendAt` would send at once."""
        self._data = data
        self._where = where
        for name in data:
            if name not in known:
                there = ", ".join(sorted(known))
                raise wrong(f"{where}{printable(name)} is unknown. Correct or remove it; there are {there}.")

    def has(self, name: str) -> bool:
        """Whether the field is there and not null."""
        return self._data.get(name) is not None

    def text(self, name: str, *, longest: int, cure: str = "Send a text.") -> str | None:
        """A text that may be left out."""
        if (value := self._data.get(name)) is None:
            return None
        if not isinstance(value, str):
            raise wrong(f"{self._where}{name} is not a string. {cure}")
        if len(value) > longest:
            raise wrong(f"{self._where}{name} is longer than {longest} characters. Shorten it.")
        return unicode(value, f"{self._where}{name}")

    def needed(self, name: str, *, longest: int, cure: str) -> str:
        """A text that is there and is not blank."""
        value = self.text(name, longest=longest, cure=cure)
        if value is None:
            raise wrong(f"{self._where}{name} is missing. {cure}")
        if not value.strip():
            raise wrong(f"{self._where}{name} is empty. {cure}")
        return value

    def flag(self, name: str) -> bool:
        """True or false; false when left out."""
        value = self._data.get(name)
        if value is not None and not isinstance(value, bool):
            raise wrong(f"{self._where}{name} is not true or false. Correct it, or leave it out.")
        return bool(value)

    def number(self, name: str, low: float, high: float) -> float:
        """A number that must be there."""
        value = self._data.get(name)
        if value is None:
            raise wrong(f"{self._where}{name} is missing. Send a number from {low:g} to {high:g}.")
        fits = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not fits or not low <= value <= high:  # neither NaN nor infinity is between
            raise wrong(f"{self._where}{name} is not a number from {low:g} to {high:g}. Correct it.")
        return float(value)

    def choice(self, name: str, choices: Collection[str], default: str | None = None) -> str:
        """One of `choices`; without a `default` it must be there."""
        value = self._data.get(name, default)
        if value is None and default is not None:
            return default
        if not isinstance(value, str) or value not in choices:
            what = "missing" if value is None else "unknown"
            raise wrong(f"{self._where}{name} is {what}. Set it to one of: {', '.join(choices)}.")
        return value

    def object(self, name: str, known: Collection[str]) -> Fields:
        """An object that must be there."""
        value = self._data.get(name)
        if not isinstance(value, dict):
            what = "missing" if value is None else "not an object"
            raise wrong(f"{self._where}{name} is {what}. Send an object with {', '.join(sorted(known))}.")
        return Fields(value, known, f"{self._where}{name}.")

    def list(self, name: str, *, most: int) -> list[Any]:
        """A list that may be left out."""
        value = self._data.get(name)
        if value is None:
            return []
        if not isinstance(value, list):
            raise wrong(f"{self._where}{name} is not a list. Send a list of at most {most} entries.")
        if len(value) > most:
            raise wrong(f"{self._where}{name} has more than {most} entries. Send fewer.")
        return value


def unicode(value: str, name: str) -> str:
    """The text, if it can be sent at all."""
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        raise wrong(f"{name} has half of a surrogate pair. Send valid Unicode.") from None
    return value


def printable(name: str) -> str:
    """A name that somebody sent, short and harmless enough for a message."""
    return "".join(char if char.isprintable() else "?" for char in name[:60])
