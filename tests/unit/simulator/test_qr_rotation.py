"""The order in which a page's QR codes come and end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from whatsapp_simulator.errors import Refused
from whatsapp_simulator.exchange import Frame
from whatsapp_simulator.pages import Page
from whatsapp_simulator.qr_rotation import QrRotation, lifetimes
from whatsapp_simulator.settings import Settings
from whatsapp_simulator.world import World


@pytest.fixture
def quick(world: World) -> Settings:
    return replace(world.settings, qr_first_seconds=0.02, qr_rotation_seconds=0.01, qr_rotations=3)


@asynccontextmanager
async def rotating(page: Page, world: World, settings: Settings) -> AsyncIterator[QrRotation]:
    rotation = QrRotation(page, world.pages, settings)
    task = asyncio.create_task(rotation.run())
    yield rotation
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def heard(page: Page, count: int) -> list[Frame]:
    return [await asyncio.wait_for(page.outbox.get(), 10) for _ in range(count)]


def test_the_first_code_lives_longest(quick: Settings) -> None:
    assert list(lifetimes(quick)) == [0.02, 0.01, 0.01]


async def test_after_the_last_code_the_page_is_idle_and_no_code_is_good(
    world: World, quick: Settings
) -> None:
    page = Page()
    async with rotating(page, world, quick):
        frames = await heard(page, 4)
        assert [frame["type"] for frame in frames] == ["ref", "ref", "ref", "idle"]
        assert [frame["attempt"] for frame in frames[:3]] == [1, 2, 3]
        for frame in frames[:3]:
            with pytest.raises(Refused):
                world.pages.refs.page_of(frame["ref"])


async def test_a_refresh_after_idle_starts_a_new_series(world: World, quick: Settings) -> None:
    page = Page()
    async with rotating(page, world, quick) as rotation:
        await heard(page, 4)
        rotation.refresh()
        assert (await heard(page, 1))[0]["attempt"] == 1


async def test_a_refresh_replaces_the_code_at_once(world: World) -> None:
    page = Page()
    async with rotating(page, world, world.settings) as rotation:
        (first,) = await heard(page, 1)
        rotation.refresh()
        (second,) = await heard(page, 1)
        assert (second["attempt"], world.pages.refs.page_of(second["ref"])) == (1, page.key)
        with pytest.raises(Refused):
            world.pages.refs.page_of(first["ref"])
