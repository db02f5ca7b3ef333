"""Whatever the OpenAPI document allows, and much that it does not: never a 5xx, always the envelope.

The HTTP server is the real one, on a port of its own; the sessions behind are a stand-in that never fails.
Seeded: the same calls each time.
"""

from __future__ import annotations

import asyncio
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import schemathesis
import uvicorn
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.configuration import set_hypothesis_home_dir

from unit.hub.doubles import Clock, FakeBackend
from unit.hub.world import QUICK, World
from whatsapp_hub.api import app
from whatsapp_hub.backend.protocol import Answer
from whatsapp_hub.database.connection import Database
from whatsapp_hub.live import Live
from whatsapp_hub.security.passwords import Passwords
from whatsapp_hub.security.secrets import Secrets
from whatsapp_hub.services import Services
from whatsapp_hub.serving import Server

EXAMPLES = 8
STREAMS = ("/api/sessions/{id}/events",)
"""They do not end."""
NO_QR = "/generate-qr"
"""503 here: nobody shows a QR."""
NOWHERE = Services(
    database=Database("sqlite+aiosqlite://"),
    backend=FakeBackend(),
    live=Live(),
    secrets=Secrets(b"m" * 32),
)
OPERATIONS = sorted(
    (path, method)
    for path, methods in app.framework(NOWHERE).openapi()["paths"].items()
    for method in methods
    if path not in STREAMS
)


@dataclass
class Running:
    """A listening hub, and an administrator of it."""

    url: str
    headers: dict[str, str]


@pytest.fixture(scope="module")
def server(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    set_hypothesis_home_dir(tmp_path_factory.mktemp("hypothesis"))
    path = tmp_path_factory.mktemp("hub") / "hub.sqlite3"
    shutil.copy(migrated, path)
    found: list[Running] = []
    ready, stop = threading.Event(), threading.Event()

    async def live() -> None:
        database, backend, clock = Database(f"sqlite+aiosqlite:///{path}"), FakeBackend(), Clock()
        backend.answer = lambda call: Answer(status=200, headers={}, body=b'{"ok": true}')
        services = Services(
            database=database, backend=backend, live=Live(), secrets=Secrets(b"m" * 32),
            passwords=Passwords(QUICK), clock=clock, qr_wait=0.05,
        )  # fmt: skip
        application = app.build(services)
        world = World(services, backend, clock, application)
        await world.set_up()
        await world.create("a")
        listening = Server(uvicorn.Config(application, port=0, log_config=None, lifespan="off"))
        serving = asyncio.create_task(listening.serve())
        while not listening.started:  # noqa: ASYNC110 - no event tells it
            await asyncio.sleep(0.01)
        port = listening.servers[0].sockets[0].getsockname()[1]
        found.append(Running(url=f"http://127.0.0.1:{port}", headers=world.one.both))
        ready.set()
        await asyncio.to_thread(stop.wait)
        listening.should_exit = True
        await serving
        await world.http.aclose()
        await database.close()

    thread = threading.Thread(target=asyncio.run, args=(live(),))
    thread.start()
    assert ready.wait(60)
    yield found[0]
    stop.set()
    thread.join()


@pytest.fixture(scope="module")
def schema(server: Running) -> Any:
    config = schemathesis.Config.from_dict({"generation": {"mode": "all", "deterministic": True}})
    return schemathesis.openapi.from_url(f"{server.url}/openapi.json", config=config)


@pytest.mark.parametrize(("path", "method"), OPERATIONS, ids=lambda each: each)
def test_no_call_breaks_the_hub(server: Running, schema: Any, path: str, method: str) -> None:
    operation = schema[path][method.upper()]

    @seed(5)
    @settings(
        max_examples=EXAMPLES,
        database=None,
        deadline=None,
        derandomize=False,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def holds(case: Any) -> None:
        answer = case.call(headers=server.headers, timeout=20)
        if not (path == NO_QR and answer.status_code == 503):
            assert answer.status_code < 500, answer.text
        if "json" in answer.headers.get("content-type", [""])[0]:
            assert answer.json()["success"] is (answer.status_code < 400), answer.text

    holds()
