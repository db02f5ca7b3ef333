"""What every call passes before its route: the key, whose session is meant, how much is sent.

Why in front of the routing: who has no key does not learn which routes exist, and no route can forget it.
Threats: a guessed key (compared in constant time), another client's session reached by a wrong address
(`?cliente_id=`), memory filled by a large body.
"""

from __future__ import annotations

from urllib.parse import parse_qs

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from whatsapp_contracts.errors import ErrorCode
from whatsapp_session.api.errors import ApiError, answer
from whatsapp_session.keys import OPEN_PATHS, Keys

MAX_BODY = 1024 * 1024
"""Bytes; a message of 65,536 characters needs 400 kB even when each is escaped."""


class Gate:
    """ASGI middleware around the whole application."""

    def __init__(self, app: ASGIApp, *, keys: Keys, cliente_id: int) -> None:
        self._app = app
        self._keys = keys
        self._cliente_id = cliente_id

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
                {"WWW-Authenticate": "Bearer"},
            )
            await refusal(scope, receive, send)
            return
        if problem := mismatch(scope["query_string"].decode("latin-1"), self._cliente_id):
            await answer(*problem)(scope, receive, send)
            return
        await self._bounded(scope, receive, send)

    async def _bounded(self, scope: Scope, receive: Receive, send: Send) -> None:
        size = 0

        async def counted() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > MAX_BODY:
                raise ApiError(
                    ErrorCode.INVALID_REQUEST, f"The body is larger than {MAX_BODY} bytes. Send less."
                )
            return message

        await self._app(scope, counted, send)


def mismatch(query: str, cliente_id: int) -> tuple[ErrorCode, str] | None:
    """Why a call with this query string is not for client `cliente_id`; None when it is, or does not say."""
    for text in parse_qs(query, keep_blank_values=True).get("cliente_id", []):
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
