"""Linking by a code that a page shows and a person types on the phone: which page shows which code, how long.

Why beside the QR codes: a code is asked for one number, typed by hand, lives minutes instead of seconds, and
the page makes it itself.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from dataclasses import dataclass
from enum import StrEnum

from whatsapp_simulator.errors import Refused

CODE_LENGTH = 8
# As WhatsApp's: no 0, I, O, U, which are mistaken for others.
_CODE = re.compile(r"^[1-9A-HJ-NP-TV-Z]{8}$")
# Codes that ended are remembered, so that a late one gets the true reason; the oldest become unknown.
REMEMBERED_CODES = 5000


class CodeEnd(StrEnum):
    """Why a code is no longer good."""

    EXPIRED = "expired"
    USED = "used"
    GONE = "gone"


ENDS = {
    CodeEnd.EXPIRED: (
        "pairing_code_expired",
        "This pairing code is no longer shown: it expired or the page has a newer one. Type the newest.",
    ),
    CodeEnd.USED: (
        "pairing_code_used",
        "This pairing code was typed before and works only once. Type the one that the page shows now.",
    ),
    CodeEnd.GONE: (
        "pairing_code_page_gone",
        "The page that showed this pairing code is closed or lost its connection. Ask it for a new one.",
    ),
}


@dataclass(frozen=True)
class ShownCode:
    page: int  # any key that names one open socket
    number: str
    code: str


def plain_code(text: str) -> str:
    """`abcd-efgh` → `ABCDEFGH`. Raises `Refused(invalid_pairing_code)`."""
    code = re.sub(r"[\s-]", "", text).upper()
    if not _CODE.match(code):
        raise Refused(
            "invalid_pairing_code",
            f"{text[:40]!r} is no pairing code. Type the {CODE_LENGTH} characters that the page shows.",
            status=400,
        )
    return code


class PairingCodes:
    def __init__(self) -> None:
        self._shown: dict[int, ShownCode] = {}
        self._ended: OrderedDict[str, CodeEnd] = OrderedDict()

    def show(self, page: int, number: str, code: str) -> ShownCode:
        """The page shows this code for this number; what it showed before is not good any more."""
        self.end(page, CodeEnd.EXPIRED)
        self._shown[page] = ShownCode(page, number, code)
        return self._shown[page]

    def end(self, page: int, why: CodeEnd) -> None:
        """The page shows no code any more."""
        if page in self._shown:
            self._ended[self._shown.pop(page).code] = why
        while len(self._ended) > REMEMBERED_CODES:
            self._ended.popitem(last=False)

    def expire(self, shown: ShownCode) -> bool:
        """Its time is over; False when it ended before."""
        if self._shown.get(shown.page) is not shown:
            return False
        self.end(shown.page, CodeEnd.EXPIRED)
        return True

    def page_of(self, number: str, code: str) -> int:
        """The page that shows this code for this number. Raises `Refused` with the reason when none does."""
        same_code = [shown for shown in self._shown.values() if shown.code == code]
        for shown in same_code:
            if shown.number == number:
                return shown.page
        if same_code:
            raise Refused(
                "pairing_code_other_number",
                f"This pairing code was asked for another number than {number}. Type it on that phone.",
            )
        if code in self._ended:
            name, message = ENDS[self._ended[code]]
            raise Refused(name, message, status=410)
        raise Refused(
            "pairing_code_wrong",
            "No page shows this pairing code. Type the one that the page shows now.",
            status=404,
        )
