from __future__ import annotations

import io
import re
from xml.etree import ElementTree

import pytest
import zxingcpp
from PIL import Image

from whatsapp_session import qr

LIKE_WHATSAPPS = "2@" + "Ab3+/" * 40 + "," + ",".join(["x" * 44] * 3)


def decoded(picture: Image.Image) -> str | None:
    found = zxingcpp.read_barcodes(picture)
    return found[0].text if found else None


@pytest.mark.parametrize(
    "code", ["1@short", LIKE_WHATSAPPS, "2@" + "z" * 1200], ids=["short", "usual", "long"]
)
def test_the_picture_says_the_code_and_is_at_least_300_pixels_wide(code: str) -> None:
    content = qr.png(code)
    picture = Image.open(io.BytesIO(content))
    assert picture.format == "PNG"
    assert picture.width == picture.height >= 300
    assert decoded(picture) == code
    assert len(content) < 65_535 * 3 // 4  # its base64 is a column of the CRM


def test_the_terminals_text_says_the_code_too() -> None:
    rows = qr.text(LIKE_WHATSAPPS).rstrip("\n").split("\n")
    height, width = 2 * len(rows), len(rows[0])
    picture = Image.new("L", (width, height))
    dark = {" ": (0, 0), "▀": (1, 0), "▄": (0, 1), "█": (1, 1), "\xa0": (0, 0)}
    for y, row in enumerate(rows):
        for x, half in enumerate(row):
            upper, lower = dark[half]
            picture.putpixel((x, 2 * y), 255 * upper)
            picture.putpixel((x, 2 * y + 1), 255 * lower)
    assert decoded(picture.resize((width * 4, height * 4))) == LIKE_WHATSAPPS


def test_the_vector_picture_says_the_code_on_white_of_its_own() -> None:
    svg = ElementTree.fromstring(qr.svg(LIKE_WHATSAPPS))
    ground, modules = svg.find("{*}rect"), svg.find("{*}path")
    assert ground is not None
    assert ground.attrib["fill"] == "white"
    assert modules is not None
    width = round(float(svg.attrib["viewBox"].split()[2]))
    picture = Image.new("L", (width, width), 255)
    for left, upper, right, lower in re.findall(
        r"M([\d.]+),([\d.]+)H([\d.]+)V([\d.]+)H", modules.attrib["d"]
    ):
        box = (round(float(left)), round(float(upper)), round(float(right)), round(float(lower)))
        picture.paste(0, box)
    assert decoded(picture.resize((width * 4, width * 4))) == LIKE_WHATSAPPS
