"""A thousand live streams on one replica: from a committed change to the last stream that tells it.

Beside it a bare asyncio server that, told by a NOTIFY too, writes one line to as many connections: the least
that Python needs. Every stream must get every change; how many did not is a figure of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg

from bench.stage import START_SECONDS, Stage, Tenant
from bench.wire import request
from whatsapp_hub.dashboard.visitor import COOKIE
from whatsapp_hub.live import CHANNEL


@dataclass(frozen=True, kw_only=True)
class Way:
    """How the hub is followed: what is asked, its first event, the column of the session that it shows."""

    path: str
    headers: dict[str, str]
    first: bytes
    column: str


def by_api(owner: Tenant, session: dict[str, Any]) -> Way:
    """A program that follows one session."""
    path = f"/api/sessions/{session['uid']}/events"
    return Way(path=path, headers={"x-api-key": owner.key}, first=b"event: state", column="message")


def by_page(owner: Tenant, session: dict[str, Any]) -> Way:
    """An open page of the dashboard with the session's card on it: each has a login, and is sent HTML."""
    path = f"/live?sessions={session['id']}"
    headers = {"cookie": f"{COOKIE}={owner.token}"}
    return Way(path=path, headers=headers, first=b"event: session-", column="name")


BOUND = 60
"""Seconds after which a stream that was told nothing has lost it."""
AT_ONCE = 100
"""Streams that are opened side by side."""


class Stream(asyncio.Protocol):
    """One follower: remembers the end of what it was sent, and says when it has seen what it waits for."""

    def __init__(self) -> None:
        self._held = b""
        self._wanted = b""
        self._found: asyncio.Future[None] | None = None
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def waits(self, wanted: bytes) -> asyncio.Future[None]:
        """Done when `wanted` has come."""
        self._wanted, self._found = wanted, asyncio.get_running_loop().create_future()
        self._look()
        return self._found

    def data_received(self, data: bytes) -> None:
        self._held = (self._held + data)[-20_000:]
        self._look()

    def _look(self) -> None:
        if self._found and not self._found.done() and self._wanted in self._held:
            self._found.set_result(None)
            self._held = b""


async def opened(port: int, count: int, call: bytes, first: bytes) -> list[Stream]:
    """`count` streams that have had `first`."""
    made: list[Stream] = []
    for begun in range(0, count, AT_ONCE):
        some = [await _one(port, call) for _ in range(min(AT_ONCE, count - begun))]
        async with asyncio.timeout(BOUND):
            await asyncio.gather(*(each.waits(first) for each in some))
        made += some
    return made


async def _one(port: int, call: bytes) -> Stream:
    _, stream = await asyncio.get_running_loop().create_connection(Stream, "127.0.0.1", port)
    stream.transport.write(call)
    return stream


class Streams:
    """The hub's streams and the bare server's, open side by side; one is told at a time."""

    def __init__(self, stage: Stage, owner: Tenant, session: dict[str, Any], count: int, way: Way) -> None:
        self._stage, self._owner, self._session, self._count = stage, owner, session, count
        self._way = way
        self._changes = 0
        self.lost = 0

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator[float]:
        """Open all of the hub's; how many MiB that took there."""
        before = self._stage.rss()
        way = self._way
        call = request("GET", way.path, way.headers)
        self._connection = await asyncpg.connect(self._stage.url)
        self._hub = await opened(self._stage.port, self._count, call, way.first)
        grown = self._stage.rss() - before
        async with _bare(self._stage.url) as port:
            self._peer = await opened(port, self._count, b"\n", b"event: state")
            try:
                yield grown
            finally:
                for stream in [*self._hub, *self._peer]:
                    stream.transport.close()
                await self._connection.close()

    async def hub(self) -> float:
        """Milliseconds until the last of the hub's streams told a change."""
        return await self._told(self._hub, CHANNEL, [self._owner.id, self._session["uid"], "session", None])

    async def peer(self) -> float:
        """The same for the bare server."""
        return await self._told(self._peer, "bare", None)

    async def _told(self, streams: list[Stream], channel: str, word: Any) -> float:
        self._changes += 1
        mark = f"change {self._changes} of this run"
        waiting = [stream.waits(mark.encode()) for stream in streams]
        async with self._connection.transaction():
            await self._connection.execute(
                f"UPDATE whatsapp_sessions SET {self._way.column} = $1 WHERE id = $2",
                mark,
                self._session["id"],
            )
            text = mark if word is None else json.dumps([word])
            await self._connection.execute("SELECT pg_notify($1, $2)", channel, text)
        begun = time.perf_counter()
        _, missing = await asyncio.wait(waiting, timeout=BOUND)
        self.lost += len(missing)
        return (time.perf_counter() - begun) * 1000


@contextlib.asynccontextmanager
async def _bare(url: str) -> AsyncIterator[int]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.fan", url, cwd=Path(__file__).parents[1], stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout
        yield int(await asyncio.wait_for(process.stdout.readline(), START_SECONDS))
    finally:
        process.terminate()
        await process.wait()
