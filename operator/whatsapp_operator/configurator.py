"""Keep what a session is told in step: read its Secrets, write its own Secret, have its running pod told.

Why before `decide`: the judgement of a session says what is in force and what is missing, so both must be
known. Why nothing in here can hold up a session: a Secret that cannot be written, or a pod that cannot be
told, is a fact for `status`, and is tried again later.
"""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from whatsapp_contracts.keys import derive
from whatsapp_operator import names as n
from whatsapp_operator.actions import EnsureSecret
from whatsapp_operator.apply import REFUSALS, Applier, explained, passing
from whatsapp_operator.caches import Key
from whatsapp_operator.client import ApiError, Client, path
from whatsapp_operator.configuration import Configuration, Facts, configure, referenced
from whatsapp_operator.hub import Hub
from whatsapp_operator.manifests import Wish
from whatsapp_operator.names import Names
from whatsapp_operator.observed import Observed, Pod, Session, Told
from whatsapp_operator.recorder import fields
from whatsapp_operator.rotation import Rotation, rotation
from whatsapp_operator.secretreader import Reading, SecretReader
from whatsapp_operator.spec import Spec
from whatsapp_operator.teller import Order, Teller
from whatsapp_operator.template import Defaults

log = logging.getLogger(__name__)

KEY_PATIENCE = timedelta(seconds=100)
"""A changed Secret takes up to 90 s to reach a running pod; until then its refusals say nothing new."""

REFUSED_AGAIN, FAILED_AGAIN = timedelta(minutes=1), timedelta(seconds=5)
"""When a Secret that could not be written is tried again: refused, or no answer."""

HUB_MARK = " and the hub's"
"""That a Secret has the hub's keys too, where no revision says it."""


@dataclass
class Memory:
    """What is known of a session's configuration beyond the cluster's objects."""

    reading: Reading = field(default_factory=Reading)
    document: Mapping[str, Any] | None = field(default=None, repr=False)
    stored: str = ""
    problem: str = ""
    retry: datetime | None = None
    key_refused: bool = False
    key_ensured: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """What the session's objects are made with, and what its pod is told.

    `api_keys` are what the operator calls the pod with; `hub_keys` are the hub's, which the pod takes too.
    """

    configuration: Configuration
    rotation: Rotation
    api_keys: tuple[str, ...] = field(repr=False)
    hub_keys: tuple[str, ...] = field(default=(), repr=False)
    again: datetime | None = None

    def mark(self, pod: Pod | None) -> str:
        """What the Secret holds, in a word: of a pod that reads no configuration the keys alone count.

        The hub's master is in the revision too, so only such a pod needs to be told that it has keys.
        """
        versions = ",".join(map(str, self.rotation.versions))
        if pod is None or pod.reads_config:
            return f"{self.configuration.revision}/{versions}"
        return f"/{versions}{HUB_MARK if self.hub_keys else ''}"


class Configurator:
    """One for all sessions."""

    def __init__(
        self,
        *,
        client: Client,
        applier: Applier,
        teller: Teller,
        defaults: Defaults,
        master: bytes,
        hub: Hub | None = None,
    ) -> None:
        self._client, self._applier, self._teller = client, applier, teller
        self._defaults, self._master, self._hub = defaults, master, hub
        self._reader = SecretReader(client)

    async def prepare(
        self, session: Session, spec: Spec, names: Names, memory: Memory, now: datetime
    ) -> Prepared:
        """Read what is referred to and make the document. Raises ApiError when the API server cannot say."""
        turned = rotation(spec.key_version, session.status, now, paused=session.paused)
        wishes = (session.generation, dict(session.annotations))
        wanted = referenced(spec) - {names.secret}  # its own Secret holds what it makes: no reference
        await self._reader.read(memory.reading, session.namespace, wanted, wishes, now)

        def made(before: Mapping[str, Any]) -> Configuration:
            facts = Facts(
                namespace=session.namespace,
                name=session.name,
                uid=session.uid,
                generation=session.generation,
                master=self._master,
                key_versions=turned.versions,
                references=memory.reading.found,
                before=before,
                hub=self._hub,
            )
            return configure(spec, self._defaults, facts)

        configuration = made(memory.document or {})
        if configuration.missing:
            self._reader.soon(memory.reading)
            if memory.document is None:
                configuration = made(await self._before(session, names))
        memory.document = configuration.document
        return Prepared(
            configuration=configuration,
            rotation=turned,
            api_keys=tuple(
                derive(self._master, session.namespace, session.name, version=version)
                for version in turned.versions
            ),
            hub_keys=self._hub.api_keys(session.namespace, session.name, turned.versions)
            if self._hub
            else (),
            again=min(filter(None, (turned.again, memory.reading.due)), default=None),
        )

    async def store(
        self, session: Session, wish: Wish, prepared: Prepared, pod: Pod | None, memory: Memory, now: datetime
    ) -> None:
        """Bring the Secret of a running session in step; what cannot be done is kept in `memory.problem`."""
        refused = memory.key_refused
        memory.key_refused = False
        if pod is None or pod.terminating or session.paused or session.deleting:
            return
        if refused and (memory.key_ensured is None or now - memory.key_ensured >= KEY_PATIENCE):
            memory.key_ensured = now
            log.warning("the pod refuses its key; its Secret is brought in step", extra=fields(session))
        elif self._in_step(session, prepared, pod, memory) or (
            memory.retry is not None and now < memory.retry
        ):
            return
        try:
            await self._applier.secret(session, wish)
        except ApiError as error:
            final = error.status in REFUSALS and not passing(error)
            memory.problem = explained(wish, EnsureSecret(), error)[1] if final else ""
            memory.retry = now + (REFUSED_AGAIN if final else FAILED_AGAIN)
            log.warning("the Secret could not be brought in step: %s", error, extra=fields(session))
            return
        memory.stored, memory.problem, memory.retry = prepared.mark(pod), "", None

    def stored(self, session: Session, memory: Memory) -> str:
        """The revision that the session's Secret holds, as far as is known."""
        revision = memory.stored.partition("/")[0] if memory.stored else ""
        return revision or str(session.status.get("storedRevision", ""))

    def made(self, prepared: Prepared, memory: Memory) -> None:
        """The Secret was written together with a new pod."""
        memory.stored, memory.problem, memory.retry = prepared.mark(None), "", None

    def tell(self, key: Key, session: Session, prepared: Prepared | None, seen: Observed) -> None:
        """Have the running pod told when it says that it has something else."""
        owned = seen.owned(session.uid)
        pod = owned[0] if len(owned) == 1 else None
        if pod is None or prepared is None or not pod.running or pod.terminating or session.deleting:
            self._teller.leave(key)
            return
        heard = seen.heard
        if not heard.live or heard.view is None or not heard.tells_config or not pod.ip or session.paused:
            return
        if heard.view.config_revision == prepared.configuration.revision:
            self._teller.heard(key)
            return
        self._teller.tell(
            key,
            Order(
                pod_uid=pod.uid,
                ip=pod.ip,
                api_keys=prepared.api_keys,
                revision=prepared.configuration.revision,
                document=prepared.configuration.document,
            ),
        )

    def told(self, key: Key, pod_uid: str) -> Told | None:
        """What became of telling this pod."""
        return self._teller.told(key, pod_uid)

    def leave(self, key: Key) -> None:
        """The session is gone."""
        self._teller.leave(key)

    def _in_step(self, session: Session, prepared: Prepared, pod: Pod, memory: Memory) -> bool:
        mark = prepared.mark(pod)
        if memory.stored:
            return memory.stored in (mark, prepared.mark(None))
        # An operator that has just started: status remembers what was stored.
        told = session.status.get("storedRevision", "")
        keys = session.status.get("keys") or {"version": 1}
        versions = ",".join(str(keys[each]) for each in ("version", "previous") if each in keys)
        return mark == (f"{told}/{versions}" if pod.reads_config else f"/{versions}")

    async def _before(self, session: Session, names: Names) -> Mapping[str, Any]:
        """What the session's Secret holds, when it is this very session's; an empty document when not."""
        try:
            body = await self._client.get(path("secrets", session.namespace, names.secret))
        except ApiError as error:
            if error.status not in (403, 404):
                raise
            return {}
        try:
            document = json.loads(base64.b64decode((body.get("data") or {}).get(n.CONFIG_JSON, "")))
        except ValueError:
            return {}
        return document if isinstance(document, dict) and document.get("owner") == session.uid else {}
