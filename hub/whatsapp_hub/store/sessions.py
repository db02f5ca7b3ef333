"""Sessions of one tenant: by name or number, all of them, and contract C's filters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite

from whatsapp_hub.backend.protocol import Owner
from whatsapp_hub.crm.filters import Query
from whatsapp_hub.database.models import Sesion, Session, Tenant
from whatsapp_hub.store.scoped import Scoped

LARGEST_ID = 2**31 - 1
PENDIENTE, ACTIVO = "pendiente", "activo"


class Sessions(Scoped):
    """The rows of `whatsapp_sessions`, and their parents."""

    async def find(self, name: str, *, locked: bool = False) -> Session | None:
        """By `{id}`: digits alone are always the integer id, all else the session's name."""
        asked = self.rows(Session)
        if name.isascii() and name.isdigit():
            if len(name) > 10 or int(name) > LARGEST_ID:
                return None
            asked = asked.where(Session.id == int(name))
        else:
            asked = asked.where(Session.session_id == _storable(name))
        return (await self._db.execute(_locked(asked) if locked else asked)).scalar_one_or_none()

    async def named(self, session_id: str, *, locked: bool = False) -> Session | None:
        """By the session's own name, which may be digits in contract C."""
        asked = self.rows(Session).where(Session.session_id == session_id)
        return (await self._db.execute(_locked(asked) if locked else asked)).scalar_one_or_none()

    async def by_uid(self, uid: str) -> Session | None:
        """By the name that never changes."""
        return (await self._db.execute(self.rows(Session).where(Session.uid == uid))).scalar_one_or_none()

    async def held(self, id: int) -> Session | None:
        """By its number, held until the transaction ends."""
        asked = _locked(self.rows(Session).where(Session.id == id))
        found: Session | None = (await self._db.execute(asked)).scalar_one_or_none()
        return found

    async def shown(self, uid: str, *columns: Any) -> Any | None:
        """Some columns of one, by the name that never changes: no object is built."""
        asked = self.columns(Session, *columns).where(Session.uid == uid)
        return (await self._db.execute(asked)).one_or_none()

    async def all(self, *columns: Any) -> Sequence[Any]:
        """Every session, the oldest first: rows of `columns`."""
        return (await self._db.execute(self.columns(Session, *columns).order_by(Session.id))).all()

    async def matching(self, query: Query) -> list[dict[str, Any]]:
        """Contract C's list."""
        table = Session.__table__
        asked = self.columns(Session, *(table.c[name] for name in query.select))
        for condition in query.conditions:
            asked = asked.where(condition(table.c))
        asked = asked.order_by(*(order(table.c) for order in query.order), table.c.id)
        if query.limit is not None:
            asked = asked.limit(query.limit)
        if query.offset:
            asked = asked.offset(query.offset)
        return [dict(row) for row in (await self._db.execute(asked)).mappings()]

    async def delete(self, session: Session) -> None:
        """Remove the row; chats and messages stay."""
        await self._db.execute(self.remove(Session).where(Session.id == session.id))

    async def waiting(self) -> int:
        """How many sessions `generate-qr` has made that nobody claimed."""
        unclaimed = self.rows(Session).where(Session.claim == "waiting").subquery()
        return int((await self._db.execute(select(func.count()).select_from(unclaimed))).scalar_one())

    async def parent(self, sesion_id: int, values: Mapping[str, Any] | None = None) -> None:
        """The `sesiones` row of this id: made by its first mention, and changed to `values`."""
        insert = postgresql.insert if self._postgresql else sqlite.insert
        made = {"estado": PENDIENTE, **(values or {}), "tenant_id": self.tenant_id, "id": sesion_id}
        statement = insert(Sesion).values(made)
        keys = ["tenant_id", "id"]
        if values:
            await self._db.execute(statement.on_conflict_do_update(index_elements=keys, set_=dict(values)))
        else:
            await self._db.execute(statement.on_conflict_do_nothing(index_elements=keys))

    async def owner(self) -> Owner:
        """This tenant, as the backend names it."""
        asked = select(Tenant.slug, Tenant.namespace).where(Tenant.id == self.tenant_id)
        slug, namespace = (await self._db.execute(asked)).one()
        return Owner(slug=slug, namespace=namespace)

    async def flush(self) -> None:
        """Send what was changed in rows to the database now."""
        await self._db.flush()

    @property
    def _postgresql(self) -> bool:
        return self._db.get_bind().dialect.name == "postgresql"


def _storable(name: str) -> str:
    """A name that a database can be asked for; no session has a NUL in its name."""
    return name.replace("\0", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode()


def _locked(asked: Any) -> Any:
    return asked.with_for_update()
