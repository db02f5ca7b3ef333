"""Rows of one tenant. There is no way to ask for them without saying whose.

Why a class and no habit: a query that forgets its tenant shows one CRM another's messages. Here it cannot be
written: `rows` is the only door to a table, and it has the condition in it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Delete, Select, Update, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from whatsapp_hub.database.models import AuditEntry, Owned

Row = TypeVar("Row", bound=Owned)


class Scoped:
    """A transaction in which one tenant's rows are all there is."""

    def __init__(self, transaction: AsyncSession, tenant_id: int) -> None:
        self._db = transaction
        self.tenant_id = tenant_id

    def rows(self, table: type[Row]) -> Select[Row]:
        """This tenant's rows of `table`."""
        return select(table).where(table.tenant_id == self.tenant_id)

    def columns(self, table: type[Row], *wanted: Any) -> Select[*tuple[Any, ...]]:
        """Some columns of this tenant's rows."""
        return select(*wanted).where(table.tenant_id == self.tenant_id)

    def change(self, table: type[Row]) -> Update:
        """An update of this tenant's rows."""
        return update(table).where(table.tenant_id == self.tenant_id)

    def remove(self, table: type[Row]) -> Delete:
        """A removal of this tenant's rows."""
        return delete(table).where(table.tenant_id == self.tenant_id)

    async def add(self, row: Row) -> Row:
        """Put a row of this tenant in, and learn its id. Raises IntegrityError for one that is there."""
        row.tenant_id = self.tenant_id
        self._db.add(row)
        await self._db.flush()
        return row

    async def audit(
        self, *, at: datetime, actor: str, action: str, target: str, outcome: str = "done"
    ) -> None:
        """Write down who did what; in the same transaction as what was done."""
        self._db.add(
            AuditEntry(
                tenant_id=self.tenant_id, at=at, actor=actor, action=action, target=target, outcome=outcome
            )
        )
        await self._db.flush()
