"""Waiting for a QR: what a call for one is answered, and when. The decision is pure.

Why the hub waits and not the client: a browser takes seconds to start, and existing clients ask for the QR
right after they created the session.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from whatsapp_contracts.states import Reason, State
from whatsapp_hub import status
from whatsapp_hub.database.models import Session
from whatsapp_hub.manager import known
from whatsapp_hub.services import Services
from whatsapp_hub.store.sessions import Sessions

LEAST = timedelta(seconds=5)
"""A code with less time left is not handed out: it would be gone before a phone is held up to it."""
LOOK_SECONDS = 1.0


class Found(Enum):
    """Why the waiting is over."""

    QR = "qr"
    CONNECTED = "connected"
    EXPIRED = "expired"
    ENDED = "ended"
    GONE = "gone"
    TIMEOUT = "timeout"


@dataclass(frozen=True, kw_only=True)
class Waited:
    """The end of it, and the row as it was then."""

    found: Found
    row: Session | None


def judge(row: Session, now: datetime) -> Found | None:
    """What the row says; None: wait on."""
    seen = known(row)
    word = status.status(seen, now)
    if word == "connected":
        return Found.CONNECTED
    if word == "pending":
        return Found.QR if shows_qr(row, now, LEAST) else None
    expired = row.state == State.DISCONNECTED and row.reason == Reason.QR_EXPIRED
    mode = row.operating_mode == status.MODE_CONNECTED
    return Found.EXPIRED if expired and mode and not (row.ended or row.gone) else Found.ENDED


def shows_qr(row: Session, now: datetime, left: timedelta = timedelta()) -> bool:
    """Whether there is something to scan, for longer than `left`."""
    return (
        row.operating_mode == status.MODE_CONNECTED
        and not row.gone
        and row.state == State.QR_REQUIRED
        and row.qr_png is not None
        and row.qr_expires_at is not None
        and row.qr_expires_at - now >= left
        and row.qr_expires_at > now
    )


async def wait_for_qr(services: Services, tenant_id: int, uid: str) -> Waited:
    """Wait for a QR that can be scanned, for the end of the attempt, or for `services.qr_wait` seconds."""
    deadline = time.monotonic() + services.qr_wait
    with services.live.watch(uid) as watch:
        while True:
            async with services.database.read() as transaction:
                row = await Sessions(transaction, tenant_id).by_uid(uid)
            if row is None:
                return Waited(found=Found.GONE, row=None)
            if found := judge(row, services.clock()):
                return Waited(found=found, row=row)
            left = deadline - time.monotonic()
            if left <= 0:
                return Waited(found=Found.TIMEOUT, row=row)
            await watch.next(min(left, LOOK_SECONDS))
