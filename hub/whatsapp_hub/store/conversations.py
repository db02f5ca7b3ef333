"""What the hub itself knows of a session's chats: the messages that came in, for the time when nobody can ask
the session.

Why by the message's id: contract D tells who wrote, and in a group that is not where it was written.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import and_, or_

from whatsapp_hub.database.models import Mensaje
from whatsapp_hub.store.scoped import Scoped


class Conversations(Scoped):
    """Messages of one session, as its chats."""

    async def recent(self, session_id: int, *, limit: int) -> Sequence[Mensaje]:
        """The newest messages of a session, of every chat, the newest first."""
        asked = self.rows(Mensaje).where(Mensaje.session_pk == session_id)
        asked = asked.order_by(Mensaje.sent_at.desc(), Mensaje.id.desc()).limit(limit)
        return (await self._db.execute(asked)).scalars().all()

    async def of_chat(self, session_id: int, chat_id: str, *, limit: int) -> Sequence[Mensaje]:
        """The newest messages of one chat (`…@c.us`, `…@g.us`, `…@lid`), the newest first."""
        named = Mensaje.message_id.startswith(f"false_{chat_id}_", autoescape=True)
        in_group = Mensaje.message_id.contains("@g.us_", autoescape=True)
        by_sender = and_(Mensaje.sender == chat_id.removesuffix("@c.us"), ~in_group)
        asked = self.rows(Mensaje).where(Mensaje.session_pk == session_id, or_(named, by_sender))
        asked = asked.order_by(Mensaje.sent_at.desc(), Mensaje.id.desc()).limit(limit)
        return (await self._db.execute(asked)).scalars().all()
