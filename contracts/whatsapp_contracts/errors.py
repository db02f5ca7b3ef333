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
    PAYLOAD_TOO_LARGE = "payload_too_large"
    FORBIDDEN_ADDRESS = "forbidden_address"
    MEDIA_FETCH_FAILED = "media_fetch_failed"
    NUMBER_CHECK_FAILED = "number_check_failed"
    ENGINE_TIMEOUT = "engine_timeout"
    RATE_LIMITED = "rate_limited"
    STORAGE_FULL = "storage_full"
    IDEMPOTENCY_IN_PROGRESS = "idempotency_in_progress"
    OUTCOME_UNKNOWN = "outcome_unknown"
    IDEMPOTENCY_KEY_REUSED = "idempotency_key_reused"
    TOO_LATE = "too_late"
    OPERATING_MODE = "operating_mode"
    MESSAGE_NOT_FOUND = "message_not_found"
    CHAT_NOT_FOUND = "chat_not_found"
    MEDIA_NOT_FOUND = "media_not_found"
    PICTURE_NOT_FOUND = "picture_not_found"
    OUTBOX_ENTRY_NOT_FOUND = "outbox_entry_not_found"
    WEBHOOK_NOT_FOUND = "webhook_not_found"
    DEAD_LETTER_NOT_FOUND = "dead_letter_not_found"


HTTP_STATUS = {
    ErrorCode.INVALID_REQUEST: 400,
    ErrorCode.CLIENTE_ID_MISMATCH: 400,
    ErrorCode.NOT_ON_WHATSAPP: 400,
    ErrorCode.FORBIDDEN_ADDRESS: 400,
    ErrorCode.MEDIA_FETCH_FAILED: 400,
    ErrorCode.UNAUTHORIZED: 401,
    ErrorCode.NOT_FOUND: 404,
    ErrorCode.QR_NOT_AVAILABLE: 404,
    ErrorCode.MESSAGE_NOT_FOUND: 404,
    ErrorCode.CHAT_NOT_FOUND: 404,
    ErrorCode.MEDIA_NOT_FOUND: 404,
    ErrorCode.PICTURE_NOT_FOUND: 404,
    ErrorCode.OUTBOX_ENTRY_NOT_FOUND: 404,
    ErrorCode.WEBHOOK_NOT_FOUND: 404,
    ErrorCode.DEAD_LETTER_NOT_FOUND: 404,
    ErrorCode.METHOD_NOT_ALLOWED: 405,
    ErrorCode.SESSION_NOT_READY: 409,
    ErrorCode.IDEMPOTENCY_IN_PROGRESS: 409,
    ErrorCode.OUTCOME_UNKNOWN: 409,
    ErrorCode.TOO_LATE: 409,
    ErrorCode.OPERATING_MODE: 409,
    ErrorCode.PAYLOAD_TOO_LARGE: 413,
    ErrorCode.IDEMPOTENCY_KEY_REUSED: 422,
    ErrorCode.RATE_LIMITED: 429,
    ErrorCode.SEND_FAILED: 500,
    ErrorCode.INTERNAL_ERROR: 500,
    ErrorCode.NUMBER_CHECK_FAILED: 503,
    ErrorCode.ENGINE_TIMEOUT: 503,
    ErrorCode.STORAGE_FULL: 507,
}


def envelope(code: ErrorCode, message: str) -> dict[str, Any]:
    """The body of an error answer; `message` says what happened and what to do."""
    return {"ok": False, "error": code.value, "message": message}
