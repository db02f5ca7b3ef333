"""Uvicorn on sockets that are bound already, without its own signal handlers: the process stops in its order.

Why a module of its own: it is imported while the browser starts, and FastAPI takes half as long to import
as Chromium takes to launch.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import uvicorn

from whatsapp_session import metrics
from whatsapp_session.api import app
from whatsapp_session.api.protocol import BoundedProtocol
from whatsapp_session.api.services import Services

CALLS_TIMEOUT = 3
"""Seconds that calls under way may still take at the end."""


class Server(uvicorn.Server):
    """One listening server; `should_exit` ends it."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals to the process."""
        yield


def servers(services: Services, counted: metrics.Metrics) -> list[Server]:
    """The API's server, and the metrics'."""
    counted.watch(services.session)
    return [_server(app.build(services)), _server(metrics.application(counted))]


def _server(application: object) -> Server:
    return Server(
        uvicorn.Config(
            application,  # type: ignore[arg-type]
            log_config=None,
            access_log=False,
            lifespan="off",
            server_header=False,
            http=BoundedProtocol,
            ws="none",
            timeout_graceful_shutdown=CALLS_TIMEOUT,
        )
    )
