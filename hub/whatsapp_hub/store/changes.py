"""What is written of a session's life: one row a change of state, the newest KEPT of them.

Why pruned where it is written: a session that flaps for a month costs no more than one that does not.
"""

from __future__ import annotations

from datetime import datetime

from whatsapp_hub.database.models import Session, SessionChange
from whatsapp_hub.store.scoped import Scoped

KEPT = 200
LONGEST_MESSAGE = 1000


class Changes(Scoped):
    """The changes of one tenant's sessions."""

    async def note(self, session: Session, at: datetime) -> None:
        """Write down how the session is now, and drop what is too old to be kept."""
        change = SessionChange(
            session_pk=session.id,
            at=at,
            state=session.state or "INIT",
            reason=session.reason,
            message=(session.message or "")[:LONGEST_MESSAGE],
        )
        await self.add(change)
        mine = SessionChange.session_pk == session.id
        asked = self.columns(SessionChange, SessionChange.id).where(mine).order_by(SessionChange.id.desc())
        oldest = asked.offset(KEPT - 1).limit(1).scalar_subquery()
        await self._db.execute(self.remove(SessionChange).where(mine, SessionChange.id < oldest))
