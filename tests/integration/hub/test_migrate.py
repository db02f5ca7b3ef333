"""Migrations on PostgreSQL: the same tables, and several replicas that start at once."""

from __future__ import annotations

import asyncio

from integration.hub.postgres import PostgreSQL
from unit.hub.database.test_migrate import *  # noqa: F403
from unit.hub.database.test_migrate import _differences
from whatsapp_hub.database.connection import Database
from whatsapp_hub.database.migrate import migrate


async def test_replicas_that_start_at_once_migrate_once(postgresql: PostgreSQL) -> None:
    url = postgresql.database("replicas")
    replicas = [Database(url) for _ in range(4)]
    await asyncio.gather(*(migrate(each) for each in replicas))
    async with replicas[0].engine.connect() as connection:
        assert await connection.run_sync(_differences) == []
    for each in replicas:
        await each.close()
