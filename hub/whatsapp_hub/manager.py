"""What can be done to a session: created, connected, disconnected, suspended, deleted, by contracts B and C.

Each is one transaction that holds the session's row, with the backend's word in it: when the backend refuses,
nothing has changed, and the caller learns it. A session that somebody removed from its backend (`gone`) keeps
its row and is written there again by connect alone: closing it must not bring it back.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.exc import IntegrityError

from whatsapp_contracts.states import State
from whatsapp_hub import status
from whatsapp_hub.backend.protocol import CONNECTED, DISCONNECTED, SUSPENDED, Wanted
from whatsapp_hub.database.models import Session
from whatsapp_hub.live import Word
from whatsapp_hub.security.secrets import Secrets
from whatsapp_hub.services import Services
from whatsapp_hub.store.directory import Directory
from whatsapp_hub.store.sessions import LARGEST_ID, Sessions
from whatsapp_hub.store.webhooks import receivers

CLAIM_NONE, CLAIM_WAITING, CLAIMED = "none", "waiting", "claimed"
UNCLAIMED_MOST = 20


class SessionExists(Exception):
    """There is a session of this name in the tenant."""


class TooManyUnclaimed(Exception):
    """`generate-qr` has made as many sessions as may wait to be claimed."""


@dataclass(frozen=True, kw_only=True)
class NewSession:
    """What a new session shall be. `claim` is contract C's."""

    session_id: str
    name: str | None = None
    description: str | None = None
    phone_number: str | None = None
    cliente_id: int | None = None
    claim: str = CLAIM_NONE
    sesion_id: int | None = None


class Manager:
    """The sessions of one tenant, as `actor` (who, for the audit log)."""

    def __init__(self, services: Services, tenant_id: int, actor: str) -> None:
        self._services = services
        self._tenant_id = tenant_id
        self._actor = actor

    async def create(self, new: NewSession) -> Session:
        """A new session, whose login starts at once. Raises SessionExists, TooManyUnclaimed, BackendError."""
        now = self._services.clock()
        try:
            async with self._services.database.begin() as transaction:
                store = Sessions(transaction, self._tenant_id)
                if await store.named(new.session_id):
                    raise SessionExists(new.session_id)
                if new.claim == CLAIM_WAITING and await store.waiting() >= UNCLAIMED_MOST:
                    raise TooManyUnclaimed
                owner = await store.owner()
                row = await store.add(
                    Session(
                        uid=self._services.backend.uid(owner, new.session_id),
                        session_id=new.session_id,
                        sesion_id=new.sesion_id,
                        status="pending",
                        created_at=now,
                        updated_at=now,
                        name=new.name,
                        description=new.description,
                        cliente_id=new.cliente_id or 0,
                        expected_phone=new.phone_number,
                        operating_mode=CONNECTED,
                        generation=1,
                        claim=new.claim,
                        message="",
                        ended=False,
                        connecting_since=now,
                    )
                )
                row.cliente_id = new.cliente_id or number_in(new.session_id) or row.id
                if new.sesion_id is not None:
                    await store.parent(new.sesion_id)
                await store.audit(at=now, actor=self._actor, action="session.create", target=new.session_id)
                await self.put(store, row)
        except IntegrityError:  # somebody made it just now
            raise SessionExists(new.session_id) from None
        return row

    async def claim(self, session_id: str, sesion_id: int | None) -> Session | None:
        """Make an existing session the CRM's; None: there is none. Raises SessionExists for one that is."""
        now = self._services.clock()
        async with self._services.database.begin() as transaction:
            store = Sessions(transaction, self._tenant_id)
            row = await store.named(session_id, locked=True)
            if row is None:
                return None
            if row.claim == CLAIMED:
                raise SessionExists(session_id)
            waited = row.claim == CLAIM_WAITING
            row.claim, row.sesion_id, row.updated_at = CLAIMED, sesion_id, now
            if sesion_id is not None:
                await store.parent(sesion_id)
            await store.audit(at=now, actor=self._actor, action="session.claim", target=session_id)
            if waited:  # from now on its login outlives it
                row.generation += 1
                await self.put(store, row)
        return row

    async def wait_for_claim(self, session_id: str, until: datetime | None) -> None:
        """Its QR was handed out: it may be claimed until that expires."""
        async with self._services.database.begin() as transaction:
            row = await Sessions(transaction, self._tenant_id).named(session_id, locked=True)
            if row is not None:
                row.claim_until = until

    async def connect(self, name: str) -> Session | None:
        """Begin the login again; nothing where it is under way or done. None: there is no such session."""
        now = self._services.clock()
        async with self._services.database.begin() as transaction:
            store = Sessions(transaction, self._tenant_id)
            row = await store.find(name, locked=True)
            if row is None or not needs_login(row, now):
                return row
            row.operating_mode = CONNECTED
            row.generation += 1
            if row.gone:  # what it was says nothing about the one that is made now
                row.gone, row.state, row.reason, row.message = False, None, None, ""
            row.connecting_since, row.ended = now, False
            row.qr_code = row.qr_png = row.qr_expires_at = None
            await store.audit(at=now, actor=self._actor, action="session.connect", target=row.session_id)
            await self.put(store, row)
            await self._services.backend.login(row.uid)
        await self._services.live.tell(Word(tenant_id=row.tenant_id, uid=row.uid, kind="session"))
        return row

    async def disconnect(self, name: str) -> Session | None:
        """Close WhatsApp and keep it closed until connect; the login is kept. Suspended is closed already."""
        return await self._close(name, DISCONNECTED, "session.disconnect", already=(DISCONNECTED, SUSPENDED))

    async def suspend(self, name: str) -> Session | None:
        """No process or pod until connect, which costs a start; the login is kept."""
        return await self._close(name, SUSPENDED, "session.suspend", already=(SUSPENDED,))

    async def _close(self, name: str, mode: str, action: str, already: tuple[str, ...]) -> Session | None:
        now = self._services.clock()
        async with self._services.database.begin() as transaction:
            store = Sessions(transaction, self._tenant_id)
            row = await store.find(name, locked=True)
            if row is None or row.operating_mode in already:
                return row
            row.operating_mode = mode
            row.generation += 1
            row.connecting_since = None
            row.qr_code = row.qr_png = row.qr_expires_at = None
            await store.audit(at=now, actor=self._actor, action=action, target=row.session_id)
            await self.put(store, row)
        await self._services.live.tell(Word(tenant_id=row.tenant_id, uid=row.uid, kind="session"))
        return row

    async def delete(self, name: str) -> bool:
        """Row and session go; False: there is none of this name."""
        now = self._services.clock()
        async with self._services.database.begin() as transaction:
            store = Sessions(transaction, self._tenant_id)
            row = await store.find(name, locked=True)
            if row is None:
                return False
            await store.delete(row)
            await store.audit(at=now, actor=self._actor, action="session.delete", target=row.session_id)
            tenant = (await store.owner()).slug
            await self._services.backend.delete(wanted(row, tenant, self._services.secrets))
        await self._services.live.tell(Word(tenant_id=row.tenant_id, uid=row.uid, kind="session"))
        return True

    async def put(self, store: Sessions, row: Session) -> None:
        """Tell the backend what the row says now, as the last step of a transaction. Raises BackendError."""
        if not row.gone:
            tenant = (await store.owner()).slug
            await self._services.backend.put(wanted(row, tenant, self._services.secrets))


def needs_login(row: Session, now: datetime) -> bool:
    """Whether connect has something to do."""
    seen = known(row)
    if row.operating_mode != CONNECTED or row.ended or row.gone:
        return True
    return row.state == State.DISCONNECTED and not status.trying(seen, now)


def known(row: Session) -> status.Seen:
    """What the row knows, for the decision about its status."""
    return status.Seen(
        operating_mode=row.operating_mode,
        state=row.state,
        reason=row.reason,
        state_since=row.state_since,
        connecting_since=row.connecting_since,
        ended=row.ended,
        gone=row.gone,
    )


async def every(services: Services) -> list[Wanted]:
    """What every session of every tenant should be, but for those that are gone."""
    async with services.database.read() as transaction:
        directory = Directory(transaction)
        slugs, rows = await directory.slugs(), await directory.sessions()
    return [wanted(row, slugs[row.tenant_id], services.secrets) for row in rows if not row.gone]


def wanted(row: Session, tenant: str, secrets: Secrets) -> Wanted:
    """What the backend shall make of the row; `tenant` is its slug. A session that nobody claimed leaves
    nothing behind."""
    return Wanted(
        uid=row.uid,
        tenant=tenant,
        session_id=row.session_id,
        cliente_id=row.cliente_id,
        name=row.name,
        description=row.description,
        phone_number=row.expected_phone,
        operating_mode=row.operating_mode,
        generation=row.generation,
        retain=row.claim != CLAIM_WAITING,
        receivers=receivers(row, secrets),
    )


def number_in(session_id: str) -> int | None:
    """The number in `cliente_<digits>`, where it is one that a client can have."""
    found = re.fullmatch(r"cliente_([0-9]{1,10})", session_id, re.ASCII)
    number = int(found[1]) if found else 0
    return number if 1 <= number <= LARGEST_ID else None
