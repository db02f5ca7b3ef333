"""What every call passes before its route: the key, whose session is meant, how much is sent and how slowly.

Why in front of the routing: who has no key does not learn which routes exist, and no route can forget it.
Threats: a guessed key (compared in constant time), another client's session reached by a wrong address
(`?cliente_id=`), memory filled by a large body, a connection held by one that never ends.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from urllib.parse import parse_qs

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from whatsapp_contracts.errors import ErrorCode
from whatsapp_session.api.errors import ApiError, answer
from whatsapp_session.keys import OPEN_PATHS, Keys

CLOSE = {"Connection": "close"}
"""With a refusal before the end of a body: else the rest of it would be read to keep the connection."""
MAX_BODY = 1024 * 1024
"""Bytes; a message of 65,536 characters needs 400 kB even when each is escaped."""
SILENCE = 30.0
"""Seconds until the next piece of a body."""
WHOLE = 600.0
"""Seconds for a whole body: 64 MiB over a slow line."""


class Gate:
    """ASGI middleware around the whole application."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        keys: Keys,
        cliente_id: int,
        large: Mapping[tuple[str, str], int] | None = None,
    ) -> None:
        """`large`: the bytes that a body may have where it is more than MAX_BODY, by method and path.

        Those routes read their bodies piece by piece; everybody else's is whole before the route begins.
        """
        self._app = app
        self._keys = keys
        self._cliente_id = cliente_id
        self._large = large or {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or pass on with a bounded body."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        if scope["path"] not in OPEN_PATHS and not self._keys.accepts(headers):
            refusal = answer(
                ErrorCode.UNAUTHORIZED,
                self._keys.cure,
                {"WWW-Authenticate": "Bearer"} | (CLOSE if has_body(headers) else {}),
            )
            await refusal(scope, receive, send)
            return
        if problem := mismatch(scope["query_string"].decode("latin-1"), self._cliente_id):
            await answer(*problem)(scope, receive, send)
            return
        limit = self._large.get((scope["method"], scope["path"]), MAX_BODY)
        if declared(headers) > limit:
            await answer(ErrorCode.PAYLOAD_TOO_LARGE, _too_large(limit), CLOSE)(scope, receive, send)
            return
        bounded = _bounded(receive, limit)
        if limit == MAX_BODY:
            try:
                bounded = await _whole(bounded)
            except ApiError as error:
                await answer(error.code, error.message, error.headers)(scope, receive, send)
                return
        await self._app(scope, bounded, send)


def _bounded(receive: Receive, limit: int) -> Receive:
    """`receive` until the body has more than `limit` bytes, or is too slow; raises ApiError then."""
    size = 0
    ended = False
    until = asyncio.get_running_loop().time() + WHOLE

    async def counted() -> Message:
        nonlocal size, ended
        if ended:
            return await receive()  # the end of the connection, for which a stream waits as long as it lasts
        now = asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout_at(min(until, now + SILENCE)):
                message = await receive()
        except TimeoutError:
            raise ApiError(
                ErrorCode.INVALID_REQUEST, "The body came too slowly. Send it again, on a better line.", CLOSE
            ) from None
        size += len(message.get("body", b""))
        if size > limit:
            raise ApiError(ErrorCode.PAYLOAD_TOO_LARGE, _too_large(limit), CLOSE)
        ended = message["type"] != "http.request" or not message.get("more_body", False)
        return message

    return counted


async def _whole(receive: Receive) -> Receive:
    """The whole body as one message, then what else comes."""
    pieces: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] != "http.request":
            last = message
            break
        pieces.append(message.get("body", b""))
        if not message.get("more_body", False):
            last = {"type": "http.request", "body": b"".join(pieces), "more_body": False}
            break
    waiting: list[Message] = [last]

    async def again() -> Message:
        return waiting.pop() if waiting else await receive()

    return again


def has_body(headers: Mapping[str, str]) -> bool:
    """Whether a body follows these headers."""
    return declared(headers) > 0 or "transfer-encoding" in headers


def declared(headers: Mapping[str, str]) -> int:
    """The length that the call says its body has; 0 when it does not say."""
    text = headers.get("content-length", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def _too_large(limit: int) -> str:
    return f"The body is larger than {limit} bytes. Send less."


def mismatch(query: str, cliente_id: int) -> tuple[ErrorCode, str] | None:
    """Why a call with this query string is not for client `cliente_id`; None when it is, or does not say."""
    try:
        given = parse_qs(query, keep_blank_values=True, max_num_fields=100).get("cliente_id", [])
    except ValueError:
        return ErrorCode.INVALID_REQUEST, "The query has more than 100 parameters. Leave the others out."
    for text in given:
        if not (text.isascii() and text.isdigit() and len(text) <= 10):
            return ErrorCode.INVALID_REQUEST, "cliente_id is not a whole number. Correct it, or leave it out."
        if int(text) != cliente_id:
            return other_client(int(text), cliente_id)
    return None


def other_client(given: int, cliente_id: int) -> tuple[ErrorCode, str]:
    """The error for a call that was meant for another client."""
    return (
        ErrorCode.CLIENTE_ID_MISMATCH,
        f"This is the session of client {cliente_id}, not of {given}. Call that client's session.",
    )
