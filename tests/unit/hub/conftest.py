"""Hub tests without a server of any kind: SQLite, a backend that only remembers."""

from unit.hub.fixtures import database, database_url, migrated, world

__all__ = ["database", "database_url", "migrated", "world"]
