"""How a launch ends that is given up; whole browsers are in `tests/integration/session/engine`."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from whatsapp_session.engine import browser
from whatsapp_session.engine.browser import Browser, Options


class Driver:
    """A fake of Playwright's driver, whose process takes its time to start."""

    def __init__(self) -> None:
        self.launched = asyncio.Event()
        self.answers = asyncio.Event()
        self.stopped = False

    async def start(self) -> Driver:
        self.launched.set()
        await self.answers.wait()
        return self

    async def stop(self) -> None:
        self.stopped = True


async def test_a_launch_that_is_given_up_while_the_driver_starts_leaves_no_driver(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    driver = Driver()
    monkeypatch.setattr(browser, "async_playwright", lambda: driver)
    options = Options(executable=Path("/bin/false"), profile=tmp_path, url="http://localhost/", sandbox=False)
    launch = asyncio.create_task(Browser.launch(options, ""))
    async with asyncio.timeout(10):
        await driver.launched.wait()
        launch.cancel()
        asyncio.get_running_loop().call_soon(driver.answers.set)
        with pytest.raises(asyncio.CancelledError):
            await launch
    assert driver.stopped
