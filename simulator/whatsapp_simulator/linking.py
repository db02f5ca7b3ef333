"""A phone links a browser, unlinks it, and the browser logs in again: the steps with their I/O.

Linking commits only after the page said that it has kept the credential. If the page dies before that,
nothing was linked; if it dies after, its credential works at the next start. Either way both sides agree.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
import secrets
from collections.abc import Callable

from whatsapp_simulator.disturbances import Disturbances
from whatsapp_simulator.errors import Refused
from whatsapp_simulator.exchange import Exchange
from whatsapp_simulator.message_store import MessageStore
from whatsapp_simulator.numbers import device_wid, lid_wid
from whatsapp_simulator.pages import Page, Pages
from whatsapp_simulator.pairing import RefEnd, check_room, check_scan, read_code
from whatsapp_simulator.pairing_codes import CodeEnd, plain_code
from whatsapp_simulator.records import Account, Device
from whatsapp_simulator.store import Store

log = logging.getLogger(__name__)
# How long a page may take to keep its credential.
STORE_SECONDS = 15.0


def proof(secret: str, nonce: str) -> str:
    """What a device answers to a challenge: HMAC-SHA256 in hex. The secret is sent once, when linking."""
    return hmac.new(bytes.fromhex(secret), nonce.encode(), hashlib.sha256).hexdigest()


class Linking:
    def __init__(
        self,
        store: Store,
        messages: MessageStore,
        exchange: Exchange,
        pages: Pages,
        disturbances: Disturbances,
        clock: Callable[[], float],
    ) -> None:
        self._store = store
        self._messages = messages
        self._exchange = exchange
        self._pages = pages
        self._disturbances = disturbances
        self._clock = clock

    async def scan(self, number: str, text: str) -> Device:
        """The phone scans a code. Raises `Refused` when the code, the page or the phone says no."""
        code = read_code(text)
        page = self._pages.showing(code.ref)
        assert page.keys is not None
        check_scan(code, page.keys)
        return await self._link(number, page)

    async def pair(self, number: str, text: str) -> Device:
        """A pairing code is typed on the phone. Raises `Refused` when code, page or phone say no."""
        page = self._pages.showing_code(number, plain_code(text))
        self._check_phone(number)
        page.tell({"type": "link_code_typed"})
        return await self._link(number, page)

    async def _link(self, number: str, page: Page) -> Device:
        account = self._exchange.phone(number)
        self._check_phone(number)
        self._pages.refs.end(page.key, RefEnd.USED)
        self._pages.codes.end(page.key, CodeEnd.USED)
        slot = self._store.next_slot(number)
        device = Device(
            id=secrets.token_hex(8),
            number=number,
            slot=slot,
            secret=secrets.token_hex(32),
            name=page.browser,
            linked_at=self._clock(),
            synced_seq=self._messages.last_seq(number),
        )
        page.stored = asyncio.get_running_loop().create_future()
        page.tell({"type": "pair_success", "credential": self._credential(account, device)})
        try:
            await self._until_kept(page.stored)
            # Another scan may have linked a browser while this one was storing.
            self._check_phone(number)
        except Refused:
            page.tell({"type": "logout", "reason": "pairing_failed"})
            raise
        finally:
            page.stored = None
        self._store.add_device(device)
        log.info("%s linked %s (device %s)", number, device.name, device.id)
        page.tell({"type": "restart"})
        return device

    def _check_phone(self, number: str) -> None:
        self._disturbances.check_not_banned(number)
        check_room(self._store.devices(number), self._disturbances.faults(number).device_limit)

    @staticmethod
    async def _until_kept(stored: asyncio.Future[None]) -> None:
        try:
            await asyncio.wait_for(stored, STORE_SECONDS)
        except TimeoutError:
            raise Refused(
                "page_silent",
                f"The page did not keep its login within {STORE_SECONDS:g} s; nothing was linked. "
                "Reload the page and scan its new code.",
                status=504,
            ) from None

    @staticmethod
    def _credential(account: Account, device: Device) -> dict[str, str]:
        return {
            "device": device.id,
            "secret": device.secret,
            "wid": device_wid(device.number, device.slot),
            "lid": lid_wid(account.lid),
            "pushname": account.name,
            "platform": account.platform,
        }

    def login(self, device_id: str, nonce: str, answer: str) -> Device | None:
        """The device that gave the right answer; None when it is unknown, unlinked or wrong."""
        device = self._store.device(device_id)
        if device and hmac.compare_digest(proof(device.secret, nonce), answer):
            return device
        return None

    def unlink(
        self, number: str, device_id: str | None, *, reason: str = "unlinked_by_phone"
    ) -> list[Device]:
        """Removes one linked device, or all. Raises `Refused` when there is no such device."""
        linked = self._store.devices(number)
        chosen = [device for device in linked if device_id in (None, device.id, device.wid, str(device.slot))]
        if not chosen:
            names = ", ".join(device.id for device in linked) or "none"
            raise Refused(
                "unknown_device",
                f"{device_id or 'Any device'} is not linked to {number}. Linked devices: {names}.",
                status=404,
            )
        for device in chosen:
            self._store.remove_device(device.id)
            log.info("%s unlinked device %s: %s", number, device.id, reason)
            self._pages.logged_out(device, reason)
        return chosen

    def kept(self, page: Page) -> None:
        """The page has its credential on disk."""
        if page.stored and not page.stored.done():
            page.stored.set_result(None)
