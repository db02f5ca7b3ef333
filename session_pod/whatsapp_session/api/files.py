"""`GET /media/{id}`: the file of a message."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import IO

from fastapi import APIRouter
from fastapi.responses import StreamingResponse

from whatsapp_contracts.errors import ErrorCode
from whatsapp_session.api.describe import described
from whatsapp_session.api.errors import ApiError
from whatsapp_session.api.params import MediaId
from whatsapp_session.api.refusals import refusing
from whatsapp_session.api.safe_files import SAFE, content_type, disposition
from whatsapp_session.api.services import Services
from whatsapp_session.media.store import File, FileState

WAIT = 30.0
"""Seconds that a file which is being fetched is waited for."""
CHUNK = 256 * 1024


def router(services: Services) -> APIRouter:
    """The route of one session."""
    routes = APIRouter(tags=["media"])

    @routes.get(
        "/media/{mediaId}",
        response_class=StreamingResponse,
        **described(
            "Get the file of a message",
            content={"*/*": {"schema": {"type": "string", "format": "binary"}}},
            errors=(ErrorCode.MEDIA_NOT_FOUND, ErrorCode.STORAGE_FULL),
        ),
    )
    async def media(media_id: MediaId) -> StreamingResponse:
        """A file that is being fetched is waited for; one that was removed is asked of WhatsApp again."""
        with refusing(not_found=ErrorCode.MEDIA_NOT_FOUND, failed=ErrorCode.MEDIA_NOT_FOUND):
            file = await services.inbound.wanted(media_id, WAIT)
        if file is None:
            raise ApiError(
                ErrorCode.MEDIA_NOT_FOUND, f"No message here has {media_id}. Take it from a message."
            )
        opened = await asyncio.to_thread(services.media.open, file)
        if file.state is not FileState.STORED or opened is None:
            if opened is not None:
                opened.close()
            raise ApiError(
                ErrorCode.MEDIA_NOT_FOUND, f"The file is not here ({file.state.value}). {_why(file)}"
            )
        return StreamingResponse(
            content(opened),
            headers=SAFE
            | {
                "Content-Type": content_type(file.mime_type),  # by hand: the framework would add a charset
                "Content-Disposition": disposition(file.file_name, file.id),
                "Content-Length": str(file.size),
            },
        )

    return routes


async def content(file: IO[bytes]) -> AsyncIterator[bytes]:
    """The file in pieces; it is closed in any case."""
    try:
        while piece := await asyncio.to_thread(file.read, CHUNK):
            yield piece
    finally:
        file.close()


def _why(file: File) -> str:
    if file.state is FileState.PENDING:
        return "It is still being fetched. Ask again."
    return file.reason or "Ask again."
