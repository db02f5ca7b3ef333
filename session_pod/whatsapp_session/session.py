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
from collections.abc import Callable
from datetime import UTC, datetime

from whatsapp_contracts.events import Event
from whatsapp_contracts.sessions import Account, SessionView
from whatsapp_contracts.states import Reason, State
from whatsapp_session import facts, login, machine
from whatsapp_session.attempts import Attempts
from whatsapp_session.background import Background
from whatsapp_session.browsing import Browsing
from whatsapp_session.config import Config
from whatsapp_session.course import Course
from whatsapp_session.engine.protocol import EngineError, NotConnected, Told, WhatsAppEngine
from whatsapp_session.followers import Followers
from whatsapp_session.intake import Draft
from whatsapp_session.journal import Journal
from whatsapp_session.messages import Messages
from whatsapp_session.recorder import Recorder

log = logging.getLogger(__name__)

DEFAULT = Config()
LOGOUT_TIMEOUT = 30.0
UNLINK_WAIT = 60.0
"""Seconds that a logout of a closed session waits for the connection it needs to unlink."""
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
        self._journal = journal
        self._engine = engine
        self._attempts = attempts
        self._config = config
        self._clock = clock
        self._recorder = Recorder(name=name, journal=journal, clock=clock, told=told)
        self._course = Course(self._recorder, clock, config.revision)
        self._messages = Messages(
            recorder=self._recorder,
            engine=engine,
            clock=clock,
            unique=lambda: uuid.uuid4().hex,
            active=self._course.active,
        )
        self._browsing = Browsing(engine, attempts, clock)
        self._closed_by_mode = False
        self._leaving = False  # a logout connects only to unlink, whatever number it is
        self._command = asyncio.Lock()  # one of login, disconnect, logout, configure at a time
        self._background = Background()

    @property
    def view(self) -> SessionView:
        """The session as it is now."""
        return self._course.view

    @property
    def unwritten(self) -> bool:
        """Whether the last change is not in the journal: whoever comes back hears of it by a snapshot."""
        return self._course.unwritten

    @property
    def followers(self) -> Followers:
        """Whoever follows its events live."""
        return self._recorder.followers

    def describe(self) -> str:
        """The state in a sentence: `The session is DISCONNECTED (Stopped): ...`."""
        return self._course.describe()

    def engine_now(self) -> WhatsAppEngine:
        """The engine, to ask it something. Raises NotReady when the session is not READY."""
        if self.view.state is not State.READY:
            raise NotReady(self.describe())
        return self._engine

    def watch(self, watcher: Callable[[], None]) -> None:
        """Have `watcher` called after each change of the view, whether it could be written down or not."""
        self._course.watchers.append(watcher)

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
        """The start of the process: log in, unless WhatsApp shall stay closed or too many starts failed."""
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
        self._background.spawn(self._messages.compare_now_and_then(lambda: self.view.state is State.READY))
        async for told in self._engine.events():
            if told.run != self._browsing.run:
                continue  # of a run that was stopped
            try:
                await self._take(told)
            except Exception as error:  # a message nobody foresaw must not end the session at each start
                log.warning("left out: %s", error, exc_info=not isinstance(error, EngineError))

    async def stop(self) -> None:
        """The process ends: followers go, the browser is closed, the login is kept."""
        self.followers.close()
        self._background.cancel()
        await self._browsing.halt()
        self._browsing.stopped(self.view.state)

    async def login(self) -> None:
        """Start, or restart, the login. While starting or READY it changes nothing. Raises ModeForbids."""
        async with self._command:
            if login.closed(self._config):
                raise ModeForbids(
                    "operatingMode is Disconnected, which keeps WhatsApp closed. Set it to Connected."
                )
            if self.view.state in {State.READY, State.INIT}:
                return
            await self._browsing.halt()
            self._attempts.forget()
            await self._begin()

    async def disconnect(self) -> None:
        """Close WhatsApp until somebody asks for a login; the login is kept."""
        async with self._command:
            await self._apply(facts.Stopped())
            await self._browsing.halt()

    def logout(self) -> None:
        """Begin to unlink this device at WhatsApp and to forget the login."""
        self._background.spawn(self._logout())

    async def configure(self, config: Config) -> None:
        """Another configuration is in force when this returns; what takes longer (a browser that closes, a
        number that is unlinked) has begun."""
        self._config = config
        if login.closed(config):
            await self._close_by_mode()
        await self._apply(facts.ConfigTaken(revision=config.revision))
        self._background.spawn(self._obey())

    async def storage(self, pressure: bool) -> None:
        """The volume became too full, or has room again: then what could not be written is taken in."""
        await self._apply(facts.StorageChanged(pressure=pressure))
        if not pressure and self.view.state is State.READY:
            self._background.spawn(self._messages.compare_or_log())

    def renew(self, because: str) -> None:
        """Close the browser gently and start it again; its files are repaired in between."""
        self._background.spawn(self._renew(because))

    async def _renew(self, because: str) -> None:
        async with self._command:
            if self._browsing.run:
                await self._again(because)

    async def _begin(self) -> None:
        await self._apply(facts.LoginAsked())
        self._closed_by_mode = False
        self._browsing.begin(self._config)

    async def _again(self, because: str) -> None:
        """Another run in the place of this one, with the login as it is."""
        await self._apply(facts.Healing(because=because))
        await self._browsing.halt()
        self._browsing.start(self._config)

    async def _close_by_mode(self) -> None:
        await self._apply(facts.Stopped(by_mode=True))
        self._closed_by_mode = True

    async def _obey(self) -> None:
        """Bring what runs in line with the configuration in force, however it came about."""
        async with self._command:
            if login.closed(self._config):
                await self._close_by_mode()
                await self._browsing.halt()
            elif self._closed_by_mode:
                self._attempts.forget()
                await self._begin()
            elif self._wrong_number():
                await self._expel()
            elif self._browsing.other_proxy(self._config):
                await self._again("The proxy was changed.")
            elif self.view.state is State.QR_REQUIRED and self._browsing.other_wish(self._config):
                await self._again("The way to log in was changed.")

    def _wrong_number(self) -> bool:
        return self.view.state is State.READY and login.wrong(self._config, self.view.account)

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
        await self._browsing.halt()
        await self._engine.forget()
        await self._messages.end()

    async def _logout(self) -> None:
        """Unlink, forget. A login that WhatsApp could not be told of is forgotten here all the same."""
        async with self._command:
            because = "Logged out by request."
            if self._course.place not in NO_LOGIN:
                self._leaving = True
                try:
                    await self._unlink()
                except EngineError as error:
                    log.warning("logout: %s", error)
                    because += " WhatsApp was not told: remove the device in the phone's Linked devices."
                finally:
                    self._leaving = False
            await self._apply(facts.LoggedOut(because=because, by_request=True))
            await self._browsing.halt()
            await self._engine.forget()

    async def _unlink(self) -> None:
        if not self._browsing.run:
            await self._begin()
        try:
            reached = await self._course.reaches({State.READY, State.QR_REQUIRED}, timeout=UNLINK_WAIT)
        except TimeoutError:
            raise NotConnected(f"WhatsApp did not answer within {UNLINK_WAIT:.0f} s.") from None
        if reached is State.READY:
            await self._engine.logout(timeout=LOGOUT_TIMEOUT)

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
                if self._wrong_number():
                    self._background.spawn(self._obey())
            case facts.LoggedOut() | facts.ConflictFound() | facts.BanFound() as ended:
                async with self._command:
                    if told.run == self._browsing.run:
                        await self._apply(ended)
                        await self._browsing.halt()
            case facts.BrowserLost() as lost:
                await self._give_up(lost)
            case what if isinstance(what, facts.Fact):
                await self._apply(what)
            case taken:
                await self._messages.live(taken, ready=self.view.state is State.READY)

    async def _show(self, shown: facts.QrShown | facts.PairingCodeShown) -> None:
        """Show a code, unless as many were shown as are allowed, or codes of the other kind are wanted."""
        if login.ended(self._config, self._course.codes):
            run = self._browsing.run
            async with self._command:
                if run == self._browsing.run:
                    await self._apply(facts.RotationsEnded(shown=self._course.codes))
                    await self._browsing.halt()
            return
        await self._apply(shown)
        if self._browsing.other_wish(self._config):
            self._background.spawn(self._obey())

    async def _synced(self, run: int, synced: facts.Synced) -> None:
        """Logged in: the right number becomes READY, any other one is never seen to be."""
        if login.wrong(self._config, synced.account) and not self._leaving:
            async with self._command:
                if run == self._browsing.run:
                    await self._expel(synced.account)
            return
        if self.view.state is State.QR_REQUIRED or not await self._messages.began():
            await self._messages.begin()
        await self._apply(synced)
        await self._messages.connected()

    async def _give_up(self, lost: facts.BrowserLost) -> None:
        """Healing has ended: exit and be started anew, or stay up without a browser after too many."""
        self._browsing.lost()
        await self._apply(lost)
        if self._attempts.too_many(self._clock()):
            log.error("no further start by itself: too many failed. POST /session-manager/login tries again")
        else:
            self.failed.set()

    async def _apply(self, fact: facts.Fact) -> None:
        """Judge one fact; a run that came to something is not a failed start."""
        if await self._course.apply(fact):
            self._browsing.came_to(self._course.place)
