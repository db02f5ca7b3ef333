"""A session pod's `/events` and `/config` for tests: what it sends is put into it; it is no session."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from whatsapp_contracts.events import Event
from whatsapp_contracts.sessions import SessionView

KEY = "the-key"


class FakePod:
    """`send` writes to every follower; `cut` ends all streams; `refuse` answers that code instead.

    `told`: every configuration that came in, accepted or not; `config_answers` are given first, in order.
    """

    def __init__(self) -> None:
        self.port = 0
        self.refuse: int | None = None
        self.snapshot: bytes = b""
        self.requests: list[str] = []
        self.asked_twice = asyncio.Event()
        self.keys = [KEY]
        self.keys_seen: list[str] = []
        self.told: list[dict[str, Any]] = []
        self.config_answers: list[tuple[int, dict[str, Any]]] = []
        self.hold: asyncio.Event | None = None
        self.changed = asyncio.Condition()
        self._followers: set[asyncio.Queue[bytes | None]] = set()

    def show(self, view: SessionView, kind: str = "session.state") -> None:
        """The session is like this now; the next follower begins with it."""
        data = view.to_json()
        self.snapshot = sse("session.snapshot", data)
        self.send(sse(kind, data))

    def send(self, raw: bytes) -> None:
        for follower in self._followers:
            follower.put_nowait(raw)

    def cut(self) -> None:
        for follower in self._followers:
            follower.put_nowait(None)

    async def events(self, request: web.Request) -> web.StreamResponse:
        self.requests.append(request.query_string)
        if len(self.requests) >= 2:
            self.asked_twice.set()
        if self.refuse is not None:
            return web.json_response({"ok": False}, status=self.refuse)
        self.keys_seen.append(request.headers.get("X-API-Key", ""))
        if self.keys_seen[-1] not in self.keys:
            return web.json_response({"ok": False}, status=401)
        answer = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await answer.prepare(request)
        await answer.write(b": hello\n\n" + self.snapshot)
        mine: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._followers.add(mine)
        try:
            while (raw := await mine.get()) is not None:
                await answer.write(raw)
        finally:
            self._followers.discard(mine)
        return answer

    async def config(self, request: web.Request) -> web.Response:
        self.keys_seen.append(request.headers.get("X-API-Key", ""))
        try:
            if self.keys_seen[-1] not in self.keys:
                return web.json_response({"ok": False, "message": "no"}, status=401)
            self.requests.append(request.query_string)
            self.told.append(await request.json())
            await self._note()
            if self.hold is not None:
                await self.hold.wait()
            if self.config_answers:
                status, body = self.config_answers.pop(0)
                return web.json_response(body, status=status)
            return web.json_response({"ok": True, "revision": self.told[-1]["revision"]})
        finally:
            await self._note()

    async def _note(self) -> None:
        async with self.changed:
            self.changed.notify_all()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for something about what was asked of the pod."""
        async with asyncio.timeout(20), self.changed:
            await self.changed.wait_for(condition)


def sse(kind: str, data: object, session: str = "demo") -> bytes:
    """One server-sent event."""
    event = Event(id="e1", seq=1, type=kind, time="2026-11-21T12:00:00.000Z", session=session, data={})
    text = json.dumps(event.to_json() | {"data": data})
    return f"id: 1\nevent: {kind}\ndata: {text}\n\n".encode()


@asynccontextmanager
async def running() -> AsyncIterator[FakePod]:
    """A fake pod on a free port of the loopback."""
    pod = FakePod()
    app = web.Application()
    app.add_routes([web.get("/events", pod.events), web.put("/config", pod.config)])
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    pod.port = runner.addresses[0][1]
    try:
        yield pod
    finally:
        pod.cut()
        await runner.cleanup()
