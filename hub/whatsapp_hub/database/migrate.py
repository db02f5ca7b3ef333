"""Bring the tables up to this release's; safe to run from several replicas at once."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text

from whatsapp_hub.database.connection import Database

SCRIPTS = Path(__file__).parent / "migrations"
LOCK = 0x77680001
"""Any number, the same in every replica: PostgreSQL's advisory lock."""


async def migrate(database: Database) -> None:
    """Apply what is missing, in one transaction."""
    async with database.engine.begin() as connection:
        if database.postgresql:
            await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        await connection.run_sync(_upgrade)


def config() -> Config:
    """Alembic's, without a file."""
    made = Config()
    made.set_main_option("script_location", str(SCRIPTS))
    return made


def _upgrade(connection: Connection) -> None:
    settings = config()
    settings.attributes["connection"] = connection
    command.upgrade(settings, "head")
