"""Bring one session in step: observe (own caches) → decide (pure) → apply (I/O) → at most one status write.

Why level-triggered: nothing here depends on which event came, so a lost or doubled event, or an operator
that was away for a day, changes nothing about the outcome.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import ValidationError

from whatsapp_contracts.states import State
from whatsapp_operator.actions import EnsureSecret
from whatsapp_operator.apply import Applier
from whatsapp_operator.caches import CLAIMS, PODS, SESSIONS, Caches, Key
from whatsapp_operator.configurator import Configurator, Prepared
from whatsapp_operator.configurator import Memory as Told
from whatsapp_operator.decide import Decision, decide
from whatsapp_operator.manifests import Wish
from whatsapp_operator.names import Names, names_of
from whatsapp_operator.observed import (
    Failures,
    Heard,
    Observed,
    Refusal,
    Rival,
    Session,
    claim_of,
    failures_of,
    pod_of,
    session_of,
)
from whatsapp_operator.rivals import Rivals
from whatsapp_operator.spec import Spec, parse
from whatsapp_operator.statuswriter import StatusWriter
from whatsapp_operator.streams import Streams
from whatsapp_operator.template import Defaults

log = logging.getLogger(__name__)

ROUNDS = 5
"""Actions follow from actions (claim, its owner, Secret, pod); more rounds than this would be a loop."""


@dataclass
class Memory:
    """What is known of a session beyond the cluster's objects."""

    uid: str
    failures: Failures
    refusals: dict[str, Refusal] = field(default_factory=dict)
    told: Told = field(default_factory=Told)
    ready_pod: str = ""


class Reconciler:
    """One for all sessions; `session` is called by one worker per key at a time."""

    def __init__(
        self,
        *,
        caches: Caches,
        streams: Streams,
        writer: StatusWriter,
        applier: Applier,
        configurator: Configurator,
        defaults: Defaults,
        rivals: Rivals,
        now: Callable[[], datetime],
    ) -> None:
        self._caches, self._streams, self._writer = caches, streams, writer
        self._applier, self._configurator = applier, configurator
        self._defaults, self._rivals, self._now = defaults, rivals, now
        self._memories: dict[Key, Memory] = {}

    def key_refused(self, key: Key) -> None:
        """The pod does not accept its key: have its Secret brought in step."""
        if key in self._memories:
            self._memories[key].told.key_refused = True

    async def session(self, key: Key) -> datetime | None:
        """Bring the session of this key in step; returns when it wants to be looked at again."""
        bodies = self._caches[SESSIONS].of(key)
        if not bodies:
            self._streams.leave(key)
            self._configurator.leave(key)
            self._memories.pop(key, None)
            return None
        session = session_of(max(bodies, key=lambda body: body["metadata"]["creationTimestamp"]))
        names = names_of(session.name, claim=session.status.get("claimName"))
        memory = self._memory(key, session)
        prepared = await self._prepare(key, session, names, memory)
        seen, decision = await self._rounds(key, session, names, memory, prepared)
        self._listen(key, session, memory, seen, prepared)
        self._configurator.tell(key, session, prepared, seen)
        if decision.status is not None:
            await self._writer.write(session, decision.status)
        again = (decision.again, prepared.again if prepared else None, memory.told.retry)
        return min(filter(None, again), default=None)

    async def _prepare(self, key: Key, session: Session, names: Names, memory: Memory) -> Prepared | None:
        """What the session is to be told, stored in its Secret; None when its spec cannot be read."""
        if session.deleting:
            return None
        try:
            spec = parse(dict(session.spec))
        except ValidationError:
            return None  # `decide` says so
        now = self._now()
        prepared = await self._configurator.prepare(session, spec, names, memory.told, now)
        owned = self._observe(key, session, names, memory, prepared).owned(session.uid)
        pod = owned[0] if len(owned) == 1 else None
        wish = self._wish(session, names, spec, prepared)
        await self._configurator.store(session, wish, prepared, pod, memory.told, now)
        return prepared

    async def _rounds(
        self, key: Key, session: Session, names: Names, memory: Memory, prepared: Prepared | None
    ) -> tuple[Observed, Decision]:
        for _ in range(ROUNDS):
            seen = self._observe(key, session, names, memory, prepared)
            decision = decide(session, names, self._defaults, seen, self._now())
            if not decision.actions or decision.spec is None or prepared is None:
                memory.failures = decision.failures
                return seen, decision
            wish = self._wish(session, names, decision.spec, prepared)
            refusal = await self._applier.apply(session, wish, decision.actions)
            if refusal is None:
                memory.failures = decision.failures
                if EnsureSecret() in decision.actions:
                    self._configurator.made(prepared, memory.told)
            else:
                memory.refusals[refusal.what] = refusal
        raise RuntimeError(f"{session.namespace}/{session.name}: {ROUNDS} rounds of actions and no end")

    def _observe(
        self, key: Key, session: Session, names: Names, memory: Memory, prepared: Prepared | None
    ) -> Observed:
        now = self._now()
        memory.refusals = {what: each for what, each in memory.refusals.items() if each.until > now}
        pods = tuple(pod_of(body) for body in self._caches[PODS].of(key))
        claims = [claim_of(body, names.label) for body in self._caches[CLAIMS].of(key)]
        owned = [pod for pod in pods if pod.owner_uid == session.uid]
        one = owned[0] if len(owned) == 1 else None
        heard = self._streams.heard(key, one.uid) if one else Heard()
        return Observed(
            pods=pods,
            claim=next((claim for claim in claims if claim.name == names.claim), None),
            failures=memory.failures,
            refusals=tuple(memory.refusals.values()),
            configuration=prepared.configuration if prepared else None,
            rival=self._rival(key, session, heard),
            heard=heard,
            told=self._configurator.told(key, one.uid) if one else None,
            keys=prepared.rotation.record if prepared and memory.told.retry is None else {},
            secret_problem=memory.told.problem,
            stored=self._configurator.stored(session, memory.told),
        )

    def _rival(self, key: Key, session: Session, heard: Heard) -> Rival | None:
        """An older session with the same number or sessionId."""
        view = heard.view if heard.live else None
        phone = view.account.phone if view and view.account and view.state is State.READY else ""
        body = next(each for each in self._caches[SESSIONS].of(key) if each["metadata"]["uid"] == session.uid)
        return self._rivals.rival(body, key, phone if view else None)

    def _listen(
        self, key: Key, session: Session, memory: Memory, seen: Observed, prepared: Prepared | None
    ) -> None:
        owned = seen.owned(session.uid)
        if len(owned) != 1 or session.deleting:
            self._streams.leave(key)
            return
        pod = owned[0]
        if pod.ip and pod.running and prepared is not None:
            self._streams.follow(key, pod.uid, pod.ip, prepared.api_keys)
        became_ready = pod.ready and memory.ready_pod != pod.uid
        memory.ready_pod = pod.uid if pod.ready else ""
        if became_ready and not seen.heard.live:
            self._streams.nudge(key)  # once: more often would undo the stream's backoff

    def _memory(self, key: Key, session: Session) -> Memory:
        memory = self._memories.get(key)
        if memory is None or memory.uid != session.uid:
            memory = self._memories[key] = Memory(uid=session.uid, failures=failures_of(session.status))
        return memory

    def _wish(self, session: Session, names: Names, spec: Spec, prepared: Prepared) -> Wish:
        return Wish(
            namespace=session.namespace,
            name=session.name,
            uid=session.uid,
            spec=spec,
            names=names,
            defaults=self._defaults,
            restarted_at=session.restart_asked,
            api_keys=prepared.api_keys + prepared.hub_keys,
            configuration=prepared.configuration,
        )
