"""Every error answer is contract A's envelope, the framework's own included.

Why: clients switch on `error`; one that met `{"detail": ...}` once would have to parse two shapes for ever.
"""

from __future__ import annotations

import logging

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from whatsapp_contracts.errors import HTTP_STATUS, ErrorCode, envelope
from whatsapp_session.api.params import CURES

log = logging.getLogger(__name__)


class ApiError(Exception):
    """An answer that is an error; `message` says what happened and what to do."""

    def __init__(self, code: ErrorCode, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.headers = headers


def wrong(message: str) -> ApiError:
    """The refusal of a field; `message` names it and the cure."""
    return ApiError(ErrorCode.INVALID_REQUEST, message)


def answer(code: ErrorCode, message: str, headers: dict[str, str] | None = None) -> JSONResponse:
    """The envelope with its status."""
    return JSONResponse(envelope(code, message), status_code=HTTP_STATUS[code], headers=headers)


def install(app: FastAPI) -> None:
    """Turn every error of `app` into the envelope."""

    @app.exception_handler(ApiError)
    async def ours(request: Request, error: ApiError) -> JSONResponse:
        return answer(error.code, error.message, error.headers)

    @app.exception_handler(RequestValidationError)
    async def malformed(request: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"][1:]) or "the request"
        cure = CURES.get(field, f"{field}: {first['msg']}. Correct it, or leave it out.")
        return answer(ErrorCode.INVALID_REQUEST, cure)

    @app.exception_handler(HTTPException)
    async def routing(request: Request, error: HTTPException) -> JSONResponse:
        path = request.url.path
        if error.status_code == 404:
            return answer(ErrorCode.NOT_FOUND, f"There is no {path}. GET /openapi.json lists the routes.")
        if error.status_code == 405:
            allowed = dict(error.headers or {})
            methods = allowed.get("Allow", "another method")
            return answer(
                ErrorCode.METHOD_NOT_ALLOWED, f"{request.method} is not for {path}. Use {methods}.", allowed
            )
        return answer(ErrorCode.INVALID_REQUEST, f"{error.detail}. Correct the request.")

    @app.exception_handler(ClientDisconnect)
    async def gone(request: Request, error: ClientDisconnect) -> JSONResponse:
        return answer(ErrorCode.INVALID_REQUEST, "The call ended before its body did. Send it again.")

    @app.exception_handler(Exception)
    async def ours_to_repair(request: Request, error: Exception) -> JSONResponse:
        return answer(
            ErrorCode.INTERNAL_ERROR, f"{request.method} {request.url.path} failed here; the log says where."
        )
