"""`GET /events`: the event stream, as server-sent events.

Without `after` (or `Last-Event-ID`): a snapshot, then live. With it: replay from the journal, then live, no
event left out or doubled in between. An `after` that this journal has not reached (it was lost) begins
with a snapshot too, or the follower would wait for numbers it believes to have had; one that is so old that
events after it were let go of is replayed what there is, and then a snapshot, or it would keep an old state.
So is everybody while the last change could not be written down.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse

from whatsapp_contracts.errors import ErrorCode
from whatsapp_contracts.events import SESSION_SNAPSHOT, Event, selected, timestamp
from whatsapp_session.api.errors import ApiError
from whatsapp_session.session import Session

log = logging.getLogger(__name__)

KEEPALIVE = 15.0
"""Seconds; proxies close a silent stream after 30 or 60."""
PAGE = 500
"""Journal events read at once for a replay."""
GREETING = ": whatsapp-session\n\n"
"""A comment, so that proxies pass the headers on at once. No `retry:`: some clients take it for an event."""


def router(session: Session) -> APIRouter:
    """The route of one session."""
    routes = APIRouter()

    @routes.get("/events", response_class=StreamingResponse)
    async def events(request: Request, after: str | None = None, types: str = "") -> StreamingResponse:
        """Follow the session; `types` is a comma list of globs such as `session.*`."""
        patterns = tuple(part for part in map(str.strip, types.split(",")) if part)
        begin = position(after, request.headers.get("last-event-id"))
        return StreamingResponse(
            stream(session, begin, patterns),
            media_type="text/event-stream",
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )

    return routes


def position(after: str | None, last_event_id: str | None) -> int | None:
    """The `seq` to go on after; None for a stream that begins with a snapshot.

    `Last-Event-ID` wins: a browser repeats the address, `after` included, when it connects again.
    """
    if last_event_id and last_event_id.isascii() and last_event_id.isdigit() and len(last_event_id) < 19:
        return int(last_event_id)
    if after is None:
        return None
    if not (after.isascii() and after.isdigit() and len(after) < 19):
        raise ApiError(
            ErrorCode.INVALID_REQUEST,
            "after is not the seq of an event. Send the last seq you have, or leave it out for a snapshot.",
        )
    return int(after)


async def stream(session: Session, begin: int | None, patterns: tuple[str, ...]) -> AsyncIterator[str]:
    """The text of one follower's stream, until it or the process ends."""
    follower = session.followers.join()  # before the journal is read, so that nothing falls between
    try:
        yield GREETING
        first, last = await session.kept()
        unknown = begin is None or not first - 1 <= begin <= last
        if begin is not None and begin <= last:
            last = begin
            while page := await session.replay(last, limit=PAGE):
                last = page[-1].seq
                yield "".join(event.to_sse() for event in page if selected(event.type, patterns))
        if unknown or session.unwritten:
            snapshot = await _snapshot(session)
            last = max(last, snapshot.seq)
            if selected(SESSION_SNAPSHOT, patterns):
                yield snapshot.to_sse()
        while True:
            try:
                event = await follower.next(timeout=KEEPALIVE)
            except TimeoutError:
                yield ": still here\n\n"
                continue
            if event is None:
                return
            if event.seq > last and selected(event.type, patterns):
                yield event.to_sse()
    finally:
        session.followers.leave(follower)


async def _snapshot(session: Session) -> Event:
    """The session now, under the `seq` that its last change had; what changes meanwhile follows live."""
    _, seq = await session.kept()
    return Event(
        id=f"snapshot_{uuid.uuid4().hex}",
        seq=seq,
        type=SESSION_SNAPSHOT,
        time=timestamp(datetime.now(UTC)),
        session=session.name,
        data=session.view.to_json(),
    )
