"""One active replica: a `coordination.k8s.io/Lease`, held and renewed; whoever loses it leaves.

Why own: kopf's peering freezes everybody on equal priorities and needs resources of its own. The holder's
clock is never compared with ours: a lease is free when its record has not changed for its whole duration,
as seen here. Two leaders for a moment are harmless: creating a pod that exists is refused by name, and
every deletion names the pod's uid.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from whatsapp_operator.client import ApiError, Client, Object, path

log = logging.getLogger(__name__)

DURATION = 15.0
"""Seconds without a renewal after which another may take it."""

RENEW_EVERY = 4.0
GIVE_UP_AFTER = 10.0
"""Seconds without a successful renewal after which the holder leaves: well before another may start."""

TRY_EVERY = 2.0


class LeaseLost(Exception):
    """Another replica may be active: stop at once."""


class Lease:
    """`await acquire()`, then `await keep()` beside the work, `await release()` at the end."""

    def __init__(
        self,
        client: Client,
        *,
        namespace: str,
        name: str,
        identity: str,
        clock: Callable[[], float],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._client, self._namespace, self._name, self._identity = client, namespace, name, identity
        self._clock, self._now = clock, now
        self._seen: tuple[str, float] | None = None  # the record as last seen, and since when
        self._body: Object | None = None

    async def acquire(self, *, every: float = TRY_EVERY) -> None:
        """Wait until the lease is ours."""
        told = ""
        while True:
            try:
                if await self._try():
                    log.info("holding the lease %s/%s", self._namespace, self._name)
                    return
                holder = str(((self._body or {}).get("spec") or {}).get("holderIdentity"))
                if holder != told:
                    log.info("waiting: the lease %s/%s is held by %s", self._namespace, self._name, holder)
                    told = holder
            except ApiError as error:
                log.warning("the lease %s/%s cannot be read: %s", self._namespace, self._name, error)
            await asyncio.sleep(every)

    async def keep(self, *, every: float = RENEW_EVERY, give_up_after: float = GIVE_UP_AFTER) -> None:
        """Renew for ever; raises LeaseLost."""
        renewed = self._clock()
        while True:
            await asyncio.sleep(every)
            try:
                async with asyncio.timeout(max(give_up_after - (self._clock() - renewed), 0.1)):
                    await self._renew()
                renewed = self._clock()
            except (ApiError, TimeoutError) as error:
                if self._clock() - renewed >= give_up_after:
                    raise LeaseLost("the lease could not be renewed in time") from error

    async def release(self) -> None:
        """Hand it over at once; best effort."""
        if self._body is None or self._body["spec"].get("holderIdentity") != self._identity:
            return
        try:
            spec = {**self._body["spec"], "holderIdentity": "", "leaseDurationSeconds": 1}
            await self._client.replace(self._where(), {**self._body, "spec": spec})
        except ApiError as error:
            log.debug("the lease was not released: %s", error)

    async def _try(self) -> bool:
        try:
            found = await self._client.get(self._where())
        except ApiError as error:
            if error.status != 404:
                raise
            body = {
                "apiVersion": "coordination.k8s.io/v1",
                "kind": "Lease",
                "metadata": {"name": self._name, "namespace": self._namespace},
                "spec": self._record(transitions=0),
            }
            return await self._put(lambda: self._client.create(path("leases", self._namespace), body))
        spec = found.get("spec") or {}
        self._body = found
        holder = spec.get("holderIdentity")
        if holder and holder != self._identity and not self._expired(found, spec):
            return False
        renewed = {**found, "spec": self._record(transitions=spec.get("leaseTransitions", 0) + 1)}
        return await self._put(lambda: self._client.replace(self._where(), renewed))

    async def _put(self, write: Callable[[], Any]) -> bool:
        try:
            self._body = await write()
        except ApiError as error:
            if error.status == 409:
                return False  # another was quicker
            raise
        return True

    def _expired(self, found: Object, spec: Object) -> bool:
        version = found["metadata"]["resourceVersion"]
        if self._seen is None or self._seen[0] != version:
            self._seen = (version, self._clock())
            return False
        return self._clock() - self._seen[1] > float(spec.get("leaseDurationSeconds") or DURATION)

    async def _renew(self) -> None:
        assert self._body is not None
        body = {**self._body, "spec": {**self._body["spec"], "renewTime": self._time()}}
        try:
            self._body = await self._client.replace(self._where(), body)
        except ApiError as error:
            if error.status not in (404, 409):
                raise
            found = await self._client.get(self._where())
            if (found.get("spec") or {}).get("holderIdentity") != self._identity:
                raise LeaseLost("another replica holds the lease") from error
            self._body = found

    def _record(self, *, transitions: int) -> Object:
        return {
            "holderIdentity": self._identity,
            "leaseDurationSeconds": int(DURATION),
            "acquireTime": self._time(),
            "renewTime": self._time(),
            "leaseTransitions": transitions,
        }

    def _time(self) -> str:
        return self._now().strftime("%Y-%m-%dT%H:%M:%S.%fZ")

    def _where(self) -> str:
        return path("leases", self._namespace, self._name)
