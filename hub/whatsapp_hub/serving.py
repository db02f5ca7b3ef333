"""The process: everything put together, started, and ended in order.

Its life: master key, migrations, first administrator, listen; then sessions, and beside the API, on the
replica that leads, their follower and the upkeep. SIGTERM or SIGINT: no new calls, streams end, sessions that
are its children end, exit 0.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import signal
import socket
import time
from collections.abc import Coroutine, Iterator
from datetime import timedelta
from typing import Any

import uvicorn
from alembic.util.exc import CommandError
from sqlalchemy.exc import SQLAlchemyError

from whatsapp_hub import first_admin, intake, laptop, metrics, upkeep
from whatsapp_hub.api import app
from whatsapp_hub.backend import choice
from whatsapp_hub.backend.protocol import BackendError
from whatsapp_hub.database.connection import Database
from whatsapp_hub.database.faults import passes
from whatsapp_hub.database.migrate import migrate
from whatsapp_hub.leader import Leader
from whatsapp_hub.live import Live
from whatsapp_hub.manager import every
from whatsapp_hub.security.secrets import MasterKeyError
from whatsapp_hub.services import Services
from whatsapp_hub.settings import KUBERNETES, PROCESSES, Settings, SettingsError

log = logging.getLogger(__name__)

CALLS_TIMEOUT = 5
"""Seconds that calls under way may still take at the end."""
DATABASE_SECONDS = 60.0
"""How long a start waits for a database that starts beside it."""
RETRY_SECONDS = 2.0
ANEW_SECONDS = 1800.0
KEPT_OPEN = 75
"""Seconds that an idle connection stays: longer than proxies and pods keep theirs, or a call of theirs would
now and then go into one that is just being closed."""
BACKLOG = 2048
"""Connections that may wait to be taken."""


class CannotStart(Exception):
    """Something around the process is wrong; the text is one line with the cure. Exit code 2."""


class Server(uvicorn.Server):
    """One listening server; `should_exit` ends it, and signals are the process's own."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals to the process."""
        yield


def run(settings: Settings) -> int:
    """Run until the end; the exit code. Raises CannotStart."""
    try:
        return asyncio.run(_live(settings))
    except (MasterKeyError, SettingsError) as error:
        raise CannotStart(str(error)) from None


async def open_database(settings: Settings, patience: float = 0.0) -> Database:
    """The database with today's tables; one that is away is waited for `patience` seconds.

    Raises CannotStart.
    """
    deadline, waits = time.monotonic() + patience, False
    while True:
        database = Database(settings.database_url)
        try:
            await migrate(database)
            return database
        except CommandError as error:
            await database.close()
            raise CannotStart(
                f"the tables are of another release: {error}. Run that release, or give this one another"
                " DATABASE_URL."
            ) from error
        except (SQLAlchemyError, OSError) as error:
            await database.close()
            if not passes(error):
                raise CannotStart(
                    f"the database refuses: {_reason(error)}. Correct it, or DATABASE_URL."
                ) from error
            if time.monotonic() >= deadline or not database.postgresql:
                raise CannotStart(
                    f"the database does not answer: {_reason(error)}. Start it, or correct DATABASE_URL."
                ) from error
            if not waits:
                log.warning("waiting for the database: %s", _reason(error))
            waits = True
        await asyncio.sleep(RETRY_SECONDS)


def _reason(error: Exception) -> str:
    """What the driver says, in one line; it repeats no password."""
    said = str(getattr(error, "orig", None) or error).splitlines() or [""]
    return re.sub(r"^<class '[^']*'>: ", "", said[0]) or type(error).__name__


async def _live(settings: Settings) -> int:
    secrets = choice.open_secrets(settings)
    with contextlib.ExitStack() as stack:
        api_socket = stack.enter_context(_bind(settings.host, settings.port, "PORT"))
        sockets = [api_socket]
        if settings.metrics_port:
            sockets.append(stack.enter_context(_bind(settings.host, settings.metrics_port, "METRICS_PORT")))
        database = await open_database(settings, DATABASE_SECONDS)
        host, port = api_socket.getsockname()[:2]
        backend = choice.make(settings, secrets, port)
        live = Live(settings.database_url if database.postgresql else None)
        days = settings.messages_keep_days
        services = Services(
            database=database,
            backend=backend,
            live=live,
            secrets=secrets,
            messages_kept=timedelta(days=days) if days else None,
            namespace=settings.namespace,
        )
        try:
            await _first_admin(settings, services, f"http://{host}:{port}")
            return await _serve(settings, services, sockets, f"http://{host}:{port}")
        finally:
            await database.close()


async def _serve(settings: Settings, services: Services, sockets: list[socket.socket], url: str) -> int:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    applications: list[Any] = [app.build(services), metrics.application(services.metrics)]
    servers = [_server(each, settings) for each in applications[: len(sockets)]]
    known = await every(services)
    work = [
        _task(server.serve(sockets=[bound]), "server") for server, bound in zip(servers, sockets, strict=True)
    ]
    try:
        await services.backend.start(known)
    except BackendError as error:
        raise CannotStart(str(error)) from None
    elects = services.database.postgresql and settings.backend == KUBERNETES
    leader = Leader(
        settings.database_url if elects else None, lambda leads: services.metrics.leads.set(leads)
    )
    work += [
        _task(leader.run(lambda: _lead(services, anew=elects)), "leader"),
        _task(services.live.run(), "live"),
    ]
    log.info("hub on %s, %d sessions", url, len(known))
    asked = asyncio.create_task(stop.wait())
    await asyncio.wait({asked, *_lasting(work)}, return_when=asyncio.FIRST_COMPLETED)
    code = 0 if stop.is_set() else 1
    for task in work:
        if task.done() and not task.cancelled() and (failed := task.exception()):
            log.error("the %s task ended", task.get_name(), exc_info=failed)
    asked.cancel()
    for server in servers:
        server.should_exit = True
    await services.backend.stop()
    await asyncio.wait(work[: len(servers)], timeout=CALLS_TIMEOUT + 1)
    for task in work:
        task.cancel()
    await asyncio.gather(*work, return_exceptions=True)
    log.info("stopped" if code == 0 else "exiting with code 1, to be started anew")
    return code


async def _lead(services: Services, *, anew: bool) -> None:
    """What one replica does for all; `anew`: others may have done it until now, so all is told again."""
    while anew:
        try:
            await services.backend.start(await every(services))
            break
        except (SQLAlchemyError, OSError, BackendError) as away:
            log.warning("leading waits: %s", type(away).__name__)
            await asyncio.sleep(RETRY_SECONDS)
    async with asyncio.TaskGroup() as group:
        group.create_task(intake.run(services), name="intake")
        group.create_task(upkeep.run(services), name="upkeep")
        if services.namespace:
            group.create_task(_again(services), name="again")


async def _again(services: Services) -> None:
    """Everything is told anew now and then: what was passed over once, because a name was taken or a tenant
    was not there yet, does not stay so."""
    while True:
        await asyncio.sleep(ANEW_SECONDS)
        with contextlib.suppress(SQLAlchemyError, OSError, BackendError):  # the next time does
            await services.backend.start(await every(services))


async def _first_admin(settings: Settings, services: Services, url: str) -> None:
    """The first administrator: of the mounted Secret, or on a laptop made up. Raises CannotStart."""
    try:
        if settings.admin_dir is None:
            if settings.backend == PROCESSES:
                await laptop.greet(services, url)
            return
        first = first_admin.read(settings.admin_dir)
        made = await first_admin.ensure(services.database, first, services.passwords, services.clock())
    except first_admin.FirstAdminError as error:
        raise CannotStart(str(error)) from None
    except (SQLAlchemyError, OSError) as error:
        raise CannotStart(f"the database does not answer ({type(error).__name__}). Start it.") from error
    if made:
        log.info("the first administrator was made as HUB_ADMIN_DIR says")


def _lasting(work: list[asyncio.Task[None]]) -> set[asyncio.Task[None]]:
    """Those whose end is the process's: with SQLite there is nothing to listen to."""
    return {task for task in work if task.get_name() != "live"}


def _task(work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
    return asyncio.create_task(work, name=name)


def _bind(host: str, port: int, setting: str) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
        bound.listen(BACKLOG)  # who calls while the rest starts waits, and is not refused
    except OSError as error:
        bound.close()
        raise SettingsError(
            f"cannot listen on {host} port {port}: {error.strerror}. Set {setting} to a free port."
        ) from None
    return bound


def _server(application: Any, settings: Settings) -> Server:
    return Server(
        uvicorn.Config(
            application,
            log_config=None,
            access_log=False,
            lifespan="off",
            server_header=False,
            proxy_headers=True,
            forwarded_allow_ips=settings.forwarded_allow_ips,
            timeout_graceful_shutdown=CALLS_TIMEOUT,
            timeout_keep_alive=KEPT_OPEN,
        )
    )
