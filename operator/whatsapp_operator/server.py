"""`/healthz`, `/readyz`, `/metrics`.

Why `/healthz` looks so closely: a process that answers may still be blind (a watch that fell silent) or
stuck (a key that nobody finishes); Kubernetes restarts it then, which costs no session anything.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from aiohttp import web
from prometheus_client import generate_latest

from whatsapp_operator.metrics import REGISTRY

WATCH_SILENT = 200.0
"""Seconds: bookmarks come every minute, and kopf reconnects a frozen watch after 70 s."""

QUEUE_STUCK = 300.0
"""Seconds that one key may wait or be worked on; a request to the API server ends after 30."""


@dataclass(frozen=True, kw_only=True)
class Pulse:
    """The operator's vital signs. `watch_ages` is empty while another replica is active."""

    active: bool
    filled: bool
    missing: tuple[str, ...]
    watch_ages: Mapping[str, float]
    queue_oldest: float


def unhealthy(pulse: Pulse) -> list[str]:
    """What is wrong enough to be restarted for; empty when nothing is."""
    problems = [
        f"the watch of {resource} was last heard {age:.0f} s ago"
        + ("; may the service account list and watch them?" if resource in pulse.missing else "")
        for resource, age in sorted(pulse.watch_ages.items())
        if age > WATCH_SILENT
    ]
    if pulse.queue_oldest > QUEUE_STUCK:
        problems.append(f"a session has been waiting for {pulse.queue_oldest:.0f} s")
    return problems


def unready(pulse: Pulse) -> list[str]:
    """A replica that waits for the Lease is ready: otherwise a rolling update could never hand over."""
    if pulse.active and not pulse.filled:
        return [f"waiting for the first listing of {', '.join(pulse.missing)}"]
    return []


def application(pulse: Callable[[], Pulse], before_scrape: Callable[[], None]) -> web.Application:
    """The HTTP application."""

    def answer(problems: list[str]) -> web.Response:
        return web.Response(status=503 if problems else 200, text="\n".join(problems or ["ok"]) + "\n")

    async def healthz(_: web.Request) -> web.Response:
        return answer(unhealthy(pulse()))

    async def readyz(_: web.Request) -> web.Response:
        return answer(unready(pulse()))

    async def metrics(_: web.Request) -> web.Response:
        before_scrape()
        return web.Response(
            body=generate_latest(REGISTRY), headers={"Content-Type": "text/plain; version=0.0.4"}
        )

    app = web.Application()
    app.add_routes([web.get("/healthz", healthz), web.get("/readyz", readyz), web.get("/metrics", metrics)])
    return app
