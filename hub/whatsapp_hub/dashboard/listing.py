"""Which sessions the list shows: searched, filtered, counted, sixty on a page. Pure.

Why not the database's work: a status depends on the moment, and what decides it is in one place.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from pydantic import BaseModel, ConfigDict

from whatsapp_hub.api.shapes import word
from whatsapp_hub.database.models import Session
from whatsapp_hub.status import STATUSES, Status

PER_PAGE = 60
LONGEST_CLIENT = 150
COLUMNS = (
    Session.id,
    Session.session_id,
    Session.name,
    Session.account_phone,
    Session.operating_mode,
    Session.state,
    Session.reason,
    Session.state_since,
    Session.connecting_since,
    Session.ended,
    Session.gone,
)


class Asked(BaseModel):
    """The query of the page; what makes no sense is as if it were not there."""

    model_config = ConfigDict(extra="ignore")
    q: str = ""
    status: str = ""
    page: str = "1"

    @property
    def wanted(self) -> Status | None:
        """The status that is asked for."""
        return next((each for each in STATUSES if each == self.status), None)

    @property
    def search(self) -> str:
        """What names and numbers must hold."""
        return self.q.strip()[:100]

    @property
    def number(self) -> int:
        """The page, from 1."""
        return (
            max(1, int(self.page))
            if self.page.isascii() and self.page.isdigit() and len(self.page) < 7
            else 1
        )

    def query(self, **other: Any) -> str:
        """The query of another page: `status`, `page` replaced."""
        values: dict[str, Any] = {"q": self.search, "status": self.wanted or "", "page": self.number} | other
        kept = {key: value for key, value in values.items() if value and (key, value) != ("page", 1)}
        return "/sessions" + (f"?{urlencode(kept)}" if kept else "")


@dataclass(frozen=True, kw_only=True)
class Found:
    """`ids` of this page; `counts` by status and `total` of what the search finds; `all` of the tenant."""

    ids: list[int]
    counts: Mapping[str, int]
    total: int
    all: int
    page: int
    pages: int


def select(rows: Iterable[Any], asked: Asked, now: datetime) -> Found:
    """The page that is asked for, the newest session first."""
    every = list(rows)
    searched = [(row.id, word(row, now)) for row in every if matches(row, asked.search)]
    counts = Counter(status for _, status in searched)
    chosen = sorted((id for id, status in searched if asked.wanted in (None, status)), reverse=True)
    pages = max(1, -(-len(chosen) // PER_PAGE))
    page = min(asked.number, pages)
    return Found(
        ids=chosen[(page - 1) * PER_PAGE : page * PER_PAGE],
        counts={status: counts[status] for status in STATUSES},
        total=len(searched),
        all=len(every),
        page=page,
        pages=pages,
    )


def matches(row: Any, search: str) -> bool:
    """Whether a name or the number holds the text."""
    if not search:
        return True
    texts = (row.name or "", row.session_id, row.account_phone or "")
    wanted = search.casefold()
    digits = "".join(letter for letter in search if letter.isdigit())
    number = bool(digits) and not any(letter.isalpha() for letter in search) and digits in texts[2]
    return number or any(wanted in each.casefold() for each in texts)
