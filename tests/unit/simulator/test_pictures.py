"""QR pictures: what is drawn can be scanned; what cannot be scanned says why."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from whatsapp_simulator.errors import Refused
from whatsapp_simulator.pictures import MAX_PICTURE_BYTES, draw_qr, read_qr

CODE = "2@" + "x" * 132 + ("," + "A" * 43 + "=") * 3 + ",1"


def png(image: Image.Image) -> bytes:
    data = io.BytesIO()
    image.save(data, "PNG")
    return data.getvalue()


def two_codes() -> bytes:
    one = Image.open(io.BytesIO(draw_qr("one"))).convert("RGB")
    both = Image.new("RGB", (one.width * 2 + 40, one.height), "white")
    both.paste(one, (0, 0))
    both.paste(one, (one.width + 40, 0))
    return png(both)


UNREADABLE = {
    "is no picture": b"hello",
    "shows 0 QR codes": png(Image.new("RGB", (50, 50), "white")),
    "shows 2 QR codes": two_codes(),
    "pixels": png(Image.new("1", (5000, 5000))),
    f"more than {MAX_PICTURE_BYTES}": b"x" * (MAX_PICTURE_BYTES + 1),
}


@pytest.mark.parametrize(("why", "picture"), UNREADABLE.items(), ids=UNREADABLE)
def test_a_picture_that_cannot_be_scanned_says_why(why: str, picture: bytes) -> None:
    with pytest.raises(Refused) as caught:
        read_qr(picture)
    assert caught.value.code == "invalid_picture"
    assert why in caught.value.message


@pytest.mark.parametrize("text", ["", "x" * 1201])
def test_a_text_that_fits_no_code_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        draw_qr(text)


def test_what_is_drawn_is_what_is_read() -> None:
    assert read_qr(draw_qr(CODE)) == CODE
