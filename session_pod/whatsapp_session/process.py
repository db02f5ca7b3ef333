"""The process: everything put together, started, and ended in order.

Its life: take the login's lock, open the database, read the configuration, listen; then the browser and the
API start side by side, so that a probe is answered while Chromium still starts. SIGTERM or SIGINT: no new
calls, streams end, sends under way end, the browser writes its profile, webhooks write their progress, the
database is closed, exit 0. A second signal kills the browser.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import logging
import signal
import socket
import sqlite3
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from whatsapp_contracts.events import SESSION_QR, SESSION_STATE, Event
from whatsapp_session import metrics, qr, wa_js
from whatsapp_session.attempts import Attempts
from whatsapp_session.configuration import Configuration, FileError
from whatsapp_session.database import Database, DatabaseError
from whatsapp_session.engine import profile, wa
from whatsapp_session.engine.browser import Options
from whatsapp_session.engine.web import WebEngine
from whatsapp_session.journal import Journal
from whatsapp_session.keys import KeyFileError, Keys
from whatsapp_session.session import Session
from whatsapp_session.settings import Settings, SettingsError

if TYPE_CHECKING:
    from whatsapp_session.assembly import Assembly

log = logging.getLogger(__name__)

STOP_TIMEOUT = 20.0
"""Seconds for the whole stop; a pod's grace period is longer."""
LAST_CALLS = 3.0
"""Seconds of them that are kept for calls under way, and for a browser that has to be killed."""
LAST_SENDS = 3.0
"""Seconds of them for messages on their way; what takes longer is looked up at the next start."""
SERVER = "server"  # the name of such tasks


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
                configuration = Configuration(database, settings.config_file)
                process = Process(settings, keys, script, database, configuration, sockets)
                return asyncio.run(process.live())
            finally:
                database.close()
    except (
        KeyFileError,
        wa_js.BundleError,
        DatabaseError,
        FileError,
        profile.LoginInUse,
        SettingsError,
    ) as error:
        raise CannotStart(str(error)) from None
    except sqlite3.Error as error:
        raise CannotStart(
            f"the journal in SESSIONS_DIR={settings.sessions_dir} cannot be used: {error}. "
            "Make room on the volume, or move that file away to begin a new journal."
        ) from None
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


class Process:
    """One run."""

    def __init__(
        self,
        settings: Settings,
        keys: Keys,
        script: str,
        database: Database,
        configuration: Configuration,
        sockets: list[socket.socket],
    ) -> None:
        """Raises sqlite3.Error."""
        self._settings = settings
        self._keys = keys
        self._database = database
        self._configuration = configuration
        self._sockets = sockets
        self._journal = Journal(
            database, keep_days=settings.journal_keep_days, keep_bytes=settings.journal_keep_bytes
        )
        self._engine = WebEngine(
            Options(
                executable=settings.chromium_path,
                profile=settings.login_dir,
                url=settings.whatsapp_url,
                sandbox=settings.chromium_sandbox,
            ),
            script=script,
        )
        self._counted = metrics.Metrics()
        self._draws = draws_qr(settings.qr_terminal, sys.stdout.isatty())
        self._rest: Assembly | None = None

    async def live(self) -> int:
        """Until the end; the exit code."""
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, _asked_to_stop, stop, self._engine)
        session = Session(
            name=self._settings.session_id,
            journal=self._journal,
            engine=self._engine,
            attempts=Attempts(
                self._settings.beside("starts").with_suffix(".json"),
                restarted_at=self._settings.restarted_at,
            ),
            config=self._configuration.current,
            told=self._told,
        )
        work = [asyncio.create_task(session.run(), name="session")]
        try:
            self._rest = await self._started(session)
        except BaseException:
            await session.stop()  # or its browser would outlive the process
            raise
        work += self._rest.begin(self._sockets)
        name, address = self._settings.session_id, self._sockets[0].getsockname()[:2]
        log.info("session %s, API on http://%s:%d", name, *address)

        ends: list[asyncio.Task[object]] = [
            asyncio.create_task(event.wait()) for event in (stop, session.failed)
        ]
        await asyncio.wait({*ends, *work}, return_when=asyncio.FIRST_COMPLETED)
        code = 0 if stop.is_set() else 1
        for task in work:
            if task.done() and not task.cancelled() and (error := task.exception()):
                log.error("the %s task ended", task.get_name(), exc_info=error)
        await self._end(session, self._rest, work)
        for end in ends:
            end.cancel()
        log.info("stopped" if code == 0 else "exiting with code 1, to be started anew")
        # The loop's handlers go with the loop: a signal in the last moment must not change how this ended.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
        return code

    async def _started(self, session: Session) -> Assembly:
        """Browser and the rest side by side; webhooks are there before the first event."""
        if self._configuration.current.webhooks:
            self._rest = await self._assembled(session)
            await session.start()
            return self._rest
        await session.start()
        return await self._assembled(session)

    async def _assembled(self, session: Session) -> Assembly:
        """The rest of it, which takes as long to import as Chromium takes to launch."""
        assembly = await asyncio.to_thread(importlib.import_module, "whatsapp_session.assembly")
        made: Assembly = assembly.Assembly(
            settings=self._settings,
            keys=self._keys,
            database=self._database,
            journal=self._journal,
            configuration=self._configuration,
            session=session,
            counted=self._counted,
            port=self._sockets[0].getsockname()[1],
        )
        return made

    def _told(self, event: Event) -> None:
        """Everybody in this process who wants to know of an event."""
        self._counted.saw(event)
        if self._rest:
            self._rest.saw(event)
        if not self._draws:
            return
        if event.type == SESSION_QR:
            print(qr.text(event.data["qr"]["code"]), flush=True)
        elif event.type == SESSION_STATE and (pairing := event.data["pairingCode"]):
            print(f"Pairing code: {pairing['code']}", flush=True)

    async def _end(self, session: Session, rest: Assembly, work: list[asyncio.Task[None]]) -> None:
        """Stop in order, within STOP_TIMEOUT."""
        rest.refuse_calls()
        await rest.sender.close(LAST_SENDS)
        stopping = asyncio.create_task(session.stop())
        done, _ = await asyncio.wait({stopping}, timeout=STOP_TIMEOUT - LAST_SENDS - LAST_CALLS)
        if not done:
            log.warning("the browser did not end in time and is killed")
            self._engine.hurry()
            await asyncio.wait({stopping}, timeout=LAST_CALLS)
        for task in work:
            if task.get_name() != SERVER:  # servers end by themselves, when the last call has
                task.cancel()
        await asyncio.wait(work, timeout=LAST_CALLS)


def _asked_to_stop(stop: asyncio.Event, engine: WebEngine) -> None:
    if stop.is_set():
        log.warning("asked again to stop: the browser is killed")
        engine.hurry()
    stop.set()


def draws_qr(setting: str, terminal: bool) -> bool:
    """Whether the QR is drawn on standard output: never into a pod's log unless asked."""
    return setting == "always" or (setting == "auto" and terminal)
