"""The QR as a picture and as text. The code itself is opaque: WhatsApp on the phone reads it, nobody else.

Why error correction L: a code of 240 characters stays coarse enough for a phone at arm's length.
"""

from __future__ import annotations

import io

import qrcode
from qrcode.constants import ERROR_CORRECT_L
from qrcode.image.pil import PilImage
from qrcode.image.svg import SvgPathImage

MIN_PIXELS = 300
"""Contracts A and B: a narrower picture is not scanned from a projector or a cheap camera."""
BORDER = 4
"""Modules of white around the code, as the standard asks."""


def png(code: str) -> bytes:
    """`code` as a PNG of at least 300 by 300 pixels, every module the same number of whole pixels."""
    modules = _matrix(code).modules_count + 2 * BORDER
    drawing = _matrix(code, box_size=max(4, -(-MIN_PIXELS // modules)))
    picture = drawing.make_image(image_factory=PilImage)
    out = io.BytesIO()
    picture.save(out, format="PNG")
    return out.getvalue()


def svg(code: str) -> bytes:
    """`code` as an SVG that draws its own white ground, so that it scans on a dark page too."""
    picture = _matrix(code, box_size=20).make_image(image_factory=_OnWhite)  # 2 mm each: 13 cm on a screen
    out = io.BytesIO()
    picture.save(out)
    return out.getvalue()


def text(code: str) -> str:
    """`code` for a terminal, two rows of modules a line; light on dark and dark on light both scan."""
    out = io.StringIO()
    _matrix(code).print_ascii(out=out, invert=True)
    return out.getvalue()


class _OnWhite(SvgPathImage):  # type: ignore[misc]
    background = "white"


def _matrix(code: str, box_size: int = 1) -> qrcode.QRCode[PilImage]:
    drawing: qrcode.QRCode[PilImage] = qrcode.QRCode(
        error_correction=ERROR_CORRECT_L, box_size=box_size, border=BORDER
    )
    drawing.add_data(code)
    drawing.make(fit=True)
    return drawing
