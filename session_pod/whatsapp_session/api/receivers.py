"""`/webhooks`: how the receivers do, and what they did not take."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from fastapi import APIRouter

from whatsapp_contracts.errors import ErrorCode
from whatsapp_session.api import schemas
from whatsapp_session.api.describe import described
from whatsapp_session.api.describe import page as page_of
from whatsapp_session.api.errors import ApiError
from whatsapp_session.api.params import USUAL, AfterSeq, Limit, Seq, WebhookName
from whatsapp_session.api.refusals import refusing
from whatsapp_session.api.services import Services
from whatsapp_session.webhooks.dispatcher import UnknownDeadLetter, UnknownWebhook

WEBHOOK_EXAMPLE = {
    "name": "crm",
    "url": "https://crm.example.com/hook",
    "format": "Standard",
    "events": ["message.*"],
    "pending": 0,
    "deadLetters": 1,
    "lastDeliveredAt": "2026-01-01T12:00:00.000Z",
    "failingSince": None,
    "lastError": None,
}
DEAD_LETTER_EXAMPLE = {
    "seq": 7,
    "event": {
        "id": "received:false_5491123456789@c.us_3EB0C431C26A1916E07E",
        "seq": 7,
        "type": "message.received",
        "time": "2026-01-01T12:00:00.000Z",
        "session": "cliente_51",
        "data": {},
    },
    "attempts": 1,
    "diedAt": "2026-01-01T12:00:01.000Z",
    "error": "the receiver answered 422",
}
COUNT = {"type": "integer", "minimum": 0}
NAMED = (ErrorCode.WEBHOOK_NOT_FOUND,)
ONE = (ErrorCode.WEBHOOK_NOT_FOUND, ErrorCode.DEAD_LETTER_NOT_FOUND)


def router(services: Services) -> APIRouter:
    """The routes of one session."""
    routes = APIRouter(prefix="/webhooks", tags=["webhooks"])

    async def retried(name: str, seq: int | None) -> dict[str, Any]:
        with finding():
            return {"ok": True, "retried": await services.webhooks.retry(name, seq)}

    async def discarded(name: str, seq: int | None) -> dict[str, Any]:
        with finding():
            return {"ok": True, "discarded": await services.webhooks.discard(name, seq)}

    @routes.get(
        "",
        **described(
            "List the webhooks",
            ok=schemas.ok(webhooks={"type": "array", "items": schemas.ref("Webhook")}),
            example={"ok": True, "webhooks": [WEBHOOK_EXAMPLE]},
        ),
    )
    async def webhooks() -> dict[str, Any]:
        """How far each is, and since when it fails."""
        with finding():
            return {"ok": True, "webhooks": await services.webhooks.status()}

    @routes.get(
        "/{name}/dead-letters",
        **described(
            "List what a receiver did not take",
            ok=page_of("deadLetters", schemas.ref("DeadLetter")),
            example={"ok": True, "deadLetters": [DEAD_LETTER_EXAMPLE], "next": None},
            errors=NAMED,
        ),
    )
    async def dead_letters(name: WebhookName, limit: Limit = USUAL, after: AfterSeq = None) -> dict[str, Any]:
        """Oldest first, each with its whole event."""
        with finding():
            found = await services.webhooks.dead_letters(name, limit, int(after or 0))
        following = str(found[-1]["seq"]) if len(found) >= limit else None
        return {"ok": True, "deadLetters": found, "next": following}

    @routes.post(
        "/{name}/dead-letters/retry",
        **described(
            "Send all dead letters again",
            ok=schemas.ok(retried=COUNT),
            example={"ok": True, "retried": 1},
            errors=NAMED,
        ),
    )
    async def retry_all(name: WebhookName) -> dict[str, Any]:
        """Now, each at the end of its chat's line."""
        return await retried(name, None)

    @routes.post(
        "/{name}/dead-letters/{seq}/retry",
        **described(
            "Send one dead letter again",
            ok=schemas.ok(retried=COUNT),
            example={"ok": True, "retried": 1},
            errors=ONE,
        ),
    )
    async def retry(name: WebhookName, seq: Seq) -> dict[str, Any]:
        """Now, at the end of its chat's line."""
        return await retried(name, seq)

    @routes.delete(
        "/{name}/dead-letters",
        **described(
            "Discard all dead letters",
            ok=schemas.ok(discarded=COUNT),
            example={"ok": True, "discarded": 1},
            errors=NAMED,
        ),
    )
    async def discard_all(name: WebhookName) -> dict[str, Any]:
        """They are gone: the receiver never gets them."""
        return await discarded(name, None)

    @routes.delete(
        "/{name}/dead-letters/{seq}",
        **described(
            "Discard one dead letter",
            ok=schemas.ok(discarded=COUNT),
            example={"ok": True, "discarded": 1},
            errors=ONE,
        ),
    )
    async def discard(name: WebhookName, seq: Seq) -> dict[str, Any]:
        """It is gone: the receiver never gets it."""
        return await discarded(name, seq)

    return routes


@contextmanager
def finding() -> Iterator[None]:
    """Answer 404 for a webhook or a dead letter that is not there."""
    try:
        with refusing(not_found=ErrorCode.WEBHOOK_NOT_FOUND, failed=ErrorCode.INTERNAL_ERROR):
            yield
    except UnknownWebhook as error:
        raise ApiError(ErrorCode.WEBHOOK_NOT_FOUND, str(error)) from None
    except UnknownDeadLetter as error:
        raise ApiError(ErrorCode.DEAD_LETTER_NOT_FOUND, str(error)) from None
