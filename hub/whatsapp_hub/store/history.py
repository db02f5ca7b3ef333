"""What happened to a session: the states it went through."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from whatsapp_hub.database.models import Session, SessionChange
from whatsapp_hub.store.scoped import Scoped


class History(Scoped):
    """Changes of the sessions of one tenant."""

    async def history(
        self, session_pk: int, limit: int, before: int | None = None
    ) -> Sequence[SessionChange]:
        """The newest changes of a session, or those older than the change `before` (its id)."""
        asked = self.rows(SessionChange).where(SessionChange.session_pk == session_pk)
        if before is not None:
            asked = asked.where(SessionChange.id < before)
        asked = asked.order_by(SessionChange.id.desc()).limit(limit)
        return (await self._db.execute(asked)).scalars().all()

    async def shown(self, ids: Sequence[int], *columns: Any) -> Sequence[Any]:
        """The sessions with these ids, in no order: rows of `columns`."""
        return (await self._db.execute(self.columns(Session, *columns).where(Session.id.in_(ids)))).all()
