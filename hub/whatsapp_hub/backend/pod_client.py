"""Calls to a session's own API (contract A), and its event stream."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import aiohttp

from whatsapp_contracts.sessions import SessionView
from whatsapp_hub.backend.protocol import Answer, BackendError, Call

CALL_SECONDS = 75.0
"""A send waits for WhatsApp, and for its pacing, half a minute each."""
SILENT_SECONDS = 45.0
"""The stream says something every 15 s."""
LARGEST_LINE = 1024 * 1024


class PodClient:
    """One session's API. Raises BackendError for what is not answered."""

    def __init__(self, http: aiohttp.ClientSession, url: str, key: str) -> None:
        self._http = http
        self._url = url
        self._key = key

    async def call(self, call: Call) -> Answer:
        """Any call; whatever is answered is an answer."""
        headers = {**call.headers, "X-API-Key": self._key}
        timeout = aiohttp.ClientTimeout(total=CALL_SECONDS)
        try:
            async with self._http.request(
                call.method, self._url + call.path, headers=headers, data=call.body, timeout=timeout
            ) as answer:
                return Answer(
                    status=answer.status,
                    headers={name.lower(): value for name, value in answer.headers.items()},
                    body=await answer.read(),
                )
        except (aiohttp.ClientError, TimeoutError, OSError):
            raise BackendError("The session does not answer now. Try again in a moment.") from None

    async def views(self) -> AsyncIterator[SessionView]:
        """The session as it is, then each time it changes, until the stream ends (BackendError)."""
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=SILENT_SECONDS)
        try:
            async with self._http.get(
                self._url + "/events?types=session.*", headers={"X-API-Key": self._key}, timeout=timeout
            ) as answer:
                if answer.status != 200:
                    raise BackendError(f"The session's stream answered {answer.status}.")
                async for text in _lines(answer.content):
                    if text.startswith("data:"):
                        yield SessionView.from_json(json.loads(text[5:])["data"])
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError, KeyError) as error:
            raise BackendError(f"The session's stream broke: {type(error).__name__}.") from None
        raise BackendError("The session's stream ended.")


async def _lines(stream: aiohttp.StreamReader) -> AsyncIterator[str]:
    rest = b""
    async for chunk in stream.iter_any():
        *lines, rest = (rest + chunk).split(b"\n")
        if len(rest) > LARGEST_LINE:
            raise ValueError("a line without an end")
        for line in lines:
            yield line.decode()
    await asyncio.sleep(0)
