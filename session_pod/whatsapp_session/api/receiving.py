"""What came with `POST /messages`: the JSON, and its file on the volume, whichever way it was sent."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from python_multipart.multipart import parse_options_header
from starlette.requests import Request

from whatsapp_contracts.errors import ErrorCode
from whatsapp_session.api import fields
from whatsapp_session.api.base64s import Base64File
from whatsapp_session.api.composing import Source, Wish
from whatsapp_session.api.errors import wrong
from whatsapp_session.api.form_body import FormBody
from whatsapp_session.api.json_body import JsonBody
from whatsapp_session.api.refusals import refusing
from whatsapp_session.media.store import MediaStore, Upload
from whatsapp_session.net.fetch import fetch
from whatsapp_session.net.guard import Guard
from whatsapp_session.outgoing import Media

EXAMPLE = '{"to": "5491123456789", "text": "Hello"}'
FETCH_TIMEOUT = 30.0


class Received:
    """`data` is the JSON; `form`: its file came as a part. The file is its own until `file` made it Media."""

    def __init__(self, media: MediaStore) -> None:
        self.data: dict[str, Any] = {}
        self.form = False
        self._media = media
        self._upload: Upload | None = None
        self._part_name: str | None = None
        self._part_type: str | None = None

    async def read_json(self, request: Request) -> None:
        """Raises ApiError, and what the upload raises."""
        body = JsonBody(self._begin)
        async for piece in request.stream():
            await body.feed(piece)
        self.data = fields.parse(body.rest, EXAMPLE)
        if body.file is not None:
            media = self.data.get("media")
            if not isinstance(media, dict) or media.get("data") != body.marker:
                raise wrong("A text of the body is too long, and is not media.data. Shorten it.")
            self._part_type = body.file.mime_type

    async def read_form(self, request: Request, boundary: bytes) -> None:
        """Raises ApiError, and what the upload raises."""
        body = FormBody(boundary, self._begin)
        async for piece in request.stream():
            await body.feed(piece)
        body.end()
        self.data = fields.parse(body.message or b"", EXAMPLE)
        self.form = body.upload is not None
        self._part_name, self._part_type = body.file_name, body.mime_type

    async def file(self, wanted: Wish, guard: Guard) -> Media:
        """The file of the message, on the volume. Raises ApiError, and what store and fetch raise."""
        source = wanted.source
        assert source is not None, "a message without content has a file"
        if source.url is not None:
            return await self._fetched(wanted, source, source.url, guard)
        if self._upload is None:
            decoding = Base64File(self._begin())
            await decoding.feed(source.data or "")
            await decoding.end()
            self._part_type = decoding.mime_type
        assert self._upload is not None
        return await self._upload.keep(
            kind=wanted.type,
            mime_type=source.mime_type or self._part_type,
            file_name=source.file_name or self._part_name,
            caption=wanted.caption,
            gif=source.gif,
        )

    async def drop(self) -> None:
        """Let go of a file that became no message."""
        if self._upload is not None:
            await self._upload.drop()

    def _begin(self) -> Upload:
        self._upload = self._media.begin()
        return self._upload

    async def _fetched(self, wanted: Wish, source: Source, url: str, guard: Guard) -> Media:
        async with fetch(guard, url, limit=self._media.max_bytes, timeout=FETCH_TIMEOUT) as fetched:
            return await self._media.stage(
                fetched.chunks,
                kind=wanted.type,
                mime_type=source.mime_type or fetched.mime_type,
                file_name=source.file_name or fetched.file_name,
                caption=wanted.caption,
                gif=source.gif,
            )


@asynccontextmanager
async def received(request: Request, media: MediaStore) -> AsyncIterator[Received]:
    """The body of one call; what it left on the volume and is no message goes at the end. Raises ApiError."""
    kind, options = parse_options_header(request.headers.get("content-type"))
    body = Received(media)
    try:
        with refusing(not_found=ErrorCode.MESSAGE_NOT_FOUND, failed=ErrorCode.SEND_FAILED):
            if kind == b"multipart/form-data":
                await body.read_form(request, options.get(b"boundary", b""))
            else:
                await body.read_json(request)
            yield body
    finally:
        await body.drop()
