"""How long messages are kept: by what each organization says, else by the hub's setting.

Why in batches, each a transaction of its own: a removal of millions of rows in one would hold them for
minutes, and callbacks would wait for it.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from whatsapp_hub.services import Services
from whatsapp_hub.store.directory import Directory
from whatsapp_hub.store.retention import Retention

BATCH = 1000
"""Rows; some milliseconds on PostgreSQL."""
BATCH_SECONDS = 120.0
"""A database that is slow at removing is waited for: the same batch would only be tried again."""
BATCHES = 20
"""Of one tenant in one pass of the upkeep; the next pass goes on."""
LONGEST_DAYS = 36500


def kept(days: int | None, default: timedelta | None) -> timedelta | None:
    """How long a tenant's messages are kept; None: for ever. `days` None: as the hub's setting says."""
    if days is None:
        return default
    return timedelta(days=days) if days else None


async def forget(services: Services) -> int:
    """Remove what is too old, of every tenant; how many messages that were. Harmless when done twice."""
    now, removed = services.clock(), 0
    async with services.database.read() as transaction:
        every = await Directory(transaction).retentions()
    for tenant_id, days in every:
        span = kept(days, services.messages_kept)
        if span is not None:
            removed += await _forget(services, tenant_id, now - span)
    return removed


async def _forget(services: Services, tenant_id: int, before: datetime) -> int:
    removed = 0
    for _ in range(BATCHES):
        async with services.database.begin(seconds=BATCH_SECONDS) as transaction:
            gone = await Retention(transaction, tenant_id).forget(before, BATCH)
        removed += gone
        if gone < BATCH:
            break
    return removed
