"""`/outbox`: what is queued, and what became of it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query

from whatsapp_contracts.errors import ErrorCode
from whatsapp_session.api import schemas
from whatsapp_session.api.describe import described
from whatsapp_session.api.describe import page as page_of
from whatsapp_session.api.params import USUAL, AfterEntry, Limit, OutboxId
from whatsapp_session.api.refusals import refusing
from whatsapp_session.api.services import Services
from whatsapp_session.outbox.entries import Stage

EXAMPLE = {
    "id": "out_1f0c",
    "state": "queued",
    "to": "5491123456789",
    "type": "text",
    "messageId": None,
    "createdAt": "2026-01-01T12:00:00.000Z",
    "sendAt": "2026-01-02T12:00:00.000Z",
    "sentAt": None,
    "error": None,
    "message": None,
}
ENTRY: dict[str, Any] = {
    "ok": schemas.ok(entry=schemas.ref("Entry")),
    "example": {"ok": True, "entry": EXAMPLE},
}
State = Annotated[
    str | None,
    Query(
        pattern="^(?:queued|sending|sent|failed|cancelled)$",
        description="entries in this state only",
        json_schema_extra={"enum": [each.value for each in Stage if each is not Stage.FREE]},
    ),
]


def router(services: Services) -> APIRouter:
    """The routes of one session."""
    routes = APIRouter(prefix="/outbox", tags=["outbox"])

    def refusing_here() -> Any:
        return refusing(not_found=ErrorCode.OUTBOX_ENTRY_NOT_FOUND, failed=ErrorCode.SEND_FAILED)

    @routes.get(
        "",
        **described(
            "List what is queued, or was lately",
            ok=page_of("entries", schemas.ref("Entry")),
            example={"ok": True, "entries": [EXAMPLE], "next": None},
            errors=(ErrorCode.OUTBOX_ENTRY_NOT_FOUND,),
        ),
    )
    async def entries(state: State = None, limit: Limit = USUAL, after: AfterEntry = None) -> dict[str, Any]:
        """Oldest first; ended ones are kept for a day."""
        with refusing_here():
            found = await services.sender.list((state,) if state else (), limit, after)
        following = found[-1].id if len(found) >= limit else None
        return {"ok": True, "entries": [entry.to_json() for entry in found], "next": following}

    @routes.get(
        "/{outboxId}", **described("Get one entry", errors=(ErrorCode.OUTBOX_ENTRY_NOT_FOUND,), **ENTRY)
    )
    async def entry(outbox_id: OutboxId) -> dict[str, Any]:
        """How far it is, and why it failed."""
        with refusing_here():
            return {"ok": True, "entry": (await services.sender.get(outbox_id)).to_json()}

    @routes.delete(
        "/{outboxId}",
        **described(
            "Cancel an entry", errors=(ErrorCode.OUTBOX_ENTRY_NOT_FOUND, ErrorCode.TOO_LATE), **ENTRY
        ),
    )
    async def cancel(outbox_id: OutboxId) -> dict[str, Any]:
        """Only while it is queued: what is being sent cannot be called back, delete the message instead."""
        with refusing_here():
            return {"ok": True, "entry": (await services.sender.cancel(outbox_id)).to_json()}

    return routes
