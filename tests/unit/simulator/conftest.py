"""One simulator per test: a world on a fresh folder, its HTTP application, and pages played by hand."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any, cast

import httpx
import pytest

from unit.simulator.played_page import Frame, PlayedPage
from whatsapp_simulator.app import create_app
from whatsapp_simulator.settings import Settings
from whatsapp_simulator.world import World, make_world


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = make_world(Settings(data_dir=tmp_path, qr_first_seconds=3600, qr_rotation_seconds=3600))
    yield made
    made.store.close()


@pytest.fixture
async def http(world: World) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(create_app(world))
    async with httpx.AsyncClient(transport=transport, base_url="http://simulator") as client:
        yield client


@pytest.fixture
async def open_page(world: World) -> AsyncIterator[Callable[[], PlayedPage]]:
    pages: list[PlayedPage] = []

    def opened() -> PlayedPage:
        pages.append(PlayedPage(world))
        return pages[-1]

    yield opened
    for page in pages:
        await page.leave()


@pytest.fixture
def link(http: httpx.AsyncClient, open_page: Callable[[], PlayedPage]) -> Callable[[str], Any]:
    """Links a new page to a number; the credential that the page would keep."""

    async def linked(number: str) -> Frame:
        page = open_page()
        scan = asyncio.create_task(http.post(f"/phones/{number}/scan", json={"code": await page.show_code()}))
        credential = (await page.hear("pair_success"))["credential"]
        page.say({"type": "stored"})
        await page.hear("restart")
        assert (await scan).status_code == 200
        await page.leave()
        return cast(Frame, credential)

    return linked
