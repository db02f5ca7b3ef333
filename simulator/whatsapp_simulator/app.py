"""The HTTP application: control API, pages and the page's socket, over one world."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from whatsapp_contracts import __version__
from whatsapp_simulator import (
    fault_routes,
    group_routes,
    media_routes,
    message_routes,
    page_routes,
    person_routes,
    phone_routes,
)
from whatsapp_simulator.errors import Refused
from whatsapp_simulator.world import World

DESCRIPTION = """
A local stand-in for web.whatsapp.com and for the phones. `GET /` is the WhatsApp page, `/phone` a phone for
people; the calls below drive phones from tests and scripts. Nothing here talks to WhatsApp.

Errors are `{"error": "<code>", "message": "<what happened, and the cure>"}`.
"""


def create_app(world: World) -> FastAPI:
    """The application; it closes the world when it ends."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        world.store.close()

    app = FastAPI(
        title="WhatsApp simulator",
        version=__version__,
        description=DESCRIPTION,
        lifespan=lifespan,
    )
    app.state.world = world
    app.include_router(page_routes.router)
    app.include_router(phone_routes.router)
    app.include_router(message_routes.router)
    app.include_router(group_routes.router)
    app.include_router(media_routes.router)
    app.include_router(fault_routes.router)
    app.include_router(person_routes.router)

    @app.get("/healthz", tags=["process"])
    async def healthz() -> dict[str, str]:
        """200 while the process serves and its database answers."""
        world.store.database.execute("SELECT 1")
        return {"status": "ok"}

    @app.exception_handler(Refused)
    async def refused(_: Request, error: Refused) -> JSONResponse:
        return JSONResponse(error.body(), error.status)

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        problems = "; ".join(
            f"{'.'.join(map(str, one['loc'][1:])) or 'body'}: {one['msg']}" for one in error.errors()
        )
        return JSONResponse({"error": "invalid_request", "message": f"{problems}. See /docs."}, 400)

    @app.exception_handler(HTTPException)
    async def not_served(request: Request, error: HTTPException) -> JSONResponse:
        message = f"{request.method} {request.url.path}: {error.detail}. See /docs for what is served."
        code = {404: "not_found", 405: "method_not_allowed"}.get(error.status_code, "http_error")
        return JSONResponse({"error": code, "message": message}, error.status_code)

    return app
