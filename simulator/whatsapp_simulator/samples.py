"""A small valid file of each media kind, for messages that a test sends without one of its own.

Why made here: no picture or sound of anybody's lies in the repository, and each has a size and a length
that can be checked. The video has all its boxes but no picture: players show nothing of it.
"""

from __future__ import annotations

import io
import math
import struct
from dataclasses import dataclass

from PIL import Image

SECONDS = 2
_RATE = 8000


@dataclass(frozen=True)
class Sample:
    data: bytes
    mime_type: str
    file_name: str | None = None
    seconds: int | None = None
    width: int | None = None
    height: int | None = None


def _picture(size: int, form: str) -> bytes:
    file = io.BytesIO()
    Image.linear_gradient("L").resize((size, size)).convert("RGB").save(file, form)
    return file.getvalue()


def _sound() -> bytes:
    """A tone as WAV, mono, 8 bit."""
    tone = bytes(128 + round(60 * math.sin(i * 2 * math.pi * 440 / _RATE)) for i in range(SECONDS * _RATE))
    form = b"fmt " + struct.pack("<IHHIIHH", 16, 1, 1, _RATE, _RATE, 1, 8)
    body = b"WAVE" + form + b"data" + struct.pack("<I", len(tone)) + tone
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _crc(data: bytes) -> int:
    crc = 0
    for byte in data:
        crc ^= byte << 24
        for _ in range(8):
            crc = (crc << 1) ^ (0x04C11DB7 if crc & 0x80000000 else 0)
            crc &= 0xFFFFFFFF
    return crc


def _ogg_page(packets: list[bytes], *, flags: int, position: int, number: int) -> bytes:
    table = b"".join(bytes([len(packet)]) for packet in packets)
    head = b"OggS" + struct.pack("<BBqIII", 0, flags, position, 1, number, 0) + bytes([len(table)]) + table
    page = head + b"".join(packets)
    return page[:22] + struct.pack("<I", _crc(page)) + page[26:]


def _voice() -> bytes:
    """Silence as Ogg Opus: 20 ms a packet, 48 kHz."""
    opened = b"OpusHead" + struct.pack("<BBHIHB", 1, 1, 312, 48000, 0, 0)
    tags = b"OpusTags" + struct.pack("<I", 9) + b"simulator" + struct.pack("<I", 0)
    count = SECONDS * 50
    sound = _ogg_page([b"\xf8\xff\xfe"] * count, flags=4, position=count * 960 + 312, number=2)
    return (
        _ogg_page([opened], flags=2, position=0, number=0)
        + _ogg_page([tags], flags=0, position=0, number=1)
        + sound
    )


def _box(name: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I", len(body) + 8) + name + body


def _video() -> bytes:
    """MP4: a header that says two seconds and 64 x 64, and a track without samples."""
    matrix = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
    mvhd = _box(
        b"mvhd",
        struct.pack(">IIIIIIH10x", 0, 0, 0, 1000, SECONDS * 1000, 0x10000, 0x100),
        matrix,
        bytes(24),
        struct.pack(">I", 2),
    )
    tkhd = _box(
        b"tkhd",
        struct.pack(">IIIIIIQHHHH", 7, 0, 0, 1, 0, SECONDS * 1000, 0, 0, 0, 0, 0),
        matrix,
        struct.pack(">II", 64 << 16, 64 << 16),
    )
    return _box(b"ftyp", b"isom", struct.pack(">I", 512), b"isommp41") + _box(
        b"moov", mvhd, _box(b"trak", tkhd)
    )


_PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>endobj\n"
    b"trailer<</Root 1 0 R>>\n%%EOF\n"
)


def sample(kind: str) -> Sample:
    """A file of one of `kinds.MEDIA`."""
    match kind:
        case "image":
            return Sample(_picture(64, "JPEG"), "image/jpeg", width=64, height=64)
        case "sticker":
            return Sample(_picture(512, "WEBP"), "image/webp", width=512, height=512)
        case "video" | "gif":
            return Sample(_video(), "video/mp4", seconds=SECONDS, width=64, height=64)
        case "audio":
            return Sample(_sound(), "audio/wav", seconds=SECONDS)
        case "voice":
            return Sample(_voice(), "audio/ogg; codecs=opus", seconds=SECONDS)
        case _:
            return Sample(_PDF, "application/pdf", file_name="sample.pdf")
