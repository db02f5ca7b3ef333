"""A file's id, derived from its message's.

Why derived: the event that tells of the message, the row of the file and a later `message.media` name the
same file without having to agree on anything, also after a restart.
"""

from __future__ import annotations

import hashlib

PREFIX = "med_"
DIGITS = 32
"""Hexadecimal digits: 128 bits, so that nobody's message takes another one's file."""


def media_id(message_id: str) -> str:
    """The id of the file of `message_id`: `med_` and 32 hexadecimal digits, the same every time."""
    return PREFIX + hashlib.sha256(message_id.encode("utf-8", "surrogatepass")).hexdigest()[:DIGITS]
