"""The operator's metrics, `whatsapp_operator_*`. No phone number, QR or session name is a label."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics

disable_created_metrics()  # type: ignore[no-untyped-call]

REGISTRY = CollectorRegistry()

API_REQUESTS = Counter(
    "whatsapp_operator_api_requests_total",
    "Requests to the API server, watches apart; code 0: no answer.",
    ("method", "resource", "code"),
    registry=REGISTRY,
)
POD_CREATIONS = Counter("whatsapp_operator_pod_creations_total", "Session pods made.", registry=REGISTRY)
POD_DELETIONS = Counter(
    "whatsapp_operator_pod_deletions_total",
    "Session pods deleted, by reason.",
    ("reason",),
    registry=REGISTRY,
)
STATUS_WRITES = Counter("whatsapp_operator_status_writes_total", "Status writes.", registry=REGISTRY)
RECONCILES = Histogram(
    "whatsapp_operator_reconcile_seconds",
    "Time to bring one key in step, by outcome.",
    ("outcome",),
    registry=REGISTRY,
    buckets=(0.001, 0.005, 0.02, 0.1, 0.5, 2, 10, 60),
)
SESSIONS = Gauge("whatsapp_operator_sessions", "Sessions by state.", ("state",), registry=REGISTRY)
STREAMS = Gauge("whatsapp_operator_streams", "Event streams of pods that are being heard.", registry=REGISTRY)
STREAM_ERRORS = Counter(
    "whatsapp_operator_stream_errors_total",
    "Broken or refused event streams, by reason.",
    ("reason",),
    registry=REGISTRY,
)
CONFIG_CALLS = Counter(
    "whatsapp_operator_config_calls_total",
    "Calls that tell a pod its configuration, by outcome.",
    ("outcome",),
    registry=REGISTRY,
)
QUEUE_DEPTH = Gauge("whatsapp_operator_queue_depth", "Keys that wait for a worker.", registry=REGISTRY)
QUEUE_OLDEST = Gauge(
    "whatsapp_operator_queue_oldest_seconds",
    "How long the oldest key waits or is worked on.",
    registry=REGISTRY,
)
WATCH_AGE = Gauge(
    "whatsapp_operator_watch_age_seconds",
    "Since a watch was last heard, bookmarks included.",
    ("resource",),
    registry=REGISTRY,
)
LEADER = Gauge("whatsapp_operator_leader", "1 when this replica holds the Lease.", registry=REGISTRY)
