"""One Chromium on one login: launched, watched for its end, closed so that the login is on disk.

Why a Playwright of its own for each browser: its driver is a process that can die too, and then nothing of
it can be used again.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import BrowserContext, Playwright, async_playwright
from playwright.async_api import Error as PlaywrightError

from whatsapp_session.config import Proxy
from whatsapp_session.engine import flags, leveldb, profile
from whatsapp_session.engine.protocol import BrowserGone, EngineStuck, Stage

log = logging.getLogger(__name__)

LAUNCH_TIMEOUT = 60.0
CLOSE_TIMEOUT = 10.0
"""Seconds for a browser to write its profile and end; half of what a pod has for its whole stop."""
SHARED_MEMORY_NEEDED = 256 * 1024 * 1024
"""Bytes of /dev/shm; a container's usual 64 MiB crashes renderers."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """Which browser, on which login, for which page."""

    executable: Path
    profile: Path
    url: str
    sandbox: bool


class Browser:
    """A running browser. `gone` is done when it ended, however that came."""

    def __init__(
        self,
        playwright: Playwright,
        context: BrowserContext,
        options: Options,
        *,
        version: str,
        proxy: Proxy | None = None,
    ) -> None:
        self.context = context
        self.version = version
        self.proxy = proxy
        self.gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._playwright = playwright
        self._options = options
        context.on("close", self._ended)

    @classmethod
    async def launch(cls, options: Options, script: str, *, proxy: Proxy | None = None) -> Browser:
        """Start the browser; `script` runs at the start of every page. Raises BrowserGone, EngineStuck."""
        await profile.clear(options.profile)
        await asyncio.to_thread(leveldb.repair, options.profile)
        options.profile.mkdir(mode=0o700, parents=True, exist_ok=True)
        environment: dict[str, str | float | bool] = dict(os.environ)
        environment["HOME"] = tempfile.gettempdir()  # ours may be read-only
        starting = asyncio.ensure_future(async_playwright().start())
        try:
            async with asyncio.timeout(LAUNCH_TIMEOUT):
                playwright = await asyncio.shield(starting)  # given up half-way, its driver would stay
                version = await version_of(options.executable)
                agent = flags.user_agent(version)
                context = await playwright.chromium.launch_persistent_context(
                    options.profile,
                    executable_path=options.executable,
                    args=flags.switches(
                        profile=str(options.profile),
                        url=options.url,
                        user_agent=agent,
                        sandbox=options.sandbox,
                        shared_memory=has_shared_memory(),
                        proxy=proxy.server if proxy else None,
                    ),
                    ignore_default_args=True,
                    handle_sigint=False,
                    handle_sigterm=False,
                    handle_sighup=False,
                    user_agent=agent,
                    env=environment,
                )
                await context.add_init_script(script)
        except BaseException as error:
            await _bounded(_stopped(starting))
            profile.kill(options.profile)
            if isinstance(error, TimeoutError):
                raise EngineStuck(Stage.LAUNCH, LAUNCH_TIMEOUT) from None
            if isinstance(error, PlaywrightError | OSError):
                raise BrowserGone(f"The browser could not be started: {first_line(error)}.") from None
            raise
        return cls(playwright, context, options, version=version, proxy=proxy)

    def _ended(self, _: BrowserContext) -> None:
        if not self.gone.done():
            self.gone.set_result(None)

    async def close(self, *, timeout: float = CLOSE_TIMEOUT) -> None:
        """Close it, wait until it is gone; what does not end within `timeout` seconds is killed."""
        try:
            async with asyncio.timeout(timeout):
                await self.context.close()
        except (TimeoutError, PlaywrightError) as error:
            log.warning("the browser did not close by itself: %s", first_line(error) or "no answer")
        finally:
            await _bounded(self._playwright.stop())
            await profile.clear(self._options.profile, patience=2.0)


async def version_of(executable: Path) -> str:
    """`156.0.8078.79`, as the program itself says. Raises BrowserGone when it cannot be run."""
    process = await asyncio.create_subprocess_exec(
        executable, "--version", stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    said = (await process.communicate())[0].decode(errors="replace")
    found = re.search(r"\d+(\.\d+)+", said)
    if not found:
        raise BrowserGone(f"{executable} --version says no version (exit {process.returncode}).")
    return found.group()


def has_shared_memory() -> bool:
    """Whether /dev/shm can be used and is large enough."""
    try:
        status = os.statvfs("/dev/shm")  # noqa: S108
    except OSError:
        return False
    return os.access("/dev/shm", os.W_OK) and status.f_bavail * status.f_frsize >= SHARED_MEMORY_NEEDED  # noqa: S108


def first_line(error: BaseException) -> str:
    """The first line of what Playwright says, without its own name of the call."""
    return re.sub(r"^\w+\.\w+: ", "", str(error).strip().split("\n", 1)[0]).rstrip(".")


async def _stopped(starting: asyncio.Future[Playwright]) -> None:
    await (await starting).stop()


async def _bounded(work: object) -> None:
    """Wait for Playwright's driver to end, but not for ever; a dead driver answers nothing."""
    with contextlib.suppress(Exception):
        async with asyncio.timeout(5.0):
            await work  # type: ignore[misc]
