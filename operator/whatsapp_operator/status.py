"""The whole `status` of a session from what was seen and judged; no I/O, no clock.

Why whole: it is applied whole, so what is left out disappears (a QR that was scanned, the pod that is gone).
The same facts give the same bytes, so a quiet session costs no write.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from whatsapp_contracts.sessions import SessionView
from whatsapp_contracts.states import Reason, State
from whatsapp_operator import conditions as c
from whatsapp_operator import moments
from whatsapp_operator import names as n
from whatsapp_operator.belief import Belief
from whatsapp_operator.configured import configured, in_force
from whatsapp_operator.names import Names
from whatsapp_operator.observed import Failures, Observed, Pod, Session
from whatsapp_operator.verdict import INTRODUCED, Kind, Verdict

ACTIVITY_STEP = timedelta(minutes=5)
"""`lastActivity` alone is written this often at most."""

_IDENTITY = ("phone", "pushName", "platform", "whatsappUserId")
_FORGETS = (Reason.LOGGED_OUT, Reason.QR_EXPIRED)

Status = dict[str, Any]


def compose(
    session: Session,
    names: Names,
    seen: Observed,
    belief: Belief,
    verdict: Verdict,
    failures: Failures,
    changes: list[str],
    now: datetime,
) -> Status:
    """All fields of `status`, none of them null."""
    owned = seen.owned(session.uid)
    pod = owned[0] if len(owned) == 1 else None
    state = state_of(belief, verdict)
    status: Status = {
        "observedGeneration": session.generation,
        "state": state.value,
        "reason": verdict.reason if verdict.reason not in INTRODUCED else "",
        "message": verdict.message,
        **identity(belief.view, session.status),
        **connection(belief, session.status),
        "configuration": configuration(seen, session.status),
        "storedRevision": seen.stored,
        "keys": dict(seen.keys) or session.status.get("keys"),
        "pod": pod_status(pod) if pod else {},
        "podFailures": failures_status(failures),
        "endpoint": n.endpoint(names, session.namespace),
        "claimName": names.claim,
        "secretName": names.secret,
        "serviceName": names.service,
        "selector": f"{n.LABEL_SESSION}={names.label}",
        "immutableReplicas": len(owned),
        "conditions": c.stamped(
            [
                c.ready(verdict),
                c.reconciling(verdict, session.paused),
                c.stalled(verdict),
                c.storage_ready(seen, belief),
                c.pod_ready(pod),
                c.authenticated(belief),
                c.condition("Configured", *configured(session, seen, belief)),
                c.update_available(changes),
            ],
            session.status.get("conditions") or (),
            session.generation,
            now,
        ),
    }
    return {key: value for key, value in status.items() if value not in (None, "", {})}


def state_of(belief: Belief, verdict: Verdict) -> State:
    """One of the four states, also when there is no pod to ask."""
    if belief.view is not None:
        return belief.view.state
    return State.DISCONNECTED if verdict.kind in (Kind.IDLE, Kind.STALLED) else State.INIT


def identity(view: SessionView | None, before: Mapping[str, Any]) -> Status:
    """Who is logged in; remembered while the session is not running, forgotten with the login."""
    if view is not None and view.account is not None:
        account = view.account
        return {
            "phone": account.phone,
            "pushName": account.push_name,
            "platform": account.platform,
            "whatsappUserId": account.whatsapp_user_id,
        }
    if view is not None and (view.state is State.QR_REQUIRED or view.reason in _FORGETS):
        return {}
    return {key: before[key] for key in _IDENTITY if key in before}


def connection(belief: Belief, before: Mapping[str, Any]) -> Status:
    """QR or code, since when it is connected, last activity. A silent pod's QR is not shown: it ran out."""
    view = belief.view
    fields: Status = {"lastActivity": before.get("lastActivity")}
    if view is None:
        return fields
    fields["lastActivity"] = activity(view.last_activity, before.get("lastActivity"))
    if belief.silent_since is not None:
        return fields
    if view.state is State.READY and moments.parse(view.connected_since):
        fields["connectedSince"] = view.connected_since
    if view.state is State.QR_REQUIRED and view.qr is not None and moments.parse(view.qr.expires_at):
        qr = view.qr
        fields["qr"] = {"code": qr.code, "expiresAt": qr.expires_at, "attempt": qr.attempt}
    code = view.pairing_code
    if view.state is State.QR_REQUIRED and code is not None and moments.parse(code.expires_at):
        fields["pairingCode"] = {"code": code.code, "expiresAt": code.expires_at}
    return fields


def configuration(seen: Observed, before: Mapping[str, Any]) -> Status | None:
    """What the pod was told last and has taken; it stays while there is nothing newer."""
    if seen.configuration is None or not in_force(seen):
        return before.get("configuration")
    return {"revision": seen.configuration.revision, **seen.configuration.shown}


def activity(told: str | None, before: str | None) -> str | None:
    """The later of the two, unless the step is not worth a write."""
    new, old = moments.parse(told), moments.parse(before)
    if new is None or (old is not None and new - old < ACTIVITY_STEP):
        return before
    return told


def pod_status(pod: Pod) -> Status:
    """`status.pod`."""
    fields: Status = {
        "name": pod.name,
        "uid": pod.uid,
        "node": pod.node,
        "image": pod.image,
        "startedAt": pod.started_at,
        "restarts": pod.restarts,
    }
    return {key: value for key, value in fields.items() if value not in (None, "")}


def failures_status(failures: Failures) -> Status:
    """`status.podFailures`, left out when nothing failed."""
    if not failures.count or failures.last is None:
        return {}
    return {"count": failures.count, "lastTime": moments.written(failures.last)}
