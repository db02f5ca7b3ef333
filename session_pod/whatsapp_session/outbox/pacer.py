"""The line in front of the bucket: who asked first goes first, calls and queued messages alike."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from whatsapp_session.config import Pacing
from whatsapp_session.outbox.errors import RateLimited
from whatsapp_session.outbox.pacing import Bucket

STEP = 1.0
"""Seconds after which a waiting one looks again: the pacing may have been changed."""


class Pacer:
    """Tokens, handed out in order."""

    def __init__(self, pacing: Pacing, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._bucket = Bucket.full(pacing, now())
        self._line = asyncio.Lock()
        self._waiting = 0

    def configure(self, pacing: Pacing) -> None:
        """Another pacing, from now on, also for who waits already."""
        self._bucket = self._bucket.paced(pacing, self._now())

    def expected(self, ahead: int = 0) -> float:
        """Seconds that somebody who comes now will wait, behind `ahead` more than those who wait here."""
        return self._bucket.wait(self._now(), self._waiting + ahead)

    async def token(self, within: float | None = None) -> None:
        """Wait for a token; for ever without `within` (seconds). Raises RateLimited."""
        if within is not None and (wait := self.expected()) > within:
            raise RateLimited(wait)
        self._waiting += 1
        try:
            async with asyncio.timeout(within), self._line:
                while wait := self._bucket.wait(self._now()):  # noqa: ASYNC110 - time is what it waits for
                    await asyncio.sleep(min(wait, STEP))
                self._bucket = self._bucket.take(self._now())
        except TimeoutError:
            raise RateLimited(self.expected()) from None
        finally:
            self._waiting -= 1
