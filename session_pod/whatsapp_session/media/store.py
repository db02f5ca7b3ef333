"""All files of the session: what goes out (`staging`), what came in, and how long each stays.

Promises: a file is seen whole or not at all (written beside, synced, renamed); no name that somebody sent is
ever a path; what came in goes oldest first, by age, by the size of all, and when the volume is full.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sqlite3
from collections.abc import AsyncIterable, Callable, Collection
from datetime import datetime
from pathlib import Path
from typing import IO

from whatsapp_session.database import Database
from whatsapp_session.media.index import File, FileState, Index
from whatsapp_session.media.staging import PART, Empty, Staging, TooLarge, Upload, WrongType
from whatsapp_session.outbox.errors import StorageFull
from whatsapp_session.outgoing import Media

log = logging.getLogger(__name__)

DAY = 86_400.0
ROWS_KEPT = 90 * DAY
"""Seconds that it is remembered why the file of a message is not here."""
UNDER_PRESSURE = 32 * 1024 * 1024
"""Bytes that one sweep of a full volume lets go of, at least; the watch comes again if that is too little."""


class MediaStore:
    """`max_bytes` is of one file, `keep_days` and `keep_bytes` of all that came in."""

    def __init__(
        self, folder: Path, database: Database, *, max_bytes: int, keep_days: float, keep_bytes: int
    ) -> None:
        """Raises sqlite3.Error. Folders are made when there is something to put into them."""
        self.max_bytes = max_bytes
        self.pressure = False
        """Whether the volume is full: nothing that comes in is stored until it is not."""
        self.index = Index(database)
        self.staging = Staging(folder / "outgoing", max_bytes=max_bytes)
        self.in_use: Callable[[], Collection[str]] | None = None
        """The staged paths that queued messages still need; set by the process. None: none is cleared."""
        self._incoming = folder / "incoming"
        self._keep_days, self._keep_bytes = keep_days, keep_bytes

    def begin(self) -> Upload:
        """A new file to be sent, written piece by piece. Raises StorageFull under pressure: the little room
        that is left is for messages."""
        if self.pressure:
            raise StorageFull("The file cannot be kept")
        return self.staging.begin()

    async def stage(
        self,
        chunks: AsyncIterable[bytes],
        *,
        kind: str,
        mime_type: str | None,
        file_name: str | None,
        caption: str = "",
        gif: bool = False,
    ) -> Media:
        """A whole file to be sent. Raises TooLarge, Empty, WrongType, StorageFull, what `chunks` raises."""
        return await self.begin().whole(
            chunks, kind=kind, mime_type=mime_type, file_name=file_name, caption=caption, gif=gif
        )

    def release(self, path: str | Path) -> None:
        """A staged file is not needed any more."""
        self.staging.release(path)

    def part(self, id: str) -> Path:
        """Where the file of a message is written; raises OSError."""
        self._incoming.mkdir(parents=True, exist_ok=True)
        return self._incoming / f"{id}{PART}"

    def take(self, id: str) -> int:
        """Make the written part the file; its size. Raises OSError."""
        part = self.part(id)
        with part.open("rb") as written:
            os.fsync(written.fileno())
        size = part.stat().st_size
        part.replace(self._incoming / id)
        return size

    def drop(self, id: str) -> None:
        """Let go of a part."""
        with contextlib.suppress(OSError):
            self.part(id).unlink(missing_ok=True)

    def open(self, file: File) -> IO[bytes] | None:
        """A stored file, to read; None for one that is gone."""
        try:
            return (self._incoming / file.id).open("rb")
        except OSError:
            return None

    def here(self, file: File) -> bool:
        """Whether a stored file is on the volume: somebody may have made room by hand."""
        return (self._incoming / file.id).is_file()

    def start(self) -> None:
        """Remove the parts that a process before this one left. Call it once, before anything is written."""
        for folder in (self._incoming, self.staging.folder):
            for part in folder.glob(f"*{PART}"):
                with contextlib.suppress(OSError):
                    part.unlink()

    async def sweep(self, now: datetime, pressure: bool) -> int:
        """Let go of what is too old or too much, under pressure of the oldest; the bytes that came free."""
        self.pressure = pressure
        try:
            return await asyncio.to_thread(self._sweep, now.timestamp(), pressure)
        except (OSError, sqlite3.Error) as error:
            log.error("media could not be cleared: %s", error)
            return 0

    def _sweep(self, now: float, pressure: bool) -> int:
        stored = self.index.stored()
        too_many = sum(size for _, size, _ in stored) - self._keep_bytes
        if pressure:
            too_many = max(too_many, UNDER_PRESSURE)
        gone: list[str] = []
        freed = 0
        for id, size, came in stored:
            if came >= now - self._keep_days * DAY and freed >= too_many:
                break
            with contextlib.suppress(FileNotFoundError):
                (self._incoming / id).unlink()
            gone.append(id)
            freed += size
        if gone:
            self.index.removed(gone, "It was removed to make room: GET /media asks WhatsApp for it again.")
        self.index.forget(now - ROWS_KEPT)
        if self.in_use is not None:
            self.staging.clear(self.in_use())
        return freed


__all__ = ["Empty", "File", "FileState", "MediaStore", "TooLarge", "Upload", "WrongType"]
