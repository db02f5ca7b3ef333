"""A JSON body that may hold a file: its one long text goes to the volume while it arrives.

Why not `json.loads` at once: a file of 64 MiB would be in memory three times, as bytes, as text and decoded,
for each caller. What is left after the long text was taken out is small, and is read as any other body.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable

from whatsapp_contracts.errors import ErrorCode
from whatsapp_session.api.base64s import Base64File
from whatsapp_session.api.errors import ApiError
from whatsapp_session.api.gate import CLOSE, MAX_BODY
from whatsapp_session.media.store import Upload

LONG = 800_000
"""Bytes of a text that can only be a file: 65,536 characters are 786,432 when each is escaped as a pair."""
PIECE = 65_536
"""Bytes that are looked at in one go: `rest` is not bounded more exactly than that."""
RUN = re.compile(rb'(?:[^"\\]++|\\.)*+', re.DOTALL)
"""The inside of a text: up to its quote, or to a backslash whose other half is in the next piece."""


class JsonBody:
    """Fed with pieces; `rest` is the JSON with `marker` in the place of the long text."""

    def __init__(self, begin: Callable[[], Upload]) -> None:
        self.rest = bytearray()
        self.marker = f"file-{uuid.uuid4().hex}"
        self.file: Base64File | None = None
        self._begin = begin
        self._inside = False  # of a text
        self._escaped = False  # the piece before ended in a backslash
        self._start = 0  # of this text in `rest`
        self._spilling = False

    async def feed(self, data: bytes) -> None:
        """Take in the next bytes. Raises ApiError, and what the upload raises."""
        for at in range(0, len(data), PIECE):
            await self._feed(data[at : at + PIECE])

    async def _feed(self, piece: bytes) -> None:
        at = 0
        while at < len(piece):
            if not self._inside:
                quote = piece.find(b'"', at)
                end = len(piece) if quote < 0 else quote + 1
                self._add(piece[at:end])
                self._inside, self._start = quote >= 0, len(self.rest)
            elif self._escaped:
                end = at + 1
                await self._text(piece[at:end])
                self._escaped = False
            else:
                run = RUN.match(piece, at)
                end = len(piece) if run is None else run.end()
                self._escaped = piece[end : end + 1] == b"\\"
                if self._escaped:
                    end += 1
                await self._text(piece[at:end])
                if not self._escaped and end < len(piece):
                    end += 1
                    await self._close()
            at = end

    async def _text(self, part: bytes) -> None:
        if self._spilling:
            assert self.file is not None
            await self.file.feed_json(part)
            return
        self._add(part)
        if len(self.rest) - self._start > LONG:
            if self.file is not None:
                raise _too_large()
            taken = bytes(self.rest[self._start :])
            self.rest[self._start :] = self.marker.encode()
            self.file, self._spilling = Base64File(self._begin()), True
            await self.file.feed_json(taken)

    async def _close(self) -> None:
        self._add(b'"')
        self._inside = False
        if self._spilling:
            assert self.file is not None
            self._spilling = False
            await self.file.end()

    def _add(self, part: bytes) -> None:
        self.rest += part
        if len(self.rest) > MAX_BODY:
            raise _too_large()


def _too_large() -> ApiError:
    return ApiError(
        ErrorCode.PAYLOAD_TOO_LARGE,
        f"The body is larger than {MAX_BODY} bytes beside its one file in media.data. Send less.",
        CLOSE,
    )
