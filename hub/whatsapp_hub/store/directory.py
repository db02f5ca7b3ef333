"""What is asked before the tenant is known: who logs in, whose key this is, which sessions have a name.

Everything here finds a tenant; nothing here answers a caller with a row.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, exists, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from whatsapp_hub.database.models import ApiKey, LoginFailure, Origin, Receipt, Session, Tenant, User
from whatsapp_hub.tenancy import Holder

LONGEST_SLUG = 50


def slug(name: str) -> str:
    """A tenant's name as a label's value, at most 63 characters; two names never share one."""
    plain = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    if plain == name and len(plain) <= LONGEST_SLUG:
        return plain
    return f"{plain[:40]}-{hashlib.sha256(name.encode()).hexdigest()[:8]}".strip("-")


class Directory:
    """Over all tenants, in one transaction."""

    def __init__(self, transaction: AsyncSession) -> None:
        self._db = transaction

    async def user(self, email: str) -> User | None:
        """Whoever logs in with this address (any case)."""
        return (await self._db.execute(select(User).where(User.email == email.lower()))).scalar_one_or_none()

    async def active_user(self, user_id: int, tenant_id: int) -> User | None:
        """A user that may still call."""
        found = await self._db.get(User, user_id)
        return found if found and found.active and found.tenant_id == tenant_id else None

    async def key(self, prefix: str) -> ApiKey | None:
        """The key with this prefix, revoked or not."""
        return (await self._db.execute(select(ApiKey).where(ApiKey.prefix == prefix))).scalar_one_or_none()

    async def key_was_used(self, key_id: int, now: datetime) -> None:
        """Remember when a key was last used."""
        await self._db.execute(update(ApiKey).where(ApiKey.id == key_id).values(last_used_at=now))

    async def sessions_named(self, session_id: str) -> Sequence[Session]:
        """Every tenant's session of this name: a signature decides which is meant."""
        found = await self._db.execute(select(Session).where(Session.session_id == session_id).limit(1000))
        return found.scalars().all()

    async def session_of(self, uid: str) -> Session | None:
        """The session that its backend knows as `uid`, held until the transaction ends."""
        asked = select(Session).where(Session.uid == uid).with_for_update()
        return (await self._db.execute(asked)).scalar_one_or_none()

    async def elder_with(self, phone: str, than: int) -> Session | None:
        """An older session that is connected with this number: a number belongs to one session."""
        asked = select(Session).where(
            Session.account_phone == phone,
            Session.state == "READY",
            Session.operating_mode == "Connected",
            Session.id < than,
        )
        return (await self._db.execute(asked.limit(1))).scalar_one_or_none()

    async def sessions(self) -> Sequence[Session]:
        """Every session, for a backend that has no memory of its own."""
        return (await self._db.execute(select(Session).order_by(Session.id))).scalars().all()

    async def unclaimed(self) -> Sequence[Session]:
        """Sessions that `generate-qr` made and nobody has claimed."""
        return (await self._db.execute(select(Session).where(Session.claim == "waiting"))).scalars().all()

    async def allows(self, origin: str, tenant_id: int | None) -> bool:
        """Whether pages of `origin` may call this tenant; before one is known: any tenant."""
        asked = select(Origin).where(Origin.origin == origin)
        if tenant_id is not None:
            asked = asked.where(Origin.tenant_id == tenant_id)
        return bool((await self._db.execute(select(exists(asked)))).scalar())

    async def tenant(self, tenant_id: int) -> Tenant | None:
        """A tenant by its id."""
        return await self._db.get(Tenant, tenant_id)

    async def retentions(self) -> list[tuple[int, int | None]]:
        """Every tenant's id, and how many days it keeps messages (`Tenant.messages_keep_days`)."""
        found = await self._db.execute(select(Tenant.id, Tenant.messages_keep_days).order_by(Tenant.id))
        return [(row[0], row[1]) for row in found.all()]

    async def slugs(self) -> dict[int, str]:
        """Every tenant's slug."""
        return {row[0]: row[1] for row in (await self._db.execute(select(Tenant.id, Tenant.slug))).all()}

    async def holders(self) -> list[Holder]:
        """Every tenant, for the decision whose a resource is."""
        asked = select(Tenant.id, Tenant.slug, Tenant.namespace)
        found = (await self._db.execute(asked)).all()
        return [Holder(id=each.id, slug=each.slug, namespace=each.namespace) for each in found]

    async def known_tenant(self, name: str) -> Tenant | None:
        """The tenant of this name."""
        return (await self._db.execute(select(Tenant).where(Tenant.name == name))).scalar_one_or_none()

    async def tenant_named(self, name: str, now: datetime) -> Tenant:
        """The tenant of this name, made when there is none."""
        found = await self.known_tenant(name)
        if found is None:
            found = Tenant(name=name, slug=slug(name), created_at=now)
            self._db.add(found)
            await self._db.flush()
        return found

    async def login_failures(self, who: str, since: datetime) -> Sequence[datetime]:
        """When `who` failed to log in, since then."""
        asked = select(LoginFailure.at).where(LoginFailure.who == who, LoginFailure.at > since)
        return (await self._db.execute(asked)).scalars().all()

    async def login_failed(self, whos: Sequence[str], now: datetime) -> None:
        """Write a failed login down."""
        self._db.add_all([LoginFailure(who=who, at=now) for who in whos])

    async def forget_failures(self, before: datetime) -> None:
        """Drop what no longer counts."""
        await self._db.execute(delete(LoginFailure).where(LoginFailure.at < before))

    async def forget_receipts(self, before: datetime) -> None:
        """Drop what no callback repeats any more."""
        await self._db.execute(delete(Receipt).where(Receipt.at < before))
