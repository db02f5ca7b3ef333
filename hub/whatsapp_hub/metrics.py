"""Prometheus metrics, on a port of their own that needs no key; no number, QR or name is in them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from whatsapp_hub import __version__

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)


class Metrics:
    """The registry and what is counted."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.calls = Histogram(
            "whatsapp_hub_request_seconds",
            "Calls by route and status.",
            ["method", "route", "status"],
            buckets=BUCKETS,
            registry=self.registry,
        )
        self.callbacks = Counter(
            "whatsapp_hub_callbacks",
            "Callbacks of session pods.",
            ["kind", "outcome"],
            registry=self.registry,
        )
        self.failed_logins = Counter(
            "whatsapp_hub_failed_logins", "Logins that were refused.", registry=self.registry
        )
        self.streams = Gauge("whatsapp_hub_live_streams", "Open live streams.", registry=self.registry)
        self.resources_refused = Counter(
            "whatsapp_hub_resources_refused",
            "Resources seen that have no row: they belong to nobody, or their sessionId is taken.",
            ["reason"],
            registry=self.registry,
        )
        self.leads = Gauge(
            "whatsapp_hub_leads", "Whether this replica writes what is seen.", registry=self.registry
        )
        info = Gauge("whatsapp_hub_info", "The running release.", ["version"], registry=self.registry)
        info.labels(version=__version__).set(1)


def application(metrics: Metrics) -> Callable[..., Awaitable[None]]:
    """ASGI: `GET /metrics`, and 404 for the rest."""

    async def serve(scope: dict[str, Any], receive: object, send: Callable[..., Awaitable[None]]) -> None:
        if scope["type"] != "http":
            return
        found = scope["path"] == "/metrics"
        body = generate_latest(metrics.registry) if found else b"There is only /metrics here.\n"
        kind = CONTENT_TYPE_PLAIN_0_0_4 if found else "text/plain"
        headers = [(b"content-type", kind.encode()), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200 if found else 404, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return serve
