"""Prometheus metrics: views of the same events, on a port of their own that needs no key.

Never in it: a number, a QR, a name. Whoever may scrape a cluster may not read its WhatsApp.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from whatsapp_contracts.events import (
    MESSAGE_ACK,
    MESSAGE_RECEIVED,
    MESSAGE_SENT,
    SESSION_QR,
    SESSION_STATE,
    Event,
)
from whatsapp_contracts.states import State
from whatsapp_session import __version__
from whatsapp_session.session import Session

COUNTED = {
    MESSAGE_RECEIVED: "messages_received",
    MESSAGE_SENT: "messages_sent",
    MESSAGE_ACK: "message_acks",
    SESSION_QR: "qr_codes",
    SESSION_STATE: "state_changes",
}


class Metrics:
    """The registry; `saw` counts events, the rest is read from the session when it is scraped."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._counters = {
            type: Counter(f"whatsapp_session_{name}", f"Events of type {type}.", registry=self.registry)
            for type, name in COUNTED.items()
        }
        info = Gauge("whatsapp_session_info", "The running release.", ["version"], registry=self.registry)
        info.labels(version=__version__).set(1)

    def saw(self, event: Event) -> None:
        """Count one event."""
        if counter := self._counters.get(event.type):
            counter.inc()

    def watch(self, session: Session) -> None:
        """Show this session's state from now on."""
        self.registry.register(_State(session))

    def watch_volume(
        self,
        *,
        outbox: Callable[[], Mapping[str, int]],
        pending: Callable[[], Mapping[str, int]],
        dead: Callable[[], Mapping[str, int]],
        journal: Callable[[], int],
    ) -> None:
        """Show what waits on the volume: outbox entries by state, webhooks' backlogs, the journal's bytes."""
        self.registry.register(_Volume(outbox, pending, dead, journal))


class _State(Collector):
    def __init__(self, session: Session) -> None:
        self._session = session

    def collect(self) -> Iterator[Metric]:
        """The state now."""
        states = GaugeMetricFamily(
            "whatsapp_session_state", "1 for the state that the session is in.", labels=["state"]
        )
        for state in State:
            states.add_metric([state.value], float(self._session.view.state is state))
        yield states
        yield GaugeMetricFamily(
            "whatsapp_session_followers", "Open event streams.", value=len(self._session.followers)
        )
        yield GaugeMetricFamily(
            "whatsapp_session_storage_pressure",
            "1 while the volume has too little room.",
            value=float(self._session.view.storage_pressure),
        )


class _Volume(Collector):
    def __init__(
        self,
        outbox: Callable[[], Mapping[str, int]],
        pending: Callable[[], Mapping[str, int]],
        dead: Callable[[], Mapping[str, int]],
        journal: Callable[[], int],
    ) -> None:
        self._outbox, self._pending, self._dead, self._journal = outbox, pending, dead, journal

    def collect(self) -> Iterator[Metric]:
        """What waits now."""
        entries = GaugeMetricFamily(
            "whatsapp_session_outbox_entries", "Outbox entries by state.", labels=["state"]
        )
        for state, count in self._outbox().items():
            entries.add_metric([state], count)
        yield entries
        yield _summed("webhook_pending", "Events that a webhook has still to get.", self._pending())
        yield _summed("webhook_dead_letters", "Events that were given up.", self._dead())
        yield GaugeMetricFamily(
            "whatsapp_session_journal_bytes", "About what the kept events take.", value=self._journal()
        )


def _summed(name: str, text: str, counts: Mapping[str, int]) -> Metric:
    """Over all receivers: a label per receiver would name them."""
    return GaugeMetricFamily(f"whatsapp_session_{name}", text, value=sum(counts.values()))


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
