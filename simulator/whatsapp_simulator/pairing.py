"""Linking a browser by a scanned code: the whole decision, without sockets, clock or database.

The code has the real form `2@<ref>,<noise key>,<identity key>,<adv secret>[,<n>]`: a ref that the server
gave to one open page, and keys that this page made. A ref is good while it is shown: not after its
rotation, not after its page has gone, and once.
"""

from __future__ import annotations

import base64
import binascii
import secrets
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from whatsapp_simulator.errors import Refused
from whatsapp_simulator.records import Device

REF_PREFIX = "2@"
KEY_BYTES = 32
# Refs that ended are remembered, so that a late scan gets the true reason; the oldest become unknown.
REMEMBERED_REFS = 5000


@dataclass(frozen=True)
class PageKeys:
    """The public halves of what a page made for this pairing, base64."""

    noise: str
    identity: str
    adv: str


@dataclass(frozen=True)
class ScannedCode:
    ref: str
    keys: PageKeys


class RefEnd(StrEnum):
    """Why a ref is no longer good."""

    ROTATED = "rotated"
    USED = "used"
    GONE = "gone"


ENDS = {
    RefEnd.ROTATED: (
        "qr_expired",
        "This QR code is no longer shown: the page has a newer one. Scan the code that it shows now.",
    ),
    RefEnd.USED: (
        "qr_used",
        "This QR code was scanned before and works only once. Scan the code that the page shows now.",
    ),
    RefEnd.GONE: (
        "qr_page_gone",
        "The page that showed this QR code is closed or lost its connection. Scan the code of an open page.",
    ),
}


class Refs:
    """Which page shows which ref. `page` is any key that names one open socket."""

    def __init__(self) -> None:
        self._live: dict[str, int] = {}
        self._ended: OrderedDict[str, RefEnd] = OrderedDict()

    def show(self, page: int) -> str:
        """A new ref for this page; the one that it showed before is rotated away."""
        self.end(page, RefEnd.ROTATED)
        ref = REF_PREFIX + base64.b64encode(secrets.token_bytes(99)).decode()
        self._live[ref] = page
        return ref

    def end(self, page: int, why: RefEnd) -> None:
        """The page shows nothing any more."""
        for ref in [ref for ref, shown_by in self._live.items() if shown_by == page]:
            del self._live[ref]
            self._ended[ref] = why
        while len(self._ended) > REMEMBERED_REFS:
            self._ended.popitem(last=False)

    def page_of(self, ref: str) -> int:
        """The page that shows this ref now. Raises `Refused` with the reason when none does."""
        if ref in self._live:
            return self._live[ref]
        if ref in self._ended:
            code, message = ENDS[self._ended[ref]]
            raise Refused(code, message, status=410)
        raise Refused(
            "qr_unknown",
            "No page of this simulator ever showed this QR code (or it was restarted since). "
            "Scan the code that the page shows now.",
            status=404,
        )


def _is_key(text: str) -> bool:
    try:
        return len(base64.b64decode(text, validate=True)) == KEY_BYTES
    except (binascii.Error, ValueError):
        return False


def read_code(text: str) -> ScannedCode:
    """The parts of a scanned code. Raises `Refused(not_a_whatsapp_qr)` when it is some other QR code."""
    parts = text.strip().split(",")
    if len(parts) not in (4, 5) or not parts[0].startswith(REF_PREFIX) or not all(map(_is_key, parts[1:4])):
        raise Refused(
            "not_a_whatsapp_qr",
            f"This is no WhatsApp linking code ({len(text)} characters, {len(parts)} parts). "
            "Scan the QR code of the WhatsApp page: `2@<ref>,<key>,<key>,<secret>`.",
            status=400,
        )
    return ScannedCode(ref=parts[0], keys=PageKeys(noise=parts[1], identity=parts[2], adv=parts[3]))


def check_scan(code: ScannedCode, shown: PageKeys) -> None:
    """Whether the page that showed this code made it; raises `Refused` when not."""
    if code.keys != shown:
        raise Refused(
            "qr_keys_differ",
            "The keys in this code are not those of the page that shows it: it was altered. "
            "Scan the code from the page itself.",
            status=400,
        )


def check_room(linked: Sequence[Device], limit: int) -> None:
    """Whether the phone may link one more device; raises `Refused` when not."""
    if len(linked) >= limit:
        names = ", ".join(device.id for device in linked)
        raise Refused(
            "too_many_devices",
            f"This phone has {len(linked)} linked devices and WhatsApp allows {limit}. "
            f"Unlink one first (POST /phones/<number>/unlink): {names}.",
        )
