"""`whatsapp-session` as a process, for tests: started, asked, followed, stopped, killed."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import httpx_sse

from whatsapp_session.engine.profile import browsers

BOUND = 90.0
"""Seconds for anything to happen; the machine may be busy with other things."""


async def eventually(condition: Callable[[], Awaitable[bool]], what: str) -> None:
    """Waits for a condition, bounded."""
    try:
        async with asyncio.timeout(BOUND):
            while not await condition():  # noqa: ASYNC110 - any condition, not one event
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise AssertionError(f"not within {BOUND:.0f} s: {what}") from None


class SessionProcess:
    """One session on one folder; `start` again after it ended is a restart."""

    def __init__(self, sessions_dir: Path, url: str, **settings: str) -> None:
        self.sessions_dir = Path(settings.get("SESSIONS_DIR", sessions_dir))
        self.login_dir = self.sessions_dir / "cliente_51"
        self.log: list[str] = []
        self.url = ""
        self._environ = os.environ | {
            "CLIENTE_ID": "51", "WHATSAPP_URL": f"{url}/", "SESSIONS_DIR": str(self.sessions_dir),
            "PORT": "0", "METRICS_PORT": "0", **settings,
        }  # fmt: skip
        self._process: asyncio.subprocess.Process | None = None
        self._reading: asyncio.Task[None] | None = None
        self.http = httpx.AsyncClient(timeout=BOUND)

    async def start(self) -> None:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "whatsapp_session", env=self._environ,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        assert self._process.stdout
        begun = len(self.log)
        self._reading = asyncio.create_task(self._read(self._process.stdout))

        async def listening() -> bool:
            found = re.search(r"API on (http://\S+?)[\s\"]", "\n".join(self.log[begun:]) + "\n")
            self.url = found[1] if found else ""
            assert self.url or self.pid, f"it ended: {self.log[begun:]}"
            return bool(self.url)

        await eventually(listening, "the session listens")

        async def answers() -> bool:
            try:
                return (await self.http.get(f"{self.url}/healthz")).status_code == 200
            except httpx.TransportError:
                return False

        await eventually(answers, "the API answers")

    async def _read(self, stream: asyncio.StreamReader) -> None:
        while line := await stream.readline():
            self.log.append(line.decode().rstrip("\n"))

    @property
    def pid(self) -> int | None:
        """The process, None when it ended."""
        running = self._process and self._process.returncode is None
        return self._process.pid if self._process and running else None

    @property
    def browsers(self) -> list[int]:
        """The browser processes on this login."""
        return browsers(self.login_dir)

    async def end(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Ends it; the exit status."""
        assert self._process
        if self._process.returncode is None:
            self._process.send_signal(how)
        code = await asyncio.wait_for(self._process.wait(), BOUND)
        assert self._reading
        await self._reading
        return code

    async def exited(self) -> int:
        """Waits for it to end by itself; the exit status."""
        assert self._process
        return await asyncio.wait_for(self._process.wait(), BOUND)

    async def get(self, path: str) -> httpx.Response:
        return await self.http.get(self.url + path)

    async def post(self, path: str, body: Any = None) -> httpx.Response:
        return await self.http.post(self.url + path, json=body)

    async def put(self, path: str, body: Any) -> httpx.Response:
        return await self.http.put(self.url + path, json=body)

    async def configure(self, **fields: Any) -> None:
        """Put a whole configuration, and see that it is in force."""
        answer = await self.put("/config", fields)
        assert answer.status_code == 200, answer.text

    async def send(self, to: str, text: str) -> httpx.Response:
        return await self.post("/send", {"cliente_id": 51, "to": to, "message": text})

    async def view(self) -> dict[str, Any]:
        """The session as its stream's snapshot has it."""
        return (await self.events(1, "types=session.*"))[0]["data"]  # type: ignore[no-any-return]

    async def reaches(self, state: str, reason: str | None = None) -> dict[str, Any]:
        """Waits for a state; the view then."""
        view: dict[str, Any] = {}

        async def there() -> bool:
            view.update(await self.view())
            return (view["state"], view["reason"]) == (state, reason)

        try:
            await eventually(there, f"{state} {reason or ''}")
        except AssertionError as error:
            raise AssertionError(f"{error}; now {view}; log: {self.log[-20:]}") from None
        return view

    async def events(self, count: int, query: str) -> list[dict[str, Any]]:
        """The first `count` events of a stream."""
        return await self.events_until(lambda got: len(got) == count, query)

    async def events_until(
        self, done: Callable[[list[dict[str, Any]]], bool], query: str
    ) -> list[dict[str, Any]]:
        """The events of a stream up to when `done` says that they are enough."""
        got: list[dict[str, Any]] = []
        async with (
            asyncio.timeout(BOUND),
            httpx_sse.aconnect_sse(self.http, "GET", f"{self.url}/events?{query}") as source,
        ):
            async for event in source.aiter_sse():
                got.append(json.loads(event.data))
                if done(got):
                    break
        return got
