"""A session's own receivers: their settings (the hub's), how deliveries go and dead letters (the session's).

Settings never wait for the session: they are read and changed while its pod is away. The signing secret is
shown to who may change it (scope `sessions:write`), and a header's value to nobody.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from pydantic import Field

from whatsapp_hub.api.caller import Caller, services, session_caller
from whatsapp_hub.api.describe import described
from whatsapp_hub.api.envelope import ApiError, ok
from whatsapp_hub.api.fields import Body
from whatsapp_hub.api.passing import handed_on, understood
from whatsapp_hub.api.sessions import find, present
from whatsapp_hub.backend.protocol import BackendError, Call
from whatsapp_hub.database.models import Session
from whatsapp_hub.services import Services
from whatsapp_hub.store.webhooks import MOST_EVENTS, MOST_HEADERS, Hook, HookError, hooks, secret_of
from whatsapp_hub.webhooks import NoSession, NoWebhook, Webhooks

router = APIRouter(prefix="/api/sessions", tags=["webhooks"])
Reader = Annotated[Caller, Depends(session_caller("sessions:read"))]
Writer = Annotated[Caller, Depends(session_caller("sessions:write"))]
MessageReader = Annotated[Caller, Depends(session_caller("messages:read"))]
Page = Annotated[int, Query(ge=1, le=500)]
Seq = Annotated[str, Query(pattern="^[0-9]{1,19}$")]

HEAR_SECONDS = 5.0
"""How long the list waits for a session to say how its deliveries go."""
DELIVERY = ("pending", "deadLetters", "lastDeliveredAt", "failingSince", "lastError")
UNHEARD: dict[str, Any] = dict.fromkeys(DELIVERY)
EXAMPLE = {
    "name": "crm",
    "url": "https://crm.example/hooks",
    "events": ["message.*"],
    "headers": {"X-Gateway": "***"},
    "version": 2001,
    "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=",
    "own": True,
}
DELIVERED = {
    "pending": 0,
    "deadLetters": 1,
    "lastDeliveredAt": "2026-01-01T12:00:00.000Z",
    "failingSince": None,
    "lastError": None,
}
LETTER = {
    "seq": 7,
    "event": {"id": "evt_1", "seq": 7, "type": "message.received"},
    "attempts": 1,
    "diedAt": "2026-01-01T12:00:00.000Z",
    "error": "410 Gone",
}


class Receiver(Body):
    """`events` none: all of them. A header's value `***` stays as it was."""

    url: str
    events: Annotated[list[str], Field(max_length=MOST_EVENTS)] = []  # noqa: RUF012
    headers: Annotated[dict[str, str], Field(max_length=MOST_HEADERS)] = {}  # noqa: RUF012


@router.get(
    "/{id}/webhooks",
    **described(
        "List the receivers of a session's events",
        data={"webhooks": [EXAMPLE | DELIVERED], "heard": True},
    ),
)
async def receivers(id: str, caller: Reader, request: Request) -> Response:
    """Settings, and how deliveries go (nulls, and `heard` false, while the session cannot be asked).

    Those with `own` false are in the session by other hands, the hub's own among them.
    """
    parts = services(request)
    row = await find(request, caller, id)
    heard = await _heard(parts, row.uid)
    found = [shown(parts, caller, row, each) | delivery((heard or {}).get(each.name)) for each in hooks(row)]
    known = {each["name"] for each in found}
    for name, each in (heard or {}).items():
        if name not in known:
            found.append(foreign(each))
    return ok({"webhooks": found, "heard": heard is not None})


@router.put(
    "/{id}/webhooks/{name}",
    **described(
        "Make or change a receiver",
        data=EXAMPLE,
        body={"url": "https://crm.example/hooks", "events": ["message.*"], "headers": {"X-Gateway": "a1"}},
    ),
)
async def put_receiver(id: str, name: str, body: Receiver, caller: Writer, request: Request) -> Response:
    """201 for a new one. A changed one goes on where it was, with the same secret; `hub` is taken."""
    with refusing(id):
        row, hook, new = await _settings(request, caller).set(
            id, name, url=body.url, events=body.events, headers=body.headers
        )
    return ok(shown(services(request), caller, row, hook), 201 if new else 200)


@router.post("/{id}/webhooks/{name}/rotate", **described("Make a new signing secret", data=EXAMPLE))
async def rotate(id: str, name: str, caller: Writer, request: Request) -> Response:
    """Calls carry signatures by the new and by the last secret until the next rotation."""
    with refusing(id):
        row, hook = await _settings(request, caller).rotate(id, name)
    return ok(shown(services(request), caller, row, hook))


@router.delete("/{id}/webhooks/{name}", **described("Remove a receiver", data={"name": "crm"}))
async def remove(id: str, name: str, caller: Writer, request: Request) -> Response:
    """What waited for it, dead letters too, is forgotten."""
    with refusing(id):
        await _settings(request, caller).remove(id, name)
    return ok({"name": name})


@router.get(
    "/{id}/webhooks/{name}/dead-letters",
    **described(
        "List what a receiver did not take",
        data={"deadLetters": [LETTER], "next": None},
        errors=(502,),
    ),
)
async def dead_letters(
    id: str, name: str, caller: MessageReader, request: Request, limit: Page = 50, after: Seq | None = None
) -> Response:
    """The oldest first, each with its whole event; 503 while the session cannot be asked."""
    return await handed_on(id, caller, request, "GET", "webhooks", name, "dead-letters")


@router.post(
    "/{id}/webhooks/{name}/dead-letters/retry",
    **described("Send all dead letters again", data={"retried": 3}, errors=(502,)),
)
async def retry_all(id: str, name: str, caller: Writer, request: Request) -> Response:
    """Now, each at the end of its chat's line."""
    return await handed_on(id, caller, request, "POST", "webhooks", name, "dead-letters", "retry")


@router.post(
    "/{id}/webhooks/{name}/dead-letters/{seq}/retry",
    **described("Send one dead letter again", data={"retried": 1}, errors=(502,)),
)
async def retry(id: str, name: str, seq: str, caller: Writer, request: Request) -> Response:
    """Now, at the end of its chat's line."""
    return await handed_on(id, caller, request, "POST", "webhooks", name, "dead-letters", seq, "retry")


@router.delete(
    "/{id}/webhooks/{name}/dead-letters",
    **described("Discard all dead letters", data={"discarded": 3}, errors=(502,)),
)
async def discard_all(id: str, name: str, caller: Writer, request: Request) -> Response:
    """The receiver never gets them."""
    return await handed_on(id, caller, request, "DELETE", "webhooks", name, "dead-letters")


@router.delete(
    "/{id}/webhooks/{name}/dead-letters/{seq}",
    **described("Discard one dead letter", data={"discarded": 1}, errors=(502,)),
)
async def discard(id: str, name: str, seq: str, caller: Writer, request: Request) -> Response:
    """The receiver never gets it."""
    return await handed_on(id, caller, request, "DELETE", "webhooks", name, "dead-letters", seq)


def shown(parts: Services, caller: Caller, row: Session, hook: Hook) -> dict[str, Any]:
    """A receiver's settings; the secret only for who may change it."""
    may = "sessions:write" in caller.scopes
    return hook.shown(secret_of(row, hook, parts.secrets) if may else None) | {"own": True}


def delivery(heard: dict[str, Any] | None) -> dict[str, Any]:
    """How deliveries go, or nulls."""
    return UNHEARD if heard is None else {name: heard.get(name) for name in DELIVERY}


def foreign(heard: dict[str, Any]) -> dict[str, Any]:
    """A receiver that the session has by other hands; its URL and secret are not the caller's to see."""
    events = heard.get("events") or []
    settings = {"name": heard["name"], "url": None, "events": events, "headers": {}, "version": None}
    return settings | {"secret": None, "own": False} | delivery(heard)


@contextmanager
def refusing(id: str) -> Iterator[None]:
    """What cannot be set, as answers."""
    try:
        yield
    except HookError as error:
        raise ApiError(400, str(error)) from None
    except NoSession:
        present(None, id)
    except NoWebhook as error:
        raise ApiError(
            404,
            f"The session has no webhook {str(error)[:60]!r}. GET /api/sessions/{id[:100]}/webhooks lists.",
        ) from None


def _settings(request: Request, caller: Caller) -> Webhooks:
    return Webhooks(services(request), caller.tenant_id, caller.actor)


async def _heard(parts: Services, uid: str) -> dict[str, dict[str, Any]] | None:
    """How deliveries go, by receiver; None: the session cannot be asked now."""
    try:
        async with asyncio.timeout(HEAR_SECONDS):
            answer = await parts.backend.call(uid, Call(method="GET", path="/webhooks"))
        if answer.status != 200:
            return None
        listed = understood(answer)["webhooks"]
        return {str(each["name"]): each for each in listed}
    except (BackendError, TimeoutError, ApiError, KeyError, TypeError):
        return None
