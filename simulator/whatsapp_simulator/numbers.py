"""Phone numbers and the ids that WhatsApp makes of them.

Why apart: a number arrives in four spellings (digits, `+54 9...`, `<digits>@c.us`, with a device), and every
other module should see only one: digits.
"""

from __future__ import annotations

import re

from whatsapp_simulator.errors import Refused

USER_SERVER = "c.us"
LID_SERVER = "lid"
GROUP_SERVER = "g.us"
# E.164 allows 15 digits; the shortest real international numbers have 7.
_DIGITS = re.compile(r"^[1-9][0-9]{6,14}$")


def phone_number(text: str) -> str:
    """`+54 9 11 2345-6789`, `5491123456789` or `5491123456789:3@c.us` → `5491123456789`.

    Raises `Refused(invalid_number)` for anything else.
    """
    plain = re.sub(r"[\s()+-]", "", text)
    user, _, server = plain.partition("@")
    digits = user.partition(":")[0]
    if server not in ("", USER_SERVER, "s.whatsapp.net") or not _DIGITS.match(digits):
        raise Refused(
            "invalid_number",
            f"{text!r} is no phone number. Use 7 to 15 digits, country code first, such as 5491123456789.",
            status=400,
        )
    return digits


def user_wid(number: str) -> str:
    """The id of a chat with this number."""
    return f"{number}@{USER_SERVER}"


def device_wid(number: str, slot: int) -> str:
    """The id of one linked device; slot 0 is the phone itself."""
    return f"{number}:{slot}@{USER_SERVER}"


def lid_wid(lid: str) -> str:
    """The account's second identity, which hides its number."""
    return f"{lid}@{LID_SERVER}"


def is_group(chat: str) -> bool:
    """Whether a chat's id (a number, or `<digits>@g.us`) is a group's."""
    return chat.endswith(f"@{GROUP_SERVER}")
