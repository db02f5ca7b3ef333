"""The volume's free space, and what goes first when there is little of it.

The policy (`docs/contracts.md`, "A full volume"): nothing that comes in is stored, stored media go, oldest
first, then events that every webhook has had; what a webhook has not had goes last, and only while nothing at
all can be written. Sending goes on, and nothing is left half written.

Why a reserve: to let go of rows SQLite must write first. A file of a few MiB is given up then, and made
again when there is room.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import shutil
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

from whatsapp_session.journal import Journal

log = logging.getLogger(__name__)

LOW = 32 * 2**20
LOW_SHARE = 0.05
EASY = 1.5
"""How many times the limit has to be free again, so that the view does not flap."""
RESERVE = 4 * 2**20
RESERVE_SHARE = 0.02
EXHAUSTED = 2**20
"""Bytes; with less a write of the browser may have failed half-way (`engine.leveldb`)."""
LOOK_EVERY = 1.0
TEND_EVERY = timedelta(hours=1)
PROBE = "storage_probe"  # a note in the journal


class SessionLike(Protocol):
    """What is told of it."""

    async def storage(self, pressure: bool) -> None: ...

    def renew(self, because: str) -> None: ...


class MediaLike(Protocol):
    """What lets go of files."""

    async def sweep(self, now: datetime, pressure: bool) -> int: ...


class Storage:
    """Watches one volume. `pressure` is as the session's view shows it."""

    def __init__(
        self,
        folder: Path,
        reserve: Path,
        *,
        session: SessionLike,
        media: MediaLike,
        journal: Journal,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        usage: Callable[[Path], tuple[int, int, int]] = shutil.disk_usage,
    ) -> None:
        """`folder` is on the volume, `reserve` the name of the file that is kept to be given up."""
        self.pressure = False
        self._folder = folder
        self._reserve = reserve
        self._session = session
        self._media = media
        self._journal = journal
        self._clock = clock
        self._usage = usage
        self._tended_at: datetime | None = None
        self._exhausted = False

    async def run(self) -> None:
        """Watch, until cancelled."""
        while True:
            try:
                await self.check()
            except Exception as error:
                log.error("the volume could not be watched", exc_info=error)
            await asyncio.sleep(LOOK_EVERY)

    async def check(self) -> None:
        """Look once, and do what the policy says."""
        total, _, free = await asyncio.to_thread(self._usage, self._folder)
        self._exhausted = self._exhausted or free < EXHAUSTED
        free += await asyncio.to_thread(self._kept)  # the reserve is ours to give up: it is not used space
        now = self._clock()
        if (pressure := pressed(self.pressure, free, total)) is not self.pressure:
            self.pressure = pressure
            if pressure:
                log.error("%d MiB are free on %s. Make room on the volume.", free // 2**20, self._folder)
            else:
                log.info("there is room on %s again", self._folder)
                await asyncio.to_thread(self._keep_reserve, total)
            await self._session.storage(pressure)
            if self._exhausted and not pressure:
                self._exhausted = False
                self._session.renew("The volume was full, and what the browser could not write is repaired.")
        elif self._tended_at is None:
            await asyncio.to_thread(self._keep_reserve, total)
        if pressure or self._tended_at is None or now - self._tended_at > TEND_EVERY:
            self._tended_at = now
            await self._media.sweep(now, pressure)
            await asyncio.to_thread(self._trim, now, pressure)

    def _trim(self, now: datetime, pressure: bool) -> None:
        try:
            if pressure:
                self._journal.write_note(PROBE, now.isoformat())
            self._journal.trim(now, pressure)
        except sqlite3.Error as error:
            log.error("the journal cannot be written: %s. Old events are let go of.", error)
            self._make_way(now)

    def _make_way(self, now: datetime) -> None:
        """Nothing can be written: give up the reserve to write what is let go of."""
        with contextlib.suppress(OSError):
            self._reserve.unlink()
        try:
            if not self._journal.trim(now, pressure=True):
                gone = self._journal.sacrifice()
                log.error("%d events went that a webhook may not have had", gone)
        except sqlite3.Error as error:
            log.error("the journal still cannot be written: %s. Make room on the volume.", error)

    def _kept(self) -> int:
        try:
            return self._reserve.stat().st_size
        except OSError:
            return 0

    def _keep_reserve(self, total: int) -> None:
        size = min(RESERVE, int(total * RESERVE_SHARE))
        if not size or self._kept() == size:
            return
        try:
            with self._reserve.open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, size)
        except OSError as error:
            log.warning("no reserve could be kept: %s", error.strerror)
            with contextlib.suppress(OSError):
                self._reserve.unlink(missing_ok=True)


def pressed(before: bool, free: int, total: int) -> bool:
    """Whether there is too little room, with a distance between going and coming."""
    limit = min(LOW, total * LOW_SHARE)
    return free < (limit * EASY if before else limit)
