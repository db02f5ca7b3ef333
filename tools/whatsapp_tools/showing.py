"""How a demo shows what it does: numbered headings, labelled lines, a QR in text; and whose numbers."""

from __future__ import annotations

import qrcode

OURS = "5491100000051"
"""The number that logs in to the session. A fiction, like everything in the simulator."""
CUSTOMER = "5491100000099"


def heading(number: int, text: str) -> None:
    print(f"\n━━ {number}. {text}", flush=True)


def show(label: str, value: object) -> None:
    print(f"   {label:<22} {value}", flush=True)


def draw(code: str) -> None:
    """The QR as text, two modules a character, with the quiet zone that a camera needs."""
    picture = qrcode.QRCode(border=2, error_correction=qrcode.constants.ERROR_CORRECT_L)
    picture.add_data(code)
    picture.print_ascii(invert=True)
