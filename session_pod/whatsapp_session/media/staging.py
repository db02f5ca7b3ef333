"""Files on their way out: on the volume before the message is queued, and there until it has gone.

Why a name of its own for each message, and one content for all: a picture that goes to a thousand people lies
on the volume once (hard links), and each message lets go of its own name without asking for the others.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import time
import uuid
from collections.abc import AsyncIterable, Callable, Collection
from pathlib import Path
from typing import IO, TypeVar

from whatsapp_session.media import types
from whatsapp_session.outbox.errors import StorageFull
from whatsapp_session.outgoing import Media

T = TypeVar("T")

PART = ".part"
BUFFER = 256 * 1024
"""Bytes that are written in one go: a thread for each network packet would cost more than the disk."""
FORGOTTEN = 3600.0
"""Seconds after which a file that no message names was left by a process that ended in between."""


class TooLarge(Exception):
    """The file has more bytes than may be sent."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"the file is larger than {limit} bytes. Send a smaller one, or raise MEDIA_MAX_MB.")


class Empty(Exception):
    """The file has no bytes."""

    def __init__(self) -> None:
        super().__init__("the file is empty. Send its content.")


class WrongType(Exception):
    """The file is not what the message's type says."""


class Upload:
    """One file that is being written; `keep` or `drop` ends it."""

    def __init__(self, folder: Path, limit: int) -> None:
        self._folder = folder
        self._limit = limit
        self._part = folder / f"{uuid.uuid4().hex}{PART}"
        self._file: IO[bytes] | None = None
        self._buffer = bytearray()
        self._digest = hashlib.sha256()
        self._head = b""
        self.size = 0

    async def write(self, chunk: bytes) -> None:
        """Take in the next bytes. Raises TooLarge, StorageFull; the file is gone then."""
        self.size += len(chunk)
        if self.size > self._limit:
            await self.drop()
            raise TooLarge(self._limit)
        if len(self._head) < types.HEAD:
            self._head += chunk[: types.HEAD - len(self._head)]
        self._buffer += chunk
        if len(self._buffer) >= BUFFER:
            await self._flush()

    async def keep(
        self, *, kind: str, mime_type: str | None, file_name: str | None, caption: str = "", gif: bool = False
    ) -> Media:
        """The finished file as what a message carries. Raises Empty, WrongType, StorageFull."""
        try:
            if self.size == 0:
                raise Empty
            mime = types.mime_type(mime_type, file_name, self._head)
            if not types.carries(kind, mime):
                raise WrongType(
                    f"the file is {mime}, which a message of type {kind} cannot carry. "
                    "Set type to document, or mimeType to what it is."
                )
            await self._flush()
            path = await self._in_thread(self._finish)
        finally:
            await self.drop()
        return Media(
            kind=kind,
            path=str(path),
            mime_type=mime,
            file_name=types.plain_name(file_name, kind, mime),
            size=self.size,
            sha256=self._digest.hexdigest(),
            caption=caption,
            gif=gif,
        )

    async def whole(
        self,
        chunks: AsyncIterable[bytes],
        *,
        kind: str,
        mime_type: str | None,
        file_name: str | None,
        caption: str = "",
        gif: bool = False,
    ) -> Media:
        """Write all of `chunks`, and keep it. Raises as `write` and `keep`, and what `chunks` raises."""
        try:
            async for chunk in chunks:
                await self.write(chunk)
            return await self.keep(
                kind=kind, mime_type=mime_type, file_name=file_name, caption=caption, gif=gif
            )
        finally:
            await self.drop()

    async def drop(self) -> None:
        """Let go of what was written; nothing after `keep`."""
        self._buffer.clear()
        await asyncio.shield(asyncio.to_thread(self._close))

    async def _flush(self) -> None:
        taken, self._buffer = bytes(self._buffer), bytearray()
        await self._in_thread(lambda: self._append(taken))

    async def _in_thread(self, work: Callable[[], T]) -> T:
        try:
            return await asyncio.to_thread(work)
        except OSError as error:
            await self.drop()
            raise StorageFull(f"The file cannot be kept ({error.strerror})") from None

    def _append(self, taken: bytes) -> None:
        if self._file is None:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._file = os.fdopen(os.open(self._part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
        self._file.write(taken)
        self._digest.update(taken)

    def _finish(self) -> Path:
        assert self._file is not None
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        sha256 = self._digest.hexdigest()
        path = self._folder / f"{sha256}-{uuid.uuid4().hex}"
        same = next(self._folder.glob(f"{sha256}-*"), None)
        with contextlib.suppress(OSError):  # gone meanwhile, or a volume without hard links
            if same is not None:
                path.hardlink_to(same)
                self._part.unlink()
                os.utime(path)
        if not path.exists():
            self._part.replace(path)
        try:
            _sync(self._folder)
        except OSError:
            path.unlink(missing_ok=True)
            raise
        return path

    def _close(self) -> None:
        if self._file is not None:
            with contextlib.suppress(OSError):  # what could not be written is not wanted any more
                self._file.close()
        with contextlib.suppress(OSError):
            self._part.unlink(missing_ok=True)


class Staging:
    """The folder of such files."""

    def __init__(self, folder: Path, *, max_bytes: int) -> None:
        self.folder = folder
        self.max_bytes = max_bytes

    def begin(self) -> Upload:
        """A new file."""
        return Upload(self.folder, self.max_bytes)

    def release(self, path: str | Path) -> None:
        """The message has gone, or will not: its file is not needed. Nothing for one that is gone."""
        file = Path(path)
        if file.parent == self.folder:
            with contextlib.suppress(OSError):
                file.unlink(missing_ok=True)

    def clear(self, in_use: Collection[str], *, older: float = FORGOTTEN) -> None:
        """Remove what a process that ended left behind: neither named by a message nor young (seconds)."""
        limit = time.time() - older
        for file in self.folder.glob("*"):
            with contextlib.suppress(OSError):
                if str(file) not in in_use and file.stat().st_ctime < limit:
                    file.unlink()


def _sync(folder: Path) -> None:
    """Have a new name on disk, not in the file system's memory alone."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
