"""A run of the web engine: one browser after another until the session works, and heals what fails.

Its life: launch, open the page, look at it again and again, tell what changed. A page that crashed or is
stuck is opened again, then in a new browser (`ladder`), none of which needs a new QR. A site that cannot be
reached is nobody's fault: it is tried again for ever, at growing distances.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from whatsapp_session.config import Proxy
from whatsapp_session.engine import profile, wa
from whatsapp_session.engine.browser import Browser, Options
from whatsapp_session.engine.ladder import PAUSES, Ladder, Step
from whatsapp_session.engine.page import Navigated, WhatsAppPage
from whatsapp_session.engine.protocol import (
    BrowserGone,
    EngineError,
    EngineStuck,
    LoginWish,
    NotConnected,
    PageLost,
    SiteUnreachable,
    Stage,
    Told,
)
from whatsapp_session.engine.watch import (
    LIMITS,
    PAIRING_CODE,
    PAIRING_RETRY,
    Look,
    Seen,
    judge,
    no_pairing_code,
    pairing_code,
    pairing_due,
)
from whatsapp_session.facts import (
    AckSeen,
    BanFound,
    BrowserLost,
    ChatMessage,
    ConflictFound,
    Fact,
    Happening,
    Healing,
    LoggedOut,
    NetworkWentAway,
)

log = logging.getLogger(__name__)

LOOK_EVERY = 2.0
"""Seconds between two looks at a quiet page."""
CHECK_TIMEOUT = 15.0
HANGS = frozenset({Stage.ALIVE, Stage.OPEN, Stage.CLOSE_PAGE})
"""Stuck here, the renderer hangs: a reload would leave it behind, with its memory."""
HEAL_CLOSE_TIMEOUT = 3.0
"""Seconds for a browser that failed to close by itself: a session waits, and its login is on disk."""
PAIRING_TRIES = 3
"""Tries of one page; WhatsApp allows a number few of them."""
BY_QR = LoginWish()
REFRESH_PAUSE = timedelta(seconds=5)


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How long the engine waits for what; its tests have less of it than people."""

    limits: Mapping[Stage, timedelta] = field(default_factory=lambda: LIMITS)
    pauses: tuple[float, ...] = PAUSES
    retries: tuple[float, ...] = (1.0, 2.0, 5.0, 10.0, 30.0, 60.0)
    """Seconds between two tries of a site that cannot be reached; the last one for ever."""
    offline_reload: timedelta = timedelta(seconds=120)
    """A page that has not found back by then is loaded again."""
    pairing_code: timedelta = PAIRING_CODE
    """How long a pairing code is shown before another one is asked for."""
    pairing_retry: timedelta = PAIRING_RETRY


class Runs:
    """The half of `WebEngine` that keeps a page. The login's lock is held by whoever makes it."""

    def __init__(
        self,
        options: Options,
        *,
        script: str,
        patience: Patience = Patience(),
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._options = options
        self._patience = patience
        self._script = script
        self._clock = clock
        self._told: asyncio.Queue[Told] = asyncio.Queue()
        self._run = 0
        self._task: asyncio.Task[None] | None = None
        self._stopping: asyncio.Task[None] | None = None
        self._wish = LoginWish()
        self._proxy: Proxy | None = None
        self._page: WhatsAppPage | None = None
        self._seen = Seen()
        self._healthy_since: datetime | None = None
        self._refreshed_at: datetime | None = None

    def start(self, wish: LoginWish = BY_QR, *, proxy: Proxy | None = None) -> int:
        """Begin a run."""
        self._run += 1
        self._wish, self._proxy = wish, proxy
        self._seen = Seen(pairing=wish.pair_with is not None)
        self._task = asyncio.get_running_loop().create_task(self._live(self._run), name="web engine")
        return self._run

    async def stop(self) -> None:
        """End the run; the browser has written its profile when this returns, however often it is called."""
        task = self._task
        if task is None:
            return
        if self._stopping is not task:  # a second cancel would end the closing of the browser
            self._stopping = task
            task.cancel()
        await asyncio.wait({task})
        if self._task is task:
            self._task = None
            if not task.cancelled() and (error := task.exception()):
                log.error("the engine failed while it was stopped", exc_info=error)

    def hurry(self) -> None:
        """Kill the browser, whatever it still wanted to write."""
        profile.kill(self._options.profile)

    async def events(self) -> AsyncIterator[Told]:
        """Everything that is told."""
        while True:
            yield await self._told.get()

    def _open_page(self) -> WhatsAppPage:
        """The page there is. Raises NotConnected."""
        if self._page is None:
            raise NotConnected("The browser is starting.")
        return self._page

    def _tell(self, run: int, what: Fact | ChatMessage | AckSeen | Happening) -> None:
        self._told.put_nowait(Told(run=run, what=what))

    async def _live(self, run: int) -> None:
        ladder = Ladder()
        browser: Browser | None = None
        tries = 0
        try:
            while True:
                self._healthy_since = None
                self._seen = self._seen.reloaded()
                try:
                    browser = browser or await Browser.launch(self._options, self._script, proxy=self._proxy)
                    await self._watch(run, browser)
                    return
                except SiteUnreachable as error:
                    tries = 0 if self._healthy_since else tries
                    log.warning("%s", error)
                    self._tell(run, NetworkWentAway(because=str(error)))
                    retries = self._patience.retries
                    await asyncio.sleep(retries[min(tries, len(retries) - 1)])
                    tries += 1
                except Exception as error:
                    # Not of our kinds: a bug here or in the driver. It is healed like the others, and seen.
                    log.warning("%s", error, exc_info=not isinstance(error, EngineError))
                    hangs = isinstance(error, EngineStuck) and error.stage in HANGS
                    gone = hangs or isinstance(error, BrowserGone)
                    ladder, step, pause = ladder.fail(
                        browser_gone=gone, healthy_for=self._health(), pauses=self._patience.pauses
                    )
                    if step is Step.GIVE_UP:
                        self._tell(run, BrowserLost(because=str(error)))
                        return
                    self._tell(run, Healing(because=str(error)))
                    self._page = None
                    if step is Step.NEW_BROWSER and browser:
                        await browser.close(timeout=HEAL_CLOSE_TIMEOUT)
                        browser = None
                    await asyncio.sleep(pause)
        finally:
            self._page = None
            if browser:
                await browser.close()

    def _health(self) -> float:
        """For how many seconds the page had worked."""
        return (self._clock() - self._healthy_since).total_seconds() if self._healthy_since else 0.0

    async def _watch(self, run: int, browser: Browser) -> None:
        """Look at the page until the run's end; raises EngineError for what needs a cure."""
        page = await WhatsAppPage.open(browser, self._options.url)
        self._page = page
        load = ""
        while True:
            try:
                turn = await page.next(LOOK_EVERY)
            except Navigated:
                self._seen = self._seen.reloaded()
                continue
            now = self._clock()
            if load and turn.load and turn.load != load:  # between two calls, so that none of them failed
                self._seen = self._seen.reloaded()
            load = turn.load or load
            self._seen, fact = judge(self._seen, turn.look, now)
            if fact:
                self._tell(run, fact)
            for item in turn.items:
                self._tell(run, item)
            if isinstance(fact, LoggedOut | ConflictFound | BanFound):
                self._page = None
                await asyncio.Event().wait()  # until `stop`: a QR that nobody asked for is not shown
            self._check(now, turn.look)
            if pairing_due(self._seen, turn.look, now):
                await self._pair(run, page)
            elif turn.look.idle and not self._seen.pairing and self._may_refresh(now):
                self._refreshed_at = now
                await page.call(Stage.ALIVE, "refresh", timeout=CHECK_TIMEOUT)

    def _may_refresh(self, now: datetime) -> bool:
        return self._refreshed_at is None or now - self._refreshed_at > REFRESH_PAUSE

    async def _pair(self, run: int, page: WhatsAppPage) -> None:
        """Have WhatsApp make a pairing code, and tell it. Raises EngineError when it often will not."""
        try:
            number = self._wish.pair_with
            code = wa.value(await page.call(Stage.PAIR, "pair", number, timeout=CHECK_TIMEOUT))
            lasts = self._patience.pairing_code
            self._seen, fact = pairing_code(self._seen, str(code), self._clock(), lasts)
        except (PageLost, BrowserGone):
            raise
        except EngineError as error:
            log.warning("no pairing code: %s", error)
            self._seen = no_pairing_code(self._seen, self._clock(), self._patience.pairing_retry)
            if self._seen.pairing_failures >= PAIRING_TRIES:
                raise EngineError(f"WhatsApp gave no pairing code ({error})") from None
        else:
            self._tell(run, fact)

    def _check(self, now: datetime, look: Look) -> None:
        """Raise for a page that stays too long where it is."""
        seen = self._seen
        if seen.stuck(now, self._patience.limits):
            raise EngineStuck(seen.stage, self._patience.limits[seen.stage].total_seconds(), look.detail)
        if seen.offline_since and now - seen.offline_since > self._patience.offline_reload:
            raise SiteUnreachable("the page has no connection and is loaded again.")
        self._healthy_since = self._healthy_since or now if seen.healthy else None
