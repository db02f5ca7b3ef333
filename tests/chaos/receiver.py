"""A webhook receiver that verifies calls with Standard Webhooks' own library, and fails as told."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass, field

from aiohttp import web
from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

from chaos.verdict import Delivery


@dataclass
class Receiver:
    """Records what it answered 2xx. `fails`: it does not; `answers` unset: it hangs."""

    secret: str
    deliveries: list[Delivery] = field(default_factory=list)
    unverified: int = 0
    refused: int = 0
    fails: bool = False
    answers: asyncio.Event = field(default_factory=asyncio.Event)
    arrived_at: dict[str, float] = field(default_factory=dict)
    _runner: web.AppRunner | None = None
    _port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}/hook"

    async def start(self) -> None:
        """Listen, on the same port as before."""
        app = web.Application(client_max_size=2**26)
        app.router.add_post("/hook", self._take)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port, reuse_address=True)
        await site.start()
        self._port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Away: connections are refused."""
        if self._runner:
            await self._runner.cleanup()
            self._runner = None

    async def _take(self, request: web.Request) -> web.Response:
        body = await request.read()
        await self.answers.wait()
        if self.fails:
            self.refused += 1
            return web.Response(status=500)
        try:
            Webhook(self.secret).verify(body, dict(request.headers))
        except WebhookVerificationError:
            self.unverified += 1
            return web.Response(status=401)
        event = json.loads(body)
        if request.headers["webhook-id"] != event["id"]:
            self.unverified += 1
        data = event["data"]
        self.deliveries.append(
            Delivery(
                event_id=event["id"],
                type=event["type"],
                chat_id=data.get("chatId", ""),
                message_id=data.get("messageId", ""),
                text=data.get("text", ""),
            )
        )
        if event["type"] == "message.received":
            self.arrived_at.setdefault(data["text"], time.monotonic())
        return web.Response(status=204)
