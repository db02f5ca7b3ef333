"""What every call passes before its route: how much is sent, and which web page may read the answer.

Why in front of the routing: no route can forget it, and the framework's own errors pass it too. CORS is no
lock (whoever has a key may call from anywhere); it says which pages a browser lets read the answer.
"""

from __future__ import annotations

import time

from sqlalchemy.exc import SQLAlchemyError
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from whatsapp_hub.api.envelope import refusal
from whatsapp_hub.services import Services
from whatsapp_hub.store.directory import Directory

MAX_BODY = 1024 * 1024
"""Bytes, but for messages with media."""
MAX_MEDIA_BODY = 96 * 1024 * 1024
"""64 MiB as base64, and what is around it."""
METHODS = "GET, POST, PUT, PATCH, DELETE, OPTIONS"
ALLOWED_HEADERS = "Authorization, X-API-Key, Content-Type, apikey, Idempotency-Key, Last-Event-ID"
EXPOSED_HEADERS = "Retry-After, Idempotent-Replayed, Content-Disposition"
PREFLIGHT_SECONDS = "600"


class Gate:
    """ASGI middleware around the whole application."""

    def __init__(self, app: ASGIApp, services: Services) -> None:
        self._app = app
        self._services = services

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or pass on with a bounded body; count either."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun, status = time.perf_counter(), 500
        scope.setdefault("state", {})
        headers = Headers(scope=scope)
        origin = headers.get("origin", "")

        async def answered(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                if origin:
                    await self._cross_origin(message, scope, origin)
            await send(message)

        try:
            if scope["method"] == "OPTIONS":
                await self._options(origin, headers)(scope, receive, answered)
            elif _length(headers) > (most := most_of(scope["path"])):
                await too_large(most)(scope, receive, answered)
            else:
                await self._app(scope, _bounded(receive, most), answered)
        finally:
            route = getattr(scope.get("route"), "path", "none")
            method = scope["method"] if scope["method"] in METHODS else "other"
            self._services.metrics.calls.labels(method, route, str(status)).observe(
                time.perf_counter() - begun
            )

    def _options(self, origin: str, headers: Headers) -> ASGIApp:
        """The answer to a preflight; which origins may call is added to it as to every answer."""
        from starlette.responses import Response

        answer = Response(status_code=204, headers={"Allow": METHODS})
        if origin and headers.get("access-control-request-method"):
            answer.headers["Access-Control-Allow-Methods"] = METHODS
            answer.headers["Access-Control-Allow-Headers"] = ALLOWED_HEADERS
            answer.headers["Access-Control-Max-Age"] = PREFLIGHT_SECONDS
        return answer

    async def _cross_origin(self, message: Message, scope: Scope, origin: str) -> None:
        """Whether pages of `origin` may read this: by the caller's tenant, by any before one is known."""
        headers = MutableHeaders(scope=message)
        headers.add_vary_header("Origin")
        tenant_id = scope["state"].get("tenant_id")
        try:
            async with self._services.database.read() as transaction:
                allowed = await Directory(transaction).allows(origin[:300], tenant_id)
        except (SQLAlchemyError, OSError, ValueError):
            allowed = False
        if allowed:
            headers["Access-Control-Allow-Origin"] = origin
            headers["Access-Control-Expose-Headers"] = EXPOSED_HEADERS


def most_of(path: str) -> int:
    """How large the body of a call to `path` may be."""
    sends = path.startswith(("/api/sessions/", "/sessions/")) and path.endswith("/messages")
    return MAX_MEDIA_BODY if sends else MAX_BODY


def too_large(most: int) -> ASGIApp:
    """The answer to a body that is larger."""
    return refusal(413, f"The body is larger than {most} bytes. Send less.")


def _length(headers: Headers) -> int:
    text = headers.get("content-length", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0


def _bounded(receive: Receive, most: int) -> Receive:
    """Also without a length that was said, or with a wrong one."""
    size = 0

    async def counted() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size > most:
            raise HTTPException(413, f"The body is larger than {most} bytes")
        return message

    return counted
