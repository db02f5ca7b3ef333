"""The application: every route behind the gate, every error in the envelope."""

from __future__ import annotations

from fastapi import FastAPI
from starlette.types import ASGIApp

from whatsapp_hub import __version__
from whatsapp_hub.api import (
    auth,
    callbacks,
    contacts,
    conversations,
    describe,
    envelope,
    health,
    live_events,
    messages,
    organization,
    people,
    records,
    sessions,
    webhooks,
)
from whatsapp_hub.api.gate import Gate
from whatsapp_hub.dashboard import site
from whatsapp_hub.services import Services

PARTS = (  # routes are tried in this order: what is called most comes first
    callbacks,
    health,
    auth,
    organization,
    contacts,
    live_events,
    sessions,
    webhooks,
    conversations,
    people,
    messages,
    records,
)


def build(services: Services) -> ASGIApp:
    """The ASGI application; its OpenAPI is at `/openapi.json`."""
    return Gate(framework(services), services)


def framework(services: Services) -> FastAPI:
    """The routes without the gate."""
    app = FastAPI(
        title="WhatsApp hub",
        version=__version__,
        docs_url=None,  # the page would load its scripts from another party's server
        redoc_url=None,
        redirect_slashes=False,
        strict_content_type=False,  # keys come in headers: no page can send one without a preflight
    )
    app.state.services = services
    envelope.install(app)
    describe.install(app, [part.router for part in PARTS])
    for part in PARTS:
        app.include_router(part.router)
    site.install(app)
    return app
