"""Who is next in each chat: one line of waiting tickets per chat, one at its head at a time.

Why tickets for both kinds: a call that waits for its answer and a queued entry take the same line, so order
within a chat is the order in which they came, and a slow chat holds up no other one.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field


@dataclass(eq=False)
class Turn:
    """A call's place in a line: `came` when it is at the head, `left` when it is done or gave up."""

    came: asyncio.Event = field(default_factory=asyncio.Event)
    left: asyncio.Event = field(default_factory=asyncio.Event)


Ticket = int | Turn
"""A queued entry's number, or a call's turn."""


class Lanes:
    """All lines."""

    def __init__(self) -> None:
        self._lanes: dict[str, deque[Ticket]] = {}

    def __len__(self) -> int:
        return len(self._lanes)

    def join(self, lane: str, ticket: Ticket) -> bool:
        """Stand at the end; True when the line was empty, so that somebody has to begin serving it."""
        line = self._lanes.setdefault(lane, deque())
        line.append(ticket)
        return len(line) == 1

    def head(self, lane: str) -> Ticket | None:
        """Who is next; None, and the line is forgotten, when nobody is."""
        line = self._lanes.get(lane)
        if not line:
            self._lanes.pop(lane, None)
            return None
        return line[0]

    def leave(self, lane: str, ticket: Ticket) -> None:
        """Leave from wherever one stands."""
        line = self._lanes.get(lane)
        if line and ticket in line:
            line.remove(ticket)

    def ahead(self, lane: str) -> int:
        """How many stand there."""
        return len(self._lanes.get(lane, ()))
