"""The open WhatsApp pages: who is connected, what waits to be sent to them, and which QR code each shows.

Why queues: the exchange tells pages without waiting; each socket's own task sends in order. A page is
either waiting to be linked (it shows a QR code) or logged in as one device; never both.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from whatsapp_simulator.disturbances import Disturbances
from whatsapp_simulator.errors import Refused
from whatsapp_simulator.exchange import Frame
from whatsapp_simulator.faults import Faults, deliver, is_lost
from whatsapp_simulator.pairing import PageKeys, RefEnd, Refs
from whatsapp_simulator.pairing_codes import CodeEnd, PairingCodes
from whatsapp_simulator.records import Connection, Device
from whatsapp_simulator.store import Store

log = logging.getLogger(__name__)
# A frame of this type ends the socket after it was sent.
CLOSE = "close"

_numbers = itertools.count(1)


@dataclass(eq=False)
class Page:
    """One open socket."""

    browser: str = "Unknown browser"
    keys: PageKeys | None = None
    device: Device | None = None
    connection: Connection | None = None
    stored: asyncio.Future[None] | None = None  # while a pairing waits for the page to keep its credential
    outbox: asyncio.Queue[Frame] = field(default_factory=asyncio.Queue)
    held: list[Frame] = field(default_factory=list)  # what a fault keeps back
    blocked: str | None = None  # the banned number whose login this page tried
    key: int = field(default_factory=lambda: next(_numbers))

    def tell(self, frame: Frame) -> None:
        self.outbox.put_nowait(frame)

    def drop(self) -> None:
        """The line is cut: what was still on its way is lost."""
        while not self.outbox.empty():
            self.outbox.get_nowait()
        self.tell({"type": CLOSE})


class Pages:
    def __init__(self, store: Store, clock: Callable[[], float], disturbances: Disturbances) -> None:
        self.refs = Refs()
        self.codes = PairingCodes()
        self._store = store
        self._clock = clock
        self._disturbances = disturbances
        self._open: dict[int, Page] = {}
        self._by_device: dict[str, Page] = {}
        self._untold: dict[str, set[int]] = {}  # by device: messages that a fault kept from its open page

    def opened(self, page: Page) -> None:
        self._open[page.key] = page

    def closed(self, page: Page) -> None:
        """The socket ended: its QR code is void, its connection is over, a pairing on it has failed."""
        self._open.pop(page.key, None)
        self.refs.end(page.key, RefEnd.GONE)
        self.codes.end(page.key, CodeEnd.GONE)
        if page.stored and not page.stored.done():
            page.stored.set_exception(_gone_while_pairing())
        self._end_connection(page)

    def _end_connection(self, page: Page) -> None:
        if page.device and self._by_device.get(page.device.id) is page:
            del self._by_device[page.device.id]
        if page.connection:
            self._store.close_connection(page.connection.id, self._clock())
            log.info("%s closed", page.connection.name)
            page.connection = None

    def logged_in(self, page: Page, device: Device) -> Connection:
        """One device has one connection: an older page of the same device is told that it was replaced."""
        before = self._by_device.get(device.id)
        if before and before is not page:
            self._replace(before)
        page.device = device
        page.connection = self._store.open_connection(device, self._clock())
        self._by_device[device.id] = page
        log.info("%s opened: %s, device %s", page.connection.name, device.number, device.id)
        return page.connection

    def _replace(self, page: Page) -> None:
        self._end_connection(page)
        page.device = None
        page.tell({"type": "replaced"})
        page.tell({"type": CLOSE})

    def logged_out(self, device: Device, reason: str) -> None:
        """The device is no longer linked: its open page, if any, must forget everything."""
        page = self._by_device.get(device.id)
        if page:
            self._end_connection(page)
            page.device = None
            page.tell({"type": "logout", "reason": reason})
            page.tell({"type": CLOSE})

    def is_connected(self, device_id: str) -> bool:
        return device_id in self._by_device

    def of(self, number: str) -> list[Page]:
        """The logged-in pages of an account."""
        return [page for page in self._by_device.values() if page.device and page.device.number == number]

    def tell(self, number: str, frame: Frame, *, only: str | None = None, but: str | None = None) -> None:
        """Queues a frame for the logged-in pages of an account, as its faults have it."""
        faults = self._disturbances.faults(number)
        for page in self.of(number):
            assert page.device
            if page.device.id != but and only in (None, page.device.id):
                self._deliver(page, frame, faults)

    def _deliver(self, page: Page, frame: Frame, faults: Faults) -> None:
        delivery = deliver(frame, faults)
        if delivery.held:
            page.held.append(frame)
        elif not delivery.steps and page.device:
            self._untold.setdefault(page.device.id, set()).add(frame["message"]["seq"])
        for seconds, step in delivery.steps:
            if seconds:
                asyncio.get_running_loop().call_later(seconds, page.tell, step)
            else:
                page.tell(step)

    def take_untold(self, device: Device) -> set[int]:
        """The numbers (`Message.seq`) of what its page was not told; it is told now."""
        return self._untold.pop(device.id, set())

    # Faults

    def set_faults(self, number: str, faults: Faults) -> None:
        """From now on; what is not held back any more is told at once."""
        self._disturbances.set_faults(number, faults)
        for page in self.of(number):
            held, page.held = page.held, []
            page.held = [frame for frame in held if is_lost(frame, faults)]
            for frame in held:
                if not is_lost(frame, faults):
                    page.tell(frame)

    def cut(self, number: str, seconds: float) -> int:
        """Drops the lines of an account's pages and refuses new ones for so long: how many were dropped."""
        self._disturbances.cut(number, seconds)
        cut = self.of(number)
        for page in cut:
            page.drop()
        return len(cut)

    def set_network(self, *, down: bool) -> int:
        """The network of everybody: how many lines were dropped."""
        self._disturbances.down = down
        dropped = list(self._open.values()) if down else []
        for page in dropped:
            page.drop()
        return len(dropped)

    def conflict(self, number: str) -> int:
        """The account's pages are told that they were opened elsewhere: how many."""
        pages = self.of(number)
        for page in pages:
            self._replace(page)
        return len(pages)

    def reload(self, number: str) -> int:
        """The account's pages load themselves anew, as for an update: how many."""
        pages = self.of(number)
        for page in pages:
            page.tell({"type": "reload"})
        return len(pages)

    def block(self, page: Page, number: str) -> None:
        """This page's login is refused because the number is banned; it may stay and wait."""
        self._end_connection(page)
        page.device, page.blocked = None, number
        page.tell({"type": "blocked"})

    def ban(self, number: str) -> None:
        self._disturbances.ban(number)
        for page in self.of(number):
            self.block(page, number)

    def unban(self, number: str) -> None:
        """Pages that wait for it log in again."""
        self._disturbances.unban(number)
        for page in self._open.values():
            if page.blocked == number:
                page.blocked = None
                page.tell({"type": "unblocked"})

    def showing(self, ref: str) -> Page:
        """The page that shows this ref. Raises `Refused` with the reason when none does."""
        return self._waiting(self.refs.page_of(ref))

    def showing_code(self, number: str, code: str) -> Page:
        """The page that shows this pairing code. Raises `Refused` with the reason when none does."""
        return self._waiting(self.codes.page_of(number, code))

    def _waiting(self, key: int) -> Page:
        page = self._open.get(key)
        if page is None or page.keys is None:
            raise _gone_while_pairing()
        return page


def _gone_while_pairing() -> Refused:
    return Refused(
        "qr_page_gone",
        "The page that showed this QR code closed while it was being linked; nothing was linked. "
        "Open it again and scan its new code.",
        status=410,
    )
