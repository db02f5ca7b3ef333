"""To whom: digits, or a chat id. Pure."""

from __future__ import annotations

import re

from whatsapp_session.api.errors import wrong
from whatsapp_session.api.fields import Fields

SHORTEST, LONGEST = 7, 15
"""Digits of a phone number with its country code (E.164)."""
DIGITS = re.compile("[1-9][0-9]{6,14}")
LID = re.compile("[0-9]{1,32}@lid")
CHAT = re.compile(r"[1-9][0-9]{6,14}@c\.us|[0-9]{1,32}(-[0-9]{1,32})?@g\.us|[0-9]{1,32}@lid")
TO_PATTERN = r"^(?:[1-9][0-9]{6,14}(?:@c\.us)?|[0-9]{1,32}(?:-[0-9]{1,32})?@g\.us|[0-9]{1,32}@lid)$"


def recipient(given: Fields) -> str:
    """The field `to`, as it was given; raises ApiError."""
    cure = "Send the phone number, country code first, such as 5491123456789, or a chat id."
    to = given.needed("to", longest=100, cure=cure)
    if DIGITS.fullmatch(to) or CHAT.fullmatch(to):
        return to
    if "@" in to:
        raise wrong(
            "to is not a chat id such as 5491123456789@c.us, …@g.us or …@lid. Take it from GET /chats."
        )
    if not (to.isascii() and to.isdigit()):
        raise wrong("to is not digits and not a chat id. Send the number without +, spaces or hyphens.")
    raise wrong(f"to has not {SHORTEST} to {LONGEST} digits with the country code first. Correct it.")


def mention(value: object, where: str) -> str:
    """Whom a text mentions: digits, or `<lid>@lid`."""
    if isinstance(value, str) and (DIGITS.fullmatch(value) or LID.fullmatch(value)):
        return value
    raise wrong(f"{where} is not digits with the country code first, and not …@lid. Correct it.")
