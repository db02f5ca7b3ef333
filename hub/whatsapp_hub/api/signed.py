"""Callbacks of session pods: whose it is, proven by the signature of that session's callback secret.

A session's name may be in several organizations: the signature says which is meant. What is refused is
answered in this order: no signature (401), no readable body or `session_id` (400), no such session (404: the
pod tries again, the row may not be there yet), a wrong signature (401), another wrong field (400).
"""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from pydantic import BaseModel, ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from whatsapp_hub.api.caller import services
from whatsapp_hub.api.envelope import ApiError
from whatsapp_hub.database.models import Session
from whatsapp_hub.security import signatures
from whatsapp_hub.services import Services
from whatsapp_hub.store.directory import Directory

audit = logging.getLogger("whatsapp_hub.audit")

NOT_SIGNED = "Sign this call with the session's callback secret, as Standard Webhooks has it."
LONGEST_NAME = 100

Read = TypeVar("Read", bound=BaseModel)


@dataclass(frozen=True, kw_only=True)
class Signed:
    """A callback that is proven to be of `session`; its transaction is open."""

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
    """Prove, handle, and write one line about it: session, outcome, ids; no text, number or QR."""
    parts = services(request)
    named, outcome = "-", "failed"
    try:
        webhook_id = signatures.signed(request.headers)
        if webhook_id is None:
            raise ApiError(401, NOT_SIGNED)
        raw = await request.body()
        body = _object(raw)
        named = _name(body)
        async with parts.database.begin() as transaction:
            session = await _proven(transaction, parts, named, raw, request)
            answer, outcome = await handler(
                Signed(
                    transaction=transaction,
                    session=session,
                    webhook_id=webhook_id,
                    body=body,
                    services=parts,
                )
            )
        return answer
    except ApiError as error:
        outcome = f"refused {error.status}"
        raise
    except RequestValidationError:
        outcome = "refused 400"
        raise
    finally:
        parts.metrics.callbacks.labels(kind, outcome.split(" ")[0]).inc()
        audit.info("callback %s of session %s: %s", kind, named, outcome)


def _object(raw: bytes) -> dict[str, Any]:
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        raise ApiError(400, "The body is not JSON. Send a JSON object.") from None
    if not isinstance(body, dict):
        raise ApiError(400, "The body is not a JSON object. Send one.")
    return body


def _name(body: dict[str, Any]) -> str:
    name = body.get("session_id")
    if not isinstance(name, str) or not name.isprintable() or not 0 < len(name) <= LONGEST_NAME:
        raise ApiError(
            400, f"session_id is missing, or is no name of 1 to {LONGEST_NAME} characters. Send it."
        )
    return name


async def _proven(
    transaction: AsyncSession, parts: Services, named: str, raw: bytes, request: Request
) -> Session:
    sessions = await Directory(transaction).sessions_named(named)
    if not sessions:
        raise ApiError(404, "There is no session of this name. Create it first.")
    for session in sessions:
        for secret in parts.backend.callback_secrets(session.uid, session.key_version):
            if signatures.proves(raw, request.headers, secret):
                return session
    raise ApiError(401, NOT_SIGNED)
