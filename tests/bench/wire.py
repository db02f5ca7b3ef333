"""Calls over HTTP/1.1 as cheaply as Python makes them: what is measured is the server, not who asks.

Why no client library: on a machine with two cores a client that costs as much as the hub halves its rate.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A whole answer."""

    status: int
    body: bytes


def request(method: str, path: str, headers: Mapping[str, str], body: bytes = b"") -> bytes:
    """The bytes of a call."""
    lines = [f"{method} {path} HTTP/1.1", "host: hub", f"content-length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


class Connection(asyncio.Protocol):
    """One connection that is kept: one call at a time."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport
        self._held = bytearray()
        self._waiting: asyncio.Future[Answer] | None = None
        self._needed = 0

    @classmethod
    async def to(cls, host: str, port: int) -> Connection:
        """A new one."""
        _, made = await asyncio.get_running_loop().create_connection(cls, host, port)
        return made

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def call(self, sent: bytes) -> asyncio.Future[Answer]:
        """Send; the future is the answer."""
        assert self._waiting is None, "one call at a time"
        assert not self._transport.is_closing(), (
            "the server ended the connection: it keeps idle ones for seconds"
        )
        self._waiting = asyncio.get_running_loop().create_future()
        self._needed = 0
        self._transport.write(sent)
        return self._waiting

    def data_received(self, data: bytes) -> None:
        self._held += data
        if not self._needed:
            end = self._held.find(b"\r\n\r\n")
            if end < 0:
                return
            found = LENGTH.search(self._held, 0, end + 2)
            assert found, bytes(self._held[:end])
            self._needed = end + 4 + int(found[1])
        if len(self._held) < self._needed or self._waiting is None:
            return
        head = self._held.find(b"\r\n\r\n") + 4
        answer = Answer(status=int(self._held[9:12]), body=bytes(self._held[head : self._needed]))
        del self._held[: self._needed]
        waiting, self._waiting = self._waiting, None
        if not waiting.done():
            waiting.set_result(answer)

    def connection_lost(self, error: Exception | None) -> None:
        if self._waiting and not self._waiting.done():
            self._waiting.set_exception(error or ConnectionError("the server ended the connection"))

    def close(self) -> None:
        self._transport.close()
