"""Every answer of contracts B, C and D is `{"success":…}`, the framework's own errors included.

Why: clients read `success` and `message`; one that met `{"detail": …}` once would parse two shapes for ever.
"""

from __future__ import annotations

import json
import logging
from typing import Any

import orjson
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from whatsapp_hub.backend.protocol import BackendError, Refused

log = logging.getLogger(__name__)

JSON = "application/json"
NOT_JSON = "The body is not JSON. Send a JSON object, with Content-Type: application/json."
NO_DATABASE = "The hub's database does not answer. Try again in a moment."
PASSING = ("08", "40", "53", "57")
"""Classes of SQLSTATE: connection, rollback (deadlock), resources, an operator's intervention (restart)."""

AWAY = (OperationalError, InterfaceError, PoolTimeout, ConnectionError)


class ApiError(Exception):
    """An answer that is an error; `message` says what happened and what to do."""

    def __init__(self, status: int, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers = headers


def ok(data: Any, status: int = 200, *, beside: dict[str, Any] | None = None) -> Response:
    """`{"success":true,"data":…}`, with what some contracts put beside `data`."""
    return _json({"success": True, **(beside or {}), "data": data}, status, None)


def refusal(status: int, message: str, headers: dict[str, str] | None = None) -> Response:
    """`{"success":false,"message":…}`."""
    return _json({"success": False, "message": message}, status, headers)


def _json(body: Any, status: int, headers: dict[str, str] | None) -> Response:
    try:
        text = orjson.dumps(body)
    except TypeError:  # half of a surrogate pair, which JSON can say and UTF-8 cannot
        text = json.dumps(body).encode()
    return Response(text, status, {"Cache-Control": "no-store", **(headers or {})}, JSON)


def install(app: FastAPI) -> None:
    """Turn every error of `app` into the envelope."""

    @app.exception_handler(ApiError)
    async def ours(request: Request, error: ApiError) -> Response:
        return refusal(error.status, error.message, error.headers)

    @app.exception_handler(Refused)
    async def not_so(request: Request, error: Refused) -> Response:
        return refusal(400, str(error))

    @app.exception_handler(BackendError)
    async def elsewhere(request: Request, error: BackendError) -> Response:
        return refusal(503, str(error), {"Retry-After": "5"})

    @app.exception_handler(RequestValidationError)
    async def malformed(request: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        where = [
            str(part) for part in first["loc"][1:] if not isinstance(part, int) or first["loc"][0] != "body"
        ]
        field = ".".join(where) or "The body"
        if first["type"] == "json_invalid":
            return refusal(
                400, "The body is not JSON. Send a JSON object, with Content-Type: application/json."
            )
        if first["type"] == "missing":
            return refusal(400, f"{field} is missing. Send it.")
        return refusal(400, f"{field}: {first['msg']}. Correct it, or leave it out.")

    @app.exception_handler(HTTPException)
    async def routing(request: Request, error: HTTPException) -> Response:
        path = request.url.path
        if error.status_code == 404:
            return refusal(404, f"There is no {path}. GET /openapi.json lists the routes.")
        if error.status_code == 405:
            allowed = dict(error.headers or {})
            methods = allowed.get("Allow", "another method")
            return refusal(405, f"{request.method} is not for {path}. Use {methods}.", allowed)
        return refusal(error.status_code, f"{error.detail}. Correct the request.")

    @app.exception_handler(ClientDisconnect)
    async def gone(request: Request, error: ClientDisconnect) -> Response:
        return refusal(400, "The call ended before its body did. Send it again.")

    async def database_away(request: Request, error: Exception) -> Response:
        log.warning("the database did not answer: %s", type(error).__name__)
        return refusal(
            503, "The hub's database does not answer. Try again in a moment.", {"Retry-After": "5"}
        )

    for kind in AWAY:
        app.add_exception_handler(kind, database_away)

    @app.exception_handler(DBAPIError)
    async def database_lost(request: Request, error: DBAPIError) -> Response:
        if error.connection_invalidated or passing(error):
            return await database_away(request, error)
        log.error("%s %s failed", request.method, request.url.path, exc_info=error)
        return failed(request.method, request.url.path)

    @app.exception_handler(Exception)
    async def ours_to_repair(request: Request, error: Exception) -> Response:
        return failed(request.method, request.url.path)


def away(error: Exception) -> bool:
    """Whether this says that the database is away, and no more."""
    lost = isinstance(error, DBAPIError) and (error.connection_invalidated or passing(error))
    return lost or isinstance(error, AWAY)


def passing(error: DBAPIError) -> bool:
    """Whether the same call may succeed in a moment, by PostgreSQL's own code."""
    cause = error.orig.__cause__ if error.orig else None
    code = getattr(error.orig, "sqlstate", None) or getattr(cause, "sqlstate", None)
    return str(code or "").startswith(PASSING)


def failed(method: str, path: str) -> Response:
    """The answer to a call that met a bug."""
    return refusal(500, f"{method} {path} failed here; the hub's log says where.")
