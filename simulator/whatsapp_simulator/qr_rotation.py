"""Which QR code a page shows when: the first one longest, then shorter ones, then idle until the page asks
again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from whatsapp_simulator.pages import Page, Pages
from whatsapp_simulator.pairing import RefEnd
from whatsapp_simulator.settings import Settings


def lifetimes(settings: Settings) -> Iterator[float]:
    """Seconds that each code of one series is shown."""
    for number in range(settings.qr_rotations):
        yield settings.qr_first_seconds if number == 0 else settings.qr_rotation_seconds


class QrRotation:
    """One page's codes. `refresh` starts the series again, also before it ended."""

    def __init__(self, page: Page, pages: Pages, settings: Settings) -> None:
        self._page = page
        self._pages = pages
        self._settings = settings
        self._refresh = asyncio.Event()

    def refresh(self) -> None:
        self._refresh.set()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self._series()
            await self._refresh.wait()

    async def _series(self) -> None:
        self._refresh.clear()
        for attempt, seconds in enumerate(lifetimes(self._settings), start=1):
            # While a pairing is under way, the page shows the code that was scanned.
            if self._page.stored is None and self._page.device is None:
                ref = self._pages.refs.show(self._page.key)
                self._page.tell({"type": "ref", "ref": ref, "ttl": seconds, "attempt": attempt})
            try:
                await asyncio.wait_for(self._refresh.wait(), seconds)
            except TimeoutError:
                continue
            return
        self._pages.refs.end(self._page.key, RefEnd.ROTATED)
        self._page.tell({"type": "idle"})
