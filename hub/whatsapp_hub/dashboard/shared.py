"""The same rows for many pages are read once: a change that a thousand pages show is one query.

Why joining is closed when the reading begins: whoever asks after that has heard of something newer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Any

Read = Callable[[], Awaitable[Sequence[Any]]]


class Shared:
    """Readings under way, by what they read: at most one that reads and one that waits for it."""

    def __init__(self) -> None:
        self._waiting: dict[Hashable, asyncio.Task[Sequence[Any]]] = {}
        self._reading: dict[Hashable, asyncio.Task[Sequence[Any]]] = {}

    async def get(self, key: Hashable, read: Read) -> Sequence[Any]:
        """What `read` finds, begun after this was called. Raises what it raises."""
        task = self._waiting.get(key)
        if task is None:
            task = self._waiting[key] = asyncio.create_task(self._turn(key, read))
            task.add_done_callback(_seen)
        return await asyncio.shield(task)  # one page that is left takes nothing from the others

    async def _turn(self, key: Hashable, read: Read) -> Sequence[Any]:
        if before := self._reading.get(key):
            await asyncio.wait({before})
        task = self._waiting.pop(key)
        self._reading[key] = task
        try:
            return await read()
        finally:
            if self._reading.get(key) is task:
                del self._reading[key]


def _seen(task: asyncio.Task[Sequence[Any]]) -> None:
    """Its failure was told to whoever still waited for it."""
    if not task.cancelled():
        task.exception()
