"""The QR as a picture: base64 of a PNG, at least 300 px wide, under 65,535 bytes (contract B).

Why error correction L: a code of 240 characters stays coarse enough for a phone at arm's length.
"""

from __future__ import annotations

import base64
import io

import qrcode
from qrcode.constants import ERROR_CORRECT_L
from qrcode.image.pil import PilImage

MIN_PIXELS = 300
BORDER = 4
"""Modules of white around the code, as the standard asks."""
PREFIX = "data:image/png;base64,"


def base64_png(code: str) -> str:
    """`code` as a picture, every module the same number of whole pixels. Raises ValueError for a code that
    no QR can hold."""
    modules = _matrix(code).modules_count + 2 * BORDER
    picture = _matrix(code, box_size=max(4, -(-MIN_PIXELS // modules))).make_image(image_factory=PilImage)
    out = io.BytesIO()
    picture.save(out, format="PNG", optimize=True)
    return base64.b64encode(out.getvalue()).decode()


def _matrix(code: str, box_size: int = 1) -> qrcode.QRCode[PilImage]:
    drawing: qrcode.QRCode[PilImage] = qrcode.QRCode(
        error_correction=ERROR_CORRECT_L, box_size=box_size, border=BORDER
    )
    drawing.add_data(code)
    drawing.make(fit=True)
    return drawing
