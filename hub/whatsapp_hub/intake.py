"""What the backend hears of sessions, into their rows.

Why rows and no memory: status and list never wait for a pod, and another replica answers the same.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime

from sqlalchemy.exc import SQLAlchemyError

from whatsapp_contracts.sessions import QrCode, SessionView
from whatsapp_contracts.states import Reason, State, callback_status
from whatsapp_hub import qr, status, times
from whatsapp_hub.backend.protocol import Seen
from whatsapp_hub.database.models import Session
from whatsapp_hub.live import Word
from whatsapp_hub.services import Services
from whatsapp_hub.store.directory import Directory

log = logging.getLogger(__name__)

RETRY_SECONDS = 1.0
PHONE_IN_USE = (
    "This number is connected in another session already. Log it out there, or scan with another phone."
)
OWN_ENDS = status.ENDED_FOR_GOOD | status.NEEDS_A_PERSON | {Reason.BROWSER_FAILED}


async def run(services: Services) -> None:
    """For ever: every view into its row. One that cannot be written now is written later, never skipped."""
    async for seen in services.backend.seen():
        while True:
            try:
                await take_in(services, seen)
                break
            except (SQLAlchemyError, OSError) as error:
                log.warning("a session's state waits for the database: %s", type(error).__name__)
                await asyncio.sleep(RETRY_SECONDS)
            except ValueError as error:  # a code that no QR can hold
                log.error("session %s: %s", seen.uid, error)
                break


async def take_in(services: Services, seen: Seen) -> None:
    """One view into its row, and told to whoever watches."""
    picture = None
    if seen.view and seen.view.qr:
        picture = await asyncio.to_thread(qr.base64_png, seen.view.qr.code)
    async with services.database.begin() as transaction:
        directory = Directory(transaction)
        row = await directory.session_of(seen.uid)
        if row is None:
            return
        now = services.clock()
        if seen.view is None:
            row.message, row.ended = seen.message, seen.ended
        else:
            absorb(row, seen.view, now)
            show(row, seen.view.qr, picture)
            row.ended = seen.ended
            if row.state == State.READY and row.account_phone:
                elder = await directory.elder_with(row.account_phone, row.id)
                if elder:
                    row.ended, row.message = True, PHONE_IN_USE
    await services.live.tell(Word(tenant_id=row.tenant_id, uid=seen.uid, kind="session"))


def absorb(row: Session, view: SessionView, now: datetime) -> None:
    """The view's state into the row; pure but for the row."""
    reason = view.reason.value if view.reason else None
    before = (row.state, row.reason)
    if before != (view.state.value, reason):
        row.state_since = now
        if view.state is not State.DISCONNECTED or (before[1] != reason and view.reason in OWN_ENDS):
            row.connecting_since = None
        row.status = callback_status(view.state, view.reason, view.logged_out_by)
        row.updated_at = now
    row.state, row.reason, row.message = view.state.value, reason, view.message
    row.account_phone = view.account.phone if view.account else None
    if view.account:
        row.phone_number = view.account.phone
        row.whatsapp_user_id = view.account.whatsapp_user_id or row.whatsapp_user_id
    if view.state is State.READY:
        row.last_seen = now
    if view.last_activity:
        row.last_activity = times.parse(view.last_activity)


def show(row: Session, shown: QrCode | None, picture: str | None) -> None:
    """The QR of now, or none."""
    row.qr_code = shown.code if shown else None
    row.qr_png = picture if shown else None
    row.qr_expires_at = times.parse(shown.expires_at) if shown else None
