"""Contacts, chats and messages of one tenant: found or created once, also when the same call comes many times
at once.

Why `INSERT … ON CONFLICT DO NOTHING` decides and no look before: two calls that both look find nothing, and
both create. Whoever comes second waits for the first, and takes what it made.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite

from whatsapp_hub.database.models import Chat, Contact, Mensaje, Receipt, Session
from whatsapp_hub.store.scoped import Scoped

TYPE = "whatsapp_api"


@dataclass(frozen=True, kw_only=True)
class Incoming:
    """A message as contract D brings it, checked."""

    sender: str
    recipient: str
    message_id: str
    sent_at: datetime
    content: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Stored:
    """Where it is; `new` is False for a repeat."""

    id: int
    contact_id: int
    chat_id: int
    new: bool


class Messages(Scoped):
    """What came in for this tenant."""

    async def store(self, session_pk: int, message: Incoming, now: datetime) -> Stored:
        """Keep a message once; the answer to a repeat names what the first one made.

        Raises IntegrityError when the session was deleted just now.
        """
        asked = self.columns(Mensaje, Mensaje.id, Mensaje.contact_id, Mensaje.chat_id).where(
            Mensaje.session_pk == session_pk, Mensaje.message_id == message.message_id
        )
        if (before := (await self._db.execute(asked)).one_or_none()) is not None:
            return Stored(id=before[0], contact_id=before[1], chat_id=before[2], new=False)
        contact_id = await self._one(Contact, {"phone": message.sender}, {"created_at": now})
        chat_id = await self._one(
            Chat, {"session_pk": session_pk, "contact_id": contact_id}, {"created_at": now}
        )
        values = values_of(self.tenant_id, session_pk, message, now)
        insert = self._insert(Mensaje).values(**values, contact_id=contact_id, chat_id=chat_id)
        made = await self._db.execute(
            insert.on_conflict_do_nothing(index_elements=["session_pk", "message_id"]).returning(Mensaje.id)
        )
        if (new_id := made.scalar_one_or_none()) is not None:
            return Stored(id=new_id, contact_id=contact_id, chat_id=chat_id, new=True)
        first = (await self._db.execute(asked)).one()
        return Stored(id=first[0], contact_id=first[1], chat_id=first[2], new=False)

    async def first_receipt(self, session: Session, webhook_id: str, now: datetime) -> bool:
        """Whether this callback is here for the first time; remembered with what it changes."""
        insert = self._insert(Receipt).values(
            tenant_id=self.tenant_id, session_pk=session.id, webhook_id=webhook_id, at=now
        )
        made = await self._db.execute(
            insert.on_conflict_do_nothing(index_elements=["session_pk", "webhook_id"]).returning(Receipt.at)
        )
        return made.scalar_one_or_none() is not None

    async def one(self, id: int) -> Mensaje | None:
        """One message of this tenant."""
        return (await self._db.execute(self.rows(Mensaje).where(Mensaje.id == id))).scalar_one_or_none()

    async def contacts(self, *, phone: str | None, limit: int, after: int) -> Sequence[Contact]:
        """People who wrote, the oldest first."""
        asked = self.rows(Contact).where(Contact.id > after).order_by(Contact.id).limit(limit)
        if phone is not None:
            asked = asked.where(Contact.phone == phone)
        return (await self._db.execute(asked)).scalars().all()

    async def contact(self, contact_id: int) -> Contact | None:
        """One person."""
        return (
            await self._db.execute(self.rows(Contact).where(Contact.id == contact_id))
        ).scalar_one_or_none()

    async def of_contact(self, contact_id: int, *, limit: int, before: int | None) -> Sequence[Mensaje]:
        """What a person wrote, in every session, the newest first."""
        asked = self.rows(Mensaje).where(Mensaje.contact_id == contact_id)
        if before is not None:
            asked = asked.where(Mensaje.id < before)
        return (await self._db.execute(asked.order_by(Mensaje.id.desc()).limit(limit))).scalars().all()

    async def erase_contact(self, contact_id: int) -> bool:
        """Remove a person with chats and messages; False when there is none of this tenant."""
        gone = await self._db.execute(
            self.remove(Contact).where(Contact.id == contact_id).returning(Contact.id)
        )
        return gone.scalar_one_or_none() is not None

    async def _one(self, table: type[Contact] | type[Chat], key: dict[str, Any], rest: dict[str, Any]) -> int:
        """The id of the row with this key; the row is made when there is none."""
        same = [getattr(table, name) == value for name, value in key.items()]
        asked = self.columns(table, table.id).where(*same)
        if (found := (await self._db.execute(asked)).scalar_one_or_none()) is not None:
            return int(found)
        insert = self._insert(table).values(tenant_id=self.tenant_id, **key, **rest)
        keys = ["tenant_id", *key] if table is Contact else [*key]
        made = await self._db.execute(insert.on_conflict_do_nothing(index_elements=keys).returning(table.id))
        if (new_id := made.scalar_one_or_none()) is not None:
            return int(new_id)
        return int((await self._db.execute(asked)).scalar_one())

    @property
    def _dialect(self) -> str:
        return self._db.get_bind().dialect.name

    def _insert(self, table: Any) -> Any:
        return INSERTS[self._dialect](table)


INSERTS: dict[str, Any] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}


def values_of(tenant_id: int, session_pk: int, message: Incoming, now: datetime) -> dict[str, Any]:
    """A message's columns, but for its contact and chat."""
    return {
        "tenant_id": tenant_id,
        "session_pk": session_pk,
        "message_id": message.message_id,
        "type": TYPE,
        "content": message.content,
        "sender": message.sender,
        "recipient": message.recipient,
        "sent_at": message.sent_at,
        "created_at": now,
    }
