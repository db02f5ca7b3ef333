"""The one page of a browser: opened on WhatsApp, called within bounds, known to be lost when it is.

Why every call races the page's end: after a renderer's crash Playwright's call hangs, it does not fail.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Page, Response

from whatsapp_session.engine import flags, proxies, wa
from whatsapp_session.engine.browser import Browser, first_line
from whatsapp_session.engine.protocol import BrowserGone, EngineStuck, PageLost, SiteUnreachable, Stage

T = TypeVar("T")
OPEN_TIMEOUT = 30.0
CLOSE_PAGE_TIMEOUT = 5.0
"""Seconds; a page that hangs does not close, and then a new browser is the cure."""
CALL_MARGIN = 15.0
"""Seconds that a page may be late with an answer it promised: a busy machine is not a hang."""
FILES_AT_ONCE = 2
"""The page holds each of them whole."""
NAVIGATED = ("Execution context was destroyed", "Cannot find context", "Frame was detached", "navigat")


class Navigated(PageLost):
    """WhatsApp itself loaded its page again, as it does after a login; the new load has the driver too."""


class WhatsAppPage:
    """WhatsApp Web in its page."""

    def __init__(self, page: Page, browser: Browser) -> None:
        self._page = page
        self._browser = browser
        self.files = asyncio.Semaphore(FILES_AT_ONCE)
        self._lost: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        page.on("crash", lambda _: self._lose("The page crashed."))
        page.on("close", lambda _: self._lose("The page was closed."))

    @classmethod
    async def open(cls, browser: Browser, url: str) -> WhatsAppPage:
        """WhatsApp in a fresh page, the only one. Raises SiteUnreachable and EngineError."""
        old_pages = browser.context.pages
        fresh = await _raced(browser, None, Stage.OPEN, OPEN_TIMEOUT, browser.context.new_page())
        for old in old_pages:  # two pages on one login would be a conflict
            await _raced(browser, None, Stage.CLOSE_PAGE, CLOSE_PAGE_TIMEOUT, old.close())
        page = cls(fresh, browser)
        await page._introduce()
        await page._load(url)
        return page

    async def call(self, stage: Stage, method: str, argument: Any = None, *, timeout: float) -> Any:
        """Call the driver in the page. Raises EngineStuck with `stage`, PageLost, BrowserGone."""
        work = self._page.evaluate(wa.call(method), argument)
        try:
            return wa.answered(await _raced(self._browser, self._lost, stage, timeout, work))
        except PlaywrightError as error:
            said = first_line(error)
            if any(words in said for words in NAVIGATED):
                raise Navigated("WhatsApp loaded its page again.") from None
            raise PageLost(f"The page failed while {stage.value}: {said}.") from None

    async def next(self, wait: float) -> wa.Turn:
        """What happened, at the latest after `wait` seconds. The page's sign of life."""
        answer = await self.call(Stage.ALIVE, "next", wait * 1000, timeout=wait + CALL_MARGIN)
        if answer is None:
            if self._page.url.startswith("chrome-error:"):
                raise SiteUnreachable("the page did not load again.")
            await asyncio.sleep(0.2)  # a page without the driver answers at once
        return wa.turn(answer)

    async def _introduce(self) -> None:
        """Have the page's client hints name the browser that its user agent names."""
        hints = flags.user_agent_override(self._browser.version)

        async def override() -> None:
            devtools = await self._browser.context.new_cdp_session(self._page)
            await devtools.send("Emulation.setUserAgentOverride", hints)
            proxy = self._browser.proxy
            if proxy and proxy.username:
                await proxies.answer(devtools, proxy)

        await _raced(self._browser, self._lost, Stage.OPEN, OPEN_TIMEOUT, override())

    async def _load(self, url: str) -> None:
        try:
            work = self._page.goto(url, wait_until="commit", timeout=OPEN_TIMEOUT * 1000)
            response: Response | None = await _raced(
                self._browser, self._lost, Stage.OPEN, OPEN_TIMEOUT + CALL_MARGIN, work
            )
        except PlaywrightError as error:
            raise SiteUnreachable(f"{url} did not load ({first_line(error)}).") from None
        if response and response.status >= 400:
            raise SiteUnreachable(f"{url} answered {response.status}.")

    def _lose(self, because: str) -> None:
        if not self._lost.done():
            self._lost.set_result(because)


async def _raced(
    browser: Browser,
    lost: asyncio.Future[str] | None,
    stage: Stage,
    timeout: float,
    work: Coroutine[Any, Any, T],
) -> T:
    """The result of `work`, unless the browser or the page ends first, or `timeout` seconds pass."""
    task = asyncio.ensure_future(work)
    watched: set[asyncio.Future[Any]] = {task, browser.gone, *({lost} if lost else ())}
    try:
        await asyncio.wait(watched, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
        if browser.gone.done():
            raise BrowserGone("The browser ended.")
        if lost and lost.done():
            raise PageLost(lost.result())
        if not task.done():
            raise EngineStuck(stage, timeout)
        try:
            return task.result()
        except PlaywrightError as error:
            if "closed" in str(error):  # told before its event arrives
                raise BrowserGone("The browser ended.") from None
            raise
    finally:
        if not task.done():
            task.cancel()
        task.add_done_callback(lambda done: done.cancelled() or done.exception())
