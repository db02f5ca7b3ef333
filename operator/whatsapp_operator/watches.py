"""The watches, by kopf in a thread of its own: every event is handed to the main loop, nothing else is done.

Why its own thread: `kopf.operator()` cancels tasks that it did not start when it stops. Why one seam into
kopf (`_Tap`, pinned version, held by a test): handlers never see the end of a listing nor a bookmark, and
without them nobody knows whether the first listing is in, which objects vanished while a watch was broken,
or whether a watch is silent.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import logging
import os
import threading
import time
from collections.abc import AsyncIterator, Callable
from typing import Any, Protocol

import kopf
from kopf._cogs.clients import errors, watching

from whatsapp_contracts.kubernetes import GROUP, PLURAL, VERSION
from whatsapp_operator.caches import CLAIMS, PODS, RESOURCES, SERVICES
from whatsapp_operator.names import APP_NAME, FIELD_MANAGER, LABEL_SESSION

log = logging.getLogger(__name__)

OURS = f"app.kubernetes.io/managed-by={FIELD_MANAGER},app.kubernetes.io/name={APP_NAME}"
SELECTORS = {PODS: LABEL_SESSION, CLAIMS: LABEL_SESSION, SERVICES: OURS}
"""So that other people's objects never fill the memory."""

Scope = tuple[str, str | None]
"""(resource, namespace); None is the whole cluster."""


class WatchFailed(Exception):
    """A watch ended with an error that does not pass by itself; the message says which and what to check."""


class Sink(Protocol):
    """Who is told, always in the main loop."""

    def event(self, resource: str, kind: str | None, body: dict[str, Any]) -> None:
        """An object as it is now; `kind` None (listed), ADDED, MODIFIED or DELETED."""

    def listed(self, resource: str, namespace: str | None, uids: set[str]) -> None:
        """A listing is complete."""

    def ended(self, error: BaseException | None) -> None:
        """The watches have ended; they never do by themselves unless something is badly wrong."""


class Watches:
    """`start` once, `stop` at the end. `heard` says when each watch last gave a sign of life."""

    def __init__(self, namespaces: tuple[str, ...], sink: Sink, loop: asyncio.AbstractEventLoop) -> None:
        self._namespaces = namespaces
        self._sink = sink
        self._loop = loop
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="kopf", daemon=True)
        started = time.monotonic()
        spaces: tuple[str | None, ...] = namespaces or (None,)
        self.heard: dict[Scope, float] = {(each, space): started for each in RESOURCES for space in spaces}

    def start(self) -> None:
        """Begin to list and watch."""
        self._thread.start()

    async def stop(self) -> None:
        """End the watches; bounded."""
        self._stop.set()
        await asyncio.to_thread(self._thread.join, 10)

    def _run(self) -> None:
        error: BaseException | None = None
        try:
            with tapped(self._on_heard, self._on_listed, self._on_failed):
                asyncio.run(self._operate())
        except BaseException as caught:
            error = caught
        self._tell(self._sink.ended, error)

    async def _operate(self) -> None:
        await kopf.operator(
            registry=self._registry(),
            settings=operator_settings(),
            standalone=True,
            clusterwide=not self._namespaces,
            namespaces=self._namespaces,
            stop_flag=self._stop,
        )

    def _registry(self) -> kopf.OperatorRegistry:
        registry = kopf.OperatorRegistry()
        kopf.on.login(registry=registry)(login)
        kopf.on.event(GROUP, VERSION, PLURAL, registry=registry, id=PLURAL)(self._handler(PLURAL))
        for resource in (PODS, CLAIMS, SERVICES):
            kopf.on.event("", "v1", resource, registry=registry, id=resource)(self._handler(resource))
        return registry

    def _handler(self, resource: str) -> Callable[..., Any]:
        async def on_event(*, event: dict[str, Any], **_: Any) -> None:
            body = dict(event["object"])
            body["metadata"] = {k: v for k, v in body["metadata"].items() if k != "managedFields"}
            self._tell(self._sink.event, resource, event["type"], body)

        return on_event

    def _on_heard(self, resource: str, namespace: str | None) -> None:
        self.heard[resource, namespace] = time.monotonic()

    def _on_listed(self, resource: str, namespace: str | None, uids: set[str]) -> None:
        self._tell(self._sink.listed, resource, namespace, uids)

    def _on_failed(self, resource: str, error: Exception) -> None:
        """kopf would now end slowly or hang: say so at once."""
        failure = WatchFailed(
            f"the watch of {resource} failed ({str(error.args[0] if error.args else error)[:300]});"
            f" is it served, and may the service account list and watch it? The chart's RBAC allows it"
        )
        self._tell(self._sink.ended, failure)

    def _tell(self, what: Callable[..., None], *arguments: Any) -> None:
        with contextlib.suppress(RuntimeError):  # the main loop has ended: nobody listens any more
            self._loop.call_soon_threadsafe(what, *arguments)


def operator_settings() -> kopf.OperatorSettings:
    """kopf for the watches alone: nothing written, nothing scanned, frozen watches noticed."""
    settings = kopf.OperatorSettings()
    settings.posting.enabled = False
    settings.scanning.disabled = True
    settings.process.ultimate_exiting_timeout = None
    settings.watching.inactivity_timeout = 70
    settings.watching.server_timeout = 300
    settings.watching.chunk_size = 500
    settings.networking.request_timeout = 30
    settings.networking.connect_timeout = 5
    settings.networking.error_backoffs = [0.5, 1, 2, 4, 8, 15, 30]
    for resource, selector in SELECTORS.items():
        settings.watching.label_selectors["", "v1", resource] = selector
    return settings


def login(**kwargs: Any) -> kopf.ConnectionInfo | None:
    """KUBECONFIG when set, else the pod's service account (by address: no DNS needed)."""
    if os.environ.get("KUBECONFIG"):
        return kopf.login_with_kubeconfig(**kwargs)
    info = kopf.login_with_service_account(**kwargs)
    host, port = os.environ.get("KUBERNETES_SERVICE_HOST"), os.environ.get("KUBERNETES_SERVICE_PORT")
    if info is None or not host:
        return info or kopf.login_with_kubeconfig(**kwargs)
    host = f"[{host}]" if ":" in host else host
    return dataclasses.replace(info, server=f"https://{host}:{port or 443}")


@contextlib.contextmanager
def tapped(
    heard: Callable[[str, str | None], None],
    listed: Callable[[str, str | None, set[str]], None],
    failed: Callable[[str, Exception], None],
) -> Any:
    """While inside, the three are called from kopf's thread for every watch."""
    original: Any = watching.continuous_watch

    async def continuous_watch(*, resource: Any, namespace: str | None, **more: Any) -> AsyncIterator[Any]:
        uids: set[str] = set()  # each call begins with a listing of its own
        stream = original(resource=resource, namespace=namespace, **more)
        try:
            async with contextlib.aclosing(stream):
                async for each in stream:
                    heard(resource.plural, namespace)
                    if each is watching.Bookmark.LISTED:
                        listed(resource.plural, namespace, uids)
                    elif each["type"] is None:
                        uids.add(each["object"]["metadata"]["uid"])
                    yield each
        except errors.APITooManyRequestsError:
            raise  # kopf goes on by itself
        except Exception as error:
            failed(resource.plural, error)
            raise

    watching.continuous_watch = continuous_watch
    try:
        yield
    finally:
        watching.continuous_watch = original
