"""A coalescing queue of keys: a key waits at most once, and is worked on by one worker at a time.

Why: whatever happens to a session while it is being worked on is judged once more afterwards, never beside
it. What just happened goes before what is only being looked over again, so that a new resource is served
at once in the middle of a resync of thousands.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)

FIRST_BACKOFF = 0.5
MAX_BACKOFF = 120.0


class WorkQueue(Generic[K]):
    """Call it from one event loop only. `clock` gives seconds that never go back."""

    def __init__(self, *, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._urgent: dict[K, float] = {}  # insertion order is the queue's order; the value: since when
        self._later: dict[K, float] = {}
        self._working: dict[K, float] = {}
        self._again: dict[K, bool] = {}  # came in while being worked on; the value: urgent
        self._timers: dict[K, tuple[float, asyncio.TimerHandle]] = {}
        self._failures: dict[K, int] = {}
        self._wake = asyncio.Event()

    def add(self, key: K, *, urgent: bool = True) -> None:
        """Have the key worked on soon."""
        if key in self._working:
            self._again[key] = self._again.get(key, False) or urgent
            return
        if urgent:
            since = self._later.pop(key, None)
            self._urgent.setdefault(key, self._clock() if since is None else since)
        elif key not in self._urgent:
            self._later.setdefault(key, self._clock())
        self._wake.set()

    def add_after(self, key: K, seconds: float) -> None:
        """Have the key worked on in a while; the earliest such wish counts."""
        due = self._clock() + max(seconds, 0)
        known = self._timers.get(key)
        if known is not None:
            if known[0] <= due:
                return
            known[1].cancel()
        handle = asyncio.get_running_loop().call_later(max(seconds, 0), self._due, key)
        self._timers[key] = (due, handle)

    async def get(self) -> K:
        """The next key; `done` or `failed` must follow."""
        while not (self._urgent or self._later):
            self._wake.clear()
            await self._wake.wait()
        lane = self._urgent or self._later
        key = next(iter(lane))
        del lane[key]
        self._working[key] = self._clock()
        return key

    def done(self, key: K) -> None:
        """The key is in step."""
        self._failures.pop(key, None)
        self._finished(key)

    def failed(self, key: K, *, jitter: Callable[[], float] = random.random) -> float:
        """It went wrong: again after a pause that doubles, with jitter. Returns the pause in seconds."""
        count = self._failures[key] = self._failures.get(key, 0) + 1
        pause = min(FIRST_BACKOFF * 2.0 ** min(count - 1, 20), MAX_BACKOFF) * (0.5 + jitter() / 2)
        self._again.pop(key, None)  # what came in meanwhile waits too: no hot loop around a fault
        self._finished(key)
        self.add_after(key, pause)
        return pause

    def depth(self) -> int:
        """How many keys wait."""
        return len(self._urgent) + len(self._later)

    def oldest(self) -> float:
        """Seconds that the oldest key waits or is worked on; 0 when there is none."""
        since = [*self._urgent.values(), *self._later.values(), *self._working.values()]
        return self._clock() - min(since) if since else 0.0

    def _due(self, key: K) -> None:
        self._timers.pop(key, None)
        self.add(key)

    def _finished(self, key: K) -> None:
        del self._working[key]
        if key in self._again:
            self.add(key, urgent=self._again.pop(key))
