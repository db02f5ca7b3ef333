"""The hub on a real PostgreSQL: the fixtures of the unit tests with another database under them, and the
hub as a process with real sessions behind it."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from integration.hub import pod
from integration.hub.hub_process import HubProcess
from integration.hub.postgres import PostgreSQL
from integration.session.conftest import phones
from integration.simulator.processes import Simulator
from unit.hub.fixtures import database, migrated, world
from whatsapp_hub.database.connection import Database
from whatsapp_hub.database.migrate import migrate

__all__ = ["database", "migrated", "phones", "world"]

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    server = PostgreSQL()
    yield server
    server.end()


@pytest.fixture(scope="session")
def template(postgresql: PostgreSQL) -> str:
    """The name of an empty database with every table, made once."""
    url = postgresql.database("empty")

    async def make() -> None:
        made = Database(url)
        await migrate(made)
        await made.close()

    asyncio.run(make())
    return "empty"


@pytest.fixture
def database_url(postgresql: PostgreSQL, template: str) -> Iterator[str]:
    name = f"test{next(_numbers)}"
    yield postgresql.database(name, template)
    postgresql.drop(name)


@pytest.fixture
async def hub(simulator: Simulator, tmp_path: Path) -> AsyncIterator[HubProcess]:
    """One on its embedded database."""
    process = HubProcess(tmp_path / "hub", simulator.url)
    await process.create_admin()
    await process.start()
    yield process
    await process.over()


@pytest.fixture
async def postgresql_hub(
    simulator: Simulator, tmp_path: Path, database_url: str
) -> AsyncIterator[HubProcess]:
    """One on PostgreSQL."""
    process = HubProcess(tmp_path / "hub", simulator.url, DATABASE_URL=database_url)
    await process.create_admin()
    await process.start()
    yield process
    await process.over()


@pytest.fixture
async def quiet_hub(tmp_path: Path, database_url: str) -> AsyncIterator[HubProcess]:
    """One on PostgreSQL whose one session is suspended: it runs no browser."""
    process = HubProcess(tmp_path / "hub", pod.NOWHERE, DATABASE_URL=database_url)
    await process.create_admin()
    await pod.suspended(database_url, pod.NAME)
    await process.start()
    yield process
    await process.over()
