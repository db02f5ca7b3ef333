"""The configuration in force: put by a call, or read from CONFIG_FILE, whichever is newer.

Why both: a call reaches a running process at once, a mounted Secret takes its time and is there at the next
start. `owner` and `generation` say which of the two is the operator's last word. What webhooks may reach
although it is private (`allowedHosts`) is the file's to say: whoever may call must not thereby get further.

What fails: a file that is wrong at the start ends the process with one line; a file that becomes wrong later
is logged, and what was in force stays. A configuration that finds no room on the volume is not taken.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sqlite3
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

from whatsapp_session import config
from whatsapp_session.config import Config, ConfigError
from whatsapp_session.database import Database
from whatsapp_session.outbox.errors import StorageFull

log = logging.getLogger(__name__)

LOOK_EVERY = 2.0
"""Seconds between two looks at CONFIG_FILE."""
MAX_SIZE = 2**20
TABLE = (
    "CREATE TABLE IF NOT EXISTS configuration (one INTEGER PRIMARY KEY CHECK (one = 1), config TEXT NOT NULL)"
)

Applier = Callable[[Config], Awaitable[None]]


class FileError(Exception):
    """CONFIG_FILE cannot be used; the text names it, what is wrong in it, and the cure."""


class Configuration:
    """What is in force, and how it changes. `appliers` are told of each change, in order."""

    def __init__(self, database: Database, file: Path | None) -> None:
        """Reads both. Raises FileError and sqlite3.Error."""
        self._database = database
        self._file = file
        self._turn = asyncio.Lock()
        self.appliers: list[Applier] = []
        database.ensure(TABLE)
        self._put = self._kept()
        self._seen = read_text(file) if file else None
        given = parsed(self._seen, file) if file and self._seen is not None else None
        self.current = chosen(self._put, given)

    async def put(self, wanted: Config) -> None:
        """Keep it, then have it in force. Raises StorageFull; then nothing has changed."""
        async with self._turn:
            try:
                await asyncio.to_thread(self._keep, wanted)
            except sqlite3.Error as error:
                log.error("the configuration could not be written: %s. Make room on the volume.", error)
                raise StorageFull("The configuration cannot be kept") from None
            self._put = replace(wanted, allowed_hosts=self.current.allowed_hosts)
            await self._apply(self._put)

    async def run(self) -> None:
        """Follow CONFIG_FILE, until cancelled."""
        while self._file:
            await asyncio.sleep(LOOK_EVERY)
            try:
                await self.look()
            except FileError as error:
                log.error("%s What was in force stays.", error)

    async def look(self) -> None:
        """Read CONFIG_FILE again if it has changed. Raises FileError, once for each content."""
        assert self._file
        text = await asyncio.to_thread(read_text, self._file)
        if text == self._seen:
            return
        self._seen = text
        given = parsed(text, self._file)
        async with self._turn:
            wanted = chosen(self._put, given)
            if wanted != self.current:
                await self._apply(wanted)

    async def _apply(self, wanted: Config) -> None:
        self.current = wanted
        log.info("configuration %s is in force", wanted.revision or "without a revision")
        for applier in self.appliers:
            try:
                await applier(wanted)
            except Exception as error:  # one part's bug must not keep the others from their word
                log.error("a part could not take the configuration", exc_info=error)

    def _keep(self, wanted: Config) -> None:
        with self._database.transaction() as db:
            db.execute("INSERT OR REPLACE INTO configuration VALUES (1, ?)", (json.dumps(wanted.to_json()),))

    def _kept(self) -> Config | None:
        rows = self._database.rows("SELECT config FROM configuration")
        if not rows:
            return None
        try:
            return config.read(config.understood(json.loads(rows[0][0])))
        except (ConfigError, ValueError) as error:  # a newer release's; its CONFIG_FILE still counts
            log.error("the configuration that was put cannot be read and is left out: %s", error)
            return None


def chosen(put: Config | None, given: Config | None) -> Config:
    """Which counts: the file's where none was put, for another owner, or when it is not older."""
    if given is None:
        return put or Config()
    if put is not None and given.owner == put.owner and given.generation < put.generation:
        return replace(put, allowed_hosts=given.allowed_hosts)
    return given


def read_text(file: Path) -> str:
    """The file's text. Raises FileError."""
    try:
        content = file.read_bytes()
    except OSError as error:
        raise FileError(
            f"CONFIG_FILE={file} cannot be read: {error.strerror}. Set it to a JSON file, or unset it."
        ) from None
    if len(content) > MAX_SIZE:
        raise FileError(f"CONFIG_FILE={file} is larger than 1 MiB. Set it to the configuration.")
    return content.decode("utf-8", "replace")


def parsed(text: str, file: Path) -> Config:
    """The configuration in `text`. Raises FileError, which repeats no value of it."""
    try:
        data = json.loads(text)
        return replace(config.read(config.understood(data)), allowed_hosts=config.hosts(data))
    except ConfigError as error:
        raise FileError(f"CONFIG_FILE={file}: {error}") from None
    except (ValueError, RecursionError):
        raise FileError(f"CONFIG_FILE={file} is not JSON. Correct it.") from None
