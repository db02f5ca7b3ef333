"""QR codes as pictures: drawn for the page, read from what a person uploads."""

from __future__ import annotations

import io

import segno
import zxingcpp
from PIL import Image, UnidentifiedImageError

from whatsapp_simulator.errors import Refused

MAX_QR_TEXT = 1200
MAX_PICTURE_BYTES = 8 * 1024 * 1024
MAX_PICTURE_PIXELS = 20_000_000


def draw_qr(text: str) -> bytes:
    """A PNG of about 300 pixels. Raises `Refused(invalid_text)`."""
    if not 0 < len(text) <= MAX_QR_TEXT:
        raise Refused(
            "invalid_text", f"A QR text has 1 to {MAX_QR_TEXT} characters, this one {len(text)}.", status=400
        )
    picture = io.BytesIO()
    segno.make_qr(text, error="l").save(picture, kind="png", scale=4, border=2)
    return picture.getvalue()


def read_qr(picture: bytes) -> str:
    """The text of the one QR code in a picture (PNG, JPEG, WebP…). Raises `Refused(invalid_picture)`."""
    if len(picture) > MAX_PICTURE_BYTES:
        raise _unreadable(f"it has {len(picture)} bytes, more than {MAX_PICTURE_BYTES}")
    try:
        image = Image.open(io.BytesIO(picture))
        if image.width * image.height > MAX_PICTURE_PIXELS:
            raise _unreadable(f"it has {image.width} x {image.height} pixels")
        found = [
            code.text for code in zxingcpp.read_barcodes(image.convert("RGB")) if "QR" in code.format.name
        ]
    except (UnidentifiedImageError, OSError, ValueError) as error:
        raise _unreadable(f"it is no picture ({error})") from error
    if len(found) != 1:
        raise _unreadable(f"it shows {len(found)} QR codes")
    return found[0]


def _unreadable(why: str) -> Refused:
    return Refused(
        "invalid_picture",
        f"The picture cannot be scanned: {why}. Send one PNG or JPEG with the whole QR code in it.",
        status=400,
    )
