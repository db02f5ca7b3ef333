"""The application: contract A's routes behind the gate, every error in the envelope, all of it described."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.types import ASGIApp

from whatsapp_session import __version__
from whatsapp_session.api import (
    chats,
    configuring,
    contacts,
    errors,
    events,
    files,
    manager,
    messages,
    outbox,
    plain,
    receivers,
    schemas,
)
from whatsapp_session.api.gate import MAX_BODY, Gate
from whatsapp_session.api.services import Services
from whatsapp_session.keys import OPEN_PATHS


def build(services: Services) -> ASGIApp:
    """The ASGI application of one session; its OpenAPI is at `/openapi.json`, behind the key."""
    return Gate(
        application(services),
        keys=services.keys,
        cliente_id=services.cliente_id,
        # base64 adds a third, and what PHP and .NET escape in it up to a tenth more
        large={("POST", "/messages"): services.media_max_bytes * 3 // 2 + MAX_BODY},
    )


def application(services: Services) -> FastAPI:
    """The routes, without the gate."""
    app = FastAPI(
        title="WhatsApp session",
        version=__version__,
        docs_url=None,  # the page would load its scripts from another party's server
        redoc_url=None,
        redirect_slashes=False,
    )
    errors.install(app)
    for part in (plain, messages, outbox, chats, contacts, files, configuring, receivers):
        app.include_router(part.router(services))
    app.include_router(manager.router(services.session))
    app.include_router(events.router(services.session))
    app.openapi = lambda: document(app)  # type: ignore[method-assign]
    return app


def document(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document: ours where the framework would describe answers that are never given."""
    if app.openapi_schema is None:
        made = get_openapi(title=app.title, version=app.version, routes=app.routes)
        for path, operations in made["paths"].items():
            for operation in operations.values():
                framework = (
                    operation["responses"].get("422", {}).get("content", {}).get("application/json", {})
                )
                if framework.get("schema", {}).get("$ref", "").endswith("/HTTPValidationError"):
                    del operation["responses"]["422"]
                for parameter in operation.get("parameters", []):
                    _never_null(parameter["schema"])
                if path in OPEN_PATHS:
                    operation["security"] = []
        made["components"] = {"schemas": schemas.COMPONENTS, "securitySchemes": schemas.SECURITY}
        made["security"] = [{name: []} for name in schemas.SECURITY]
        app.openapi_schema = made
    return app.openapi_schema


def _never_null(schema: dict[str, Any]) -> None:
    """A parameter that may be left out is not one that may be null: there is no null in a query."""
    for choice in schema.pop("anyOf", []):
        if choice != {"type": "null"}:
            schema |= choice
