"""Reading what a page sends: fields of a frame, or the reason why the page broke the protocol."""

from __future__ import annotations

from typing import Any

Frame = dict[str, Any]


class BadFrame(Exception):
    """The page broke the protocol; the text says how."""


def text_of(frame: Frame, name: str) -> str:
    """A required text field."""
    value = frame.get(name)
    if not isinstance(value, str) or not value:
        raise BadFrame(f"{frame.get('type')}: field {name!r} must be a non-empty text")
    return value
