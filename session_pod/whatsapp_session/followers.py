"""Whoever follows the event stream: live events, handed out in order, none waited for.

Why bounded: a follower that does not read must not hold memory for ever. It is let go of, and comes back
with `Last-Event-ID` for what it missed.
"""

from __future__ import annotations

import asyncio

from whatsapp_contracts.events import Event

BACKLOG = 1_000
"""Events a follower may lag behind before it is let go of."""


class Follower:
    """One follower's queue; iterating ends when it was let go of or the process stops."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[Event | None] = asyncio.Queue()
        self._ended = False

    def offer(self, event: Event) -> None:
        """Hand out one event; the follower is let go of when it is too far behind."""
        if self._ended:
            return
        if self._queue.qsize() >= BACKLOG:
            self.end()
        else:
            self._queue.put_nowait(event)

    def end(self) -> None:
        """No more events; what was handed out is still read."""
        if not self._ended:
            self._ended = True
            self._queue.put_nowait(None)

    async def next(self, *, timeout: float) -> Event | None:
        """The next event; raises TimeoutError after `timeout` seconds without one; None at the end."""
        async with asyncio.timeout(timeout):
            return await self._queue.get()


class Followers:
    """All of them."""

    def __init__(self) -> None:
        self._all: set[Follower] = set()
        self._closed = False

    def __len__(self) -> int:
        return len(self._all)

    def join(self) -> Follower:
        """A new follower: it gets everything told from now on."""
        follower = Follower()
        self._all.add(follower)
        if self._closed:
            follower.end()
        return follower

    def leave(self, follower: Follower) -> None:
        """Forget a follower."""
        self._all.discard(follower)

    def tell(self, event: Event) -> None:
        """Hand one event to everybody."""
        for follower in self._all:
            follower.offer(event)

    def end_all(self) -> None:
        """Let go of everybody; they come back, and begin with a snapshot or where they were."""
        for follower in self._all:
            follower.end()

    def close(self) -> None:
        """The process stops: nobody may stay or come."""
        self._closed = True
        self.end_all()
