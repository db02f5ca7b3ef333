"""The main navigation: what there is, and who sees it.

A part of the dashboard adds its own entries: `ENTRIES.append(Entry(...))`.
"""

from __future__ import annotations

from dataclasses import dataclass

from whatsapp_hub.dashboard.visitor import Visitor
from whatsapp_hub.security.api_keys import Scope


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A link to `path`, which is current on every page below it; `text` is a key of the texts.

    `place` orders them.
    """

    path: str
    text: str
    place: int
    scope: Scope | None = None
    admin: bool = False


ENTRIES = [Entry(path="/sessions", text="nav.sessions", place=10, scope="sessions:read")]


def entries(visitor: Visitor) -> list[Entry]:
    """What this visitor may go to."""
    allowed = [
        each
        for each in ENTRIES
        if (each.scope is None or visitor.may(each.scope)) and (visitor.admin or not each.admin)
    ]
    return sorted(allowed, key=lambda each: each.place)


def current(entry: Entry, path: str) -> bool:
    """Whether `path` is a page of this entry."""
    return path == entry.path or path.startswith(f"{entry.path}/")
