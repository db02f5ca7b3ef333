"""`GET /events`: the event stream, as server-sent events; `polling` is its other form.

Without `after` (or `Last-Event-ID`): a snapshot, then live. With it: replay from the journal, then live, no
event left out or doubled in between. An `after` that this journal has not reached (it was lost) begins
with a snapshot too, or the follower would wait for numbers it believes to have had; one that is so old that
events after it were let go of is replayed what there is, and then a snapshot, or it would keep an old state.
So is everybody while the last change could not be written down.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse

from whatsapp_contracts.events import SESSION_SNAPSHOT, selected
from whatsapp_session.api import schemas
from whatsapp_session.api.describe import described
from whatsapp_session.api.errors import wrong
from whatsapp_session.api.params import MOST, SEQ, Limit
from whatsapp_session.api.polling import batch
from whatsapp_session.api.refusals import refusing_storage
from whatsapp_session.api.snapshots import snapshot
from whatsapp_session.session import Session

KEEPALIVE = 15.0
"""Seconds; proxies close a silent stream after 30 or 60."""
PAGE = 500
"""Journal events read at once for a replay."""
GREETING = ": whatsapp-session\n\n"
"""A comment, so that proxies pass the headers on at once. No `retry:`: some clients take it for an event."""


STREAM: schemas.Schema = {
    "text/event-stream": {
        "schema": {"type": "string"},
        "example": "id: 7\nevent: session.state\ndata: {…}\n\n",
    },
    "application/json": {
        "schema": schemas.ok(
            events={"type": "array", "items": schemas.ref("Event")}, next={"type": "integer", "minimum": 0}
        ),
        "example": {"ok": True, "events": [], "next": 7},
    },
}
After = Annotated[
    str | None,
    Query(
        description="the last seq you have; without it a snapshot comes first",
        json_schema_extra={"pattern": f"^{SEQ}$"},
    ),
]
Types = Annotated[str, Query(max_length=1000, description="a comma list of globs such as session.*")]
Wait = Annotated[int, Query(ge=0, le=30, description="seconds that a long poll waits for an event")]


def router(session: Session) -> APIRouter:
    """The route of one session."""
    routes = APIRouter(tags=["events"])

    @routes.get("/events", response_class=StreamingResponse, **described("Follow the events", content=STREAM))
    async def events(
        request: Request, after: After = None, types: Types = "", limit: Limit = MOST, wait: Wait = 0
    ) -> Response:
        """As server-sent events, or with `Accept: application/json` as a long poll."""
        patterns = tuple(part for part in map(str.strip, types.split(",")) if part)
        begin = position(after, request.headers.get("last-event-id"))
        if polls(request.headers.get("accept", "")):
            with refusing_storage():
                found = await batch(session, begin, patterns, limit=limit, wait=wait)
            told = [event.to_json() for event in found.events]
            return JSONResponse(
                {"ok": True, "events": told, "next": found.next}, headers={"Cache-Control": "no-store"}
            )
        return StreamingResponse(
            stream(session, begin, patterns),
            media_type="text/event-stream",
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )

    return routes


def polls(accept: str) -> bool:
    """Whether the caller wants JSON: it names it, and not the stream."""
    named = [part.partition(";")[0].strip().lower() for part in accept.split(",")]
    return "application/json" in named and "text/event-stream" not in named


def position(after: str | None, last_event_id: str | None) -> int | None:
    """The `seq` to go on after; None for a stream that begins with a snapshot.

    `Last-Event-ID` wins: a browser repeats the address, `after` included, when it connects again.
    """
    if last_event_id and last_event_id.isascii() and last_event_id.isdigit() and len(last_event_id) < 19:
        return int(last_event_id)
    if after is None:
        return None
    if not (after.isascii() and after.isdigit() and len(after) < 19):
        raise wrong(
            "after is not the seq of an event. Send the last seq you have, or leave it out for a snapshot."
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
            now = await snapshot(session)
            last = max(last, now.seq)
            if selected(SESSION_SNAPSHOT, patterns):
                yield now.to_sse()
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
