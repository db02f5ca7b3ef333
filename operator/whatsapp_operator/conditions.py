"""The conditions of a session, as kstatus, `kubectl wait`, Flux and Argo CD read them.

Why all eight always: a condition that comes and goes cannot be waited for. `Ready` is True only when the
session can send now, for the generation that was judged.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from whatsapp_contracts.states import Reason, State
from whatsapp_operator import moments
from whatsapp_operator.belief import Belief
from whatsapp_operator.observed import Observed, Pod
from whatsapp_operator.verdict import Kind, Verdict

Condition = dict[str, Any]

_LOGIN_GONE = (Reason.LOGGED_OUT, Reason.QR_EXPIRED, Reason.BANNED, Reason.PHONE_MISMATCH)


def condition(kind: str, status: bool | None, reason: str, message: str) -> Condition:
    """One condition; None is Unknown."""
    word = "Unknown" if status is None else str(status)
    return {"type": kind, "status": word, "reason": reason, "message": message}


def ready(verdict: Verdict) -> Condition:
    """Whether the session can send."""
    status = {Kind.FINE: True, Kind.UNKNOWN: None}.get(verdict.kind, False)
    return condition("Ready", status, verdict.reason, verdict.message)


def reconciling(verdict: Verdict, paused: bool) -> Condition:
    """Whether something is still on its way (kstatus: InProgress); waiting for the phone is that too."""
    if paused:
        return condition(
            "Reconciling",
            False,
            "Paused",
            "Paused: nothing is changed until the annotation whatsapp.leadmaster.dev/paused is removed.",
        )
    if verdict.kind is Kind.PROGRESS:
        return condition("Reconciling", True, verdict.reason, verdict.message)
    return condition("Reconciling", False, "Settled", "Nothing is on its way.")


def stalled(verdict: Verdict) -> Condition:
    """Whether a person is needed (kstatus: Failed)."""
    if verdict.kind is Kind.STALLED:
        return condition("Stalled", True, verdict.reason, verdict.message)
    return condition("Stalled", False, "NotStalled", "Nothing stands in the way.")


def storage_ready(seen: Observed, belief: Belief) -> Condition:
    """Whether the login's volume is there, and has room."""
    refusal = seen.refused("PatchClaim") or seen.refused("CreateClaim")
    claim = seen.claim
    if refusal:
        return condition("StorageReady", False, refusal.reason, refusal.message)
    if claim is None:
        return condition("StorageReady", False, "Missing", "There is no volume claim yet.")
    if not claim.ours:
        message = f"The claim {claim.name} belongs to something else."
        return condition("StorageReady", False, "ClaimForeign", message)
    if claim.terminating:
        return condition("StorageReady", False, "Terminating", f"The claim {claim.name} is being deleted.")
    if claim.phase != "Bound":
        return condition(
            "StorageReady",
            False,
            claim.phase,
            f"The claim {claim.name} has no volume yet: see `kubectl describe pvc {claim.name}`.",
        )
    if belief.view is not None and belief.view.storage_pressure:
        return condition(
            "StorageReady",
            False,
            "StoragePressure",
            f"The volume of the claim {claim.name} is nearly full: incoming media are not stored, and"
            " sends that must be remembered are refused; plain sends go on. Raise spec.storage.size where the"
            " storage class can grow a volume; look for a webhook whose receiver is away (GET /webhooks).",
        )
    return condition("StorageReady", True, "Bound", f"The claim {claim.name} has its volume.")


def pod_ready(pod: Pod | None) -> Condition:
    """Whether the pod's API answers."""
    if pod is None:
        return condition("PodReady", False, "NoPod", "There is no pod.")
    if pod.terminating:
        return condition("PodReady", False, "Terminating", f"The pod {pod.name} is ending.")
    if pod.trouble:
        return condition("PodReady", False, pod.trouble.reason, pod.trouble.message)
    if not pod.ready:
        return condition("PodReady", False, "NotReady", f"The API of the pod {pod.name} does not answer yet.")
    return condition("PodReady", True, "Ready", f"The API of the pod {pod.name} answers.")


def authenticated(belief: Belief) -> Condition:
    """Whether a phone is linked."""
    view = belief.view
    if view is None or belief.silent_since is not None:
        return condition("Authenticated", None, "NotHeard", "Only a running session knows its login.")
    if view.state is State.READY:
        return condition("Authenticated", True, "LoggedIn", "A phone is linked.")
    if view.state is State.QR_REQUIRED:
        return condition("Authenticated", False, "QRRequired", "No phone is linked: scan the QR.")
    if view.reason in _LOGIN_GONE:
        return condition("Authenticated", False, view.reason.value, "The login is no longer valid.")
    if view.account is not None:
        return condition("Authenticated", True, "LoggedIn", "A phone is linked.")
    return condition("Authenticated", None, "Initializing", "It is not known yet whether a login is there.")


def update_available(changes: list[str]) -> Condition:
    """Whether the next pod would be made of something else than the present one."""
    if not changes:
        return condition("UpdateAvailable", False, "UpToDate", "The next pod would be made of the same.")
    message = (
        f"{'; '.join(changes)}; takes effect in the next pod."
        " To have it now: set the annotation whatsapp.leadmaster.dev/restartedAt."
    )
    return condition("UpdateAvailable", True, "TemplateChanged", message)


def stamped(
    fresh: Iterable[Condition], before: Iterable[Mapping[str, Any]], generation: int, now: datetime
) -> list[Condition]:
    """Add observedGeneration, and lastTransitionTime that moves only when `status` changed."""
    old = {each.get("type"): each for each in before}
    stamped_conditions = []
    for each in fresh:
        known = old.get(each["type"])
        same = known is not None and known.get("status") == each["status"] and known.get("lastTransitionTime")
        since = known["lastTransitionTime"] if known is not None and same else moments.written(now)
        stamped_conditions.append({**each, "observedGeneration": generation, "lastTransitionTime": since})
    return stamped_conditions
