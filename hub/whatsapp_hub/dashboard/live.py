"""`GET /live`: one stream for a page, of the whole tenant.

| event | data | when |
|---|---|---|
| `session-<id>` | the session drawn as `view` says | it looks other than the page has it |
| `message-<id>` | the message's row id | a message came into one of `sessions` |
| `changed` | nothing | counts and lists may be old: a status here, or anything elsewhere in the tenant |
| `ended` | nothing | the login has ended; the stream too |

Why drawn here: a QR that rotates is on the page without another call. Every LOOK seconds the rows are read
again, so that a lost word, and a status that changes by time alone, are seen too.
"""

from __future__ import annotations

import dataclasses
import hashlib
import logging
import secrets
import time
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import StreamingResponse
from markupsafe import Markup

from whatsapp_hub.api.caller import services
from whatsapp_hub.dashboard import pages
from whatsapp_hub.dashboard.shared import Shared
from whatsapp_hub.dashboard.views import SHOWN, SessionCard
from whatsapp_hub.dashboard.visitor import COOKIE, Viewer, Visitor, whose
from whatsapp_hub.database.connection import TROUBLE
from whatsapp_hub.live import Watch, Word
from whatsapp_hub.services import Services
from whatsapp_hub.store.history import History
from whatsapp_hub.store.sessions import LARGEST_ID

log = logging.getLogger(__name__)
router = APIRouter(include_in_schema=False)

LOOK = 8.0
"""Seconds: with the time to draw and send, nothing on a page is older than ten."""
LOGIN_EVERY = 16.0
"""Seconds between two questions whether the login is still good."""
CHANGED_EVERY = 4.0
"""Seconds between two `changed`: each makes the page ask."""
AT_ONCE = 1000
"""Words that are taken before what they tell is drawn."""
MOST = 100
"""Sessions on one page."""
DRAWINGS = 2048
"""Sessions whose text is kept, some kilobytes each."""
SHARED = Shared()
THEIR_TOKEN = secrets.token_hex(16)
"""Stands for a visitor's `csrf` in what is drawn for everybody."""
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


def draw(card: SessionCard, visitor: Visitor, template: str) -> Drawn:
    """A session for a page, or for its stream: the same text from both."""
    anybody = dataclasses.replace(visitor, tenant_id=0, user_id=0, name="", csrf=THEIR_TOKEN)
    html, seal = _drawn(card, anybody, template)
    return Drawn(id=card.id, html=Markup(html.replace(THEIR_TOKEN, visitor.csrf)), seal=seal)  # noqa: S704


@lru_cache(DRAWINGS)
def _drawn(card: SessionCard, anybody: Visitor, template: str) -> tuple[str, str]:
    """Drawn once for everybody who may do the same: a thousand pages show one change."""
    given = pages.drawn_for(anybody, anybody.language)
    given["card"] = card
    given["parts"] = pages.parts(given)
    html = pages.TEMPLATES.get_template(template).render(given)
    return html, hashlib.sha256(html.replace(THEIR_TOKEN, "").encode()).hexdigest()[:12]


class Stream:
    """What one page is told."""

    def __init__(
        self, parts: Services, request: Request, visitor: Visitor, shown: Mapping[int, str], template: str
    ) -> None:
        self._parts, self._request, self._visitor = parts, request, visitor
        self._template, self._told = template, dict(shown)
        self._uids: dict[str, int] = {}
        self._cards: dict[int, SessionCard] = {}
        self._stale = False

    async def events(self) -> AsyncGenerator[str, None]:
        """The text of the stream, until the login ends or the page is left."""
        self._parts.metrics.streams.inc()
        try:
            with self._parts.live.watch(self._visitor.tenant_id) as watch:
                yield RETRY
                looked = changed = asked = -LOGIN_EVERY
                words: list[Word] = []
                while True:
                    now = time.monotonic()
                    due = now - looked >= LOOK or any(word.kind == "lost" for word in words)
                    if now - asked >= LOGIN_EVERY:
                        if not await self._may():
                            yield event("ended")
                            return
                        asked = now
                    if due:
                        looked = now
                    for text in [*await self._sessions(words, everything=due), *self._messages(words)]:
                        yield text
                    if self._stale and now - changed >= CHANGED_EVERY:
                        yield event("changed")
                        self._stale, changed = False, now
                    if due:
                        yield ": alive\n\n"
                    until = min(looked + LOOK, changed + CHANGED_EVERY if self._stale else looked + LOOK)
                    words = await heard(watch, max(0.0, until - time.monotonic()))
        except TROUBLE as error:  # the page asks for another stream, and for itself meanwhile
            log.warning("a page's stream ends: the database is away (%s)", type(error).__name__)
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
        self._stale = self._stale or bool(changed - self._uids.keys())
        wanted = list(self._told) if everything else [self._uids[uid] for uid in changed if uid in self._uids]
        if not wanted:
            return []
        key = (id(self._parts), self._visitor.tenant_id, *sorted(wanted))
        rows = await SHARED.get(key, lambda: self._rows(wanted))
        if gone := set(wanted) - {row.id for row in rows}:
            self._stale = self._stale or bool(gone & self._cards.keys())
            for each in gone:
                self._cards.pop(each, None)
        return [text for row in rows if (text := self._news(row))]

    async def _rows(self, wanted: Sequence[int]) -> Sequence[Any]:
        async with self._parts.database.read() as transaction:
            return await History(transaction, self._visitor.tenant_id).shown(wanted, *SHOWN)

    def _news(self, row: Any) -> str | None:
        """The event of a session that looks other than it was told."""
        self._uids[row.uid] = row.id
        card = SessionCard.of(row, self._parts.clock())
        before = self._cards.get(row.id)
        if before == card:
            return None
        self._cards[row.id] = card
        drawn = draw(card, self._visitor, self._template)
        if self._told[row.id] == drawn.seal:
            return None
        self._stale = self._stale or before is None or before.status != card.status
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
    first = await watch.next(timeout)
    words = [first] if first else []
    while len(watch) and len(words) < AT_ONCE:
        if word := await watch.next(0):
            words.append(word)
    return words


def event(name: str, data: str = "") -> str:
    """A server-sent event."""
    lines = "".join(f"data: {line}\n" for line in data.split("\n"))
    return f"event: {name}\n{lines}\n"
