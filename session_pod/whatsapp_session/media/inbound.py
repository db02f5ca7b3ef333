"""Fetches the files of messages from WhatsApp into the store.

Its life: the journal says which messages came; each with a file becomes a row, in the same transaction in
which is noted how far the journal was read, so that a crash loses none. Rows are fetched two at a time while
the session is READY, tried again with growing pauses, and told of by `message.media` in the end.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from whatsapp_contracts.events import MESSAGE_MEDIA, MESSAGE_RECEIVED, MESSAGE_SENT, Event
from whatsapp_contracts.states import State
from whatsapp_session.engine.protocol import EngineError, NotConnected, NotFound
from whatsapp_session.intake import Draft
from whatsapp_session.media.index import File, FileState, of_message
from whatsapp_session.media.store import MediaStore
from whatsapp_session.session import NotReady, Session

log = logging.getLogger(__name__)

AT_ONCE = 2
"""Downloads side by side: the page decrypts them, and has messages to send meanwhile."""
TIMEOUT = 120.0
TRIES = 6
FIRST_PAUSE, LONGEST_PAUSE = 5.0, 600.0
"""Seconds between tries, doubled each time: 5, 10, 20, 40, 80."""
IDLE = 30.0
"""Seconds until the worker looks around without having been told of anything."""
PAGE = 500
FULL = "The volume is full. GET /media fetches it once there is room."
GONE = "It was removed from the volume. GET /media asks WhatsApp for it again."
HISTORY = (
    "It was not fetched, since the message is older than what this session followed. GET /media fetches it."
)


class Inbound:
    """One worker for one session."""

    def __init__(
        self, session: Session, media: MediaStore, *, clock: Callable[[], float] = time.time
    ) -> None:
        self._session = session
        self._media = media
        self._clock = clock
        self._news = asyncio.Event()
        self._changed = asyncio.Condition()
        self._reading = asyncio.Lock()
        self._under_way: dict[str, asyncio.Task[None]] = {}

    def saw(self, event: Event) -> None:
        """An event was journaled; the worker looks for files in it soon."""
        if event.type in {MESSAGE_RECEIVED, MESSAGE_SENT} or event.type.startswith("session."):
            self._news.set()

    async def run(self) -> None:
        """Follow the journal and fetch, until cancelled."""
        try:
            while True:
                self._news.clear()
                pause = IDLE
                try:
                    await self._read_on()
                    pause = await self._fetch_due()
                except sqlite3.Error as error:
                    log.error("the files of messages wait: %s. Make room on the volume.", error)
                try:
                    async with asyncio.timeout(min(pause, IDLE)):
                        await self._news.wait()
                except TimeoutError:
                    pass
        finally:
            for task in self._under_way.values():
                task.cancel()

    async def wanted(self, id: str, timeout: float) -> File | None:
        """The row of a file that somebody asks for, once its fate is known or `timeout` seconds have passed.

        A file that is not here is asked of WhatsApp again; None for an id that no message has.
        Raises sqlite3.Error.
        """
        index = self._media.index
        file = await asyncio.to_thread(index.get, id)
        if file is None:  # its message may have been told of a moment ago
            await self._read_on()
            file = await asyncio.to_thread(index.get, id)
        if file is None or file.state is FileState.TOO_LARGE:
            return file
        if file.state is FileState.STORED:
            if await asyncio.to_thread(self._media.here, file):
                return file
            await asyncio.to_thread(index.removed, [id], GONE)
        if not self._media.pressure:
            await asyncio.to_thread(index.ask_again, id)
            self._news.set()
        try:
            async with asyncio.timeout(timeout), self._changed:
                while (file := await asyncio.to_thread(index.get, id)) and file.state is FileState.PENDING:
                    await self._changed.wait()
        except TimeoutError:
            pass
        return file

    async def states(self, messages: list[dict[str, Any]]) -> None:
        """Put the state of each file into messages of the contract that were read from WhatsApp's store.

        A file that is not known yet becomes known, so that it can be asked for; it is not fetched before.
        """
        rows = [
            row for each in messages if (row := of_message(each, state=FileState.REMOVED, reason=HISTORY))
        ]
        await asyncio.to_thread(self._media.index.add, rows)
        for each in messages:
            if isinstance(each.get("media"), dict):
                known = await asyncio.to_thread(self._media.index.get, each["media"]["id"])
                each["media"] = known.media if known else each["media"]

    # From here on: how it is done

    async def _read_on(self) -> None:
        """Rows for the messages that the journal has and this has not looked at."""
        index = self._media.index
        async with self._reading:
            _, last = await self._session.kept()
            noted = await asyncio.to_thread(index.seq)
            seq = min(noted or 0, last)
            while page := await self._session.replay(seq, limit=PAGE):
                seq = page[-1].seq
                rows = [
                    row
                    for event in page
                    if event.type in {MESSAGE_RECEIVED, MESSAGE_SENT} and (row := of_message(event.data))
                ]
                await asyncio.to_thread(index.add, rows, seq=seq)

    async def _fetch_due(self) -> float:
        """Begin what is due; the seconds until the next is."""
        if self._session.view.state is not State.READY:
            return IDLE
        index = self._media.index
        while len(self._under_way) < AT_ONCE:
            due = await asyncio.to_thread(index.due, self._clock(), limit=1, without=list(self._under_way))
            if not due:
                break
            task = asyncio.create_task(self._fetch(due[0]))
            self._under_way[due[0].id] = task
            task.add_done_callback(lambda _, id=due[0].id: self._ended(id))  # type: ignore[misc]
        if len(self._under_way) >= AT_ONCE:
            return IDLE  # whoever ends wakes the worker
        when = await asyncio.to_thread(index.next_due, without=list(self._under_way))
        return IDLE if when is None else max(when - self._clock(), 0.05)

    def _ended(self, id: str) -> None:
        task = self._under_way.pop(id)
        if not task.cancelled() and (error := task.exception()):
            log.warning("the file of a message waits: %s", error, exc_info=error)
        self._news.set()

    async def _fetch(self, file: File) -> None:
        """One try, and what became of it."""
        limit = self._media.max_bytes
        if (file.size or 0) > limit:
            await self._settle(file, FileState.TOO_LARGE, _too_large(limit))
            return
        if self._media.pressure:
            await self._settle(file, FileState.FAILED, FULL)
            return
        try:
            engine = self._session.engine_now()
            part = await asyncio.to_thread(self._media.part, file.id)
            mime = await engine.download(file.message_id, part, limit=limit, timeout=TIMEOUT)
            size = await asyncio.to_thread(self._media.take, file.id)
        except (NotReady, NotConnected):
            await self._later(file, tries=file.tries)
        except NotFound:
            await self._settle(file, FileState.FAILED, "WhatsApp does not have the file any more.")
        except ValueError:
            await self._settle(file, FileState.TOO_LARGE, _too_large(limit))
        except EngineError as error:
            if file.tries + 1 < TRIES:
                await self._later(file, tries=file.tries + 1)
            else:
                log.warning("a file could not be fetched in %d tries: %s", TRIES, error)
                await self._settle(file, FileState.FAILED, "WhatsApp did not give the file.")
        except OSError as error:
            log.error("a file could not be written: %s. Make room on the volume.", error.strerror)
            await self._settle(file, FileState.FAILED, FULL)
        else:
            stored = replace(file, mime_type=mime or file.mime_type, size=size, stored_at=self._clock())
            await self._settle(stored, FileState.STORED, "")
        finally:
            await asyncio.shield(asyncio.to_thread(self._media.drop, file.id))

    async def _later(self, file: File, *, tries: int) -> None:
        pause = min(FIRST_PAUSE * 2 ** max(tries - 1, 0), LONGEST_PAUSE)
        waiting = replace(file, tries=tries, next_try=self._clock() + pause)
        await asyncio.to_thread(self._media.index.put, waiting)

    async def _settle(self, file: File, state: FileState, reason: str) -> None:
        """Tell, then write down: after a crash in between the same event is told, which counts once."""
        settled = replace(file, state=state, reason=reason, turn=file.turn + 1, next_try=0.0, tries=0)
        data = {"messageId": settled.message_id, "chatId": settled.chat_id, "media": settled.media}
        await self._session.record(
            Draft(id=f"media:{settled.id}:{settled.turn}", type=MESSAGE_MEDIA, data=data)
        )
        await asyncio.to_thread(self._media.index.put, settled)
        async with self._changed:
            self._changed.notify_all()


def _too_large(limit: int) -> str:
    return f"The file is larger than {limit} bytes. Raise MEDIA_MAX_MB."
