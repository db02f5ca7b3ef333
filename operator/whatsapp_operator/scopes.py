"""Which of the chosen namespaces can be served now.

Why: the Role of a namespace goes with the namespace. One that was deleted, or is not there yet, must not
keep the operator from all the others; it is served again when it may be read.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from whatsapp_operator.caches import SESSIONS
from whatsapp_operator.client import ApiError, Client, path

LOOK_EVERY = 30.0
"""Seconds between two looks at what was refused."""


async def refused(client: Client, namespaces: Iterable[str]) -> tuple[str, ...]:
    """Those whose sessions the operator may not read (403)."""
    return tuple([namespace for namespace in namespaces if await _answer(client, namespace) == 403])


async def regained(client: Client, namespaces: Iterable[str], *, every: float = LOOK_EVERY) -> str:
    """Wait until one of these may be read, and name it."""
    while True:
        for namespace in namespaces:
            if await _answer(client, namespace) in (200, 404):
                return namespace
        await asyncio.sleep(every)


async def _answer(client: Client, namespace: str) -> int:
    try:
        # No session can have this name; without the right to read sessions the answer is 403, not 404.
        await client.get(path(SESSIONS, namespace, "-"))
    except ApiError as error:
        return error.status
    return 200
