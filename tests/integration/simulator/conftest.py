"""The simulator as a process, and pages of it in a real Chromium with the real wa-js."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import httpx
import pytest
from playwright.async_api import async_playwright

from integration.simulator.processes import Simulator
from integration.simulator.wa_page import WaPage


@pytest.fixture
async def http(simulator: Simulator) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=simulator.url, timeout=30) as client:
        yield client


@pytest.fixture
async def open_page(bundle: str, tmp_path: Path) -> AsyncIterator[Callable[..., Awaitable[WaPage]]]:
    """Opens a simulator in a browser with a profile of the given name; the browser ends with the test."""
    opened: list[WaPage] = []
    async with async_playwright() as playwright:

        async def open_(simulator: Simulator, profile: str = "profile", host: str = "127.0.0.1") -> WaPage:
            url = simulator.url.replace("127.0.0.1", host)
            page = await WaPage.open(playwright, url, tmp_path / profile, bundle)
            opened.append(page)
            return page

        yield open_
        for page in opened:
            await page.close()
            assert page.errors == []
