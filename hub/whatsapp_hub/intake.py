"""What the backend hears of sessions, into their rows.

Why rows and no memory: status and list never wait for a pod, and another replica answers the same.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from whatsapp_contracts.sessions import QrCode, SessionView
from whatsapp_contracts.states import Reason, State, callback_status
from whatsapp_hub import followed, qr, status, times
from whatsapp_hub.backend.protocol import BackendError, Seen
from whatsapp_hub.database.faults import passes
from whatsapp_hub.database.models import Session
from whatsapp_hub.live import Word
from whatsapp_hub.services import Services
from whatsapp_hub.store.changes import Changes
from whatsapp_hub.store.directory import Directory

log = logging.getLogger(__name__)

RETRY_SECONDS = 1.0
LONGEST_PAUSE = 60.0
PHONE_IN_USE = (
    "This number is connected in another session already. Log it out there, or scan with another phone."
)
GONE = (
    "The resource was deleted in Kubernetes. Connect makes it anew, with the login where that was kept;"
    " or delete the session here."
)
SEEN = "last_seen"
SEEN_STEP = timedelta(hours=1)
"""How often `last_seen` alone is written, so that hearing again what is known costs no write."""
IN_HISTORY = ("state", "reason", "ended", "gone")
OWN_ENDS = status.ENDED_FOR_GOOD | status.NEEDS_A_PERSON | {Reason.BROWSER_FAILED}


async def run(services: Services) -> None:
    """For ever: every view into its row, in turn. One that cannot be written now is written later.

    Nothing is skipped but what no row can hold. While the database is away everything waits; a session that
    cannot be looked up where it runs is put aside until it can, or until something newer is heard of it.
    """
    aside: dict[str, Seen] = {}
    turn = asyncio.Lock()
    async with asyncio.TaskGroup() as group:
        group.create_task(_follow(services, aside, turn))
        group.create_task(_again(services, aside, turn))


async def _follow(services: Services, aside: dict[str, Seen], turn: asyncio.Lock) -> None:
    async for seen in services.backend.seen():
        async with turn:
            aside.pop(seen.uid, None)
            if (error := await _taken(services, seen)) is not None:
                log.warning("session %s is put aside: %s", seen.uid, error)
                aside[seen.uid] = seen


async def _again(services: Services, aside: dict[str, Seen], turn: asyncio.Lock) -> None:
    """What was put aside, later and later while it is of no use: each try may hold a row for seconds."""
    failures = 0
    while True:
        await asyncio.sleep(min(LONGEST_PAUSE, RETRY_SECONDS * 2.0 ** min(failures, 10)))
        failures = failures if aside else 0
        for uid, seen in list(aside.items()):
            async with turn:
                if aside.get(uid) is not seen:
                    continue
                del aside[uid]
                if await _taken(services, seen) is None:
                    failures = 0
                    continue
                aside[uid] = seen  # behind the others
            failures += 1
            break


async def _taken(services: Services, seen: Seen) -> Exception | None:
    """Take it in, however long the database is away; None: done with. Else why it has to wait."""
    while True:
        try:
            await take_in(services, seen)
            return None
        except (BackendError, IntegrityError) as error:  # the latter: somebody wrote the row just now
            return error
        except (SQLAlchemyError, OSError) as error:
            if not passes(error):
                log.error("session %s cannot be stored: %s", seen.uid, type(error).__name__)
                return None
            log.warning("a session's state waits for the database: %s", type(error).__name__)
            await asyncio.sleep(RETRY_SECONDS)
        except ValueError as error:  # a code that no QR can hold
            log.error("session %s: %s", seen.uid, type(error).__name__)
            return None


async def take_in(services: Services, seen: Seen) -> None:
    """One view into its row, and told to whoever watches. Raises BackendError, and what the database does."""
    picture = None
    if seen.view and seen.view.qr:
        picture = await asyncio.to_thread(qr.base64_png, seen.view.qr.code)
    async with services.database.begin() as transaction:
        directory, now = Directory(transaction), services.clock()
        row, before = await directory.session_of(seen.uid), None
        if row is not None:
            before = _values(row)
        elif seen.declared is not None:
            row = await followed.adopt(services, transaction, seen.uid, seen.declared, now)
        if row is None:
            return
        if seen.gone:
            if row.gone or await services.backend.look(seen.uid) is not None:
                return
            vanish(row, now)
        else:
            if seen.declared is not None:
                await followed.follow(services, row, seen.declared, now)
            await _hear(directory, row, seen, picture, now)
        after = _values(row)
        if before is None or any(before[name] != after[name] for name in IN_HISTORY):
            await Changes(transaction, row.tenant_id).note(row, now)
    if before != after:
        await services.live.tell(Word(tenant_id=row.tenant_id, uid=seen.uid, kind="session"))


async def _hear(directory: Directory, row: Session, seen: Seen, picture: str | None, now: datetime) -> None:
    """What is heard of the session's state into its row."""
    if seen.view is None:
        row.message, row.ended = seen.message, seen.ended
        return
    row.gone = False
    ended = seen.ended and not from_before(row, seen, now)
    absorb(row, seen.view, now)
    show(row, seen.view.qr, picture)
    row.ended = ended
    if row.state == State.READY and row.account_phone:
        elder = await directory.elder_with(row.account_phone, row.id)
        if elder:
            row.ended, row.message = True, PHONE_IN_USE


def from_before(row: Session, seen: Seen, now: datetime) -> bool:
    """Whether what ended is the attempt before the one that was asked for: status must not flap."""
    asked = row.connecting_since
    return (
        seen.since is not None
        and asked is not None
        and seen.since <= asked
        and status.trying(status.Seen(connecting_since=asked), now)
    )


def absorb(row: Session, view: SessionView, now: datetime) -> None:
    """The view's state into the row; pure but for the row."""
    reason = view.reason.value if view.reason else None
    before = (row.state, row.reason)
    if before != (view.state.value, reason):
        row.state_since = now
        row.last_seen = now if State.READY in (view.state, row.state) else row.last_seen
        if view.state is not State.DISCONNECTED or (before[1] != reason and view.reason in OWN_ENDS):
            row.connecting_since = None
        row.status = told_status(row, view)
        row.updated_at = now
    row.state, row.reason, row.message = view.state.value, reason, view.message
    row.account_phone = view.account.phone if view.account else None
    if view.account:
        row.phone_number = view.account.phone
        row.whatsapp_user_id = view.account.whatsapp_user_id or row.whatsapp_user_id
        row.push_name = (view.account.push_name or "")[:200] or row.push_name
        row.platform = (view.account.platform or "")[:40] or row.platform
    if view.state is State.READY and (row.last_seen is None or now - row.last_seen >= SEEN_STEP):
        row.last_seen = now
    if view.last_activity:
        row.last_activity = times.parse(view.last_activity)


def told_status(row: Session, view: SessionView) -> str:
    """Contract C's word. A resource does not say who logged out: the session's own callback has the last
    word, and before it came it was most likely the phone."""
    if view.reason is Reason.LOGGED_OUT and view.logged_out_by is None:
        return row.status if row.status in ("expired", "disconnected") else "expired"
    return callback_status(view.state, view.reason, view.logged_out_by)


def vanish(row: Session, now: datetime) -> None:
    """Somebody removed the session where it runs: nothing is left of what it was but its history."""
    row.gone, row.ended = True, False
    row.state, row.reason, row.message = State.DISCONNECTED.value, None, GONE
    row.status = callback_status(State.DISCONNECTED, None, None)
    row.state_since = row.updated_at = now
    row.connecting_since = row.account_phone = None
    row.qr_code = row.qr_png = row.qr_expires_at = None


def show(row: Session, shown: QrCode | None, picture: str | None) -> None:
    """The QR of now, or none."""
    row.qr_code = shown.code if shown else None
    row.qr_png = picture if shown else None
    row.qr_expires_at = times.parse(shown.expires_at) if shown else None


def _values(row: Session) -> dict[str, Any]:
    """The row as it is at this moment, but for when that was."""
    return {
        column.key: getattr(row, column.key) for column in Session.__table__.columns if column.key != SEEN
    }
