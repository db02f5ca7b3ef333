"""The dashboard put into the application: its routes, its files, and its errors as pages.

A browser gets a page for every error on the dashboard's paths; what calls the API gets the envelope, also for
a path that nobody knows.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse, Response

from whatsapp_hub.dashboard import account, desk, doors, files, live, sessions
from whatsapp_hub.dashboard.pages import PAGE_HEADERS, Notice, asked_by_htmx, render
from whatsapp_hub.dashboard.texts import TEXTS
from whatsapp_hub.dashboard.visitor import NotLoggedIn, PageError, forget, login_path

PARTS = (files, doors, live, sessions, *desk.PARTS, account)
API_PATHS = ("/api/", "/generate-qr", "/openapi.json", "/healthz", "/readyz", "/metrics", "/static/")

Handler = Callable[[Request, Any], Awaitable[Response]]


def install(app: FastAPI) -> None:
    """Put the dashboard into `app`, which has the API's error handlers already."""
    for part in PARTS:
        app.include_router(part.router)
    files.contents()  # says at the start what is missing
    for kind, handler in list(app.exception_handlers.items()):
        app.add_exception_handler(kind, _as_page(handler))

    @app.exception_handler(NotLoggedIn)
    async def to_login(request: Request, error: NotLoggedIn) -> Response:
        path = login_path(request)
        answer: Response
        if asked_by_htmx(request):
            answer = Response(status_code=401, headers=dict(PAGE_HEADERS) | {"HX-Redirect": path})
        elif is_page(request) or request.method != "GET":
            answer = RedirectResponse(path, 303, dict(PAGE_HEADERS))
        else:  # a picture, a stream: nobody would see the login page
            answer = Response(status_code=401, headers=dict(PAGE_HEADERS))
        forget(answer, request)
        return answer

    @app.exception_handler(PageError)
    async def refused(request: Request, error: PageError) -> Response:
        return error_page(request, error.status, error.key, **error.values)


def _as_page(handler: Any) -> Handler:
    """The same error, as a page where a page was asked for."""

    async def either(request: Request, error: Any) -> Response:
        answer: Response = await handler(request, error)
        if not is_page(request):
            return answer
        headers = {name: answer.headers[name] for name in ("Retry-After", "Allow") if name in answer.headers}
        key = f"error.{answer.status_code}"
        if answer.status_code == 503 and "database" not in str(json.loads(bytes(answer.body))["message"]):
            return error_page(request, 503, "error.backend", headers, detail=str(error)[:300])
        return error_page(request, answer.status_code, key if key in TEXTS["es"] else "error.other", headers)

    return either


def is_page(request: Request) -> bool:
    """Whether a person looks at the answer."""
    if request.url.path.startswith(API_PATHS):
        return False
    return "text/html" in request.headers.get("accept", "") or asked_by_htmx(request)


def error_page(
    request: Request, status: int, key: str, headers: dict[str, str] | None = None, **values: Any
) -> Response:
    """A page that says what happened and what to do; for htmx the same as a notice."""
    visitor = getattr(request.state, "visitor", None)
    if asked_by_htmx(request):
        notice = Notice(key=key, kind="bad", given=values)
        told = {"HX-Reswap": "none"} | (headers or {})
        return render(request, visitor, "error.html", status, block="nothing", notice=notice, headers=told)
    return render(
        request, visitor, "error.html", status, headers=headers, number=status, key=key, values=values
    )
