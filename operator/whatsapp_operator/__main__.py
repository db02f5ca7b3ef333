"""The command `whatsapp-operator`. Exit codes: 0 stopped on request, 1 failed, 2 wrong settings."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import os
import secrets
import signal
import socket
import sys
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from aiohttp import web

from whatsapp_contracts.kubernetes import GROUP, PLURAL, VERSION
from whatsapp_operator import __version__, logs
from whatsapp_operator.client import ApiError, Client, NoCluster
from whatsapp_operator.hub import Hub
from whatsapp_operator.lease import Lease, LeaseLost
from whatsapp_operator.master import MasterKeyError, hub_master_key, master_key
from whatsapp_operator.replica import Operator, WatchesEnded
from whatsapp_operator.scopes import refused, regained
from whatsapp_operator.server import Pulse, application
from whatsapp_operator.settings import Settings, SettingsError, read

log = logging.getLogger("whatsapp_operator")

WAITING = Pulse(active=False, filled=False, missing=(), watch_ages={}, queue_oldest=0.0)


class Process:
    """One replica from start to end: HTTP at once, then the Lease, then the work."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._operator: Operator | None = None

    async def run(self) -> None:
        """Until SIGTERM or SIGINT."""
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        runner = web.AppRunner(application(self._pulse, self._gauges), access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, None, self._settings.port)
        await site.start()
        log.info("whatsapp-operator %s, image of sessions %s", __version__, self._settings.defaults.image)
        try:
            async with await Client.connect() as client:
                work = asyncio.create_task(self._work(client))
                stopping = asyncio.create_task(stop.wait())
                await asyncio.wait((work, stopping), return_when=asyncio.FIRST_COMPLETED)
                stopping.cancel()
                if not work.done():
                    log.info("asked to stop")
                    work.cancel()
                try:
                    await work
                except asyncio.CancelledError:
                    if not stop.is_set():
                        raise
        finally:
            await runner.cleanup()

    async def _work(self, client: Client) -> None:
        settings = self._settings
        if not settings.lease_name:
            try:
                await self._operate(client)
            except BaseExceptionGroup as group:
                raise told(group) from None
            return
        lease = Lease(
            client,
            namespace=settings.own_namespace,
            name=settings.lease_name,
            identity=settings.identity,
            clock=time.monotonic,
        )
        await lease.acquire()
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(lease.keep(), name="lease")
                tasks.create_task(self._operate(client), name="operator")
        except BaseExceptionGroup as group:
            raise told(group) from None
        finally:
            # In a task of its own: this one was cancelled or ended a group, and Python 3.11 then takes the
            # timeout of a request for one more cancellation, which would hide why the process leaves.
            await asyncio.create_task(lease.release())

    async def _operate(self, client: Client) -> None:
        await self._definition(client)
        settings = self._settings
        space = settings.own_namespace
        master = await patient(lambda: master_key(client, space, settings.master_secret))
        hub = None
        if settings.hub_url:
            key = await patient(lambda: hub_master_key(client, space, settings.hub_master_secret))
            hub = Hub(url=settings.hub_url, master=key)
        lost = await refused(client, settings.namespaces)
        if lost and len(lost) < len(settings.namespaces):
            log.error(
                "not served, because the operator may not read sessions there: %s; make the namespace and its"
                " Role (helm upgrade), or take it off watchNamespaces",
                ", ".join(lost),
            )
            served = tuple(each for each in settings.namespaces if each not in lost)
            settings = dataclasses.replace(settings, namespaces=served)
        self._operator = Operator(settings, client, master, hub, now=lambda: datetime.now(UTC))
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._operator.run(), name="watches and workers")
            if lost:
                tasks.create_task(self._start_anew(client, lost), name="namespaces")

    async def _start_anew(self, client: Client, lost: tuple[str, ...]) -> None:
        raise WatchesEnded(f"the namespace {await regained(client, lost)} can be served now")

    async def _definition(self, client: Client) -> None:
        """Wait until the API server serves the resource: kopf looks for it once, at its start."""
        told = False
        while True:
            try:
                found = await client.get(f"/apis/{GROUP}/{VERSION}")
                if any(each.get("name") == PLURAL for each in found.get("resources") or ()):
                    return
            except ApiError as error:
                if error.status != 404:
                    log.warning("the API server cannot be asked: %s", error)
            if not told:
                log.info("waiting for the CustomResourceDefinition %s.%s", PLURAL, GROUP)
                told = True
            await asyncio.sleep(1)

    def _pulse(self) -> Pulse:
        return self._operator.pulse() if self._operator is not None else WAITING

    def _gauges(self) -> None:
        if self._operator is not None:
            self._operator.gauges()


async def patient(read_key: Callable[[], Awaitable[bytes]]) -> bytes:
    """A master key, as soon as the API server gives it; raises ApiError when the operator may not read it."""
    while True:
        try:
            return await read_key()
        except ApiError as error:
            if error.status == 403:
                raise
            log.warning("a master key cannot be read: %s", error)
            await asyncio.sleep(2)


def told(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """The one error within groups of groups that a person is told; the group itself when none is of ours.

    Not `except*`: before Python 3.11.4, which Debian 12 does not have, it wraps what is raised in it again.
    """
    failures: BaseException | None = group.subgroup((LeaseLost, WatchesEnded, MasterKeyError, ApiError))
    if failures is None:
        return group
    while isinstance(failures, BaseExceptionGroup):
        failures = failures.exceptions[0]
    return failures


def main() -> None:
    """Read the settings and run."""
    fallback = f"{socket.gethostname()}_{secrets.token_hex(4)}"
    try:
        settings = read(sys.argv[1:], os.environ, fallback_identity=fallback)
    except SettingsError as error:
        print(f"whatsapp-operator: {error}", file=sys.stderr)
        sys.exit(2)
    logs.set_up(settings.log_format, settings.log_level)
    try:
        asyncio.run(Process(settings).run())
    except (LeaseLost, WatchesEnded, MasterKeyError, NoCluster, ApiError, OSError) as error:
        log.error("leaving: %s", error)
        sys.exit(1)
    log.info("stopped")


if __name__ == "__main__":
    main()
