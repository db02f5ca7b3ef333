"""Tell running pods their configuration (contract A, `PUT /config`): one task per session, never in a worker.

Why a call beside the Secret: a mounted Secret takes up to 90 s to reach a running pod. Level-triggered: a
session is told for as long as what it says of itself (`configRevision`) is not what it should be, with
backoff, so that a pod that takes it and says otherwise costs two calls a minute and no more. Whoever does not
know the call (an older release) is asked once in the pod's life. What is told has secrets: never logged.
"""

from __future__ import annotations

import asyncio
import json
import logging
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from whatsapp_operator.caches import Key
from whatsapp_operator.metrics import CONFIG_CALLS
from whatsapp_operator.names import HTTP_PORT
from whatsapp_operator.observed import Told
from whatsapp_operator.streams import base_url

log = logging.getLogger(__name__)

TIMEOUT = aiohttp.ClientTimeout(total=20, sock_connect=5)
AT_ONCE = 32
FIRST_BACKOFF, MAX_BACKOFF = 0.5, 30.0
REFUSED_BACKOFF = 300.0
"""What a pod calls wrong it calls wrong again: only another pod or another configuration helps."""

RECENT = 60.0
"""A pod that has to be told again within this many seconds is told with the backoff it had."""

MAX_WORDS = 300
UNKNOWN_CALL = (404, 405, 501)
WRONG = (400, 413, 422)


@dataclass(frozen=True, kw_only=True)
class Order:
    """What to tell whom. `api_keys`: the newest first."""

    pod_uid: str
    ip: str
    api_keys: tuple[str, ...] = field(repr=False)
    revision: str
    document: Mapping[str, Any] = field(repr=False)

    def same(self, other: Order) -> bool:
        """Whether the other tells the same pod the same."""
        return (self.pod_uid, self.ip, self.revision) == (other.pod_uid, other.ip, other.revision)


@dataclass
class Telling:
    """One order being carried out. `settled`: the pod says that it has it; a call under way is not cut."""

    order: Order
    told: Told
    task: asyncio.Task[None] | None = None
    tries: int = 0
    last: float = 0.0
    settled: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def running(self) -> bool:
        return self.task is not None and not self.task.done() and not self.settled.is_set()


class Teller:
    """All that is being told. `changed` is called with the key when there is something new to say of it."""

    def __init__(
        self,
        *,
        changed: Callable[[Key], None],
        unauthorized: Callable[[Key], None],
        port: int = HTTP_PORT,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._changed, self._unauthorized = changed, unauthorized
        self._port, self._clock = port, clock
        self._tellings: dict[Key, Telling] = {}
        self._room = asyncio.Semaphore(AT_ONCE)
        self._http: aiohttp.ClientSession | None = None

    def tell(self, key: Key, order: Order) -> None:
        """Have the pod told, until `heard` or `leave`; safe to repeat."""
        known = self._tellings.get(key)
        if known is not None and known.order.same(order):
            known.order = order  # the keys may have changed
            if known.told.unsupported or known.running:
                return
        elif known is not None and known.told.unsupported and known.order.pod_uid == order.pod_uid:
            known.told = Told(revision=order.revision, problem=known.told.problem, unsupported=True)
            known.order = order
            return
        self._stop(known)
        telling = Telling(order=order, told=Told(revision=order.revision))
        if known is not None and known.order.same(order) and self._clock() - known.last < RECENT:
            telling.tries, telling.last = known.tries, known.last
        self._tellings[key] = telling
        telling.task = asyncio.create_task(self._run(key, telling), name=f"config {key[0]}/{key[1]}")

    def heard(self, key: Key) -> None:
        """The pod says that it has what it should: nothing more to tell for now."""
        known = self._tellings.get(key)
        if known is not None:
            known.settled.set()
            known.told = Told(revision=known.order.revision)

    def leave(self, key: Key) -> None:
        """Forget the session."""
        self._stop(self._tellings.pop(key, None))

    def told(self, key: Key, pod_uid: str) -> Told | None:
        """What became of telling this pod; None when it was never told anything."""
        known = self._tellings.get(key)
        return known.told if known is not None and known.order.pod_uid == pod_uid else None

    async def close(self) -> None:
        """End all tasks."""
        tasks = [each.task for each in self._tellings.values() if each.task is not None]
        self._tellings.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._http is not None:
            await self._http.close()

    def _stop(self, telling: Telling | None) -> None:
        if telling is not None and telling.task is not None:
            telling.task.cancel()
            telling.task = None

    async def _run(self, key: Key, telling: Telling) -> None:
        if telling.tries and await _settled(telling, backoff(telling.tries)):
            return
        while True:
            telling.tries += 1
            telling.last = self._clock()
            told = await self._once(key, telling.order)
            CONFIG_CALLS.labels(_word(told)).inc()
            if telling.settled.is_set():
                return
            news = told != telling.told
            telling.told = told
            if news:
                level = logging.WARNING if told.refused else logging.INFO
                what = "refuses" if told.refused else "could not be told"
                if told.problem:  # the pod's own words may repeat a number: status has them
                    log.log(level, "the pod %s its configuration", what, extra=_fields(key))
                self._changed(key)
            pause = REFUSED_BACKOFF if told.refused else backoff(telling.tries)
            if told.unsupported or await _settled(telling, pause):
                return

    async def _once(self, key: Key, order: Order) -> Told:
        try:
            async with self._room:
                for api_key in order.api_keys:
                    status, words = await self._put(order, api_key)
                    if status != 401:
                        break
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            return Told(revision=order.revision, problem=f"it does not answer ({type(error).__name__})")
        if status == 200:
            return Told(revision=order.revision)
        if status == 401:
            self._unauthorized(key)
            return Told(revision=order.revision, problem="it does not accept the operator's key yet")
        if status in UNKNOWN_CALL:
            return Told(revision=order.revision, problem=f"it answers {status}", unsupported=True)
        return Told(revision=order.revision, problem=words or f"it answers {status}", refused=status in WRONG)

    async def _put(self, order: Order, api_key: str) -> tuple[int, str]:
        if self._http is None:
            self._http = aiohttp.ClientSession(timeout=TIMEOUT, connector=aiohttp.TCPConnector(limit=0))
        async with self._http.put(
            f"{base_url(order.ip, self._port)}/config",
            params={"unknown": "ignore"},  # a pod that knows fewer fields than this release takes the rest
            json=dict(order.document),
            headers={"X-API-Key": api_key},
            allow_redirects=False,
        ) as answer:
            if answer.status == 200:
                return 200, ""
            raw = await answer.content.read(20_000)
            return answer.status, words_of(raw)


def words_of(raw: bytes) -> str:
    """The `message` of contract A's error, short and on one line; empty when there is none."""
    try:
        body = json.loads(raw)
    except ValueError:
        return ""
    message = body.get("message") if isinstance(body, dict) else None
    return " ".join(message.split())[:MAX_WORDS] if isinstance(message, str) else ""


def backoff(tries: int, jitter: Callable[[], float] = random.random) -> float:
    """Seconds until the pod is told again: doubling, with jitter."""
    pause = min(FIRST_BACKOFF * 2.0 ** min(tries - 1, 20), MAX_BACKOFF)
    return pause * (0.5 + jitter() / 2)


async def _settled(telling: Telling, seconds: float) -> bool:
    """Wait so long, or until there is nothing more to tell; whether that is so."""
    try:
        async with asyncio.timeout(seconds):
            await telling.settled.wait()
    except TimeoutError:
        return False
    return True


def _word(told: Told) -> str:
    if told.unsupported:
        return "unsupported"
    return "refused" if told.refused else "failed" if told.problem else "ok"


def _fields(key: Key) -> dict[str, str]:
    return {"namespace": key[0], "session": key[1]}
