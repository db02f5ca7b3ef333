"""The migrations make exactly the tables that the code has, and are safe to run again."""

from __future__ import annotations

from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection

from whatsapp_hub.database.connection import Database
from whatsapp_hub.database.migrate import migrate
from whatsapp_hub.database.models import Base, LoginFailure, Tenant


def _differences(connection: Connection) -> Any:
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return compare_metadata(context, Base.metadata)


async def test_the_migrations_make_what_the_models_say(database: Database) -> None:
    async with database.engine.connect() as connection:
        assert await connection.run_sync(_differences) == []


async def test_migrating_twice_changes_nothing(database: Database) -> None:
    await migrate(database)
    async with database.engine.connect() as connection:
        assert await connection.run_sync(_differences) == []


def test_every_table_but_two_has_a_tenant() -> None:
    without = {table.name for table in Base.metadata.tables.values() if "tenant_id" not in table.columns}
    assert without == {Tenant.__tablename__, LoginFailure.__tablename__}
