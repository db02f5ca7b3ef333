"""The websocket between a page and the server: one page's life, frame by frame.

A page says `hello` (not linked: it gets QR codes) or `login` (linked: it must answer a challenge), and
may do only what its state allows. A malformed or unexpected frame closes the socket with the reason; the
page comes back and says hello.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import secrets
from collections.abc import Callable

from starlette.websockets import WebSocket, WebSocketDisconnect

from whatsapp_simulator.lookups import untold
from whatsapp_simulator.message_frames import MessageFrames
from whatsapp_simulator.page_frames import BadFrame, Frame, text_of
from whatsapp_simulator.pages import CLOSE, Page
from whatsapp_simulator.pairing import PageKeys
from whatsapp_simulator.person_frames import PersonFrames
from whatsapp_simulator.qr_rotation import QrRotation
from whatsapp_simulator.records import Device
from whatsapp_simulator.sync import welcome
from whatsapp_simulator.world import World

log = logging.getLogger(__name__)
PROTOCOL_ERROR = 1002


class PageSocket:
    """Serves one open page."""

    def __init__(self, socket: WebSocket, world: World) -> None:
        self._socket = socket
        self._world = world
        self._page = Page()
        self._rotation: QrRotation | None = None
        self._challenge: tuple[str, str] | None = None  # device, nonce
        self._handlers: dict[str, Callable[[Frame], None]] = {
            "hello": self._hello,
            "login": self._login,
            "proof": self._proof,
            "refresh": self._refresh,
            "stored": self._stored,
            "logout": self._logout,
            "ping": self._ping,
            **MessageFrames(world, self._page).handlers(),
            **PersonFrames(world, self._page).handlers(),
        }

    async def run(self) -> None:
        """Until the socket ends, for whatever reason."""
        await self._socket.accept()
        self._world.pages.opened(self._page)
        reading = asyncio.create_task(self._read())
        writing = asyncio.create_task(self._write())
        self._tasks = {reading, writing}
        try:
            while reading in self._tasks and writing in self._tasks:
                done, _ = await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
                self._tasks -= done
                for task in done:
                    task.result()
        except (WebSocketDisconnect, RuntimeError):
            pass
        except BadFrame as error:
            log.warning("page closed: %s", error)
            with contextlib.suppress(WebSocketDisconnect, RuntimeError):
                await self._socket.close(PROTOCOL_ERROR, str(error)[:120])
        finally:
            self._world.pages.closed(self._page)
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _write(self) -> None:
        while True:
            frame = await self._page.outbox.get()
            if frame["type"] == CLOSE:
                await self._socket.close()
                return
            await self._socket.send_text(json.dumps(frame, separators=(",", ":")))

    async def _read(self) -> None:
        while True:
            text = await self._socket.receive_text()
            try:
                frame = json.loads(text)
            except ValueError:
                raise BadFrame("a frame must be JSON") from None
            kind = frame.get("type") if isinstance(frame, dict) else None
            handler = self._handlers.get(kind) if isinstance(kind, str) else None
            if handler is None:
                raise BadFrame(f"unknown frame {text[:60]!r}")
            handler(frame)

    # Not linked yet

    def _hello(self, frame: Frame) -> None:
        keys = frame.get("keys")
        if self._page.keys or self._page.device or not isinstance(keys, dict):
            raise BadFrame("hello: once, with keys, on a page that is not logged in")
        self._page.browser = str(frame.get("browser") or self._page.browser)[:80]
        self._page.keys = PageKeys(
            noise=text_of(keys, "noise"), identity=text_of(keys, "identity"), adv=text_of(keys, "adv")
        )
        self._rotation = QrRotation(self._page, self._world.pages, self._world.settings)
        self._tasks.add(asyncio.create_task(self._rotation.run()))

    def _refresh(self, _: Frame) -> None:
        if self._rotation is None:
            raise BadFrame("refresh: this page shows no QR code")
        self._rotation.refresh()

    def _stored(self, _: Frame) -> None:
        self._world.linking.kept(self._page)

    # Login of a linked device

    def _login(self, frame: Frame) -> None:
        if self._page.keys or self._page.device:
            raise BadFrame("login: this page said hello or is logged in")
        nonce = secrets.token_hex(16)
        self._challenge = (text_of(frame, "device"), nonce)
        self._page.tell({"type": "challenge", "nonce": nonce})

    def _proof(self, frame: Frame) -> None:
        if self._challenge is None:
            raise BadFrame("proof: nothing was asked")
        (device_id, nonce), self._challenge = self._challenge, None
        device = self._world.linking.login(device_id, nonce, text_of(frame, "answer"))
        account = self._world.store.account(device.number) if device else None
        if device is None or account is None:
            self._page.tell({"type": "logout", "reason": "device_removed"})
            self._page.tell({"type": CLOSE})
            return
        if self._world.disturbances.is_cut_off(device.number):
            self._page.drop()
            return
        if self._world.disturbances.is_banned(device.number):
            self._world.pages.block(self._page, device.number)
            return
        connection = self._world.pages.logged_in(self._page, device)
        hello = welcome(account, device, connection, self._world.messages, self._world.exchange)
        hello["messages"] = self._untold(device) + hello["messages"]
        self._page.tell({**hello, "syncSeconds": self._world.settings.sync_seconds})
        for message in self._world.messages.after(device.number, device.synced_seq):
            self._page.tell(self._world.exchange.message_frame(message))
        self._page.tell({"type": "caught_up"})

    def _untold(self, device: Device) -> list[Frame]:
        """What a fault kept from its page, as history."""
        seqs = self._world.pages.take_untold(device)
        if not seqs:
            return []
        found = untold(self._world.messages.of_account(device.number), seqs, device.synced_seq)
        return [self._world.exchange.wire.now(message) for message in found]

    # Logged in

    def _me(self, frame: Frame) -> tuple[str, str]:
        """(number, device id) of a logged-in page."""
        if self._page.device is None:
            raise BadFrame(f"{frame['type']}: this page is not logged in")
        return self._page.device.number, self._page.device.id

    def _logout(self, frame: Frame) -> None:
        number, device = self._me(frame)
        self._world.linking.unlink(number, device, reason="user_initiated")

    def _ping(self, _: Frame) -> None:
        self._page.tell({"type": "pong"})
