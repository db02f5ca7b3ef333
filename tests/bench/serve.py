"""The hub as a process for the benchmark: as `whatsapp-hub serve` starts it, over a backend without sessions.

Why no real backend: sessions are browsers, and what is measured is the hub. Everything else is production's:
uvicorn's settings, the routes behind their gate, LISTEN, the log in JSON.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import uvicorn

from whatsapp_hub import log
from whatsapp_hub.api import app
from whatsapp_hub.backend.protocol import Answer, BackendError, Call, Owner, Seen, Wanted
from whatsapp_hub.database.connection import Database
from whatsapp_hub.live import Live
from whatsapp_hub.security.secrets import Secrets, open_master_key
from whatsapp_hub.services import Services
from whatsapp_hub.serving import BACKLOG, Server


class Nothing:
    """A backend in which nothing runs: it knows what sessions sign with, and no more."""

    def __init__(self, secrets: Secrets) -> None:
        self._secrets = secrets

    def uid(self, owner: Owner, session_id: str) -> str:
        return session_id

    def callback_secrets(self, uid: str, key_version: int) -> Sequence[str]:
        return (self._secrets.callback(uid),)

    async def start(self, wanted: Sequence[Wanted]) -> None: ...

    async def stop(self) -> None: ...

    async def put(self, wanted: Wanted) -> None: ...

    async def look(self, uid: str) -> Seen | None:
        return None

    async def login(self, uid: str) -> None: ...

    async def delete(self, wanted: Wanted) -> None: ...

    async def seen(self) -> AsyncIterator[Seen]:
        await asyncio.Event().wait()
        yield Seen(uid="")

    async def call(self, uid: str, call: Call) -> Answer:
        raise BackendError("nothing runs here")


async def serve(url: str, key_file: Path, log_file: Path) -> None:
    """Until SIGTERM; standard output is the port, then `log_file` is it."""
    secrets = open_master_key(key_file)
    database = Database(url)
    live = Live(url)
    services = Services(database=database, backend=Nothing(secrets), live=live, secrets=secrets)
    bound = socket.socket()
    bound.bind(("127.0.0.1", 0))
    bound.listen(BACKLOG)
    server = Server(
        uvicorn.Config(
            app.build(services), log_config=None, access_log=False, lifespan="off", server_header=False
        )
    )
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    work = [asyncio.create_task(server.serve(sockets=[bound])), asyncio.create_task(live.run())]
    print(bound.getsockname()[1], flush=True)
    os.dup2(os.open(log_file, os.O_WRONLY | os.O_CREAT | os.O_APPEND), 1)
    log.set_up("json")
    await stop.wait()
    for task in work:
        task.cancel()
    await asyncio.gather(*work, return_exceptions=True)
    await database.close()


if __name__ == "__main__":
    asyncio.run(
        serve(os.environ["BENCH_DATABASE_URL"], Path(os.environ["BENCH_MASTER_KEY_FILE"]), Path(sys.argv[1]))
    )
