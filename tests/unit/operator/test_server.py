"""When the operator says that it is well."""

from __future__ import annotations

from dataclasses import replace

import pytest
from aiohttp.test_utils import TestClient, TestServer

from whatsapp_operator.server import QUEUE_STUCK, WATCH_SILENT, Pulse, application, unhealthy, unready

WELL = Pulse(active=True, filled=True, missing=(), watch_ages={"pods": 61.0}, queue_oldest=0.0)
WAITING = Pulse(active=False, filled=False, missing=(), watch_ages={}, queue_oldest=0.0)
STARTING = replace(WELL, filled=False, missing=("pods",), watch_ages={"pods": 5.0})

CASES = {
    "all is well": (WELL, [], []),
    "waiting for the lease": (WAITING, [], []),
    "listing": (STARTING, [], ["waiting for the first listing of pods"]),
    "a silent watch": (
        replace(WELL, watch_ages={"pods": WATCH_SILENT + 1, "services": 3.0}),
        ["the watch of pods was last heard 201 s ago"],
        [],
    ),
    "a listing that is not allowed": (
        replace(STARTING, watch_ages={"pods": 300.0}),
        ["the watch of pods was last heard 300 s ago; may the service account list and watch them?"],
        ["waiting for the first listing of pods"],
    ),
    "a stuck queue": (
        replace(WELL, queue_oldest=QUEUE_STUCK + 1),
        ["a session has been waiting for 301 s"],
        [],
    ),
}


@pytest.mark.parametrize(("pulse", "sick", "late"), CASES.values(), ids=CASES)
def test_the_pulse_is_judged(pulse: Pulse, sick: list[str], late: list[str]) -> None:
    assert unhealthy(pulse) == sick
    assert unready(pulse) == late


async def test_probes_and_metrics_answer() -> None:
    pulses = [replace(WELL, queue_oldest=1000.0)]
    scraped: list[int] = []
    app = application(lambda: pulses[0], lambda: scraped.append(1))
    async with TestClient(TestServer(app)) as http:
        sick = await http.get("/healthz")
        assert (sick.status, await sick.text()) == (503, "a session has been waiting for 1000 s\n")
        pulses[0] = WELL
        assert (await http.get("/healthz")).status == 200
        assert (await http.get("/readyz")).status == 200
        metrics = await (await http.get("/metrics")).text()
        assert "whatsapp_operator_pod_deletions_total" in metrics
        assert scraped == [1]
