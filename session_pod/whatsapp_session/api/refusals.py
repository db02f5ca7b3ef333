"""Which error of the parts behind becomes which answer.

Why one table: the same failure must have the same code on every route, or clients cannot switch on it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from whatsapp_contracts.errors import ErrorCode
from whatsapp_session.api.errors import ApiError
from whatsapp_session.engine.protocol import (
    CheckFailed,
    EngineError,
    NotConnected,
    NotFound,
    NotOnWhatsApp,
)
from whatsapp_session.media.store import Empty, TooLarge, WrongType
from whatsapp_session.net import fetch
from whatsapp_session.net.guard import ForbiddenAddress
from whatsapp_session.outbox import errors as outbox
from whatsapp_session.session import NotReady

REPLAYED = {"Idempotent-Replayed": "true"}
CODES: tuple[tuple[type[Exception], ErrorCode], ...] = (
    (NotReady, ErrorCode.SESSION_NOT_READY),
    (NotConnected, ErrorCode.SESSION_NOT_READY),
    (NotOnWhatsApp, ErrorCode.NOT_ON_WHATSAPP),
    (CheckFailed, ErrorCode.NUMBER_CHECK_FAILED),
    (outbox.KeyInProgress, ErrorCode.IDEMPOTENCY_IN_PROGRESS),
    (outbox.OutcomeUnknown, ErrorCode.OUTCOME_UNKNOWN),
    (outbox.KeyReused, ErrorCode.IDEMPOTENCY_KEY_REUSED),
    (outbox.RateLimited, ErrorCode.RATE_LIMITED),
    (outbox.StorageFull, ErrorCode.STORAGE_FULL),
    (outbox.EntryNotFound, ErrorCode.OUTBOX_ENTRY_NOT_FOUND),
    (outbox.TooLate, ErrorCode.TOO_LATE),
    (TooLarge, ErrorCode.PAYLOAD_TOO_LARGE),
    (Empty, ErrorCode.INVALID_REQUEST),
    (WrongType, ErrorCode.INVALID_REQUEST),
    (ForbiddenAddress, ErrorCode.FORBIDDEN_ADDRESS),
    (fetch.TooLarge, ErrorCode.PAYLOAD_TOO_LARGE),
    (fetch.FetchFailed, ErrorCode.MEDIA_FETCH_FAILED),
)
"""First match wins; `NotFound` and every other error of the engine depend on what was asked for."""
FULL = "The volume is full, or its database cannot be written. Make room on it."


@contextmanager
def refusing(*, not_found: ErrorCode, failed: ErrorCode) -> Iterator[None]:
    """Answer with the table's codes: `not_found` for what WhatsApp has not, `failed` for the rest."""
    try:
        yield
    except (NotFound, EngineError, NotReady, outbox.OutboxError) as error:
        code = not_found if isinstance(error, NotFound) else code_of(error) or failed
        raise ApiError(code, str(error), _headers(error)) from None
    except (TooLarge, Empty, WrongType, ForbiddenAddress, fetch.TooLarge, fetch.FetchFailed) as error:
        text = f"media: {error}"
        raise ApiError(code_of(error) or failed, text) from None
    except TimeoutError:
        raise ApiError(failed, "WhatsApp's page did not answer in time. Try again.") from None
    except sqlite3.Error:
        raise ApiError(ErrorCode.STORAGE_FULL, FULL) from None


@contextmanager
def refusing_storage() -> Iterator[None]:
    """Answer 507 when the database cannot be used."""
    try:
        yield
    except sqlite3.Error:
        raise ApiError(ErrorCode.STORAGE_FULL, FULL) from None


def code_of(error: Exception) -> ErrorCode | None:
    """The table's code for an error; None when it depends."""
    return next((code for kind, code in CODES if isinstance(error, kind)), None)


def _headers(error: Exception) -> dict[str, str] | None:
    if isinstance(error, outbox.RateLimited):
        return {"Retry-After": str(error.retry_after)}
    return REPLAYED if isinstance(error, outbox.StillNotOnWhatsApp) else None
