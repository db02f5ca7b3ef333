"""`/sessions`: what there is, and what can be done to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import Response

from whatsapp_hub.api.caller import services
from whatsapp_hub.api.fields import phone as checked_phone
from whatsapp_hub.api.fields import printable
from whatsapp_hub.backend.protocol import BackendError
from whatsapp_hub.dashboard import listing
from whatsapp_hub.dashboard.live import SHARED, VIEWS, draw
from whatsapp_hub.dashboard.pages import Notice, asked_by_htmx, go, render
from whatsapp_hub.dashboard.texts import text
from whatsapp_hub.dashboard.views import SHOWN, Change, SessionCard
from whatsapp_hub.dashboard.visitor import Agent, PageError, Viewer, Visitor
from whatsapp_hub.database.models import Session
from whatsapp_hub.manager import Manager, NewSession, SessionExists
from whatsapp_hub.store.history import History
from whatsapp_hub.store.sessions import LARGEST_ID, Sessions

router = APIRouter(prefix="/sessions", include_in_schema=False)
HISTORY = 30

View = Annotated[str, Form(max_length=20)]
Asked = Annotated[listing.Asked, Query()]


@router.get("")
async def sessions(request: Request, visitor: Viewer, asked: Asked) -> Response:
    """Every session of the tenant as cards, newest first."""
    return render(request, visitor, "sessions.html", block="list", **await _listed(request, visitor, asked))


@router.get("/fresh")
async def fresh(request: Request, visitor: Viewer, asked: Asked, shown: str = "") -> Response:
    """The counts; the whole list where another one is shown than there is now."""
    found = await _listed(request, visitor, asked)
    if found["ids"] == shown:
        return render(request, visitor, "sessions.html", block="counts", **found)
    headers = {"HX-Retarget": "#list", "HX-Reswap": "outerHTML"}
    return render(request, visitor, "sessions.html", block="list", headers=headers, **found)


@router.get("/new")
async def ask_new(request: Request, visitor: Agent) -> Response:
    """The form for a new session."""
    return render(request, visitor, "session_new.html", client="", phone="", wrong={})


@router.post("")
async def create(
    request: Request,
    visitor: Agent,
    client: Annotated[str, Form()] = "",
    phone: Annotated[str, Form()] = "",
) -> Response:
    """A session named by the moment, which connects at once."""
    parts, wrong, number = services(request), {}, None
    client = client.strip()
    try:
        if not client or len(client) > listing.LONGEST_CLIENT:
            raise ValueError
        printable(client)
    except ValueError:
        wrong["client"] = text(visitor.language, "new.wrong_client")
    try:
        number = checked_phone(phone.strip())
    except ValueError:
        wrong["phone"] = text(visitor.language, "new.wrong_phone")
    given: dict[str, Any] = {"client": client[: listing.LONGEST_CLIENT], "phone": phone[:40]}
    if wrong:
        return render(request, visitor, "session_new.html", 422, **given, wrong=wrong)
    new = NewSession(
        session_id=f"cliente_{int(parts.clock().timestamp() * 1000)}",
        name=f"WhatsApp {client}",
        phone_number=number,
    )
    try:
        row = await _manager(request, visitor).create(new)
    except (BackendError, SessionExists) as error:
        detail = str(error) if isinstance(error, BackendError) else text(visitor.language, "new.again")
        wrong["all"] = text(visitor.language, "new.failed", detail=detail)
        return render(request, visitor, "session_new.html", 422, **given, wrong=wrong)
    return go(request, f"/sessions/{row.id}", "new.done")


@router.get("/{id:int}")
async def one(
    request: Request,
    visitor: Viewer,
    id: int,
    before: Annotated[int | None, Query(ge=1, le=LARGEST_ID)] = None,
) -> Response:
    """A session with its QR and its history."""
    row = await find(request, visitor, id)
    return await _detail(request, visitor, row, before)


@router.post("/{id:int}/connect")
async def connect(request: Request, visitor: Agent, id: int, view: View = "card") -> Response:
    """Begin the login again."""
    return await _act(
        request, visitor, id, view, "connect", "session.reconnected", "session.reconnect_failed"
    )


@router.post("/{id:int}/disconnect")
async def disconnect(request: Request, visitor: Agent, id: int, view: View = "card") -> Response:
    """Close WhatsApp, and keep it closed."""
    return await _act(request, visitor, id, view, "disconnect", "session.disconnected", "session.failed")


@router.post("/{id:int}/suspend")
async def suspend(request: Request, visitor: Agent, id: int, view: View = "card") -> Response:
    """Put it to rest: no process until it is connected again."""
    return await _act(request, visitor, id, view, "suspend", "session.suspended", "session.failed")


@router.get("/{id:int}/delete")
async def ask_delete(request: Request, visitor: Agent, id: int) -> Response:
    """The question before."""
    row = await find(request, visitor, id)
    return render(
        request, visitor, "session_delete.html", card=SessionCard.of(row, services(request).clock())
    )


@router.post("/{id:int}/delete")
async def delete(request: Request, visitor: Agent, id: int) -> Response:
    """The session goes."""
    row = await find(request, visitor, id)
    try:
        await _manager(request, visitor).delete(str(id))
    except BackendError as error:
        return go(request, f"/sessions/{id}", "session.failed", "bad", detail=str(error))
    return go(request, "/sessions", "session.deleted", name=row.name or row.session_id)


async def find(request: Request, visitor: Visitor, id: int) -> Session:
    """The visitor's session with this id; raises PageError 404."""
    async with services(request).database.read() as transaction:
        row = await Sessions(transaction, visitor.tenant_id).find(str(id))
    if row is None:
        raise PageError(404, "session.none")
    return row


def tabs(visitor: Visitor, id: int) -> list[tuple[str, str]]:
    """The pages of a session that this visitor may see: address and key of the text."""
    return [
        (f"/sessions/{id}{path}", key)
        for path, key, scope, admin in TABS
        if visitor.may(scope) and (visitor.admin or not admin)
    ]


TABS: list[tuple[str, str, Any, bool]] = [("", "session.tab", "sessions:read", False)]
"""Path after `/sessions/<id>`, key of the text, scope, for administrators only: other parts add theirs."""


async def _act(
    request: Request, visitor: Visitor, id: int, view: str, act: str, done: str, failed: str
) -> Response:
    try:
        row = await getattr(_manager(request, visitor), act)(str(id))
    except BackendError as error:
        raise PageError(503, failed, detail=str(error)) from None
    if row is None:
        raise PageError(404, "session.none")
    if not asked_by_htmx(request):
        return go(request, f"/sessions/{id}" if view == "detail" else "/sessions", done)
    card = SessionCard.of(row, services(request).clock())
    template = VIEWS.get(view, VIEWS["card"])
    return render(request, visitor, template, block="all", notice=Notice(key=done, given={}), card=card)


async def _detail(request: Request, visitor: Visitor, row: Session, before: int | None) -> Response:
    parts = services(request)
    async with parts.database.read() as transaction:
        changes = await History(transaction, visitor.tenant_id).history(row.id, HISTORY + 1, before)
    card = SessionCard.of(row, parts.clock())
    older = changes[HISTORY - 1].id if len(changes) > HISTORY else None
    return render(
        request, visitor, "session.html",
        card=card,
        drawn=draw(card, visitor, VIEWS["detail"]),
        changes=[Change.of(each) for each in changes[:HISTORY]],
        before=before, older=older, tabs=tabs(visitor, row.id),
    )  # fmt: skip


async def _listed(request: Request, visitor: Visitor, asked: listing.Asked) -> dict[str, Any]:
    """What the list's template draws."""
    parts = services(request)
    now = parts.clock()

    async def every() -> Sequence[Any]:
        async with parts.database.read() as transaction:
            return await Sessions(transaction, visitor.tenant_id).all(*listing.COLUMNS)

    rows = await SHARED.get((id(parts), visitor.tenant_id, "all"), every)
    found = listing.select(rows, asked, now)
    async with parts.database.read() as transaction:
        shown = await History(transaction, visitor.tenant_id).shown(found.ids, *SHOWN)
    by_id = {row.id: draw(SessionCard.of(row, now), visitor, VIEWS["card"]) for row in shown}
    cards = [by_id[each] for each in found.ids if each in by_id]
    return {
        "asked": asked, "found": found, "cards": cards, "ids": ",".join(str(card.id) for card in cards),
        "query": asked.query,
    }  # fmt: skip


def _manager(request: Request, visitor: Visitor) -> Manager:
    return Manager(services(request), visitor.tenant_id, visitor.actor)
