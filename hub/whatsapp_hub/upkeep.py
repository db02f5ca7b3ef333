"""What has to be done without anybody asking: sessions that nobody claimed, and what counts no longer.

Each piece is harmless when it is done twice, by two replicas or after a crash.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime, timedelta

from sqlalchemy.exc import SQLAlchemyError

from whatsapp_contracts.states import State
from whatsapp_hub import retention
from whatsapp_hub.backend.protocol import BackendError
from whatsapp_hub.database.models import Session
from whatsapp_hub.manager import Manager
from whatsapp_hub.security.throttle import WINDOW
from whatsapp_hub.services import Services
from whatsapp_hub.store.directory import Directory

log = logging.getLogger(__name__)

EVERY_SECONDS = 5.0
LONG_SECONDS = 300.0
"""A removal may find days of rows."""
UNCLAIMED_LIFE = timedelta(minutes=2)
"""How long a session may wait to be claimed when its QR is not known (any more)."""
RECEIPTS_KEPT = timedelta(days=4)
"""A webhook is tried for 48 hours, and may be retried by hand after."""


async def run(services: Services) -> None:
    """For ever."""
    while True:
        try:
            await once(services)
        except (SQLAlchemyError, BackendError, OSError) as error:
            log.warning("upkeep is tried again: %s", type(error).__name__)
        await asyncio.sleep(EVERY_SECONDS)


async def once(services: Services) -> None:
    """Everything, once."""
    now = services.clock()
    async with services.database.read() as transaction:
        unclaimed = await Directory(transaction).unclaimed()
    for row in unclaimed:
        if over(row, now):
            await _remove(services, row)
    async with services.database.begin(LONG_SECONDS) as transaction:
        directory = Directory(transaction)
        await directory.forget_failures(now - WINDOW)
        await directory.forget_receipts(now - RECEIPTS_KEPT)
    await retention.forget(services)


async def _remove(services: Services, row: Session) -> None:
    """Take an unclaimed session away; where its backend cannot now, the next pass does."""
    try:
        await Manager(services, row.tenant_id, "upkeep").delete(str(row.id))
        log.info("session %s was not claimed, and is removed", row.session_id)
    except BackendError as error:
        log.warning("session %s was not claimed, and stays for now: %s", row.session_id, error)


def over(row: Session, now: datetime) -> bool:
    """Whether an unclaimed session's QR has expired. One that a phone is just scanning, or has, stays."""
    if row.state == State.READY:
        return False
    until = row.created_at + UNCLAIMED_LIFE
    return now > (until if row.state == State.INIT or row.claim_until is None else row.claim_until)
