"""A session's receivers: what they are told, how deliveries go, and what they did not take."""

from __future__ import annotations

import re
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import ValidationError
from starlette.datastructures import FormData

from whatsapp_hub.api import webhooks as api
from whatsapp_hub.api.caller import services
from whatsapp_hub.api.envelope import ApiError
from whatsapp_hub.dashboard.dead_letters import letters
from whatsapp_hub.dashboard.found import session_of, title
from whatsapp_hub.dashboard.own_api import caller, data
from whatsapp_hub.dashboard.pages import go, render
from whatsapp_hub.dashboard.session_calls import ask, part
from whatsapp_hub.dashboard.sessions import tabs
from whatsapp_hub.dashboard.strangers import moment, word
from whatsapp_hub.dashboard.visitor import Agent, PageError, Reader, Viewer, Visitor
from whatsapp_hub.database.models import Session

router = APIRouter(include_in_schema=False)

PAGE = 50
Place = Annotated[str | None, Query(pattern="^[0-9]{1,19}$")]


@router.get("/sessions/{id}/webhooks")
async def hooks(id: str, visitor: Viewer, request: Request) -> Response:
    """Every receiver, and how its deliveries go."""
    row = await session_of(request, visitor, id)
    found = await data(api.receivers(str(row.id), caller(visitor), request))
    listed = [shown(each) for each in found["webhooks"]]
    return render(
        request, visitor, "webhooks.html", **about(row), hooks=listed, heard=found["heard"],
        tabs=tabs(visitor, row.id),
    )  # fmt: skip


@router.get("/sessions/{id}/webhook")
async def new(id: str, visitor: Agent, request: Request) -> Response:
    """The form for another receiver."""
    row = await session_of(request, visitor, id)
    return form_page(request, visitor, row, None, {})


@router.post("/sessions/{id}/webhook")
async def add(id: str, visitor: Agent, request: Request) -> Response:
    """Another receiver; one of that name is not written over."""
    row = await session_of(request, visitor, id)
    form = await request.form()
    written = read(form)
    known = await data(api.receivers(str(row.id), caller(visitor), request))
    if any(each["name"] == written["name"] for each in known["webhooks"]):
        return form_page(request, visitor, row, None, written, 422, error="hook.error.taken")
    return await _set(request, visitor, row, None, written)


@router.get("/sessions/{id}/webhooks/{name}")
async def edit(id: str, name: str, visitor: Agent, request: Request) -> Response:
    """The form of a receiver, with its secret for an administrator."""
    row = await session_of(request, visitor, id)
    hook = await own(request, visitor, row, name)
    headers = "\n".join(f"{key}: {value}" for key, value in hook["headers"].items())
    written = {"url": hook["url"], "events": ", ".join(hook["events"]), "headers": headers}
    return form_page(request, visitor, row, hook, written)


@router.post("/sessions/{id}/webhooks/{name}")
async def change(id: str, name: str, visitor: Agent, request: Request) -> Response:
    """Change a receiver; it goes on where it was."""
    row = await session_of(request, visitor, id)
    hook = await own(request, visitor, row, name)
    return await _set(request, visitor, row, hook, read(await request.form()) | {"name": name})


@router.post("/sessions/{id}/webhooks/{name}/rotate")
async def rotate(id: str, name: str, visitor: Agent, request: Request) -> Response:
    """A new secret; only who sees the secret may make another one."""
    row = await session_of(request, visitor, id)
    if not visitor.admin:
        raise PageError(403, "error.forbidden")
    await own(request, visitor, row, name)
    await data(api.rotate(str(row.id), name, caller(visitor), request))
    return go(request, f"/sessions/{row.id}/webhooks/{part(name)}", "hook.rotated")


@router.post("/sessions/{id}/webhooks/{name}/delete")
async def remove(id: str, name: str, visitor: Agent, request: Request) -> Response:
    """The receiver is told nothing more."""
    row = await session_of(request, visitor, id)
    await own(request, visitor, row, name)
    await data(api.remove(str(row.id), name, caller(visitor), request))
    return go(request, f"/sessions/{row.id}/webhooks", "hook.removed", name=name)


@router.get("/sessions/{id}/webhooks/{name}/dead-letters")
async def dead_letters(
    id: str, name: str, visitor: Reader, request: Request, after: Place = None
) -> Response:
    """What a receiver did not take."""
    row = await session_of(request, visitor, id)
    query = {"limit": PAGE, "after": after}
    path = f"/webhooks/{part(name)}/dead-letters"
    said = await ask(services(request).backend, row.uid, "GET", path, query=query)
    if said.status == 404:
        raise PageError(404, "hook.error.missing")
    found = letters(said.body.get("deadLetters"))
    following = said.body.get("next") if found else None
    return render(
        request, visitor, "dead_letters.html", **about(row), name=name, letters=found, away=not said.ok,
        following=following if isinstance(following, str) else None, after=after,
    )  # fmt: skip


@router.post("/sessions/{id}/webhooks/{name}/dead-letters/{what}")
async def all_letters(id: str, name: str, what: str, visitor: Agent, request: Request) -> Response:
    """Retry or discard all of them."""
    return await _letters(request, visitor, id, name, what, "")


@router.post("/sessions/{id}/webhooks/{name}/dead-letters/{seq}/{what}")
async def one_letter(id: str, name: str, seq: str, what: str, visitor: Agent, request: Request) -> Response:
    """Retry or discard one."""
    if not re.fullmatch("[0-9]{1,19}", seq, re.ASCII):
        raise PageError(404, "hook.error.letter")
    return await _letters(request, visitor, id, name, what, f"/{seq}")


async def _letters(request: Request, visitor: Visitor, id: str, name: str, what: str, which: str) -> Response:
    row = await session_of(request, visitor, id)
    base = f"/webhooks/{part(name)}/dead-letters{which}"
    calls = {"retry": ("POST", f"{base}/retry", "retried"), "discard": ("DELETE", base, "discarded")}
    if what not in calls:
        raise PageError(404, "hook.error.letter")
    method, path, counted = calls[what]
    said = await ask(services(request).backend, row.uid, method, path)
    here = f"/sessions/{row.id}/webhooks/{part(name)}/dead-letters"
    if not said.ok:
        key = "hook.error.letter" if said.status == 404 else "hook.error.away"
        return go(request, here, key, "bad")
    return go(request, here, f"letters.{counted}", number=str(said.body.get(counted, 1)))


async def own(request: Request, visitor: Visitor, row: Session, name: str) -> dict[str, Any]:
    """A receiver that was set here. Raises PageError 404."""
    found = await data(api.receivers(str(row.id), caller(visitor), request))
    for each in found["webhooks"]:
        if each["name"] == name and each["own"]:
            return dict(each)
    raise PageError(404, "hook.error.missing")


async def _set(
    request: Request, visitor: Visitor, row: Session, hook: dict[str, Any] | None, written: dict[str, str]
) -> Response:
    try:
        body = api.Receiver(
            url=written["url"],
            events=[each for each in re.split(r"[\s,]+", written["events"]) if each],
            headers=headers_of(written["headers"]),
        )
        name = written["name"]
        if not name:
            raise ValueError("hook.error.name")
        await data(api.put_receiver(str(row.id), name, body, caller(visitor), request))
    except ApiError as error:
        return form_page(
            request, visitor, row, hook, written, 422, error="hook.error.refused", detail=error.message
        )
    except ValidationError:
        return form_page(request, visitor, row, hook, written, 422, error="hook.error.many")
    except ValueError as error:
        return form_page(request, visitor, row, hook, written, 422, error=str(error))
    return go(request, f"/sessions/{row.id}/webhooks", "hook.saved", name=name)


def read(form: FormData) -> dict[str, str]:
    """What the form has."""
    found = {name: form.get(name) for name in ("name", "url", "events", "headers")}
    return {name: value.strip() if isinstance(value, str) else "" for name, value in found.items()}


def headers_of(text: str) -> dict[str, str]:
    """`Name: value` lines. Raises ValueError with the key of the text that says what is wrong."""
    found: dict[str, str] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        name, colon, value = line.partition(":")
        if not colon or not name.strip():
            raise ValueError("hook.error.headers")
        found[name.strip()] = value.strip()
    return found


def form_page(
    request: Request,
    visitor: Visitor,
    row: Session,
    hook: dict[str, Any] | None,
    written: dict[str, str],
    status: int = 200,
    *,
    error: str = "",
    detail: str = "",
) -> Response:
    """The form, as it was written."""
    return render(
        request, visitor, "webhook.html", status, **about(row), hook=hook, error=error, detail=detail,
        written={"name": "", "url": "", "events": "", "headers": ""} | written,
    )  # fmt: skip


def about(row: Session) -> dict[str, Any]:
    """What each of these pages says of the session."""
    return {"session": row, "session_title": title(row)}


def shown(hook: dict[str, Any]) -> dict[str, Any]:
    """A receiver for the page: no secret, times as times."""
    return hook | {
        "secret": None,
        "failing_since": moment(hook["failingSince"]),
        "delivered_at": moment(hook["lastDeliveredAt"]),
        "error": word(hook["lastError"]),
    }
