"""The application: contract A's routes behind the gate, every error in the envelope."""

from __future__ import annotations

from fastapi import FastAPI
from starlette.types import ASGIApp

from whatsapp_session import __version__
from whatsapp_session.api import errors, events, manager, plain
from whatsapp_session.api.gate import Gate
from whatsapp_session.keys import Keys
from whatsapp_session.session import Session


def build(session: Session, *, keys: Keys, cliente_id: int) -> ASGIApp:
    """The ASGI application of one session; its OpenAPI is at `/openapi.json`, behind the key."""
    app = FastAPI(
        title="WhatsApp session",
        version=__version__,
        docs_url=None,  # the page would load its scripts from another party's server
        redoc_url=None,
        redirect_slashes=False,
    )
    errors.install(app)
    app.include_router(plain.router(session, cliente_id))
    app.include_router(manager.router(session))
    app.include_router(events.router(session))
    return Gate(app, keys=keys, cliente_id=cliente_id)
