"""Decide what one session needs and what its status is: spec + observed → actions + status. No I/O.

`apply` obeys and chooses nothing; everything that decides is in here and in what this calls (`plan`,
`deletion`, `belief`, `status`), tested as tables without a cluster.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from whatsapp_contracts.states import Reason, State
from whatsapp_operator import verdict as v
from whatsapp_operator.actions import Action
from whatsapp_operator.belief import Belief, believe
from whatsapp_operator.names import Names
from whatsapp_operator.observed import Failures, Observed, Session
from whatsapp_operator.plan import plan
from whatsapp_operator.spec import OperatingMode, Spec, parse
from whatsapp_operator.status import compose
from whatsapp_operator.template import Defaults, differences, inputs_of


@dataclass(frozen=True, kw_only=True)
class Decision:
    """`status` None: leave it. `again`: judge anew at that time, although nothing may have happened."""

    actions: tuple[Action, ...] = ()
    status: dict[str, Any] | None = None
    failures: Failures
    again: datetime | None = None
    spec: Spec | None = None


def decide(session: Session, names: Names, defaults: Defaults, seen: Observed, now: datetime) -> Decision:
    """Judge one session. A resource that is being deleted needs nothing: Kubernetes ends its children."""
    if session.deleting:
        return Decision(failures=seen.failures)
    try:
        spec = parse(dict(session.spec))
    except ValidationError as error:
        return _unreadable(session, names, seen, error, now)
    drawn = plan(session, spec, names, seen, now)
    owned = seen.owned(session.uid)
    pod = owned[0] if len(owned) == 1 else None
    belief = Belief() if drawn.verdict else believe(pod, seen.heard, session.status, now)
    verdict = drawn.verdict or told(session, spec, belief, pod.name if pod else "")
    if seen.rival is not None and verdict.kind is not v.Kind.STALLED:
        verdict = v.rivalled(seen.rival)
    changes = differences(pod.inputs, inputs_of(spec, defaults)) if pod else []
    return Decision(
        actions=drawn.actions,
        status=compose(session, names, seen, belief, verdict, drawn.failures, changes, now),
        failures=drawn.failures,
        again=min(filter(None, (drawn.again, belief.again)), default=None),
        spec=spec,
    )


def told(session: Session, spec: Spec, belief: Belief, pod: str) -> v.Verdict:
    """The verdict on a running pod: what it says of itself."""
    view = belief.view
    if belief.silent_since is not None:
        return v.unheard(belief.silent_since.strftime("%Y-%m-%dT%H:%M:%SZ"), pod)
    if view is None:
        return v.STARTING
    if view.state is State.READY:
        return v.CONNECTED
    if view.state is State.QR_REQUIRED:
        waiting = v.pairing_required if view.pairing_code is not None else v.qr_required
        return waiting(session.namespace, session.name)
    if view.state is State.INIT:
        return v.INITIALIZING
    if view.reason is Reason.STOPPED and spec.operating_mode is OperatingMode.DISCONNECTED:
        return v.CLOSED
    return v.disconnected(view.reason, view.message)


def _unreadable(
    session: Session, names: Names, seen: Observed, error: ValidationError, now: datetime
) -> Decision:
    first = error.errors(include_url=False, include_input=False)[0]
    field = ".".join(str(part) for part in first["loc"])
    message = f"spec.{field}: {first['msg']}. Correct it; nothing is changed until then."
    verdict = v.stalled("InvalidSpec", message)
    status = compose(session, names, seen, Belief(), verdict, seen.failures, [], now)
    return Decision(status=status, failures=seen.failures)
