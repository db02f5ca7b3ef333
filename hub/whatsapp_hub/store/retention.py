"""How long one tenant keeps messages, and the removal of those that are too old."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, update

from whatsapp_hub.database.models import Mensaje, Tenant
from whatsapp_hub.store.scoped import Scoped


class Retention(Scoped):
    """Of this tenant's messages."""

    async def days(self) -> int | None:
        """Days; 0: for ever; None: as the hub's setting says."""
        asked = select(Tenant.messages_keep_days).where(Tenant.id == self.tenant_id)
        return (await self._db.execute(asked)).scalar_one()

    async def set_days(self, days: int | None) -> None:
        """Say how long."""
        asked = update(Tenant).where(Tenant.id == self.tenant_id).values(messages_keep_days=days)
        await self._db.execute(asked)

    async def forget(self, before: datetime, limit: int) -> int:
        """Remove messages that were sent before, `limit` of them at most; how many they were."""
        old = self.columns(Mensaje, Mensaje.id).where(Mensaje.sent_at < before)
        old = old.order_by(Mensaje.sent_at).limit(limit)
        gone = await self._db.execute(self.remove(Mensaje).where(Mensaje.id.in_(old)).returning(Mensaje.id))
        return len(gone.all())
