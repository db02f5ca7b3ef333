"""The running operator: watches → queue → workers → reconciler, and the pulse of all that.

Why nothing is decided before the first listings are in: an operator that has not yet seen a pod would make
a second one.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Any

from whatsapp_operator.apply import Applier
from whatsapp_operator.caches import SERVICES, SESSIONS, Caches, Key
from whatsapp_operator.client import Client
from whatsapp_operator.configurator import Configurator
from whatsapp_operator.hub import Hub
from whatsapp_operator.metrics import LEADER, QUEUE_DEPTH, QUEUE_OLDEST, RECONCILES, WATCH_AGE
from whatsapp_operator.metrics import SESSIONS as SESSIONS_GAUGE
from whatsapp_operator.namespaces import namespace_key, service_in_step
from whatsapp_operator.reconciler import Reconciler
from whatsapp_operator.recorder import Recorder
from whatsapp_operator.rivals import Rivals
from whatsapp_operator.server import Pulse
from whatsapp_operator.settings import Settings
from whatsapp_operator.statuswriter import StatusWriter
from whatsapp_operator.streams import Streams
from whatsapp_operator.teller import Teller
from whatsapp_operator.watches import Watches
from whatsapp_operator.workqueue import WorkQueue

log = logging.getLogger(__name__)

BUGS = (RuntimeError, KeyError, TypeError, AttributeError)
"""Errors that are ours: logged with their traceback."""


class WatchesEnded(Exception):
    """kopf ended by itself: the process leaves and is started again."""


class Operator:
    """The active replica's work; it is the watches' sink."""

    def __init__(
        self,
        settings: Settings,
        client: Client,
        master: bytes,
        hub: Hub | None = None,
        *,
        now: Callable[[], datetime],
    ) -> None:
        self._settings, self._client, self._now = settings, client, now
        self._scopes: tuple[str | None, ...] = settings.namespaces or (None,)
        self._caches = Caches()
        self._queue: WorkQueue[Key] = WorkQueue(clock=time.monotonic)
        self._streams = Streams(changed=self._queue.add, unauthorized=self._on_unauthorized, now=now)
        self._rivals = Rivals()
        self._teller = Teller(changed=self._queue.add, unauthorized=self._on_unauthorized)
        recorder = Recorder(client, now=now)
        applier = Applier(client, self._caches, recorder, now=now)
        defaults = settings.defaults
        self._reconciler = Reconciler(
            caches=self._caches,
            streams=self._streams,
            writer=StatusWriter(client, self._caches, recorder, now=now),
            applier=applier,
            configurator=Configurator(
                client=client,
                applier=applier,
                teller=self._teller,
                defaults=defaults,
                master=master,
                hub=hub,
            ),
            defaults=defaults,
            rivals=self._rivals,
            now=now,
        )
        self._filled = asyncio.Event()
        self._failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._watches = Watches(settings.namespaces, self, asyncio.get_running_loop())

    async def run(self) -> None:
        """Work until cancelled; raises WatchesEnded."""
        LEADER.set(1)
        self._watches.start()
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._ended(), name="watches")
                tasks.create_task(self._resync(), name="resync")
                for number in range(self._settings.workers):
                    tasks.create_task(self._worker(), name=f"worker {number}")
        finally:
            LEADER.set(0)
            await self._streams.close()
            await self._teller.close()
            await self._watches.stop()

    def pulse(self) -> Pulse:
        """The vital signs, also when it has not begun yet."""
        ages: dict[str, float] = {}
        for (resource, _), heard in self._watches.heard.items():
            ages[resource] = max(ages.get(resource, 0.0), time.monotonic() - heard)
        return Pulse(
            active=True,
            filled=self._filled.is_set(),
            missing=() if self._filled.is_set() else tuple(self._caches.missing(self._scopes)),
            watch_ages=ages,
            queue_oldest=self._queue.oldest() if self._filled.is_set() else 0.0,
        )

    def gauges(self) -> None:
        """Bring the gauges up to date before a scrape."""
        QUEUE_DEPTH.set(self._queue.depth())
        pulse = self.pulse()
        QUEUE_OLDEST.set(pulse.queue_oldest)
        for resource, age in pulse.watch_ages.items():
            WATCH_AGE.labels(resource).set(age)
        states = Counter(
            body.get("status", {}).get("state", "")
            for key in self._caches[SESSIONS].sessions()
            for body in self._caches[SESSIONS].of(key)
        )
        SESSIONS_GAUGE.clear()
        for state, count in states.items():
            SESSIONS_GAUGE.labels(state or "NEW").set(count)

    # The watches' sink.

    def event(self, resource: str, kind: str | None, body: dict[str, Any]) -> None:
        """An object changed: look at its session."""
        key = self._caches.event(resource, kind, body)
        if key is not None:
            listed = kind is None
            self._queue.add(key, urgent=not listed)
            if resource == SESSIONS:
                take = self._rivals.drop if kind == "DELETED" else self._rivals.put
                for touched in take(body, key):
                    self._queue.add(touched, urgent=not listed)
            if resource == SESSIONS and kind != "MODIFIED":
                self._queue.add(namespace_key(key[0]), urgent=not listed)
        self._check_filled()

    def listed(self, resource: str, namespace: str | None, uids: set[str]) -> None:
        """A listing is complete: look at whatever vanished."""
        if resource == SESSIONS:
            for key in self._rivals.listed(namespace, uids):
                self._queue.add(key)
        for key in self._caches.listed(resource, namespace, uids):
            self._queue.add(key)
            self._queue.add(namespace_key(key[0]))
        self._check_filled()

    def ended(self, error: BaseException | None) -> None:
        """The watches are gone."""
        if not self._failed.done():
            failure = WatchesEnded(str(error) if error is not None else "the watches ended")
            self._failed.set_exception(failure)

    def _check_filled(self) -> None:
        if not self._filled.is_set() and self._caches.filled(self._scopes):
            log.info("the first listings are in: %d sessions", len(self._caches[SESSIONS].sessions()))
            self._filled.set()

    def _on_unauthorized(self, key: Key) -> None:
        self._reconciler.key_refused(key)
        self._queue.add(key)

    async def _ended(self) -> None:
        await self._failed

    async def _worker(self) -> None:
        await self._filled.wait()
        while True:
            key = await self._queue.get()
            started = time.monotonic()
            outcome = "error"
            try:
                again = await self._reconcile(key)
                self._queue.done(key)
                outcome = "ok"
                if again is not None:
                    self._queue.add_after(key, (again - self._now()).total_seconds())
            except Exception as error:
                pause = self._queue.failed(key)
                log.warning(
                    "not in step (%s: %s); trying again in %.1f s",
                    type(error).__name__,
                    error,
                    pause,
                    exc_info=log.isEnabledFor(logging.DEBUG) or isinstance(error, BUGS),
                    extra={"namespace": key[0], "session": key[1]},
                )
            finally:
                RECONCILES.labels(outcome).observe(time.monotonic() - started)

    async def _reconcile(self, key: Key) -> datetime | None:
        if key == namespace_key(key[0]):
            await service_in_step(self._client, self._caches, key[0])
            return None
        return await self._reconciler.session(key)

    async def _resync(self) -> None:
        await self._filled.wait()
        for space in self._caches[SERVICES].namespaces():
            self._queue.add(namespace_key(space), urgent=False)
        while True:
            await asyncio.sleep(self._settings.resync)
            sessions = self._caches[SESSIONS]
            for key in sessions.sessions():
                self._queue.add(key, urgent=False)
            for space in sessions.namespaces() | self._caches[SERVICES].namespaces():
                self._queue.add(namespace_key(space), urgent=False)
