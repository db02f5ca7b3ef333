"""Callbacks of session pods: whose it is, proven by the signature of that session's callback secret.

A session's name may be in several organizations: the signature says which is meant. What is refused is
answered in this order: no signature (401), no readable body or `session_id` (400), no such session (404: the
pod tries again, the row may not be there yet), a wrong signature (401), another wrong field (400).
"""

from __future__ import annotations

import contextlib
import json
import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from pydantic import BaseModel, ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from whatsapp_hub.api.caller import services
from whatsapp_hub.api.envelope import ApiError
from whatsapp_hub.database.connection import Run
from whatsapp_hub.database.models import Session
from whatsapp_hub.security import signatures
from whatsapp_hub.services import Services
from whatsapp_hub.store import arrivals
from whatsapp_hub.store.arrivals import Known
from whatsapp_hub.store.sessions import Sessions

audit = logging.getLogger("whatsapp_hub.audit")

NOT_SIGNED = "Sign this call with the session's callback secret, as Standard Webhooks has it."
GONE = "There is no session of this name. Create it first."
LONGEST_NAME = 100

Read = TypeVar("Read", bound=BaseModel)


@dataclass
class Line:
    """The one line about a callback, as far as it is known: session, outcome, ids; no text, number or QR."""

    named: str = "-"
    outcome: str = "failed"


@dataclass(frozen=True, kw_only=True)
class Opened:
    """A callback that says of which session it is, and proves nothing yet."""

    named: str
    webhook_id: str
    headers: Mapping[str, str]
    raw: bytes
    body: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Signed:
    """A callback that is proven to be of `session`; its transaction is open, and holds the session's row."""

    transaction: AsyncSession
    session: Session
    webhook_id: str
    body: dict[str, Any]
    services: Services

    def read(self, model: type[Read]) -> Read:
        """The body as `model`; 400 names the first wrong field."""
        return validated(model, self.body)


def validated(model: type[Read], body: Any) -> Read:
    """`body` as `model`; 400 names the first wrong field."""
    try:
        return model.model_validate(body)
    except ValidationError as error:
        first = dict(error.errors(include_context=False, include_input=False, include_url=False)[0])
        raise RequestValidationError([first | {"loc": ("body", *first["loc"])}]) from None  # type: ignore[misc]


Handler = Callable[[Signed], Awaitable[tuple[Response, str]]]
"""What is done with a callback: the answer, and what the audit line says of it."""


async def handle(request: Request, kind: str, handler: Handler) -> Response:
    """Prove, hold the session's row, handle. Answers after the commit."""
    parts = services(request)
    with told(parts, kind) as line:
        call = await opened(request, line)
        async with parts.database.statements() as run:
            known = await proven(parts, call, run)
        async with parts.database.begin() as transaction:
            session = await Sessions(transaction, known.tenant_id).held(known.id)
            if session is None:
                raise ApiError(404, GONE)
            signed = Signed(
                transaction=transaction,
                session=session,
                webhook_id=call.webhook_id,
                body=call.body,
                services=parts,
            )
            answer, line.outcome = await handler(signed)
        return answer


@contextlib.contextmanager
def told(parts: Services, kind: str) -> Iterator[Line]:
    """Count a callback and write its line, whatever becomes of it."""
    line = Line()
    try:
        yield line
    except ApiError as error:
        line.outcome = f"refused {error.status}"
        raise
    except RequestValidationError:
        line.outcome = "refused 400"
        raise
    except BaseException:
        line.outcome = "failed"  # also when only the commit did
        raise
    finally:
        parts.metrics.callbacks.labels(kind, line.outcome.split(" ")[0].rstrip(",")).inc()
        audit.info("callback %s of session %s: %s", kind, line.named, line.outcome)


async def opened(request: Request, line: Line) -> Opened:
    """The call, read; raises ApiError."""
    headers = request.headers
    webhook_id = signatures.signed(headers)
    if webhook_id is None:
        raise ApiError(401, NOT_SIGNED)
    raw = await request.body()
    body = _object(raw)
    line.named = _name(body)
    return Opened(named=line.named, webhook_id=webhook_id, headers=headers, raw=raw, body=body)


async def proven(parts: Services, call: Opened, run: Run) -> Known:
    """The session that signed it; raises ApiError."""
    sessions = await arrivals.named(run, call.named)
    if not sessions:
        raise ApiError(404, GONE)
    for session in sessions:
        for secret in parts.backend.callback_secrets(session.uid, session.key_version):
            if signatures.proves(call.raw, call.headers, secret):
                return session
    raise ApiError(401, NOT_SIGNED)


def _object(raw: bytes) -> dict[str, Any]:
    try:
        body = json.loads(raw, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise ApiError(400, "The body is not JSON. Send a JSON object.") from None
    if not isinstance(body, dict):
        raise ApiError(400, "The body is not a JSON object. Send one.")
    return body


def _no_number(name: str) -> None:
    """`NaN` and its like are Python's: no database takes them as JSON."""
    raise ValueError(name)


def _name(body: dict[str, Any]) -> str:
    name = body.get("session_id")
    if not isinstance(name, str) or not name.isprintable() or not 0 < len(name) <= LONGEST_NAME:
        raise ApiError(
            400, f"session_id is missing, or is no name of 1 to {LONGEST_NAME} characters. Send it."
        )
    return name
