"""Rows that follow resources which others write too, by kubectl or GitOps: made when unknown, changed after.

Why every difference is looked up once more where it came from: what was heard may be older than what this hub
has just written. The row is held meanwhile, and whoever writes the resource holds it too, so that the answer
cannot be older than the row.
"""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from whatsapp_hub.backend.protocol import CONNECTED, Declared, Receiver
from whatsapp_hub.database.models import Session
from whatsapp_hub.services import Services
from whatsapp_hub.store.directory import Directory
from whatsapp_hub.store.sessions import Sessions
from whatsapp_hub.tenancy import holder_of

log = logging.getLogger(__name__)

NOBODY, DUPLICATE = "nobody", "duplicate"


async def adopt(
    services: Services, transaction: AsyncSession, uid: str, heard: Declared, now: datetime
) -> Session | None:
    """A new row for a resource that none has; None where it belongs to nobody, is gone, or its name is taken.

    Raises IntegrityError when somebody makes the row at this moment; BackendError when nobody can look.
    """
    if not await _holder(services, transaction, uid, heard):
        return None
    seen = await services.backend.look(uid)
    said = seen.declared if seen else None
    if said is None:
        return None
    tenant_id = await _holder(services, transaction, uid, said)
    if tenant_id is None:
        return None
    store = Sessions(transaction, tenant_id)
    other = await store.named(said.session_id)
    if other is not None:
        services.metrics.resources_refused.labels(DUPLICATE).inc()
        log.warning(
            "the resource %s has no row: its sessionId is that of %s. Delete one of them.", uid, other.uid
        )
        return None
    row = Session(
        uid=uid,
        session_id=said.session_id,
        status="pending",
        created_at=now,
        updated_at=now,
        cliente_id=said.cliente_id,
        operating_mode=said.operating_mode,
        generation=1,
        claim="none",
        message="",
        ended=False,
        gone=False,
        key_version=said.key_version,
        webhooks=[],
    )
    _take_over(row, said)
    await store.add(row)
    await store.audit(at=now, actor="kubernetes", action="session.create", target=row.session_id)
    log.info("the resource %s has a row now", uid)
    return row


async def follow(services: Services, row: Session, heard: Declared, now: datetime) -> None:
    """The row as its resource says; nothing is asked where they agree. Raises BackendError."""
    if _told(row) == _said(heard):
        return
    seen = await services.backend.look(row.uid)
    if seen is None or seen.declared is None:
        return
    before = row.operating_mode
    _take_over(row, seen.declared)
    if before != row.operating_mode:
        row.connecting_since = now if row.operating_mode == CONNECTED else None
        row.qr_code = row.qr_png = row.qr_expires_at = None
    row.updated_at = now


async def _holder(services: Services, transaction: AsyncSession, uid: str, said: Declared) -> int | None:
    """The tenant whose resource this is."""
    tenants = await Directory(transaction).holders()
    holder = holder_of(said.tenant, said.namespace, tenants, services.namespace)
    if holder is None:
        services.metrics.resources_refused.labels(NOBODY).inc()
        log.warning(
            "the resource %s belongs to no organization of its namespace (its tenant label: %r).",
            uid,
            said.tenant,
        )
    return holder.id if holder else None


def _take_over(row: Session, said: Declared) -> None:
    row.name, row.description = said.name, said.description
    row.cliente_id, row.expected_phone = said.cliente_id, said.phone_number
    row.operating_mode, row.key_version = said.operating_mode, said.key_version
    places = {each["name"]: place for place, each in enumerate(row.webhooks or ())}
    ordered = sorted(said.receivers, key=lambda each: places.get(each.name, len(places)))
    hooks = [_hook(each) for each in ordered]
    if hooks != (row.webhooks or []):
        row.webhooks = hooks


def _told(row: Session) -> tuple[Any, ...]:
    hooks = {each["name"]: _whole(each) for each in row.webhooks or ()}
    said = row.name, row.description, row.expected_phone, row.operating_mode
    return (*said, row.cliente_id, row.key_version, hooks)


def _said(said: Declared) -> tuple[Any, ...]:
    hooks = {each.name: _hook(each) for each in said.receivers}
    fields = said.name, said.description, said.phone_number, said.operating_mode
    return (*fields, said.cliente_id, said.key_version, hooks)


def _whole(hook: dict[str, Any]) -> dict[str, Any]:
    """A row's webhook with every field there."""
    defaults: dict[str, Any] = {"events": [], "headers": {}, "version": 1}
    return defaults | hook


def _hook(receiver: Receiver) -> dict[str, Any]:
    """As `store.webhooks` keeps it."""
    return {
        "name": receiver.name,
        "url": receiver.url,
        "events": list(receiver.events),
        "headers": dict(receiver.headers),
        "version": receiver.version,
    }
