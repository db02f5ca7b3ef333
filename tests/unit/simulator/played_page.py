"""The page's end of the socket, played by a test frame by frame."""

from __future__ import annotations

import asyncio
import base64
import json
from typing import Any, cast

from starlette.websockets import WebSocket, WebSocketDisconnect

from whatsapp_simulator.linking import proof
from whatsapp_simulator.page_socket import PageSocket
from whatsapp_simulator.world import World

Frame = dict[str, Any]
KEYS = {
    name: base64.b64encode(bytes([number]) * 32).decode()
    for number, name in enumerate(("noise", "identity", "adv"))
}


class PlayedPage:
    """Every wait is bounded."""

    def __init__(self, world: World) -> None:
        self._to_server: asyncio.Queue[str | None] = asyncio.Queue()
        self._from_server: asyncio.Queue[Frame] = asyncio.Queue()
        self._task = asyncio.create_task(PageSocket(cast(WebSocket, self), world).run())

    # What PageSocket calls

    async def accept(self) -> None:
        pass

    async def receive_text(self) -> str:
        text = await self._to_server.get()
        if text is None:
            raise WebSocketDisconnect
        return text

    async def send_text(self, text: str) -> None:
        self._from_server.put_nowait(json.loads(text))

    async def close(self, code: int = 1000, reason: str = "") -> None:
        self._from_server.put_nowait({"type": "closed", "code": code, "reason": reason})

    # What a test calls

    def say(self, frame: Frame | str) -> None:
        self._to_server.put_nowait(frame if isinstance(frame, str) else json.dumps(frame))

    async def hear(self, kind: str) -> Frame:
        """The next frame, which must be of this type."""
        frame = await asyncio.wait_for(self._from_server.get(), 10)
        assert frame["type"] == kind, frame
        return frame

    async def leave(self) -> None:
        self._to_server.put_nowait(None)
        await asyncio.wait_for(self._task, 10)

    async def show_code(self) -> str:
        """Says hello; the text of the QR code."""
        self.say({"type": "hello", "browser": "Chrome (Linux)", "keys": KEYS})
        ref = (await self.hear("ref"))["ref"]
        return ",".join([ref, *KEYS.values()])

    async def log_in(self, credential: Frame) -> Frame:
        """Answers the challenge; the welcome frame."""
        self.say({"type": "login", "device": credential["device"]})
        nonce = (await self.hear("challenge"))["nonce"]
        self.say({"type": "proof", "answer": proof(credential["secret"], nonce)})
        return await self.hear("welcome")
