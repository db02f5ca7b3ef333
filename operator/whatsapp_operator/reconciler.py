"""Bring one session in step: observe (own caches) → decide (pure) → apply (I/O) → at most one status write.

Why level-triggered: nothing here depends on which event came, so a lost or doubled event, or an operator
that was away for a day, changes nothing about the outcome.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from whatsapp_contracts.kubernetes import GROUP, KIND, VERSION
from whatsapp_operator.announcements import announcement
from whatsapp_operator.apply import Applier
from whatsapp_operator.caches import CLAIMS, PODS, SESSIONS, Caches, Key
from whatsapp_operator.client import ApiError, Client, path
from whatsapp_operator.decide import Decision, decide
from whatsapp_operator.keys import derive
from whatsapp_operator.manifests import Wish
from whatsapp_operator.metrics import STATUS_WRITES
from whatsapp_operator.names import Names, names_of
from whatsapp_operator.observed import (
    Failures,
    Observed,
    Refusal,
    Session,
    claim_of,
    failures_of,
    pod_of,
    session_of,
)
from whatsapp_operator.recorder import Recorder, fields
from whatsapp_operator.streams import Streams
from whatsapp_operator.template import Defaults

log = logging.getLogger(__name__)

ROUNDS = 5
"""Actions follow from actions (claim, its owner, Secret, pod); more rounds than this would be a loop."""

KEY_PATIENCE = timedelta(seconds=100)
"""A changed Secret takes up to 90 s to reach a running pod; until then its refusals say nothing new."""


@dataclass
class Memory:
    """What is known of a session beyond the cluster's objects."""

    uid: str
    failures: Failures
    refusals: dict[str, Refusal] = field(default_factory=dict)
    key_refused: bool = False
    key_ensured: datetime | None = None
    ready_pod: str = ""


class Reconciler:
    """One for all sessions; `session` is called by one worker per key at a time."""

    def __init__(
        self,
        *,
        client: Client,
        caches: Caches,
        streams: Streams,
        recorder: Recorder,
        applier: Applier,
        defaults: Defaults,
        master: bytes,
        now: Callable[[], datetime],
    ) -> None:
        self._client, self._caches, self._streams = client, caches, streams
        self._recorder, self._applier = recorder, applier
        self._defaults, self._master, self._now = defaults, master, now
        self._memories: dict[Key, Memory] = {}

    def key_refused(self, key: Key) -> None:
        """The pod does not accept its key: have its Secret brought in step."""
        if key in self._memories:
            self._memories[key].key_refused = True

    async def session(self, key: Key) -> datetime | None:
        """Bring the session of this key in step; returns when it wants to be looked at again."""
        bodies = self._caches[SESSIONS].of(key)
        if not bodies:
            self._streams.leave(key)
            self._memories.pop(key, None)
            return None
        session = session_of(max(bodies, key=lambda body: body["metadata"]["creationTimestamp"]))
        names = names_of(session.name, claim=session.status.get("claimName"))
        memory = self._memory(key, session)
        seen, decision = await self._rounds(key, session, names, memory)
        self._listen(key, session, memory, seen)
        await self._key(session, names, memory, decision)
        await self._write(session, decision)
        return decision.again

    async def _rounds(
        self, key: Key, session: Session, names: Names, memory: Memory
    ) -> tuple[Observed, Decision]:
        for _ in range(ROUNDS):
            seen = self._observe(key, session, names, memory)
            decision = decide(session, names, self._defaults, seen, self._now())
            if not decision.actions or decision.spec is None:
                memory.failures = decision.failures
                return seen, decision
            refusal = await self._applier.apply(
                session, self._wish(session, names, decision), decision.actions
            )
            if refusal is None:
                memory.failures = decision.failures
            else:
                memory.refusals[refusal.what] = refusal
        raise RuntimeError(f"{session.namespace}/{session.name}: {ROUNDS} rounds of actions and no end")

    def _observe(self, key: Key, session: Session, names: Names, memory: Memory) -> Observed:
        now = self._now()
        memory.refusals = {what: each for what, each in memory.refusals.items() if each.until > now}
        pods = tuple(pod_of(body) for body in self._caches[PODS].of(key))
        claims = [claim_of(body, names.label) for body in self._caches[CLAIMS].of(key)]
        owned = [pod for pod in pods if pod.owner_uid == session.uid]
        heard = self._streams.heard(key, owned[0].uid) if len(owned) == 1 else None
        extra = {"heard": heard} if heard is not None else {}
        return Observed(
            pods=pods,
            claim=next((claim for claim in claims if claim.name == names.claim), None),
            failures=memory.failures,
            refusals=tuple(memory.refusals.values()),
            **extra,
        )

    def _listen(self, key: Key, session: Session, memory: Memory, seen: Observed) -> None:
        owned = seen.owned(session.uid)
        if len(owned) != 1 or session.deleting:
            self._streams.leave(key)
            return
        pod = owned[0]
        if pod.ip and pod.running:
            api_key = derive(self._master, session.namespace, session.name)
            self._streams.follow(key, pod.uid, pod.ip, api_key)
        became_ready = pod.ready and memory.ready_pod != pod.uid
        memory.ready_pod = pod.uid if pod.ready else ""
        if became_ready and not seen.heard.live:
            self._streams.nudge(key)  # once: more often would undo the stream's backoff

    async def _key(self, session: Session, names: Names, memory: Memory, decision: Decision) -> None:
        """A running pod that refuses the key has another Secret than it should: bring it in step."""
        if not memory.key_refused or decision.spec is None or session.paused:
            return
        now = self._now()
        memory.key_refused = False
        if memory.key_ensured is not None and now - memory.key_ensured < KEY_PATIENCE:
            return
        memory.key_ensured = now
        log.warning("the pod refuses its key; its Secret is brought in step", extra=fields(session))
        try:
            await self._applier.secret(session, self._wish(session, names, decision))
        except ApiError as error:
            log.warning("the Secret could not be brought in step: %s", error, extra=fields(session))

    async def _write(self, session: Session, decision: Decision) -> None:
        if decision.status is None or decision.status == session.status:
            return
        body: dict[str, Any] = {
            "apiVersion": f"{GROUP}/{VERSION}",
            "kind": KIND,
            # The uid: a resource that was made anew under this name is another one.
            "metadata": {"name": session.name, "namespace": session.namespace, "uid": session.uid},
            "status": decision.status,
        }
        where = path(SESSIONS, session.namespace, session.name, "status")
        try:
            answer = await self._client.apply(where, body)
        except ApiError as error:
            if error.status in (404, 409):
                log.debug("the resource is gone or new: %s", error, extra=fields(session))
                return
            raise
        STATUS_WRITES.inc()
        answer["metadata"].pop("managedFields", None)
        self._caches[SESSIONS].put(answer)
        news = announcement(session.status, decision.status)
        if news is not None:
            await self._recorder.say(session, news.reason, news.message, warning=news.warning)

    def _memory(self, key: Key, session: Session) -> Memory:
        memory = self._memories.get(key)
        if memory is None or memory.uid != session.uid:
            memory = self._memories[key] = Memory(uid=session.uid, failures=failures_of(session.status))
        return memory

    def _wish(self, session: Session, names: Names, decision: Decision) -> Wish:
        assert decision.spec is not None
        return Wish(
            namespace=session.namespace,
            name=session.name,
            uid=session.uid,
            spec=decision.spec,
            names=names,
            defaults=self._defaults,
            restarted_at=session.restart_asked,
        )
