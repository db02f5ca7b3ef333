"""`GET /live`: one stream for a page, of the whole tenant.

| event | data | when |
|---|---|---|
| `session-<id>` | the session drawn as `view` says | it looks other than the page has it |
| `message-<id>` | the message's row id | a message came into one of `sessions` |
| `changed` | nothing | a session of the tenant changed, came or went: counts and lists may be old |
| `ended` | nothing | the login has ended; the stream too |

Why drawn here: a QR that rotates is on the page without another call. Every LOOK seconds the rows are read
again, so that a lost word, and a status that changes by time alone, are seen too.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import AsyncGenerator, Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import StreamingResponse
from markupsafe import Markup

from whatsapp_hub.api.caller import services
from whatsapp_hub.dashboard import pages
from whatsapp_hub.dashboard.views import SessionCard
from whatsapp_hub.dashboard.visitor import COOKIE, Viewer, Visitor, whose
from whatsapp_hub.database.models import Session
from whatsapp_hub.live import Watch, Word
from whatsapp_hub.services import Services
from whatsapp_hub.store.history import History
from whatsapp_hub.store.sessions import LARGEST_ID

router = APIRouter(include_in_schema=False)

LOOK = 8.0
"""Seconds: with the time to draw and send, nothing on a page is older than ten."""
CHANGED_EVERY = 2.0
"""Seconds between two `changed`: each makes the page ask."""
MOST = 100
"""Sessions on one page."""
RETRY = "retry: 3000\n\n"
HEADERS = pages.SAFETY | {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
VIEWS = {"card": "_session_card.html", "detail": "_session_detail.html"}
"""Templates that draw a `SessionCard` named `card`."""


@router.get("/live", response_class=StreamingResponse)
async def live(
    visitor: Viewer, request: Request, sessions: str = "", view: Annotated[str, Query(max_length=20)] = "card"
) -> StreamingResponse:
    """The stream of one page; `sessions`: `<id>` or `<id>.<seal>` of what is on it, with commas between."""
    shown = on_page(sessions)
    stream = Stream(services(request), request, visitor, shown, VIEWS.get(view, VIEWS["card"]))
    return StreamingResponse(stream.events(), media_type="text/event-stream", headers=HEADERS)


def on_page(text: str) -> dict[int, str]:
    """The seals by id in `1.5f3a,2`; what is none is left out."""
    found = {}
    for part in text.split(",")[:MOST]:
        number, _, seal = part.partition(".")
        if number.isascii() and number.isdigit() and len(number) < 11 and 0 < int(number) <= LARGEST_ID:
            found[int(number)] = seal
    return found


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """A session as it is on a page; `seal` names how it looks."""

    id: int
    html: Markup
    seal: str


def draw(parts: Services, visitor: Visitor, row: Session, template: str) -> Drawn:
    """A session for a page, or for its stream: the same text from both."""
    given = pages.drawn_for(visitor, visitor.language)
    given["card"] = SessionCard.of(row, parts.clock())
    given["parts"] = pages.parts(given)
    html = pages.TEMPLATES.get_template(template).render(given)
    seal = hashlib.sha256(html.encode()).hexdigest()[:12]
    return Drawn(id=row.id, html=Markup(html), seal=seal)  # noqa: S704 - a template's, escaped there


class Stream:
    """What one page is told."""

    def __init__(
        self, parts: Services, request: Request, visitor: Visitor, shown: Mapping[int, str], template: str
    ) -> None:
        self._parts, self._request, self._visitor = parts, request, visitor
        self._template, self._told = template, dict(shown)
        self._uids: dict[str, int] = {}

    async def events(self) -> AsyncGenerator[str, None]:
        """The text of the stream, until the login ends or the page is left."""
        self._parts.metrics.streams.inc()
        try:
            with self._parts.live.watch(self._visitor.tenant_id) as watch:
                yield RETRY
                looked = changed = -LOOK
                words: list[Word] = []
                stale = False
                while True:
                    now = time.monotonic()
                    due = now - looked >= LOOK or any(word.kind == "lost" for word in words)
                    if due:
                        if not await self._may():
                            yield event("ended")
                            return
                        looked = now
                    for text in [*await self._sessions(words, everything=due), *self._messages(words)]:
                        yield text
                    stale = stale or any(word.kind != "message" for word in words)
                    if stale and now - changed >= CHANGED_EVERY:
                        yield event("changed")
                        stale, changed = False, now
                    if due:
                        yield ": alive\n\n"
                    until = min(looked + LOOK, changed + CHANGED_EVERY if stale else looked + LOOK)
                    words = await heard(watch, max(0.0, until - time.monotonic()))
        finally:
            self._parts.metrics.streams.dec()

    async def _may(self) -> bool:
        """Whether the login is still good, and still allows this."""
        found = await whose(self._parts, self._request.cookies.get(COOKIE, ""), self._request)
        if found is None or not found.may("sessions:read"):
            return False
        self._visitor = found
        return True

    async def _sessions(self, words: Iterable[Word], *, everything: bool) -> list[str]:
        changed = {word.uid for word in words if word.kind != "message"}
        wanted = list(self._told) if everything else [self._uids[uid] for uid in changed if uid in self._uids]
        if not wanted:
            return []
        async with self._parts.database.read() as transaction:
            rows = await History(transaction, self._visitor.tenant_id).shown(wanted)
        return [text for row in rows if (text := self._drawn(row))]

    def _drawn(self, row: Session) -> str | None:
        """The event of a session that looks other than it was told."""
        self._uids[row.uid] = row.id
        drawn = draw(self._parts, self._visitor, row, self._template)
        if self._told.get(row.id) == drawn.seal:
            return None
        self._told[row.id] = drawn.seal
        return event(f"session-{row.id}", drawn.html)

    def _messages(self, words: Iterable[Word]) -> list[str]:
        if not self._visitor.may("messages:read"):
            return []
        return [
            event(f"message-{self._uids[word.uid]}", str(word.id))
            for word in words
            if word.kind == "message" and word.uid in self._uids
        ]


async def heard(watch: Watch, timeout: float) -> list[Word]:
    """The next word and those that wait behind it: many changes at once are drawn once."""
    words = []
    word = await watch.next(timeout)
    while word is not None:
        words.append(word)
        word = await watch.next(0) if len(watch) else None
    return words


def event(name: str, data: str = "") -> str:
    """A server-sent event."""
    lines = "".join(f"data: {line}\n" for line in data.split("\n"))
    return f"event: {name}\n{lines}\n"
