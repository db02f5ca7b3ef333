"""The API of a READY session behind its real HTTP server, in a thread of its own, for clients that block."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from unit.session.api.doubles import FakeConfiguration, FakeSender, FakeWebhooks
from unit.session.doubles import QR, SYNCED, FakeEngine
from whatsapp_contracts.states import State
from whatsapp_session import metrics
from whatsapp_session.api import serve
from whatsapp_session.api.services import Services
from whatsapp_session.attempts import Attempts
from whatsapp_session.configuration import Configuration
from whatsapp_session.database import Database
from whatsapp_session.facts import Scanned
from whatsapp_session.journal import Journal
from whatsapp_session.keys import Keys
from whatsapp_session.media.inbound import Inbound
from whatsapp_session.media.store import MediaStore
from whatsapp_session.net.guard import Guard
from whatsapp_session.outbox.sender import Sender
from whatsapp_session.session import Session
from whatsapp_session.webhooks.dispatcher import Webhooks

KEY = "the-key"
BOUND = 20.0
"""Seconds for a start or an end."""


@dataclass(frozen=True)
class Running:
    """A server that is up."""

    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def running(folder: Path) -> Iterator[Running]:
    """The server, until the end of the block."""
    (folder / "keys").write_text(KEY)
    database = Database(folder / "journal.sqlite3")
    bound = socket.create_server(("127.0.0.1", 0))
    up, stop = threading.Event(), threading.Event()
    ended: list[BaseException] = []

    def live() -> None:
        try:
            asyncio.run(_serve(folder, database, bound, up, stop))
        except BaseException as error:
            ended.append(error)
            up.set()

    thread = threading.Thread(target=live, name="server")
    thread.start()
    try:
        assert up.wait(BOUND), "the server did not start"
        if not ended:
            yield Running(bound.getsockname()[1])
    finally:
        stop.set()
        thread.join(BOUND)
        bound.close()
        database.close()
    assert not thread.is_alive(), "the server did not end"
    if ended:
        raise ended[0]


async def _nowhere(host: str, port: int, family: int) -> list[str]:
    raise OSError("these tests ask no DNS")


async def _serve(
    folder: Path, database: Database, bound: socket.socket, up: threading.Event, stop: threading.Event
) -> None:
    engine = FakeEngine()
    session = Session(
        name="cliente_51",
        journal=Journal(database),
        engine=engine,
        attempts=Attempts(folder / "starts.json", restarted_at=""),
    )
    following = asyncio.create_task(session.run())
    await session.start()
    engine.tell(QR, Scanned(), SYNCED)
    async with asyncio.timeout(BOUND):
        while session.view.state is not State.READY:  # noqa: ASYNC110 - any state may come before
            await asyncio.sleep(0.001)
    media = MediaStore(folder / "media", database, max_bytes=3 * 1024 * 1024, keep_days=7, keep_bytes=2**26)
    services = Services(
        session=session,
        sender=cast(Sender, FakeSender()),
        media=media,
        inbound=Inbound(session, media),
        webhooks=cast(Webhooks, FakeWebhooks()),
        configuration=cast(Configuration, FakeConfiguration()),
        guard=Guard(lookup=_nowhere),
        keys=Keys(folder / "keys"),
        cliente_id=51,
        media_max_bytes=media.max_bytes,
    )
    server = serve.servers(services, metrics.Metrics())[0]
    serving = asyncio.create_task(server.serve(sockets=[bound]))
    async with asyncio.timeout(BOUND):
        while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.001)
    up.set()
    await asyncio.to_thread(stop.wait)
    server.should_exit = True
    await serving
    following.cancel()
    await session.stop()
