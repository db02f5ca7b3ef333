"""Follow each pod's event stream (contract A, `GET /events?types=session.*`): a snapshot, then changes.

Why a task per pod uid: no polling, no finalizer, and a successor of the same name can never be taken for
its predecessor. Every event carries the whole view, so a stream that broke is simply followed again. A
stream without even a keepalive for 45 s is dead (the pod sends one every 15 s). While a pod's key is rotated
it may know the new one or only the old: both are tried, and a stream that is heard is never cut for a key.
"""

from __future__ import annotations

import asyncio
import json
import logging
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import aiohttp

from whatsapp_contracts.events import Event
from whatsapp_contracts.sessions import SessionView
from whatsapp_operator.caches import Key
from whatsapp_operator.metrics import STREAM_ERRORS, STREAMS
from whatsapp_operator.names import HTTP_PORT
from whatsapp_operator.observed import Heard
from whatsapp_operator.sse import Parser, ServerEvent

log = logging.getLogger(__name__)

SILENCE = 45.0
CONNECT_TIMEOUT = 5.0
FIRST_BACKOFF, MAX_BACKOFF = 0.2, 30.0
EAGER_BACKOFF, EAGER_TRIES = 0.5, 240
"""A pod that has never answered is starting: its QR shall show soon (two minutes at most)."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """One pod's stream."""

    pod_uid: str
    url: str


class Refused(Exception):
    """The pod answered something else than a stream; `reason` is the metric's label."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class Streams:
    """All followed pods. `changed` is called with the key when a view is new or a stream went silent."""

    def __init__(
        self,
        *,
        changed: Callable[[Key], None],
        unauthorized: Callable[[Key], None],
        now: Callable[[], datetime],
        port: int = HTTP_PORT,
        silence: float = SILENCE,
    ) -> None:
        self._silence = silence
        self._changed = changed
        self._unauthorized = unauthorized
        self._now = now
        self._port = port
        self._followed: dict[Key, tuple[Source, Follower, asyncio.Task[None]]] = {}
        self._http: aiohttp.ClientSession | None = None

    def follow(self, key: Key, pod_uid: str, ip: str, api_keys: tuple[str, ...]) -> None:
        """Follow this pod and no other for the session; safe to repeat. `api_keys`: the newest first."""
        source = Source(pod_uid=pod_uid, url=f"{base_url(ip, self._port)}/events")
        known = self._followed.get(key)
        if known is not None and known[0] == source:
            known[1].api_keys = api_keys
            return
        self.leave(key)
        if self._http is None:
            timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_TIMEOUT, sock_read=self._silence)
            connector = aiohttp.TCPConnector(limit=0)
            self._http = aiohttp.ClientSession(timeout=timeout, connector=connector)
        follower = Follower(key, source, api_keys, self._http, self._changed, self._unauthorized, self._now)
        task = asyncio.create_task(follower.run(), name=f"stream {key[0]}/{key[1]}")
        self._followed[key] = (source, follower, task)

    def leave(self, key: Key) -> None:
        """Stop following; what was heard is forgotten."""
        known = self._followed.pop(key, None)
        if known is not None:
            known[2].cancel()

    def nudge(self, key: Key) -> None:
        """The pod became ready: if it is not heard yet, try at once."""
        known = self._followed.get(key)
        if known is not None:
            known[1].nudged.set()

    def heard(self, key: Key, pod_uid: str) -> Heard:
        """What this pod said; nothing of another one."""
        known = self._followed.get(key)
        return known[1].heard if known is not None and known[0].pod_uid == pod_uid else Heard()

    async def close(self) -> None:
        """End all streams."""
        tasks = [task for _, _, task in self._followed.values()]
        self._followed.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._http is not None:
            await self._http.close()


class Follower:
    """One stream, followed for as long as the task lives."""

    def __init__(
        self,
        key: Key,
        source: Source,
        api_keys: tuple[str, ...],
        http: aiohttp.ClientSession,
        changed: Callable[[Key], None],
        unauthorized: Callable[[Key], None],
        now: Callable[[], datetime],
    ) -> None:
        self.heard = Heard(silent_since=now())
        self.nudged = asyncio.Event()
        self.api_keys = api_keys
        self._key, self._source, self._http = key, source, http
        self._changed, self._unauthorized, self._now = changed, unauthorized, now
        self._spoke = False
        self._refused: set[str] = set()

    async def run(self) -> None:
        """Connect, listen, and connect again, until cancelled."""
        tries = 0
        where = {"namespace": self._key[0], "session": self._key[1]}
        while True:
            self._spoke = False
            try:
                await self._listen()
                problem, reason = "the pod ended the stream", "ended"
            except Refused as error:
                problem, reason = str(error), error.reason
                if error.reason == "unauthorized":
                    if set(self.api_keys) - self._refused:
                        continue  # the pod may know the older key only
                    self._refused.clear()
                    self._unauthorized(self._key)
            except TimeoutError:
                problem, reason = "nothing was heard in time", "silent"
            except (aiohttp.ClientError, OSError, ValueError) as error:
                problem, reason = f"{type(error).__name__}", "broken"
            STREAM_ERRORS.labels(reason).inc()
            tries = 0 if self._spoke else tries + 1
            known = self.heard.view is not None
            log.log(
                logging.INFO if known and tries <= 1 else logging.DEBUG,
                "the event stream of the pod is not heard: %s; trying again",
                problem,
                extra=where,
            )
            self._lost()
            # A pod that answers is no starting one: no eagerness.
            await self._pause(backoff(tries, known or reason == "unauthorized"))

    async def _listen(self) -> None:
        api_key = next((key for key in self.api_keys if key not in self._refused), self.api_keys[0])
        headers = {"X-API-Key": api_key, "Accept": "text/event-stream"}
        async with self._http.get(
            self._source.url, params={"types": "session.*"}, headers=headers, allow_redirects=False
        ) as answer:
            if answer.status == 401:
                self._refused.add(api_key)
                raise Refused("unauthorized", "the pod does not accept the operator's key (401)")
            if answer.status != 200 or answer.content_type != "text/event-stream":
                raise Refused("refused", f"the pod answered {answer.status} {answer.content_type}")
            self._refused.clear()
            parser = Parser()
            try:
                async for raw in answer.content:
                    event = parser.line(raw.decode("utf-8", errors="replace").rstrip("\r\n"))
                    if event is not None:
                        self._take(event)
            finally:
                if self.heard.live:
                    STREAMS.dec()

    def _take(self, event: ServerEvent) -> None:
        """A view that cannot be read (a newer or broken pod) is reported and skipped: the last one holds."""
        if not event.type.startswith("session."):
            return
        try:
            data = Event.from_json(json.loads(event.data)).data
            view = SessionView.from_json(data)
        except (KeyError, ValueError, TypeError, AttributeError) as error:
            STREAM_ERRORS.labels("unreadable").inc()
            log.warning(
                "an event of the pod cannot be read (%s: %s); is the pod much newer than the operator?",
                type(error).__name__,
                str(error)[:100],
                extra={"namespace": self._key[0], "session": self._key[1]},
            )
            return
        self._spoke = True
        if not self.heard.live:
            STREAMS.inc()
        elif view == self.heard.view:
            return
        self.heard = Heard(view=view, live=True, tells_config="configRevision" in data)
        self._changed(self._key)

    def _lost(self) -> None:
        if self.heard.live:
            self.heard = Heard(view=self.heard.view, live=False, silent_since=self._now())
            self._changed(self._key)

    async def _pause(self, seconds: float) -> None:
        self.nudged.clear()
        try:
            async with asyncio.timeout(seconds):
                await self.nudged.wait()
        except TimeoutError:
            pass


def base_url(ip: str, port: int) -> str:
    """Where a pod's API is."""
    return f"http://[{ip}]:{port}" if ":" in ip else f"http://{ip}:{port}"


def backoff(tries: int, known: bool, jitter: Callable[[], float] = random.random) -> float:
    """Seconds until the next try: eager while a pod starts, else doubling with jitter."""
    if not known and tries <= EAGER_TRIES:
        return min(FIRST_BACKOFF * 2.0 ** max(tries - 1, 0), EAGER_BACKOFF)
    pause = min(FIRST_BACKOFF * 2.0 ** min(tries, 20), MAX_BACKOFF)
    return pause * (0.5 + jitter() / 2)
