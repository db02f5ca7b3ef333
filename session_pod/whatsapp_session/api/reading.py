"""What WhatsApp's page is asked: bounded in time, its errors in the contract's codes, its lists in pages."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from whatsapp_contracts.errors import ErrorCode
from whatsapp_session.api.refusals import refusing
from whatsapp_session.engine.protocol import WhatsAppEngine
from whatsapp_session.session import Session

T = TypeVar("T")

TIMEOUT = 30.0
"""Seconds for the page; the engine keeps to it."""
LAST = 5.0
"""Seconds more for an engine that does not."""


async def asked(
    session: Session,
    what: Callable[[WhatsAppEngine], Awaitable[T]],
    *,
    not_found: ErrorCode = ErrorCode.CHAT_NOT_FOUND,
) -> T:
    """The page's answer. Raises ApiError: `session_not_ready`, `engine_timeout`, `not_found`."""
    with refusing(not_found=not_found, failed=ErrorCode.ENGINE_TIMEOUT):
        async with asyncio.timeout(TIMEOUT + LAST):
            return await what(session.engine_now())


def page(
    entries: Sequence[T],
    *,
    after: str | None,
    limit: int,
    place: Callable[[T], Any],
    name: Callable[[T], str],
) -> tuple[list[T], str | None]:
    """One page of `entries`, and the `after` of the next.

    `place` orders them; `name` is the text by which a page begins behind an entry, also when that entry is
    gone or elsewhere by then: it holds its place.
    """
    ordered = sorted(entries, key=place)
    names = [name(entry) for entry in ordered]
    begin = 0
    if after is not None:
        begin = next((at + 1 for at, known in enumerate(names) if known == after), len(ordered))
    found = ordered[begin : begin + limit]
    more = begin + limit < len(ordered)
    return found, name(found[-1]) if found and more else None
