"""Base64 that comes in pieces, written as a file: neither form of it is ever in memory as a whole.

Lenient where encoders differ: line breaks, a missing padding, a `data:` prefix, and the escapes that PHP and
.NET put into JSON (`\\/`, `\\u002B`). Everything else is refused.
"""

from __future__ import annotations

import base64
import json

from whatsapp_session.api.errors import wrong
from whatsapp_session.media.store import Upload

PREFIX = 256
"""Characters within which `data:image/png;base64,` ends."""
WHITE = {ord(char): None for char in " \t\r\n"}


class Base64File:
    """Decodes into `upload`; `mime_type` is what a `data:` prefix says."""

    def __init__(self, upload: Upload) -> None:
        self.upload = upload
        self.mime_type: str | None = None
        self._escape = b""  # the beginning of an escape whose end has not come
        self._held = ""  # characters that are not four yet, or may be a prefix
        self._begun = False
        self._padded = False

    async def feed_json(self, raw: bytes) -> None:
        """The next piece of a JSON string's inside. Raises ApiError, and what the upload raises."""
        raw = self._escape + raw
        cut = _unfinished(raw)
        raw, self._escape = raw[:cut], raw[cut:]
        try:
            text = json.loads(b'"%b"' % raw) if b"\\" in raw else raw.decode("ascii")
        except ValueError:
            raise _not_base64() from None
        await self.feed(text)

    async def feed(self, text: str) -> None:
        """The next characters. Raises ApiError, and what the upload raises."""
        self._held += text.translate(WHITE)
        if not self._begun and len(self._held) < PREFIX:
            return
        self._begin()
        whole = len(self._held) // 4 * 4
        taken, self._held = self._held[:whole], self._held[whole:]
        await self._write(taken)

    async def end(self) -> None:
        """Nothing follows."""
        self._begin()
        if self._escape or len(self._held) % 4 == 1:
            raise _not_base64()
        await self._write(self._held + "=" * (-len(self._held) % 4))

    def _begin(self) -> None:
        if not self._begun:
            self._begun = True
            if self._held.startswith("data:"):
                head, comma, rest = self._held.removeprefix("data:").partition(",")
                if not comma or not head.endswith(";base64"):
                    raise _not_base64()
                self.mime_type, self._held = head.removesuffix(";base64") or None, rest

    async def _write(self, text: str) -> None:
        if not text:
            return
        if self._padded:
            raise _not_base64()
        self._padded = text.endswith("=")
        try:
            decoded = base64.b64decode(text, validate=True)
        except ValueError:
            raise _not_base64() from None
        await self.upload.write(decoded)


def _unfinished(raw: bytes) -> int:
    """Where an escape begins that does not end in `raw`; its length when none does."""
    at = raw.rfind(b"\\", max(0, len(raw) - 5))
    if at >= 0 and (at == len(raw) - 1 or raw[at + 1 : at + 2] == b"u"):
        return at
    return len(raw)


def _not_base64() -> Exception:
    return wrong("media.data is not base64. Encode the file's bytes, all of them, and nothing else.")
