"""Who looks at a page: a cookie that is the token of a login, and proof that a form is ours.

Threats: another site that makes a browser send our cookie (SameSite=Lax, the Origin of every unsafe call, and
a token in the page that only we can make from the cookie); a script that reads the cookie (HttpOnly); a login
that was ended elsewhere (looked up at each call); a link that leads away after the login (local paths only).
"""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import quote, urlsplit

from fastapi import Depends, Request
from fastapi.responses import Response

from whatsapp_hub.api.caller import Caller, by_token, services
from whatsapp_hub.api.envelope import ApiError
from whatsapp_hub.dashboard.texts import Language, language_of
from whatsapp_hub.security import tokens
from whatsapp_hub.security.api_keys import Scope
from whatsapp_hub.services import Services
from whatsapp_hub.store.organization import ADMIN

COOKIE = "whatsapp_hub"
CSRF_FIELD, CSRF_HEADER = "csrf", "x-csrf-token"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class NotLoggedIn(Exception):
    """There is no login, or it has ended: to the login page, and back to where this was."""


class PageError(Exception):
    """A page that is an error: its status, and the key of the text that says what to do."""

    def __init__(self, status: int, key: str, **values: Any) -> None:
        super().__init__(key)
        self.status, self.key, self.values = status, key, values


@dataclass(frozen=True, kw_only=True)
class Visitor:
    """Who is logged in, and what they may. `csrf` goes into every form."""

    tenant_id: int
    user_id: int
    name: str
    role: str
    scopes: frozenset[str]
    language: Language
    csrf: str

    @property
    def actor(self) -> str:
        """Who, for the audit log."""
        return f"user:{self.user_id}"

    @property
    def admin(self) -> bool:
        """Whether they see and change the settings of the organization."""
        return self.role == ADMIN

    def may(self, scope: Scope) -> bool:
        """Whether they may do this."""
        return scope in self.scopes


Dependency = Callable[[Request], AsyncIterator[Visitor]]


def visitor(scope: Scope | None = None, *, admin: bool = False) -> Dependency:
    """The visitor of a route, who needs `scope`, or the role of an administrator.

    Raises NotLoggedIn, PageError 403 (not allowed, or a form that is not ours).
    """

    async def dependency(request: Request) -> AsyncIterator[Visitor]:
        try:
            found = await current(request)
            if found is None:
                raise NotLoggedIn
            request.state.visitor = found
            request.state.tenant_id = found.tenant_id
            if request.method not in SAFE:
                await check_form(request, found)
            if (scope and not found.may(scope)) or (admin and not found.admin):
                raise PageError(403, "error.forbidden")
            yield found
        finally:
            await request.close()  # the files of its form, also of one that was refused

    return dependency


async def current(request: Request) -> Visitor | None:
    """Who is logged in; None: nobody."""
    return await whose(services(request), request.cookies.get(COOKIE, ""), request)


async def whose(parts: Services, token: str, request: Request) -> Visitor | None:
    """Whose login `token` is now."""
    if not token:
        return None
    try:
        caller = await by_token(parts, token)
    except ApiError:
        return None
    return _visitor(parts, caller, token, request)


def _visitor(parts: Services, caller: Caller, token: str, request: Request) -> Visitor:
    return Visitor(
        tenant_id=caller.tenant_id,
        user_id=caller.user_id or 0,
        name=caller.name,
        role=caller.role or "",
        scopes=caller.scopes,
        language=language_of(request, caller.language),
        csrf=parts.secrets.digest(f"csrf {token}"),
    )


async def check_form(request: Request, found: Visitor) -> None:
    """Refuse an unsafe call that no page of ours has made."""
    check_origin(request)
    sent = request.headers.get(CSRF_HEADER) or (await request.form()).get(CSRF_FIELD) or ""
    if not isinstance(sent, str) or not hmac.compare_digest(sent.encode(), found.csrf.encode()):
        raise PageError(403, "error.form")


def check_origin(request: Request) -> None:
    """Refuse what a page of another site sends. Browsers say where from; programs have no cookie to steal."""
    headers = request.headers
    if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise PageError(403, "error.form")
    if (origin := headers.get("origin")) is not None:
        ours = {headers.get("host", ""), headers.get("x-forwarded-host", "")} - {""}
        if urlsplit(origin).netloc not in ours:
            raise PageError(403, "error.form")


def address_of(request: Request) -> str:
    """Where the visitor calls from, for the count of failures."""
    return request.client.host if request.client else ""


def secured(request: Request) -> bool:
    """Whether the browser is here over HTTPS, as far as it and a proxy tell."""
    forwarded = request.headers.get("x-forwarded-proto", "").split(",")[0].strip()
    return "https" in (request.url.scheme, forwarded)


def on_this_machine(request: Request) -> bool:
    """Whether the page's address is the machine's own: there HTTP is as good."""
    host = (request.url.hostname or "").lower()
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def remember(answer: Response, request: Request, token: str) -> None:
    """Log the browser in, for as long as the token is good."""
    answer.set_cookie(
        COOKIE,
        token,
        max_age=int(tokens.LIFETIME.total_seconds()),
        path="/",
        secure=not on_this_machine(request) or secured(request),
        httponly=True,
        samesite="lax",
    )


def forget(answer: Response, request: Request) -> None:
    """Log the browser out."""
    secure = not on_this_machine(request) or secured(request)
    answer.delete_cookie(COOKIE, path="/", secure=secure, httponly=True, samesite="lax")


def local(path: str) -> str:
    """`path` where it is one of this site, else the first page."""
    parsed = urlsplit(path)
    ours = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if ours and not parsed.netloc and not parsed.scheme and "\\" not in path else "/"


def login_path(request: Request) -> str:
    """The login page, which leads back here."""
    asked = request.headers.get("hx-current-url") if request.headers.get("hx-request") else None
    url = urlsplit(asked) if asked else urlsplit(str(request.url))
    path = url.path + (f"?{url.query}" if url.query else "")
    return f"/login?next={quote(local(path), safe='/')}" if path not in ("", "/", "/logout") else "/login"


Anyone = Annotated[Visitor, Depends(visitor())]
"""Whoever is logged in."""
Viewer = Annotated[Visitor, Depends(visitor("sessions:read"))]
Agent = Annotated[Visitor, Depends(visitor("sessions:write"))]
Reader = Annotated[Visitor, Depends(visitor("messages:read"))]
Writer = Annotated[Visitor, Depends(visitor("messages:write"))]
Administrator = Annotated[Visitor, Depends(visitor(admin=True))]
