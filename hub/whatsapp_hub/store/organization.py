"""Users, API keys, origins and the audit log of one tenant."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select

from whatsapp_hub.database.models import ApiKey, AuditEntry, Origin, User
from whatsapp_hub.security.api_keys import NewKey
from whatsapp_hub.store.scoped import Scoped

ADMIN = "admin"


class Organization(Scoped):
    """What an administrator sees and changes."""

    async def users(self) -> Sequence[User]:
        """Every user, the oldest first."""
        return (await self._db.execute(self.rows(User).order_by(User.id))).scalars().all()

    async def user(self, user_id: int) -> User | None:
        """One user of this tenant."""
        return (await self._db.execute(self.rows(User).where(User.id == user_id))).scalar_one_or_none()

    async def add_user(self, *, email: str, name: str, role: str, password_hash: str, now: datetime) -> User:
        """A new user. Raises IntegrityError when the address is taken, in any tenant."""
        user = User(
            email=email.lower(),
            name=name,
            role=role,
            password_hash=password_hash,
            active=True,
            created_at=now,
        )
        return await self.add(user)

    async def administrators(self) -> int:
        """How many there are that can log in; there must always be one."""
        asked = select(func.count()).select_from(
            self.rows(User).where(User.role == ADMIN, User.active).subquery()
        )
        return int((await self._db.execute(asked)).scalar_one())

    async def delete_user(self, user: User) -> None:
        """Remove a user of this tenant."""
        await self._db.execute(self.remove(User).where(User.id == user.id))

    async def keys(self) -> Sequence[ApiKey]:
        """Every key, revoked ones too, the oldest first."""
        return (await self._db.execute(self.rows(ApiKey).order_by(ApiKey.id))).scalars().all()

    async def key(self, key_id: int) -> ApiKey | None:
        """One key of this tenant."""
        return (await self._db.execute(self.rows(ApiKey).where(ApiKey.id == key_id))).scalar_one_or_none()

    async def add_key(self, new: NewKey, *, name: str, scopes: list[str], now: datetime) -> ApiKey:
        """Keep what is kept of a new key."""
        return await self.add(
            ApiKey(name=name, prefix=new.prefix, key_hash=new.hash, scopes=scopes, created_at=now)
        )

    async def origins(self) -> Sequence[str]:
        """The web origins that may call."""
        asked = self.columns(Origin, Origin.origin).order_by(Origin.origin)
        return [row[0] for row in (await self._db.execute(asked)).all()]

    async def set_origins(self, origins: Sequence[str]) -> None:
        """Replace them."""
        await self._db.execute(self.remove(Origin))
        for origin in sorted(set(origins)):
            await self.add(Origin(origin=origin))

    async def audit_log(self, *, limit: int, before: int | None) -> Sequence[AuditEntry]:
        """The newest entries, or those older than the entry `before`."""
        asked = self.rows(AuditEntry).order_by(AuditEntry.id.desc()).limit(limit)
        if before is not None:
            asked = asked.where(AuditEntry.id < before)
        return (await self._db.execute(asked)).scalars().all()
