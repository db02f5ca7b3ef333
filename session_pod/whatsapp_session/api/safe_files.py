"""Files of strangers, answered so that no browser runs them: they may be HTML, and called as they like.

Threats: a page of a stranger in the CRM's origin (sandbox, nosniff, attachment), a header written by a file
name (encoded), a type that is no type (replaced).
"""

from __future__ import annotations

import re
from urllib.parse import quote

from whatsapp_session.media.types import MIME, UNKNOWN

SAFE = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cache-Control": "private, no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
}
PICTURES = {"image/jpeg", "image/png", "image/webp", "image/gif"}


def disposition(name: str | None, fallback: str) -> str:
    """`Content-Disposition` (RFC 6266): the name in ASCII for old clients, and whole (RFC 8187)."""
    whole = name or fallback
    plain = re.sub(r'[^ -~]|["\\%;/]', "_", whole)
    encoded = quote(whole.encode("utf-8", "replace"), safe="")
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}"


def content_type(said: str | None) -> str:
    """A type that can stand in a header."""
    text = (said or "").strip().lower()
    return text if MIME.fullmatch(text) else UNKNOWN


def picture_type(said: str) -> str:
    """Of a profile picture; anything that is not a plain picture is shown as bytes."""
    return said if said in PICTURES else UNKNOWN
