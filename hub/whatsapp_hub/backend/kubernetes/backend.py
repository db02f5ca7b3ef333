"""The Backend over WhatsAppSession resources: written by server-side apply, heard by watches.

Why no pod is ever touched: the operator owns pods. Reading goes on from memory and rows while the API server
is away; writing says that it is.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import UTC, datetime

import aiohttp

from whatsapp_contracts import keys
from whatsapp_contracts.kubernetes import PLURAL
from whatsapp_contracts.states import State
from whatsapp_hub.backend.kubernetes import manifest, names, observed
from whatsapp_hub.backend.kubernetes.client import ApiError, Client, path
from whatsapp_hub.backend.kubernetes.memory import Memory
from whatsapp_hub.backend.kubernetes.observed import Facts
from whatsapp_hub.backend.kubernetes.refusals import refusal
from whatsapp_hub.backend.kubernetes.watch import Watch
from whatsapp_hub.backend.pod_client import PodClient
from whatsapp_hub.backend.protocol import CONNECTED, Answer, BackendError, Call, Owner, Seen, Wanted

NOT_RUNNING = "The session is not running now. Connect it, or try again in a moment."
NO_KEY = "The session does not take the hub's key yet. Try again in a moment."
EVERYWHERE = "*"
LOGIN_SECONDS = 8.0

Connect = Callable[[], Awaitable[Client]]


class Kubernetes:
    """The sessions of some namespaces. `namespace` is the hub's own; `namespaces` may be `("*",)`: all."""

    def __init__(
        self,
        *,
        namespace: str,
        namespaces: Sequence[str],
        master: bytes,
        connect: Connect = Client.connect,
    ) -> None:
        self._namespace = namespace
        self._watched: list[str | None] = [None] if EVERYWHERE in namespaces else list(namespaces)
        self._master = master
        self._connect = connect
        self._memory = Memory(self._watched)
        self._reopening: set[str] = set()
        self._client: Client | None = None
        self._http: aiohttp.ClientSession | None = None
        self._work: list[asyncio.Task[None]] = []

    def uid(self, owner: Owner, session_id: str) -> str:
        """`<namespace>/<name>`. Raises BackendError for a namespace that the hub does not watch."""
        namespace = owner.namespace or self._namespace
        if not self._memory.watches(namespace):
            raise BackendError(
                f"The hub does not watch the organization's namespace {namespace}. Add it to HUB_NAMESPACES."
            )
        return names.uid(namespace, names.resource_name(owner.slug, session_id))

    def callback_secrets(self, uid: str, key_version: int) -> Sequence[str]:
        """Of the present key version, and of the one before while the pod may not know the new one yet."""
        namespace, name = names.parts(uid)
        versions = [each for each in (key_version, key_version - 1) if each >= keys.KEY_VERSION]
        return tuple(
            keys.webhook_secret(self._master, namespace, name, keys.HUB_WEBHOOK, version=each)
            for each in versions
        )

    async def start(self, wanted: Sequence[Wanted]) -> None:
        """Begin to watch. Called again with the rows of then, everything is told anew.

        Raises NoCluster when no way to a cluster is configured; one that is away is waited for.
        """
        self._memory.expect([each.uid for each in wanted])
        if self._client is None:
            self._client = await self._connect()
            self._http = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
            for namespace in self._watched:
                watch = Watch(self._client, namespace, self._memory)
                self._work.append(asyncio.create_task(watch.run(), name=f"watch of {namespace}"))

    async def stop(self) -> None:
        """End the watches; sessions go on."""
        for task in self._work:
            task.cancel()
        await asyncio.gather(*self._work, return_exceptions=True)
        if self._http:
            await self._http.close()
        if self._client:
            await self._client.close()

    async def put(self, wanted: Wanted) -> None:
        """Write the resource, and the Secret of its receivers. Raises BackendError, Refused."""
        namespace, name = names.parts(wanted.uid)
        known = self._memory.facts(wanted.uid)
        async with self._asking("patch", PLURAL, namespace) as client:
            body = manifest.resource(wanted, self._memory.receivers(wanted.uid))
            made = await client.apply(path(PLURAL, namespace, name), body)
        secret = manifest.secret(wanted, str(made["metadata"]["uid"]))
        if secret:
            async with self._asking("patch", "secrets", namespace) as client:
                await client.apply(path("secrets", namespace, secret["metadata"]["name"]), secret)
        self._memory.add(wanted.uid)
        if wanted.operating_mode == CONNECTED and (known is None or known.mode != CONNECTED):
            self._reopening.add(wanted.uid)  # its pod begins the login by itself
        else:
            self._reopening.discard(wanted.uid)

    async def login(self, uid: str) -> None:
        """Begin the login where it has ended: in the pod, or in a new pod where that one cannot run."""
        facts = self._memory.facts(uid)
        if uid in self._reopening:
            self._reopening.discard(uid)
            return
        if facts is None or facts.mode != CONNECTED:
            return
        if facts.stalled and not facts.pod_ready:
            await self._restart(uid)
        elif facts.pod_ready and (facts.stalled or facts.state == State.DISCONNECTED):
            answer = await self._answered(uid, Call(method="POST", path="/session-manager/login"))
            if answer.status in (401, 403):
                raise BackendError(NO_KEY)
            if answer.status >= 500:
                raise BackendError(f"The session's login answered {answer.status}. Try again in a moment.")

    async def delete(self, wanted: Wanted) -> None:
        """Delete the resource; its volume follows its `retainPolicy`."""
        namespace, name = names.parts(wanted.uid)
        try:
            async with self._asking("delete", PLURAL, namespace, passing=404) as client:
                await client.delete(path(PLURAL, namespace, name))
        except ApiError:
            pass  # it is gone already
        self._memory.drop(wanted.uid)
        self._reopening.discard(wanted.uid)

    async def look(self, uid: str) -> Seen | None:
        """The resource as it is now; None: there is none."""
        namespace, name = names.parts(uid)
        if not self._memory.watches(namespace):
            raise BackendError(f"The hub does not watch the namespace {namespace}.")
        try:
            async with self._asking("get", PLURAL, namespace, passing=404) as client:
                return observed.seen(await client.get(path(PLURAL, namespace, name)))
        except ApiError:
            return None
        except (KeyError, TypeError, ValueError):
            raise BackendError(f"The resource {uid} cannot be read. Is its CRD of this release?") from None

    def seen(self) -> AsyncIterator[Seen]:
        """Every session as it changes; what changes twice before it is asked for is told once."""
        return self._memory.news()

    async def call(self, uid: str, call: Call) -> Answer:
        """Call the session's pod, with the key before the present one where it knows no other yet."""
        facts = self._memory.facts(uid)
        if facts is None or not facts.endpoint or self._http is None:
            raise BackendError(NOT_RUNNING)
        answer = await self._pod(uid, facts, facts.key_versions[0]).call(call)
        for version in facts.key_versions[1:]:
            if answer.status != 401:
                break
            answer = await self._pod(uid, facts, version).call(call)
        return answer

    async def _answered(self, uid: str, call: Call) -> Answer:
        """A call for which a row is held: the pod answers at once, or not now."""
        try:
            async with asyncio.timeout(LOGIN_SECONDS):
                return await self.call(uid, call)
        except TimeoutError:
            raise BackendError("The session does not answer now. Try again in a moment.") from None

    def _pod(self, uid: str, facts: Facts, version: int) -> PodClient:
        assert self._http
        key = keys.derive(self._master, *names.parts(uid), version=version)
        return PodClient(self._http, facts.endpoint, key)

    async def _restart(self, uid: str) -> None:
        """Ask the operator for a new pod, as `kubectl annotate` does."""
        namespace, name = names.parts(uid)
        moment = datetime.now(UTC).isoformat(timespec="seconds")
        async with self._asking("patch", PLURAL, namespace) as client:
            body = {"metadata": {"annotations": {names.RESTARTED_AT: moment}}}
            await client.merge(path(PLURAL, namespace, name), body)

    @contextlib.asynccontextmanager
    async def _asking(
        self, verb: str, kind: str, namespace: str, *, passing: int | None = None
    ) -> AsyncIterator[Client]:
        """The client; what it refuses is a BackendError, but for the status `passing`: ApiError."""
        if self._client is None:
            raise BackendError("The hub is just starting. Try again in a moment.")
        try:
            yield self._client
        except ApiError as error:
            if error.status == passing:
                raise
            raise refusal(error, f"{verb} {kind}", namespace) from error
