"""A hub that listens, in the process of the test, and a person's browser in front of it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

import uvicorn
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect
from starlette.types import ASGIApp

from integration.simulator.wa_page import CHROMIUM
from unit.hub.world import PASSWORD
from whatsapp_hub.serving import Server

PATIENCE = 20_000
"""Milliseconds for whatever is waited for: the machine may be busy."""
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 360, "height": 740}

expect.set_options(timeout=PATIENCE)


@dataclass(frozen=True, kw_only=True)
class Served:
    """A listening hub."""

    url: str
    server: Server


@contextlib.asynccontextmanager
async def serve(application: ASGIApp, port: int = 0) -> AsyncIterator[Served]:
    """The application on a port of its own."""
    config = uvicorn.Config(
        application, port=port, log_config=None, lifespan="off", timeout_graceful_shutdown=1
    )
    server = Server(config)
    task = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - no event tells it
        await asyncio.sleep(0.01)
    found = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield Served(url=f"http://localhost:{found}", server=server)
    finally:
        server.should_exit = True
        await task


@contextlib.asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """Debian's headless browser."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        await browser.close()


class Person:
    """Somebody with a browser; whatever their pages complain about is kept in `complaints`."""

    def __init__(self, context: BrowserContext, page: Page, url: str) -> None:
        self.context, self.page, self.url = context, page, url
        self.complaints: list[str] = []
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on(
            "console",
            lambda said: self.complaints.append(said.text) if "Content Security" in said.text else None,
        )

    async def go(self, path: str) -> None:
        """To a page of the hub."""
        await self.page.goto(self.url + path)

    async def log_in(self, email: str, password: str = PASSWORD) -> None:
        """By the form."""
        await self.go("/login")
        await self.page.locator("#field-email").fill(email)
        await self.page.locator("#field-password").fill(password)
        await self.page.locator("form[action='/login'] button").click()
        await expect(self.page).to_have_url(self.url + "/sessions")


@contextlib.asynccontextmanager
async def person(
    browser: Browser,
    url: str,
    *,
    language: str = "es-AR",
    dark: bool = False,
    narrow: bool = False,
    scripts: bool = True,
) -> AsyncIterator[Person]:
    """Somebody whose browser speaks a language."""
    context = await browser.new_context(
        locale=language,
        color_scheme="dark" if dark else "light",
        viewport=NARROW if narrow else WIDE,  # type: ignore[arg-type]
        java_script_enabled=scripts,
        timezone_id="America/Argentina/Buenos_Aires",
    )
    context.set_default_timeout(PATIENCE)
    yield Person(context, await context.new_page(), url)
    await context.close()
