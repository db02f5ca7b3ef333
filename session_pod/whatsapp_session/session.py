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
import uuid
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta

from whatsapp_contracts.events import SESSION_STATE, Event
from whatsapp_contracts.sessions import Account, SessionView
from whatsapp_contracts.states import Reason, State
from whatsapp_session import facts, login, machine
from whatsapp_session.attempts import Attempts
from whatsapp_session.config import Config, Proxy
from whatsapp_session.engine.protocol import EngineError, LoginWish, NotConnected, Told, WhatsAppEngine
from whatsapp_session.followers import Followers
from whatsapp_session.intake import Draft
from whatsapp_session.journal import Journal
from whatsapp_session.log import READY_LINE
from whatsapp_session.messages import Messages
from whatsapp_session.recorder import Recorder

log = logging.getLogger(__name__)

DEFAULT = Config()
LOGOUT_TIMEOUT = 30.0
UNLINK_WAIT = 60.0
"""Seconds that a logout of a closed session waits for the connection it needs to unlink."""
ACTIVITY_EVERY = timedelta(minutes=5)
"""How old `lastActivity` may get for a follower that asks for `session.*` only."""
NO_LOGIN: frozenset[machine.Place] = frozenset(
    {State.QR_REQUIRED, Reason.LOGGED_OUT, Reason.QR_EXPIRED, Reason.PHONE_MISMATCH}
)
"""Where there is nothing to unlink."""


class NotReady(Exception):
    """The session is not READY; the text says what it is."""


class ModeForbids(Exception):
    """The configuration keeps WhatsApp closed; the text names the field."""


class Session:
    """One WhatsApp session, from the start of the process to its end."""

    def __init__(
        self,
        *,
        name: str,
        journal: Journal,
        engine: WhatsAppEngine,
        attempts: Attempts,
        config: Config = DEFAULT,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        told: Callable[[Event], None] = lambda event: None,
    ) -> None:
        """`name` is the `session` of every event; `told` sees each event after it is on disk."""
        self.name = name
        self.failed = asyncio.Event()
        """Set when healing has ended and the process should exit, so that whoever runs it starts it anew."""
        self.unwritten = False
        """Whether the last change is not in the journal: whoever comes back hears of it by a snapshot."""
        self._journal = journal
        self._engine = engine
        self._attempts = attempts
        self._config = config
        self._clock = clock
        self._recorder = Recorder(name=name, journal=journal, clock=clock, told=told)
        self._messages = Messages(
            recorder=self._recorder,
            engine=engine,
            clock=clock,
            unique=lambda: uuid.uuid4().hex,
            active=self._active,
        )
        self._state = machine.new(config.revision)
        self._activity_told_at: datetime | None = None
        self._run = 0  # the engine's run that counts; 0: none
        self._with: tuple[LoginWish, Proxy | None] = (LoginWish(), None)  # that run was started with
        self._worked = False  # whether this run came to something
        self._closed_by_mode = False
        self._leaving = False  # a logout connects only to unlink, whatever number it is
        self._command = asyncio.Lock()  # one of login, disconnect, logout, configure at a time
        self._changed = asyncio.Condition()
        self._watchers: list[Callable[[], None]] = []
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def view(self) -> SessionView:
        """The session as it is now."""
        return self._state.view

    @property
    def followers(self) -> Followers:
        """Whoever follows its events live."""
        return self._recorder.followers

    def describe(self) -> str:
        """The state in a sentence: `The session is DISCONNECTED (Stopped): ...`."""
        reason = f" ({self.view.reason.value})" if self.view.reason else ""
        return f"The session is {self.view.state.value}{reason}: {self.view.message}"

    def engine_now(self) -> WhatsAppEngine:
        """The engine, to ask it something. Raises NotReady when the session is not READY."""
        if self.view.state is not State.READY:
            raise NotReady(self.describe())
        return self._engine

    def watch(self, watcher: Callable[[], None]) -> None:
        """Have `watcher` called after each change of the view, whether it could be written down or not."""
        self._watchers.append(watcher)

    async def kept(self) -> tuple[int, int]:
        """The first `seq` that can be replayed, and the last, which a snapshot carries."""
        first = await asyncio.to_thread(self._journal.first_seq)
        return first, await asyncio.to_thread(self._journal.last_seq)

    async def replay(self, seq: int, *, limit: int) -> list[Event]:
        """Journal events after `seq`, oldest first."""
        return await asyncio.to_thread(self._journal.after, seq, limit=limit)

    async def record(self, draft: Draft) -> bool:
        """Write an event down and tell it; whether it was new. What finds no room now is written later."""
        return bool(await self._recorder.write([draft]))

    async def took(self, message: facts.ChatMessage) -> None:
        """A message that was sent is written down, before whoever sent it is answered."""
        await self._messages.take(message)

    async def start(self) -> None:
        """The start of the process: log in, unless WhatsApp shall stay closed, or too many starts came to
        nothing lately."""
        now = self._clock()
        if login.closed(self._config):
            await self._close_by_mode()
        elif self._attempts.too_many(now):
            count = self._attempts.failed(now)
            await self._apply(facts.LoginAsked())
            await self._apply(facts.BrowserLost(because=f"{count} starts failed within 30 minutes."))
        else:
            await self._begin()

    async def run(self) -> None:
        """Follow the engine, until cancelled."""
        self._spawn(self._messages.compare_now_and_then(lambda: self.view.state is State.READY))
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
        """Start, or restart, the login. While starting or READY it changes nothing. Raises ModeForbids."""
        async with self._command:
            if login.closed(self._config):
                raise ModeForbids(
                    "operatingMode is Disconnected, which keeps WhatsApp closed. Set it to Connected."
                )
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

    async def configure(self, config: Config) -> None:
        """Another configuration is in force when this returns; what takes longer (a browser that closes, a
        number that is unlinked) has begun."""
        self._config = config
        if login.closed(config):
            await self._close_by_mode()
        await self._apply(facts.ConfigTaken(revision=config.revision))
        self._spawn(self._obey())

    async def storage(self, pressure: bool) -> None:
        """The volume became too full, or has room again: then what could not be written is taken in."""
        await self._apply(facts.StorageChanged(pressure=pressure))
        if not pressure and self.view.state is State.READY:
            self._spawn(self._messages.compare_or_log())

    # From here on: how it is done

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.error("a command failed", exc_info=error)

    async def _begin(self) -> None:
        await self._apply(facts.LoginAsked())
        self._worked = False
        self._closed_by_mode = False
        self._attempts.begin(self._clock())
        self._start_engine()

    def _start_engine(self) -> None:
        self._with = (login.wish(self._config), self._config.proxy)
        self._run = self._engine.start(self._with[0], proxy=self._with[1])

    async def _halt(self) -> None:
        self._run = 0
        await self._engine.stop()

    async def _close_by_mode(self) -> None:
        await self._apply(facts.Stopped(by_mode=True))
        self._closed_by_mode = True

    async def _obey(self) -> None:
        """Bring what runs in line with the configuration in force, however it came about."""
        async with self._command:
            wanted = (login.wish(self._config), self._config.proxy)
            if login.closed(self._config):
                await self._close_by_mode()
                await self._halt()
            elif self._closed_by_mode:
                self._attempts.forget()
                await self._begin()
            elif self._run and login.wrong(self._config, self._known()):
                await self._expel()
            elif self._run and self._with[1] != wanted[1]:
                await self._apply(facts.Healing(because="The proxy was changed."))
                await self._halt()
                self._start_engine()
            elif self._run and self.view.state is State.QR_REQUIRED and self._with[0] != wanted[0]:
                await self._apply(facts.Healing(because="The way to log in was changed."))
                await self._halt()
                self._start_engine()

    def _known(self) -> Account | None:
        return self.view.account if self.view.state is State.READY else None

    async def _expel(self, account: Account | None = None) -> None:
        """Another number than allowed logged in: unlink its device, forget the login."""
        found = account or self.view.account
        unlinked = True
        try:
            await self._engine.logout(timeout=LOGOUT_TIMEOUT)
        except EngineError as error:
            log.warning("the wrong number could not be unlinked: %s", error)
            unlinked = False
        mismatch = facts.WrongPhone(
            unlinked=unlinked,
            expected=login.last_digits(self._config.phone_number),
            found=login.last_digits(found.phone if found else None),
        )
        await self._apply(mismatch)
        await self._halt()
        await self._engine.forget()
        await self._messages.end()

    async def _logout(self) -> None:
        """Unlink, forget. A login that WhatsApp could not be told of is forgotten here all the same."""
        async with self._command:
            because = "Logged out by request."
            if self._state.place not in NO_LOGIN:
                self._leaving = True
                try:
                    await self._unlink()
                except EngineError as error:
                    log.warning("logout: %s", error)
                    because += " WhatsApp was not told: remove the device in the phone's Linked devices."
                finally:
                    self._leaving = False
            await self._apply(facts.LoggedOut(because=because, by_request=True))
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
            case facts.QrShown() | facts.PairingCodeShown() as shown:
                await self._messages.end()  # whatever login there was
                await self._show(shown)
            case facts.Scanned() as scanned:
                await self._messages.begin()
                await self._apply(scanned)
            case facts.Synced() as synced:
                await self._synced(told.run, synced)
            case facts.AccountChanged() as changed:
                await self._apply(changed)
                if login.wrong(self._config, self._known()):
                    self._spawn(self._obey())
            case facts.LoggedOut() | facts.ConflictFound() | facts.BanFound() as ended:
                async with self._command:
                    if told.run == self._run:
                        await self._apply(ended)
                        await self._halt()
            case facts.BrowserLost() as lost:
                await self._give_up(lost)
            case what if isinstance(what, facts.Fact):
                await self._apply(what)
            case taken:
                await self._messages.live(taken, ready=self.view.state is State.READY)

    async def _show(self, shown: facts.QrShown | facts.PairingCodeShown) -> None:
        """Show a code, unless as many were shown as are allowed, or codes of the other kind are wanted."""
        if login.ended(self._config, self._state.attempts):
            run = self._run
            async with self._command:
                if run == self._run:
                    await self._apply(facts.RotationsEnded(shown=self._state.attempts))
                    await self._halt()
            return
        await self._apply(shown)
        if self._with[0] != login.wish(self._config):
            self._spawn(self._obey())

    async def _synced(self, run: int, synced: facts.Synced) -> None:
        """Logged in: the right number becomes READY, any other one is never seen to be."""
        if login.wrong(self._config, synced.account) and not self._leaving:
            async with self._command:
                if run == self._run:
                    await self._expel(synced.account)
            return
        if self.view.state is State.QR_REQUIRED or not await self._messages.began():
            await self._messages.begin()
        await self._apply(synced)
        await self._messages.connected()

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
        async with self._recorder.turn:
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
            self.unwritten = not await self._tell(event_type)
            if self.unwritten:
                self.followers.end_all()
        async with self._changed:
            self._changed.notify_all()
        for watcher in self._watchers:
            watcher()

    async def _tell(self, event_type: str) -> bool:
        """The view as an event; the turn is held. A later view outdates it, so it is never held back."""
        draft = Draft(id=f"evt_{uuid.uuid4().hex}", type=event_type, data=self.view.to_json())
        return bool(await self._recorder.append([draft], hold=False))

    async def _active(self) -> None:
        """Something went in or out; followers of `session.*` are told now and then."""
        async with self._recorder.turn:
            now = self._clock()
            self._state = machine.touched(self._state, now)
            if self._activity_told_at is None or now - self._activity_told_at >= ACTIVITY_EVERY:
                self._activity_told_at = now
                await self._tell(SESSION_STATE)
