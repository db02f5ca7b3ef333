"""What a file is: by what was said of it, by its name, or by its first bytes. Pure.

Why three ways: curl sends `application/octet-stream`, clients leave names out, and WhatsApp shows a picture
only when it is told that it is one.
"""

from __future__ import annotations

import mimetypes
import re
from pathlib import PurePosixPath

UNKNOWN = "application/octet-stream"
HEAD = 64
"""Bytes of a file that are enough to know it by."""
LONGEST_NAME = 200
MIME = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,60}/[a-z0-9][a-z0-9!#$&^_.+-]{0,80}(; ?[ -~]{1,100})?")
KINDS = {
    "image": ("image/",),
    "sticker": ("image/",),
    "video": ("video/",),
    "audio": ("audio/", "application/ogg"),
    "voice": ("audio/", "application/ogg"),
    "document": ("",),
}
"""What a message of each type may carry."""
NAMES = {
    ".webp": "image/webp",
    ".opus": "audio/ogg",
    ".ogg": "audio/ogg",
    ".m4a": "audio/mp4",
    ".amr": "audio/amr",
}
"""What Python 3.11 does not know, or what WhatsApp calls otherwise."""
MAGIC: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF8", "image/gif"),
    (8, b"WEBP", "image/webp"),
    (8, b"WAVE", "audio/wav"),
    (0, b"%PDF-", "application/pdf"),
    (0, b"OggS", "audio/ogg"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"\xff\xfb", "audio/mpeg"),
    (0, b"\xff\xf3", "audio/mpeg"),
    (0, b"\xff\xf1", "audio/aac"),
    (0, b"#!AMR", "audio/amr"),
    (4, b"ftypM4A", "audio/mp4"),
    (4, b"ftyp3g", "video/3gpp"),
    (4, b"ftypqt", "video/quicktime"),
    (4, b"ftyp", "video/mp4"),
    (0, b"\x1aE\xdf\xa3", "video/webm"),
    (0, b"PK\x03\x04", "application/zip"),
)


def mime_type(given: str | None, name: str | None, head: bytes) -> str:
    """The MIME type of a file: as `given` when that says something, else by its name, else by its bytes."""
    said = (given or "").strip().lower()
    if MIME.fullmatch(said) and said.partition(";")[0] != UNKNOWN:
        return said
    suffix = PurePosixPath(name or "").suffix.lower()
    guessed = NAMES.get(suffix) or (mimetypes.guess_type(f"file{suffix}")[0] if suffix else None)
    return guessed or sniffed(head) or UNKNOWN


def sniffed(head: bytes) -> str | None:
    """What the first bytes say; None when they say nothing."""
    return next((type for at, magic, type in MAGIC if head[at : at + len(magic)] == magic), None)


def carries(kind: str, mime: str) -> bool:
    """Whether a message of type `kind` may carry such a file."""
    return mime.startswith(KINDS[kind])


def plain_name(name: str | None, kind: str, mime: str) -> str:
    """A file name without a folder or control characters; one made from the type where there is none."""
    last = PurePosixPath((name or "").replace("\\", "/")).name
    kept = "".join(char for char in last if char.isprintable())[-LONGEST_NAME:].strip()
    if kept.strip("."):
        return kept
    return kind + (mimetypes.guess_extension(mime.partition(";")[0]) or "")
