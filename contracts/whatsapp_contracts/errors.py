"""The error envelope of contract A: `{"ok": false, "error": "<code>", "message": "<what to do>"}`."""

from __future__ import annotations

from enum import StrEnum
from typing import Any


class ErrorCode(StrEnum):
    """Closed set of `error` codes; clients switch on them."""

    INVALID_REQUEST = "invalid_request"
    CLIENTE_ID_MISMATCH = "cliente_id_mismatch"
    NOT_ON_WHATSAPP = "not_on_whatsapp"
    SESSION_NOT_READY = "session_not_ready"
    QR_NOT_AVAILABLE = "qr_not_available"
    SEND_FAILED = "send_failed"
    UNAUTHORIZED = "unauthorized"
    NOT_FOUND = "not_found"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    INTERNAL_ERROR = "internal_error"


HTTP_STATUS = {
    ErrorCode.INVALID_REQUEST: 400,
    ErrorCode.CLIENTE_ID_MISMATCH: 400,
    ErrorCode.NOT_ON_WHATSAPP: 400,
    ErrorCode.UNAUTHORIZED: 401,
    ErrorCode.NOT_FOUND: 404,
    ErrorCode.QR_NOT_AVAILABLE: 404,
    ErrorCode.METHOD_NOT_ALLOWED: 405,
    ErrorCode.SESSION_NOT_READY: 409,
    ErrorCode.SEND_FAILED: 500,
    ErrorCode.INTERNAL_ERROR: 500,
}


def envelope(code: ErrorCode, message: str) -> dict[str, Any]:
    """The body of an error answer; `message` says what happened and what to do."""
    return {"ok": False, "error": code.value, "message": message}
