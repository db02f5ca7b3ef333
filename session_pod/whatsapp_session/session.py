"""The session: commands in, events out; the only writer of its state.

Every change goes one way: a fact, the machine's judgement, the journal, then everybody who follows. So what
anybody was told is on disk, and a restart takes nothing back.

What fails: a fact that means nothing here is logged and changes nothing. A journal that cannot be written
(a full volume) does not stop the session: the state changes, the streams are ended so that followers come
back for a snapshot, and a message that was not written down is taken in from WhatsApp's store later.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import uuid
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta

from whatsapp_contracts.events import SESSION_STATE, Event
from whatsapp_contracts.sessions import SessionView
from whatsapp_contracts.states import Reason, State
from whatsapp_session import facts, intake, machine
from whatsapp_session.attempts import Attempts
from whatsapp_session.engine.protocol import EngineError, NotConnected, Told, WhatsAppEngine
from whatsapp_session.followers import Followers
from whatsapp_session.intake import Draft
from whatsapp_session.journal import Journal
from whatsapp_session.log import READY_LINE

log = logging.getLogger(__name__)

SEND_TIMEOUT = 30.0
"""Seconds until a send that WhatsApp did not accept is called failed."""
STORE_TIMEOUT = 60.0
LOGOUT_TIMEOUT = 30.0
UNLINK_WAIT = 60.0
"""Seconds that a logout of a closed session waits for the connection it needs to unlink."""
ACTIVITY_EVERY = timedelta(minutes=5)
"""How old `lastActivity` may get for a follower that asks for `session.*` only."""
COMPARE_EVERY = 300.0
"""Seconds between two comparisons with WhatsApp's store while connected: pages drop messages silently."""
LOGIN_SINCE, COMPARED_AT = "login_since", "compared_at"  # notes in the journal


class NotReady(Exception):
    """The session is not READY; the text says what it is."""


class Session:
    """One WhatsApp session, from the start of the process to its end."""

    def __init__(
        self,
        *,
        name: str,
        journal: Journal,
        engine: WhatsAppEngine,
        attempts: Attempts,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        told: Callable[[Event], None] = lambda event: None,
    ) -> None:
        """`name` is the `session` of every event; `told` sees each event after it is on disk."""
        self.name = name
        self.followers = Followers()
        self.failed = asyncio.Event()
        """Set when healing has ended and the process should exit, so that whoever runs it starts it anew."""
        self.unwritten = False
        """Whether the last change is not in the journal: whoever comes back hears of it by a snapshot."""
        self._journal = journal
        self._engine = engine
        self._attempts = attempts
        self._clock = clock
        self._told = told
        self._state = machine.new()
        self._activity_told_at: datetime | None = None
        self._run = 0  # the engine's run that counts; 0: none
        self._worked = False  # whether this run came to something
        self._turn = asyncio.Lock()  # one change at a time: judged, written, told
        self._command = asyncio.Lock()  # one of login, disconnect, logout at a time
        self._changed = asyncio.Condition()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def view(self) -> SessionView:
        """The session as it is now."""
        return self._state.view

    def describe(self) -> str:
        """The state in a sentence: `The session is DISCONNECTED (Stopped): ...`."""
        reason = f" ({self.view.reason.value})" if self.view.reason else ""
        return f"The session is {self.view.state.value}{reason}: {self.view.message}"

    async def kept(self) -> tuple[int, int]:
        """The first `seq` that can be replayed, and the last, which a snapshot carries."""
        first = await asyncio.to_thread(self._journal.first_seq)
        return first, await asyncio.to_thread(self._journal.last_seq)

    async def replay(self, seq: int, *, limit: int) -> list[Event]:
        """Journal events after `seq`, oldest first."""
        return await asyncio.to_thread(self._journal.after, seq, limit=limit)

    async def start(self) -> None:
        """The start of the process: log in, unless too many starts came to nothing lately."""
        now = self._clock()
        if not self._attempts.too_many(now):
            await self._begin()
            return
        count = self._attempts.failed(now)
        await self._apply(facts.LoginAsked())
        await self._apply(facts.BrowserLost(because=f"{count} starts failed within 30 minutes."))

    async def run(self) -> None:
        """Follow the engine, until cancelled."""
        self._spawn(self._compare_now_and_then())
        async for told in self._engine.events():
            if told.run != self._run:
                continue  # of a run that was stopped
            try:
                await self._take(told)
            except Exception as error:  # a message nobody foresaw must not end the session at each start
                log.warning("left out: %s", error, exc_info=not isinstance(error, EngineError))

    async def stop(self) -> None:
        """The process ends: followers go, the browser is closed, the login is kept."""
        self.followers.close()
        for task in self._tasks:
            task.cancel()
        self._run = 0
        await self._engine.stop()
        if not self._worked and self.view.state is State.INIT:
            self._attempts.worked(self._clock())  # asked to stop is not failed

    async def login(self) -> None:
        """Start, or restart, the login. While starting or READY it changes nothing."""
        async with self._command:
            if self.view.state in {State.READY, State.INIT}:
                return
            await self._halt()
            self._attempts.forget()
            await self._begin()

    async def disconnect(self) -> None:
        """Close WhatsApp until somebody asks for a login; the login is kept."""
        async with self._command:
            await self._apply(facts.Stopped())
            await self._halt()

    def logout(self) -> None:
        """Begin to unlink this device at WhatsApp and to forget the login."""
        self._spawn(self._logout())

    async def send(self, to: str, text: str) -> str:
        """Send, and give the message's id once WhatsApp has it. Raises NotReady and EngineError."""
        if self.view.state is not State.READY:
            raise NotReady(self.describe())
        try:
            message = await self._engine.send(to, text, timeout=SEND_TIMEOUT)
        except NotConnected:
            raise NotReady(self.describe()) from None
        await self._take_message(message)
        return message.message_id

    # From here on: how it is done

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _begin(self) -> None:
        await self._apply(facts.LoginAsked())
        self._worked = False
        self._attempts.begin(self._clock())
        self._run = self._engine.start()

    async def _halt(self) -> None:
        self._run = 0
        await self._engine.stop()

    async def _logout(self) -> None:
        """Unlink, forget. A login that WhatsApp could not be told of is forgotten here all the same."""
        async with self._command:
            because = "Logged out by request."
            if self._state.place not in {State.QR_REQUIRED, Reason.LOGGED_OUT}:
                try:
                    await self._unlink()
                except EngineError as error:
                    log.warning("logout: %s", error)
                    because += " WhatsApp was not told: remove the device in the phone's Linked devices."
            await self._apply(facts.LoggedOut(because=because))
            await self._halt()
            await self._engine.forget()

    async def _unlink(self) -> None:
        if self._run == 0:
            await self._begin()
        if await self._reaches({State.READY, State.QR_REQUIRED}, timeout=UNLINK_WAIT) is State.READY:
            await self._engine.logout(timeout=LOGOUT_TIMEOUT)

    async def _reaches(self, states: set[State], *, timeout: float) -> State:
        """The state, once it is one of `states`; raises NotConnected after `timeout` seconds."""
        try:
            async with asyncio.timeout(timeout), self._changed:
                await self._changed.wait_for(lambda: self.view.state in states)
        except TimeoutError:
            raise NotConnected(f"WhatsApp did not answer within {timeout:.0f} s.") from None
        return self.view.state

    async def _take(self, told: Told) -> None:
        match told.what:
            case facts.ChatMessage() as message:
                if self.view.state is State.READY:  # else the comparison after connecting takes it in
                    await self._take_message(message)
            case facts.AckSeen() as seen:
                if self.view.state is State.READY:
                    await self._write(intake.ack(seen))
            case facts.QrShown() as shown:
                if await self._noted(LOGIN_SINCE):
                    await self._note(LOGIN_SINCE, None)  # that login is over
                await self._apply(shown)
            case facts.Scanned() as scanned:
                await self._note(LOGIN_SINCE, self._clock())
                await self._apply(scanned)
            case facts.Synced() as synced:
                if self.view.state is State.QR_REQUIRED or await self._noted(LOGIN_SINCE) is None:
                    await self._note(LOGIN_SINCE, self._clock())
                await self._apply(synced)
                await self._compare()
            case facts.LoggedOut() | facts.ConflictFound() | facts.BanFound() as ended:
                async with self._command:
                    if told.run == self._run:
                        await self._apply(ended)
                        await self._halt()
            case facts.BrowserLost() as lost:
                await self._give_up(lost)
            case fact:
                await self._apply(fact)

    async def _give_up(self, lost: facts.BrowserLost) -> None:
        """Healing has ended: exit and be started anew, or stay up without a browser after too many."""
        self._run = 0
        if self._worked:
            self._attempts.begin(self._clock())  # it had come to something and now came to nothing
        await self._apply(lost)
        if self._attempts.too_many(self._clock()):
            log.error("no further start by itself: too many failed. POST /session-manager/login tries again")
        else:
            self.failed.set()

    async def _apply(self, fact: facts.Fact) -> None:
        """Judge one fact; a change is written down and told."""
        async with self._turn:
            now = self._clock()
            try:
                state, event_type = machine.advance(self._state, fact, now)
            except machine.UnexpectedFact as error:
                log.warning("unexpected, nothing changes: %s", error)
                return
            if event_type is None:
                return
            arrived = state.place is not self._state.place
            self._state = state
            log.info("%s", self.describe())
            if arrived and state.view.state is State.READY:
                log.info(READY_LINE)
            if self._run and not self._worked and state.place not in {State.INIT, Reason.BROWSER_FAILED}:
                self._worked = True
                self._attempts.worked(now)
            draft = Draft(id=f"evt_{uuid.uuid4().hex}", type=event_type, data=state.view.to_json())
            self.unwritten = not await self._append(draft)
            if self.unwritten:
                self.followers.end_all()
        async with self._changed:
            self._changed.notify_all()

    async def _take_message(self, message: facts.ChatMessage) -> None:
        """Write one message down, unless it is history or known."""
        since = await self._noted(LOGIN_SINCE) or self._clock()
        for draft in intake.drafts(message, since):
            if await self._write(draft):
                await self._active()

    async def _active(self) -> None:
        """Something went in or out; followers of `session.*` are told now and then."""
        async with self._turn:
            now = self._clock()
            self._state = machine.touched(self._state, now)
            if self._activity_told_at is None or now - self._activity_told_at >= ACTIVITY_EVERY:
                self._activity_told_at = now
                view = self._state.view.to_json()
                await self._append(Draft(id=f"evt_{uuid.uuid4().hex}", type=SESSION_STATE, data=view))

    async def _write(self, draft: Draft) -> bool:
        async with self._turn:
            return await self._append(draft)

    async def _append(self, draft: Draft) -> bool:
        """Journal, then tell; False when nothing was told. The turn is held: they are told in order."""
        try:
            entry = await asyncio.to_thread(
                self._journal.append,
                id=draft.id,
                type=draft.type,
                time=self._clock(),
                session=self.name,
                data=draft.data,
            )
        except sqlite3.Error as error:
            log.error("the journal could not be written: %s. Make room on the volume.", error)
            return False
        if entry.new and entry.event:
            self.followers.tell(entry.event)
            self._told(entry.event)
        return entry.new

    async def _compare(self) -> None:
        """Take in what WhatsApp's store has and the journal has not."""
        began = self._clock()
        login_since = await self._noted(LOGIN_SINCE) or began
        since = intake.compare_since(login_since, await self._noted(COMPARED_AT), began)
        for message in await self._engine.messages(since, timeout=STORE_TIMEOUT):
            await self._take_message(message)
        await self._note(COMPARED_AT, began)

    async def _compare_now_and_then(self) -> None:
        while True:
            await asyncio.sleep(COMPARE_EVERY)
            if self.view.state is State.READY:
                try:
                    await self._compare()
                except Exception as error:
                    log.warning("%s", error, exc_info=not isinstance(error, EngineError))

    async def _noted(self, name: str) -> datetime | None:
        """The moment under `name`, not later than now: a clock that was wrong then must not hide messages."""
        text = await asyncio.to_thread(self._journal.note, name)
        if not text:
            return None
        now = self._clock()
        if (noted := datetime.fromisoformat(text)) > now:
            await self._note(name, now)
            return now
        return noted

    async def _note(self, name: str, moment: datetime | None) -> None:
        try:
            await asyncio.to_thread(self._journal.write_note, name, moment.isoformat() if moment else "")
        except sqlite3.Error as error:
            log.error("the journal could not be written: %s. Make room on the volume.", error)
