"""List and watch: what is there now, then every change, for ever.

Its life: a full list (in pages), then watches from its version on, until one breaks; then, after a pause, a
full list again, which also tells what vanished meanwhile. A watch that the server ends in time is just gone
on with. One that says nothing for longer than bookmarks take is broken.
"""

from __future__ import annotations

import asyncio
import logging
import random
from typing import Any, Protocol

from whatsapp_contracts.kubernetes import PLURAL
from whatsapp_hub.backend.kubernetes.client import ApiError, Client, path
from whatsapp_hub.backend.kubernetes.refusals import sentence

log = logging.getLogger(__name__)

PAGE = 500
WATCH_SECONDS = 300
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
GONE = 410

Object = dict[str, Any]


class Sink(Protocol):
    """Who is told."""

    def listed(self, namespace: str | None, bodies: list[Object]) -> None:
        """Everything that is there now."""

    def changed(self, body: Object) -> None:
        """An object as it is now."""

    def deleted(self, body: Object) -> None:
        """An object as it was last."""


class Broken(Exception):
    """The watch has to begin anew; the text says why."""


class Watch:
    """The resources of one namespace, or of the whole cluster (None)."""

    def __init__(self, client: Client, namespace: str | None, sink: Sink) -> None:
        self._client = client
        self._namespace = namespace
        self._where = path(PLURAL, namespace)
        self._sink = sink
        self._said = ""

    async def run(self) -> None:
        """For ever."""
        failures = 0
        while True:
            try:
                version = await self._list()
                self._say("")
                while True:
                    version = await self._follow(version)
                    failures = 0
            except ApiError as error:
                why = sentence(error, f"list and watch {PLURAL}", self._namespace or "(all of them)")
                self._say(f"{why} ({error.status}: {error.message[:200]})" if error.status != GONE else "")
            except Broken as error:
                self._say(str(error))
            failures += 1
            await asyncio.sleep(pause(failures, random.random()))  # noqa: S311 - no secret

    async def _list(self) -> str:
        """Everything to the sink; the version of the list."""
        bodies: list[Object] = []
        more = ""
        while True:
            query = {"limit": str(PAGE)} | ({"continue": more} if more else {})
            page = await self._client.get(self._where, query)
            bodies += page.get("items") or []
            more = (page.get("metadata") or {}).get("continue") or ""
            if not more:
                break
        self._sink.listed(self._namespace, bodies)
        return str(page["metadata"]["resourceVersion"])

    async def _follow(self, version: str) -> str:
        """Changes to the sink until the server ends the watch; the version to go on from."""
        query = {
            "resourceVersion": version,
            "allowWatchBookmarks": "true",
            "timeoutSeconds": str(WATCH_SECONDS),
        }
        async for event in self._client.watch(self._where, query):
            kind, body = event.get("type"), event.get("object") or {}
            if kind == "ERROR":
                code = int(body.get("code") or 0)
                raise ApiError(code, str(body.get("message") or "the watch broke"))
            try:
                version = str(body["metadata"]["resourceVersion"])
            except (KeyError, TypeError):
                raise Broken("the API server sent an event that is none; the watch begins anew") from None
            if kind == "DELETED":
                self._sink.deleted(body)
            elif kind in ("ADDED", "MODIFIED"):
                self._sink.changed(body)
        return version

    def _say(self, why: str) -> None:
        """Once a trouble, and once its end."""
        if why and why != self._said:
            log.warning("the watch of %s: %s", self._namespace or "all namespaces", why)
        elif self._said and not why:
            log.info("the watch of %s goes on", self._namespace or "all namespaces")
        self._said = why


def pause(failures: int, chance: float) -> float:
    """Seconds before the next try: longer and longer, half of it by chance (0 to 1). Pure."""
    whole = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(failures - 1, 10))
    return float(whole * (0.5 + chance / 2))
