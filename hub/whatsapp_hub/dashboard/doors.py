"""In and out: `/login`, `/logout`, `/`, and the language, also of whoever is not logged in."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from whatsapp_hub.api.caller import services
from whatsapp_hub.dashboard import texts
from whatsapp_hub.dashboard.pages import go, render
from whatsapp_hub.dashboard.texts import language_of
from whatsapp_hub.dashboard.visitor import (
    Anyone,
    address_of,
    check_origin,
    current,
    forget,
    local,
    on_this_machine,
    remember,
    secured,
)
from whatsapp_hub.login import LoginFailed, TooManyFailures, log_in
from whatsapp_hub.store.organization import Organization

router = APIRouter(include_in_schema=False)
FIRST = "/sessions"
YEAR = 365 * 24 * 3600
Next = Annotated[str, Form(max_length=2000)]


@router.get("/")
async def home() -> Response:
    """The first page."""
    return RedirectResponse(FIRST, 303)


@router.get("/login")
async def ask(request: Request, next: str = "") -> Response:
    """The form; whoever is logged in goes on."""
    if await current(request):
        return RedirectResponse(local(next), 303, {"Cache-Control": "no-store"})
    return _form(request, next)


@router.post("/login")
async def login(
    request: Request,
    email: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    next: Next = "",
) -> Response:
    """A cookie, and on to where this was going."""
    check_origin(request)
    if not (secured(request) or on_this_machine(request)):
        return _form(request, next, email, status=403, wrong="login.insecure")
    try:
        who = await log_in(services(request), email[:254], password[:1000], address_of(request))
    except LoginFailed:
        return _form(request, next, email, status=401, wrong="login.failed")
    except TooManyFailures as error:
        return _form(request, next, email, status=429, wrong="login.throttled", seconds=error.seconds)
    answer = go(request, local(next))
    remember(answer, request, who.token)
    return answer


@router.post("/logout")
async def logout(request: Request, visitor: Anyone) -> Response:
    """The cookie goes; the user's other logins stay."""
    answer = go(request, "/login", "logout.done")
    forget(answer, request)
    return answer


@router.post("/language")
async def set_language(request: Request, language: Annotated[str, Form()] = "", next: Next = "") -> Response:
    """The language of this browser, and of the user where there is one."""
    check_origin(request)
    chosen = texts.known(language) or language_of(request)
    visitor = await current(request)
    if visitor:
        async with services(request).database.begin() as transaction:
            user = await Organization(transaction, visitor.tenant_id).user(visitor.user_id)
            if user is not None:
                user.language = chosen
    answer = go(request, local(next))
    answer.set_cookie(texts.COOKIE, chosen, max_age=YEAR, path="/", httponly=True, samesite="lax")
    return answer


def _form(
    request: Request,
    next: str,
    email: str = "",
    *,
    status: int = 200,
    wrong: str | None = None,
    seconds: int = 0,
) -> Response:
    language = language_of(request)
    said = texts.text(language, wrong, **({"seconds": seconds} if seconds else {})) if wrong else None
    return render(
        request, None, "login.html", status, email=email[:254], next=local(next), wrong=said,
        headers={"Retry-After": str(seconds)} if seconds else None,
    )  # fmt: skip
