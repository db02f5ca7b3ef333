"""The dashboard in a real Chromium: a hub in the process of the test, with a backend that only remembers."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser

from integration.hub.dashboard.served import Served, chromium, serve
from unit.hub.world import World
from whatsapp_hub.api import app
from whatsapp_hub.dashboard import assets


@pytest.fixture
def database_url(migrated: Path, tmp_path: Path) -> str:
    path = tmp_path / "hub.sqlite3"
    shutil.copy(migrated, path)
    return f"sqlite+aiosqlite:///{path}"


@pytest.fixture
async def served(world: World) -> AsyncIterator[Served]:
    assert not assets.missing(), f"htmx is missing. Run: {assets.FETCH_COMMAND}"
    async with serve(app.build(world.services)) as made:
        yield made


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as made:
        yield made
