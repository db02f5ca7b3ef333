from __future__ import annotations

import pytest

from whatsapp_session.media.types import carries, mime_type, plain_name

PNG, PDF, OGG, MP4 = b"\x89PNG\r\n\x1a\n1234", b"%PDF-1.7", b"OggS0000", b"0000ftypisom"


@pytest.mark.parametrize(
    ("given", "name", "head", "want"),
    [
        ("image/PNG", "a.pdf", PDF, "image/png"),
        ("audio/ogg; codecs=opus", None, b"", "audio/ogg; codecs=opus"),
        ("application/octet-stream", "a.pdf", b"", "application/pdf"),
        (None, "A.WEBP", b"", "image/webp"),
        (None, "a.unknown", PNG, "image/png"),
        (None, None, PDF, "application/pdf"),
        ("", "", OGG, "audio/ogg"),
        (None, None, MP4, "video/mp4"),
        (None, None, b"RIFF0000WEBPVP8 ", "image/webp"),
        (None, None, b"hello", "application/octet-stream"),
        ("png", None, b"hello", "application/octet-stream"),
        ("image/png\r\nX: y", None, b"hello", "application/octet-stream"),
    ],
)
def test_a_type_is_as_said_else_as_named_else_as_it_begins(
    given: str | None, name: str | None, head: bytes, want: str
) -> None:
    assert mime_type(given, name, head) == want


@pytest.mark.parametrize(
    ("kind", "mime", "want"),
    [
        ("image", "image/png", True),
        ("image", "application/pdf", False),
        ("voice", "audio/ogg; codecs=opus", True),
        ("voice", "video/mp4", False),
        ("sticker", "image/webp", True),
        ("document", "application/x-anything", True),
    ],
)
def test_a_message_carries_what_its_type_says(kind: str, mime: str, want: bool) -> None:
    assert carries(kind, mime) is want


@pytest.mark.parametrize(
    ("name", "want"),
    [
        ("invoice.pdf", "invoice.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ana\\a.pdf", "a.pdf"),
        ("a\x00b\n.pdf", "ab.pdf"),
        ("..", "document.pdf"),
        ("", "document.pdf"),
        (None, "document.pdf"),
        ("x" * 300 + ".pdf", "x" * 196 + ".pdf"),
    ],
)
def test_a_name_is_never_a_path(name: str | None, want: str) -> None:
    assert plain_name(name, "document", "application/pdf") == want
