"""The process: everything put together, started, and ended in order.

Its life: take the login's lock, open the journal, listen; then the browser and the API start side by side,
so that a probe is answered while Chromium still starts. SIGTERM or SIGINT: no new calls, streams end, the
browser writes its profile, the journal is closed, exit 0. A second signal kills the browser.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import logging
import signal
import socket
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from whatsapp_contracts.events import SESSION_QR, Event
from whatsapp_session import metrics, qr, wa_js
from whatsapp_session.attempts import Attempts
from whatsapp_session.database import Database, DatabaseError
from whatsapp_session.engine import profile, wa
from whatsapp_session.engine.browser import Options
from whatsapp_session.engine.web import WebEngine
from whatsapp_session.journal import Journal
from whatsapp_session.keys import KeyFileError, Keys
from whatsapp_session.session import Session
from whatsapp_session.settings import Settings, SettingsError

if TYPE_CHECKING:
    from whatsapp_session.api.serve import Server

log = logging.getLogger(__name__)

STOP_TIMEOUT = 20.0
"""Seconds for the whole stop; a pod's grace period is longer."""
LAST_CALLS = 3.0
"""Seconds of them that are kept for calls under way, and for a browser that has to be killed."""


class CannotStart(Exception):
    """Something around the process is wrong; the text is one line with the cure. Exit code 2."""


def run(settings: Settings) -> int:
    """Run until the end; the exit code. Raises CannotStart."""
    try:
        keys = Keys(settings.api_key_file)
        script = wa.script(wa_js.bundle())
        settings.sessions_dir.mkdir(parents=True, exist_ok=True)
        with profile.Lock(settings.beside("lock")), listening(settings) as sockets:
            database = Database(settings.beside("journal").with_suffix(".sqlite3"))
            try:
                return asyncio.run(_live(settings, keys, script, Journal(database), sockets))
            finally:
                database.close()
    except (KeyFileError, wa_js.BundleError, DatabaseError, profile.LoginInUse, SettingsError) as error:
        raise CannotStart(str(error)) from None
    except OSError as error:
        if error.filename is None:
            raise
        raise CannotStart(
            f"SESSIONS_DIR={settings.sessions_dir} cannot be used: {error.strerror} ({error.filename}). "
            "Set it to a folder that can be written."
        ) from None


@contextlib.contextmanager
def listening(settings: Settings) -> Iterator[list[socket.socket]]:
    """The API's socket, and the metrics' where they are on; raises SettingsError for a port in use."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(_bind(settings.host, settings.port, "PORT"))]
        if settings.metrics_port:
            sockets.append(stack.enter_context(_bind(settings.host, settings.metrics_port, "METRICS_PORT")))
        yield sockets


def _bind(host: str, port: int, setting: str) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
    except OSError as error:
        bound.close()
        off = " (0: no metrics)" if setting == "METRICS_PORT" else ""
        raise SettingsError(
            f"cannot listen on {host} port {port}: {error.strerror}. Set {setting} to a free port{off}."
        ) from None
    return bound


async def _live(
    settings: Settings, keys: Keys, script: str, journal: Journal, sockets: list[socket.socket]
) -> int:
    engine = WebEngine(
        Options(
            executable=settings.chromium_path,
            profile=settings.login_dir,
            url=settings.whatsapp_url,
            sandbox=settings.chromium_sandbox,
        ),
        script=script,
    )
    counted = metrics.Metrics()
    draw = draws_qr(settings.qr_terminal, sys.stdout.isatty())

    def told(event: Event) -> None:
        counted.saw(event)
        if draw and event.type == SESSION_QR:
            print(qr.text(event.data["qr"]["code"]), flush=True)

    session = Session(
        name=settings.session_id,
        journal=journal,
        engine=engine,
        attempts=Attempts(settings.beside("starts").with_suffix(".json"), restarted_at=settings.restarted_at),
        told=told,
    )
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, _asked_to_stop, stop, engine)
    work: list[asyncio.Task[None]] = [asyncio.create_task(session.run(), name="session")]
    await session.start()
    serve = await asyncio.to_thread(importlib.import_module, "whatsapp_session.api.serve")
    servers: list[Server] = serve.servers(session, keys=keys, cliente_id=settings.cliente_id, counted=counted)
    work += [
        asyncio.create_task(server.serve(sockets=[bound]), name="server")
        for server, bound in zip(servers, sockets, strict=False)  # without a socket: no metrics
    ]
    log.info("session %s, API on http://%s:%d", settings.session_id, *sockets[0].getsockname()[:2])

    ends: list[asyncio.Task[object]] = [asyncio.create_task(event.wait()) for event in (stop, session.failed)]
    await asyncio.wait({*ends, *work}, return_when=asyncio.FIRST_COMPLETED)
    code = 0 if stop.is_set() else 1
    for task in work:
        if task.done() and not task.cancelled() and (error := task.exception()):
            log.error("the %s task ended", task.get_name(), exc_info=error)
    await _end(session, engine, servers, work)
    for end in ends:
        end.cancel()
    log.info("stopped" if code == 0 else "exiting with code 1, to be started anew")
    return code


async def _end(
    session: Session, engine: WebEngine, servers: list[Server], work: list[asyncio.Task[None]]
) -> None:
    """Stop in order, within STOP_TIMEOUT."""
    for server in servers:
        server.should_exit = True
    stopping = asyncio.create_task(session.stop())
    done, _ = await asyncio.wait({stopping}, timeout=STOP_TIMEOUT - LAST_CALLS)
    if not done:
        log.warning("the browser did not end in time and is killed")
        engine.hurry()
        await asyncio.wait({stopping}, timeout=LAST_CALLS)
    work[0].cancel()
    await asyncio.wait(work, timeout=LAST_CALLS)


def _asked_to_stop(stop: asyncio.Event, engine: WebEngine) -> None:
    if stop.is_set():
        log.warning("asked again to stop: the browser is killed")
        engine.hurry()
    stop.set()


def draws_qr(setting: str, terminal: bool) -> bool:
    """Whether the QR is drawn on standard output: never into a pod's log unless asked."""
    return setting == "always" or (setting == "auto" and terminal)
