"""What calls and queued messages share: the session, the rows, the lines, the pacing.

What fails: a row that cannot be written any more because the volume became full. Before WhatsApp is called
that ends the attempt; after it the outcome is kept here and written once there is room, and a crash until
then is what the look-up in WhatsApp's store is for.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from whatsapp_contracts.errors import ErrorCode
from whatsapp_contracts.sessions import SessionView
from whatsapp_contracts.states import State
from whatsapp_session.engine.protocol import WhatsAppEngine
from whatsapp_session.facts import ChatMessage
from whatsapp_session.intake import Draft
from whatsapp_session.outbox import entries
from whatsapp_session.outbox.entries import Entry, Stage
from whatsapp_session.outbox.lanes import Lanes
from whatsapp_session.outbox.numbers import Numbers
from whatsapp_session.outbox.pacer import Pacer
from whatsapp_session.outbox.store import OutboxStore
from whatsapp_session.outgoing import Change, Media
from whatsapp_session.session import NotReady

log = logging.getLogger(__name__)


class SessionLike(Protocol):
    """What the outbox needs of the session."""

    @property
    def view(self) -> SessionView: ...

    def engine_now(self) -> WhatsAppEngine: ...

    def watch(self, watcher: Callable[[], None]) -> None: ...

    async def took(self, message: ChatMessage) -> None: ...

    async def record(self, draft: Draft) -> bool: ...


class Bell:
    """Wakes everybody who waits now."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def ring(self) -> None:
        """Wake them."""
        self._event.set()
        self._event = asyncio.Event()

    async def wait(self, timeout: float) -> None:
        """Wait for the next ring, `timeout` seconds at most."""
        event = self._event
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                await event.wait()


class Desk:
    """Shared by `Sender` and `Backlog`."""

    def __init__(
        self,
        *,
        session: SessionLike,
        store: OutboxStore,
        pacer: Pacer,
        clock: Callable[[], datetime],
        release: Callable[[str], None],
    ) -> None:
        self.session = session
        self.store = store
        self.pacer = pacer
        self.clock = clock
        self.numbers = Numbers(clock)
        self.lanes = Lanes()
        self.bell = Bell()
        self._release = release
        self._account = store.account()
        self.closing = False
        """Whether nothing new may be handed to WhatsApp: the process ends."""
        self._under_way = 0
        self._unwritten: dict[int, Entry] = {}
        session.watch(self.bell.ring)

    @property
    def account(self) -> str | None:
        """The number that is logged in, or was last, in digits."""
        account = self.session.view.account
        return account.phone if account else self._account

    def note_account(self) -> None:
        """Remember over restarts who is logged in. Raises sqlite3.Error."""
        if self.ready and (phone := self.account) and phone != self._account:
            self.store.write_account(phone)
            self._account = phone

    @property
    def ready(self) -> bool:
        """Whether something can be handed to WhatsApp."""
        return self.session.view.state is State.READY and not self.closing

    def engine(self) -> WhatsAppEngine:
        """The engine, to send. Raises NotReady."""
        if self.closing:
            raise NotReady("The session is stopping. Try again when it is READY.")
        return self.session.engine_now()

    @contextlib.contextmanager
    def handing_over(self) -> Iterator[None]:
        """An attempt that a stop should wait for."""
        self._under_way += 1
        try:
            yield
        finally:
            self._under_way -= 1
            self.bell.ring()

    async def close(self, timeout: float) -> None:
        """Begin nothing new, and wait for what is under way, `timeout` seconds at most."""
        self.closing = True
        self.bell.ring()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                while self._under_way:
                    await self.bell.wait(timeout)

    def present(self, entry: Entry) -> Entry:
        """The entry as it is, which the disk may not know yet."""
        return self._unwritten.get(entry.number, entry)

    @property
    def behind(self) -> bool:
        """Whether something is still to be written."""
        return bool(self._unwritten)

    async def begin(self, entry: Entry, chat_id: str | None, *, only_from: Stage) -> Entry | None:
        """Write down that WhatsApp is called now; None when the entry has changed. Raises sqlite3.Error."""
        sending = replace(entry, state=Stage.SENDING, chat_id=chat_id, tries=entry.tries + 1, ended_at=None)
        done = await asyncio.to_thread(self.store.write, sending, only_from=only_from)
        return sending if done else None

    async def sent(self, entry: Entry, message: ChatMessage | None) -> Entry:
        """WhatsApp has it: the event first, then the row, so that whoever reads the row finds the event."""
        if message is not None:
            await self.took(message)
        content = entry.outgoing.content
        message_id = message.message_id if message else None
        if isinstance(content, Change):
            message_id = content.message_id
        now = self.clock()
        return await self.put(
            replace(entry, state=Stage.SENT, message_id=message_id, sent_at=now, ended_at=now)
        )

    async def failed(self, entry: Entry, code: ErrorCode, because: str) -> Entry:
        """It will not be sent. The row first: the event is told again at a start, and counts once."""
        ended = await self.put(
            replace(entry, state=Stage.FAILED, error=code.value, message=because, ended_at=self.clock())
        )
        if not entry.call:
            await self.session.record(entries.failed(ended))
        return ended

    async def put(self, entry: Entry) -> Entry:
        """Write down what has happened; what finds no room is written later."""
        try:
            await asyncio.to_thread(self.store.write, entry)
            self._unwritten.pop(entry.number, None)
        except sqlite3.Error as error:
            log.error("the outbox could not be written: %s. Make room on the volume.", error)
            self._unwritten[entry.number] = entry
        return entry

    async def catch_up(self) -> None:
        """Write what found no room before."""
        for entry in list(self._unwritten.values()):
            await self.put(entry)

    async def took(self, message: ChatMessage) -> None:
        """Journal a sent message; whatever happens here, it is sent."""
        try:
            await self.session.took(message)
        except Exception as error:
            log.error("a sent message could not be told", exc_info=error)

    def release(self, entry: Entry) -> None:
        """Its file is not needed any more."""
        if isinstance(entry.outgoing.content, Media):
            self._release(entry.outgoing.content.path)
