"""Files between disk and page, in pieces.

Why pieces: what passes through the browser's control channel is held several times on its way; with pieces of
1 MiB a film of 64 MiB costs a few of them, and the pull loop's calls pass in between.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from whatsapp_session.engine import wa
from whatsapp_session.engine.page import WhatsAppPage
from whatsapp_session.engine.protocol import EngineError, EngineStuck, NotFound, Picture, Stage

PIECE = 1024 * 1024
"""Bytes; one less than a multiple of three would only cost the padding of each piece."""
PICTURE_LIMIT = 5 * 1024 * 1024
"""Bytes of a profile picture; WhatsApp's own have 640 pixels each way."""
DROP_TIMEOUT = 5.0


async def upload(page: WhatsAppPage, path: Path, *, timeout: float) -> int:
    """Hand the file to the page; the handle to send it by. Raises OSError, EngineError."""
    handle: int | None = None
    try:
        async with _bounded(Stage.UPLOAD, timeout), page.files:
            with await asyncio.to_thread(path.open, "rb") as file:
                while (piece := await asyncio.to_thread(file.read, PIECE)) or handle is None:
                    data = base64.b64encode(piece).decode("ascii")
                    argument = {"handle": handle, "data": data}
                    handle = wa.value(await page.call(Stage.UPLOAD, "upload", argument, timeout=timeout))
    except BaseException:
        await _drop(page, handle)
        raise
    assert handle is not None
    return handle


async def download(page: WhatsAppPage, message_id: str, into: Path, *, limit: int, timeout: float) -> str:
    """`WhatsAppEngine.download`, on a page."""
    handle: int | None = None
    try:
        async with _bounded(Stage.DOWNLOAD, timeout), page.files:
            argument: dict[str, Any] = {"id": message_id, "limit": limit}
            got = wa.value(await page.call(Stage.DOWNLOAD, "download", argument, timeout=timeout))
            handle, size = got.get("handle"), int(got["size"])
            if handle is None or size > limit:
                raise ValueError(f"The file has {size} bytes, more than {limit}.")
            with await asyncio.to_thread(into.open, "wb") as file:
                for start in range(0, size, PIECE):
                    argument = {"handle": handle, "from": start, "to": min(start + PIECE, size)}
                    piece = wa.value(await page.call(Stage.DOWNLOAD, "piece", argument, timeout=timeout))
                    await asyncio.to_thread(file.write, base64.b64decode(piece))
    except BaseException:
        with contextlib.suppress(OSError):
            await asyncio.to_thread(into.unlink, missing_ok=True)  # half a file is none
        raise
    finally:
        await _drop(page, handle)
    return str(got["mimeType"] or "application/octet-stream")


async def picture(page: WhatsAppPage, id: str, *, timeout: float) -> Picture:
    """`WhatsAppEngine.picture`, on a page."""
    argument = {"id": id, "limit": PICTURE_LIMIT}
    got = wa.value(await page.call(Stage.READ, "picture", argument, timeout=timeout))
    content = base64.b64decode(got["data"])
    if not content:
        raise NotFound("WhatsApp gave an empty picture.")
    return Picture(content=content, mime_type=got["mimeType"].partition(";")[0].strip())


@contextlib.asynccontextmanager
async def _bounded(stage: Stage, timeout: float) -> AsyncIterator[None]:
    """All pieces together within `timeout` seconds. Raises EngineStuck."""
    try:
        async with asyncio.timeout(timeout):
            yield
    except TimeoutError:
        raise EngineStuck(stage, timeout) from None


async def _drop(page: WhatsAppPage, handle: int | None) -> None:
    """Have the page forget the file; one that is lost has forgotten already."""
    if handle is not None:
        with contextlib.suppress(EngineError):
            await page.call(Stage.UPLOAD, "drop", handle, timeout=DROP_TIMEOUT)
