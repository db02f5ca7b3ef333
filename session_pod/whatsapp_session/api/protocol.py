"""HTTP/1.1 with a bound on how long a caller may take to say what it wants.

Why: uvicorn waits for ever for the end of a call's headers, and each connection that is held so is one less.
What it cannot parse at all is answered in the envelope, as everything is.
"""

from __future__ import annotations

import asyncio
import json

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from whatsapp_contracts.errors import ErrorCode, envelope

HEADERS_TIMEOUT = 20.0
"""Seconds from the first byte of a connection, or of its next call, to the end of the headers."""
CURE = "The call is not HTTP/1.1, or its headers are too large. Correct it."


class BoundedProtocol(H11Protocol):
    """One connection."""

    _patience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first call."""
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is waited for any more."""
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """More of a call: once its headers are whole, the gate bounds the rest."""
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:
            self._stop_waiting()
        elif self._patience is None:
            self._wait()

    def send_400_response(self, msg: str) -> None:
        """What cannot be parsed."""
        body = json.dumps(envelope(ErrorCode.INVALID_REQUEST, CURE)).encode()
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
            (b"connection", b"close"),
        ]
        answer = h11.Response(status_code=400, headers=headers, reason=b"Bad Request")
        for event in (answer, h11.Data(data=body), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()

    def _wait(self) -> None:
        self._patience = self.loop.call_later(HEADERS_TIMEOUT, self._give_up)

    def _stop_waiting(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _give_up(self) -> None:
        self._patience = None
        if self.conn.their_state is h11.IDLE and (self.cycle is None or self.cycle.response_complete):
            self.transport.close()
