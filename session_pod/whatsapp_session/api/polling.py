"""`GET /events` as a long poll: for clients that cannot read a stream.

The same promises as the stream: without `after` a snapshot, nothing left out or doubled, and a snapshot where
events were let go of or could not be written. `next` goes past what `types` hold back, so that it is not
looked at again.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from whatsapp_contracts.events import SESSION_SNAPSHOT, Event, selected
from whatsapp_session.api.snapshots import snapshot
from whatsapp_session.session import Session

PAGE = 500
"""Journal events read at once."""


@dataclass(frozen=True, kw_only=True)
class Batch:
    """What one call is answered; `next` is the following call's `after`."""

    events: list[Event]
    next: int


async def batch(
    session: Session, begin: int | None, patterns: tuple[str, ...], *, limit: int, wait: float
) -> Batch:
    """What there is behind `begin`, at once; when there is nothing, after `wait` seconds at most."""
    follower = session.followers.join()  # before the journal is read, so that nothing falls between
    try:
        until = asyncio.get_running_loop().time() + wait
        while True:
            found = await _now(session, begin, patterns, limit)
            left = until - asyncio.get_running_loop().time()
            if found.events or left <= 0:
                return found
            begin = found.next
            try:
                if await follower.next(timeout=left) is None:
                    until = 0.0  # the process stops, or a change could not be written: look once more
            except TimeoutError:
                until = 0.0
    finally:
        session.followers.leave(follower)


async def _now(session: Session, begin: int | None, patterns: tuple[str, ...], limit: int) -> Batch:
    first, last = await session.kept()
    unknown = begin is None or not first - 1 <= begin <= last
    found: list[Event] = []
    at = last if begin is None or begin > last else begin
    while len(found) < limit and (page := await session.replay(at, limit=PAGE)):
        for event in page:
            at = event.seq
            if selected(event.type, patterns):
                found.append(event)
                if len(found) == limit:
                    return Batch(events=found, next=at)
    if unknown or session.unwritten:
        told = await snapshot(session)
        if selected(SESSION_SNAPSHOT, patterns):
            found.append(told)
        at = max(at, told.seq)
    return Batch(events=found, next=at)
