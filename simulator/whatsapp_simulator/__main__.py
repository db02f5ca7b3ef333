"""The command `whatsapp-simulator`: start, say where, serve until SIGTERM or Ctrl-C."""

from __future__ import annotations

import logging
import os
import signal
import sys

import uvicorn

from whatsapp_simulator.app import create_app
from whatsapp_simulator.schema import Unusable
from whatsapp_simulator.settings import Settings, parse
from whatsapp_simulator.world import make_world


class Server(uvicorn.Server):
    """Says where it listens once it does (with port 0 nobody knows before)."""

    def __init__(self, config: uvicorn.Config, settings: Settings) -> None:
        super().__init__(config)
        self._settings = settings

    async def startup(self, sockets: list[object] | None = None) -> None:  # type: ignore[override]
        await super().startup(sockets)  # type: ignore[arg-type]
        if not self.started:
            return
        host, port = self.servers[0].sockets[0].getsockname()[:2]
        shown = f"[{host}]" if ":" in host else host
        base = f"http://{'localhost' if host in ('0.0.0.0', '::') else shown}:{port}"  # noqa: S104
        print(f"WhatsApp page   {base}/")
        print(f"Phones          {base}/phone")
        print(f"Control API     {base}/docs")
        print(f"Data            {self._settings.database}", flush=True)


def main() -> None:
    """Exit status: 0 after a graceful stop, 1 when port or database cannot be used, 2 for bad settings."""
    settings = parse(sys.argv[1:], os.environ)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    try:
        world = make_world(settings)
    except Unusable as error:
        sys.exit(f"whatsapp-simulator: {error}")
    except OSError as error:
        sys.exit(f"whatsapp-simulator: {error}. Choose a folder that can be written with --data-dir.")
    config = uvicorn.Config(
        create_app(world),
        host=settings.host,
        port=settings.port,
        log_level="warning",
        access_log=False,
        ws="websockets-sansio",
        ws_ping_interval=20,
        ws_ping_timeout=20,
        ws_max_size=1024 * 1024,
        timeout_graceful_shutdown=5,
    )
    server = Server(config, settings)
    # uvicorn raises the signal that stopped it once more, when all is closed: that is the end we wanted.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    try:
        server.run()
    except SystemExit:  # uvicorn's way to say that it cannot listen; its reason is in the log
        world.store.close()
        sys.exit(
            f"whatsapp-simulator: cannot listen on {settings.host}:{settings.port}. Choose another --port."
        )


if __name__ == "__main__":
    main()
