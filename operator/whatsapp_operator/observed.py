"""What the operator sees of one session: plain data, read from its caches.

Why apart from Kubernetes' dicts: `decide` is tested as a table, and a row of these is short enough to read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from whatsapp_contracts.kubernetes import KIND
from whatsapp_contracts.sessions import SessionView
from whatsapp_operator import moments
from whatsapp_operator import names as n
from whatsapp_operator.configuration import Configuration
from whatsapp_operator.podstate import Trouble, trouble_of

Object = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Session:
    """The resource itself. `spec` is raw: only `decide` judges whether it can be read."""

    namespace: str
    name: str
    uid: str
    generation: int
    spec: Object
    status: Object = field(default_factory=dict)
    restart_asked: str | None = None
    paused: bool = False
    deleting: bool = False
    annotations: Object = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Pod:
    """A pod under the session's label. `trouble` is why it does not run, when it does not.

    `reads_config`: its settings name the Secret's configuration, so its next start reads what is there then.
    """

    name: str
    uid: str
    owner_uid: str | None
    owner_kind: str | None = None
    phase: str = "Pending"
    ip: str | None = None
    node: str | None = None
    image: str = ""
    started_at: str | None = None
    restarts: int = 0
    running: bool = False
    ready: bool = False
    terminating: bool = False
    restarted_at: str | None = None
    inputs: str | None = None
    reads_config: bool = False
    trouble: Trouble | None = None


@dataclass(frozen=True, kw_only=True)
class Claim:
    """The volume claim of the session's name. `ours`: it carries the session's label."""

    name: str
    uid: str
    ours: bool
    phase: str = "Pending"
    owner_uids: tuple[str, ...] = ()
    requested: str = ""
    terminating: bool = False


@dataclass(frozen=True, kw_only=True)
class Heard:
    """What the pod's event stream says. `silent_since` is when it broke, or when following began.

    `tells_config`: it tells its configuration's revision. Pods of 0.1.0 do not, and cannot be told one.
    """

    view: SessionView | None = None
    live: bool = False
    tells_config: bool = False
    silent_since: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Failures:
    """Pods in a row that ended for good. Kept in `status`, so that an operator restart forgets nothing."""

    count: int = 0
    last: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """What the cluster refused to do and until when it is not asked again; `what` is the action's name."""

    what: str
    reason: str
    message: str
    until: datetime


@dataclass(frozen=True, kw_only=True)
class Rival:
    """An older session that has what only one can have; `reason` is what this one is stalled by.

    `name` is empty when it is of another namespace: who reads this one need not know of it.
    """

    reason: str
    name: str


@dataclass(frozen=True, kw_only=True)
class Told:
    """What became of telling a pod this revision. `problem` empty: it was taken, or is on its way.

    `refused`: the pod said what is wrong with it. `unsupported`: it knows no such call.
    """

    revision: str
    problem: str = ""
    refused: bool = False
    unsupported: bool = False


@dataclass(frozen=True, kw_only=True)
class Observed:
    """Everything about one session at one moment."""

    pods: tuple[Pod, ...] = ()
    claim: Claim | None = None
    heard: Heard = field(default_factory=Heard)
    failures: Failures = field(default_factory=Failures)
    refusals: tuple[Refusal, ...] = ()
    configuration: Configuration | None = None
    told: Told | None = None
    keys: Object = field(default_factory=dict)
    secret_problem: str = ""
    stored: str = ""
    rival: Rival | None = None

    def owned(self, uid: str) -> tuple[Pod, ...]:
        """The pods that this very resource controls: the uid is the truth, the label an index."""
        return tuple(pod for pod in self.pods if pod.owner_uid == uid)

    def refused(self, what: str) -> Refusal | None:
        """The refusal of this action that still holds."""
        return next((refusal for refusal in self.refusals if refusal.what == what), None)


def session_of(body: Object) -> Session:
    """Read a WhatsAppSession."""
    metadata = body["metadata"]
    annotations = metadata.get("annotations") or {}
    return Session(
        namespace=metadata["namespace"],
        name=metadata["name"],
        uid=metadata["uid"],
        generation=metadata.get("generation", 0),
        spec=body.get("spec") or {},
        status=body.get("status") or {},
        restart_asked=annotations.get(n.ANNOTATION_RESTARTED_AT) or None,
        paused=annotations.get(n.ANNOTATION_PAUSED) == "true",
        deleting="deletionTimestamp" in metadata,
        annotations=annotations,
    )


def pod_of(body: Object) -> Pod:
    """Read a Pod."""
    metadata, spec, status = body["metadata"], body.get("spec") or {}, body.get("status") or {}
    annotations = metadata.get("annotations") or {}
    controller = _controller(metadata)
    containers = spec.get("containers") or [{}]
    seen: Object = next(iter(status.get("containerStatuses") or ()), {})
    running = (seen.get("state") or {}).get("running") or {}
    conditions = {each["type"]: each.get("status") for each in status.get("conditions") or ()}
    return Pod(
        name=metadata["name"],
        uid=metadata["uid"],
        owner_uid=controller.get("uid"),
        owner_kind=controller.get("kind"),
        phase=status.get("phase", "Pending"),
        ip=status.get("podIP") or None,
        node=spec.get("nodeName") or None,
        image=containers[0].get("image", ""),
        started_at=running.get("startedAt"),
        restarts=seen.get("restartCount", 0),
        running=bool(running),
        ready=conditions.get("Ready") == "True",
        terminating="deletionTimestamp" in metadata,
        restarted_at=annotations.get(n.ANNOTATION_RESTARTED_AT) or None,
        inputs=annotations.get(n.ANNOTATION_TEMPLATE),
        reads_config=any(each.get("name") == n.CONFIG_FILE for each in containers[0].get("env") or ()),
        trouble=trouble_of(body),
    )


def claim_of(body: Object, label: str) -> Claim:
    """Read a PersistentVolumeClaim; `label` is what a claim of this session carries."""
    metadata, status = body["metadata"], body.get("status") or {}
    requests = ((body.get("spec") or {}).get("resources") or {}).get("requests") or {}
    return Claim(
        name=metadata["name"],
        uid=metadata["uid"],
        ours=(metadata.get("labels") or {}).get(n.LABEL_SESSION) == label,
        phase=status.get("phase", "Pending"),
        owner_uids=tuple(
            each["uid"] for each in metadata.get("ownerReferences") or () if each.get("kind") == KIND
        ),
        requested=requests.get("storage", ""),
        terminating="deletionTimestamp" in metadata,
    )


def failures_of(status: Object) -> Failures:
    """Read `status.podFailures`."""
    record = status.get("podFailures") or {}
    return Failures(count=record.get("count", 0), last=moments.parse(record.get("lastTime")))


def _controller(metadata: Object) -> Object:
    references = metadata.get("ownerReferences") or ()
    return next((reference for reference in references if reference.get("controller")), {})
