"""The fixtures of every hub test. A conftest takes them in, and may say another `database_url`."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from unit.hub.doubles import Clock, FakeBackend
from unit.hub.world import QUICK, World
from whatsapp_hub.api import app
from whatsapp_hub.database.connection import Database
from whatsapp_hub.database.migrate import migrate
from whatsapp_hub.live import Live
from whatsapp_hub.security.passwords import Passwords
from whatsapp_hub.security.secrets import Secrets
from whatsapp_hub.services import Services


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty SQLite file with every table, made once."""
    path = tmp_path_factory.mktemp("hub") / "empty.sqlite3"

    async def make() -> None:
        database = Database(f"sqlite+aiosqlite:///{path}")
        await migrate(database)
        await database.close()

    asyncio.run(make())
    return path


@pytest.fixture
def database_url(migrated: Path, tmp_path: Path) -> str:
    path = tmp_path / "hub.sqlite3"
    shutil.copy(migrated, path)
    return f"sqlite+aiosqlite:///{path}"


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    made = Database(database_url)
    yield made
    await made.close()


@pytest.fixture
async def world(database: Database) -> AsyncIterator[World]:
    clock, backend = Clock(), FakeBackend()
    services = Services(
        database=database,
        backend=backend,
        live=Live(),
        secrets=Secrets(b"m" * 32),
        passwords=Passwords(QUICK),
        clock=clock,
        qr_wait=1.5,
    )
    made = World(services, backend, clock, app.build(services))
    await made.set_up()
    yield made
    await made.http.aclose()
