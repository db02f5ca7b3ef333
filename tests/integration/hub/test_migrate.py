"""Migrations on PostgreSQL: the same tables, several replicas that start at once, a server that is late."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import text

from integration.hub.postgres import PostgreSQL
from unit.hub.database.test_migrate import *  # noqa: F403
from unit.hub.database.test_migrate import _differences
from whatsapp_hub.database.connection import Database
from whatsapp_hub.database.migrate import migrate
from whatsapp_hub.serving import CannotStart, open_database
from whatsapp_hub.settings import Settings, read

PATIENCE = 120.0


def settings(url: str) -> Settings:
    return read({"DATABASE_URL": url.replace("+asyncpg", "")})


async def test_replicas_that_start_at_once_migrate_once(postgresql: PostgreSQL) -> None:
    url = postgresql.database("replicas")
    replicas = [Database(url) for _ in range(4)]
    await asyncio.gather(*(migrate(each) for each in replicas))
    async with replicas[0].engine.connect() as connection:
        assert await connection.run_sync(_differences) == []
    for each in replicas:
        await each.close()


async def test_a_database_that_is_not_there_is_named_at_once(postgresql: PostgreSQL) -> None:
    with pytest.raises(CannotStart, match='refuses: database "nowhere" does not exist'):
        await open_database(settings(postgresql.url("nowhere")), PATIENCE)


async def test_tables_of_a_later_release_are_left_alone(postgresql: PostgreSQL) -> None:
    url = postgresql.database("later")
    database = await open_database(settings(url))
    async with database.engine.begin() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    await database.close()
    with pytest.raises(CannotStart, match=r"of another release.*9999"):
        await open_database(settings(url), PATIENCE)


async def test_a_start_waits_for_a_database_that_starts_beside_it(
    postgresql: PostgreSQL, caplog: pytest.LogCaptureFixture
) -> None:
    url = postgresql.database("late")
    postgresql.stop()
    opening = asyncio.create_task(open_database(settings(url), PATIENCE))
    try:
        async with asyncio.timeout(PATIENCE):
            while "waiting for the database" not in caplog.text:
                assert not opening.done(), opening.exception()
                await asyncio.sleep(0.05)
    finally:
        await asyncio.to_thread(postgresql.start)
    database = await opening
    async with database.engine.connect() as connection:
        assert await connection.run_sync(_differences) == []
    await database.close()
