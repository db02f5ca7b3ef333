"""The hub on a real PostgreSQL: the fixtures of the unit tests, with another database under them."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator

import pytest

from integration.hub.postgres import PostgreSQL
from unit.hub.fixtures import database, migrated, world
from whatsapp_hub.database.connection import Database
from whatsapp_hub.database.migrate import migrate

__all__ = ["database", "migrated", "world"]

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
