"""What one session's objects need, by the rules of a session pod's life; no I/O.

1. Never two pods on one login: a pod is made only when no other is left, not even one that is ending.
2. A pod is never compared with what it would be made of today.
3. A pod is deleted only for the reasons in `deletion`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from whatsapp_contracts.kubernetes import KIND
from whatsapp_operator.actions import (
    Action,
    CreateClaim,
    CreatePod,
    DeletePod,
    DeleteReason,
    EnsureSecret,
    PatchClaim,
)
from whatsapp_operator.deletion import FAILURE_WINDOW, MAX_FAILURES, deletion, recent, retry_at
from whatsapp_operator.names import LABEL_SESSION, Names
from whatsapp_operator.observed import Claim, Failures, Observed, Pod, Session
from whatsapp_operator.quantities import amount
from whatsapp_operator.spec import OperatingMode, RetainPolicy, Spec
from whatsapp_operator.verdict import PAUSED, SUSPENDED, Verdict, progress, stalled


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What to do now. `verdict` None: the pod runs, and its own words count. `again`: judge anew then."""

    actions: tuple[Action, ...] = ()
    verdict: Verdict | None = None
    failures: Failures
    again: datetime | None = None


def plan(session: Session, spec: Spec, names: Names, seen: Observed, now: datetime) -> Plan:
    """The actions for this session; none when paused."""
    owned = seen.owned(session.uid)
    if len(owned) > 1:
        pods = ", ".join(sorted(pod.name for pod in owned))
        verdict = stalled(
            "TwoPods",
            f"Two pods belong to this session: {pods}. Nothing is done until one is left:"
            " delete the one that is not connected with `kubectl delete pod`.",
        )
        return Plan(verdict=verdict, failures=seen.failures)
    drawn = with_pod(session, spec, owned[0], seen, now) if owned else without_pod(session, spec, names, seen)
    if session.paused:
        return replace(drawn, actions=(), verdict=PAUSED if drawn.actions else drawn.verdict)
    return replace(drawn, actions=(*claim_upkeep(session, spec, seen), *drawn.actions))


def with_pod(session: Session, spec: Spec, pod: Pod, seen: Observed, now: datetime) -> Plan:
    """There is one pod: it stays, unless a reason to delete it exists."""
    failures = seen.failures if recent(seen.failures, now).count or not pod.running else Failures()
    if pod.terminating:
        return Plan(verdict=ending(f"The pod {pod.name} is ending."), failures=failures)
    delete = None if session.paused else deletion(session, spec, pod, seen.failures, now)
    if delete:
        return Plan(
            actions=(delete,),
            verdict=ending(f"The pod {pod.name} is ending: {delete.because}."),
            failures=after(delete, seen.failures, now),
        )
    if pod.trouble and pod.trouble.final:
        due = retry_at(seen.failures, now)
        if due is None:
            verdict = stalled(
                "PodFailed",
                f"{pod.trouble.message} It was the {MAX_FAILURES + 1}th in a row, so no new one is made."
                " Repair the cause, then set the annotation whatsapp.leadmaster.dev/restartedAt.",
            )
            return Plan(verdict=verdict, failures=failures)
        verdict = progress("PodFailed", f"{pod.trouble.message} A new pod is made after a pause.")
        return Plan(verdict=verdict, failures=failures, again=due)
    if seen.claim is None and pod.node is None and not session.paused:
        # Nothing mounts a volume yet, so the claim could be deleted: without one the pod waits for ever.
        refusal = seen.refused(CreateClaim.__name__)
        if refusal:
            verdict = stalled(refusal.reason, refusal.message)
            return Plan(verdict=verdict, failures=failures, again=refusal.until)
        verdict = progress("Creating", f"The pod {pod.name} waits for a new volume claim.")
        return Plan(actions=(CreateClaim(),), verdict=verdict, failures=failures)
    if pod.trouble:
        judge = stalled if pod.trouble.bad else progress
        return Plan(verdict=judge(pod.trouble.reason, pod.trouble.message), failures=failures)
    forget = failures.last + FAILURE_WINDOW if failures.last is not None and pod.running else None
    return Plan(failures=failures, again=forget)


def without_pod(session: Session, spec: Spec, names: Names, seen: Observed) -> Plan:
    """There is no pod of this resource: make one when it is wanted and nothing stands in the way."""

    def wait(verdict: Verdict, again: datetime | None = None) -> Plan:
        return Plan(verdict=verdict, failures=seen.failures, again=again)

    if spec.operating_mode is OperatingMode.SUSPENDED:
        return wait(SUSPENDED)
    obstacle = other_pod(seen) or claim_obstacle(session, seen.claim, names)
    if obstacle:
        return wait(obstacle)
    actions: tuple[Action, ...] = (EnsureSecret(), CreatePod())
    if seen.claim is None:
        actions = (CreateClaim(), *actions)
    for action in actions:
        refusal = seen.refused(type(action).__name__)
        if refusal:
            return wait(stalled(refusal.reason, refusal.message), refusal.until)
    verdict = progress("Creating", f"The pod {names.pod} is being made.")
    return Plan(actions=actions, verdict=verdict, failures=seen.failures)


def other_pod(seen: Observed) -> Verdict | None:
    """A pod under this session's label that this resource does not own."""
    if not seen.pods:
        return None
    pod = seen.pods[0]
    if pod.terminating or pod.owner_kind == KIND:
        return progress(
            "WaitingForPod",
            f"The pod {pod.name} of an earlier resource is ending; a new one is made when it is gone.",
        )
    return stalled(
        "PodForeign",
        f"The pod {pod.name} carries this session's label but does not belong to it."
        f" Remove it: kubectl delete pod {pod.name}",
    )


def claim_obstacle(session: Session, claim: Claim | None, names: Names) -> Verdict | None:
    """Why the existing claim cannot be used."""
    if claim is None:
        return None
    if not claim.ours:
        return stalled(
            "ClaimForeign",
            f"The claim {claim.name} belongs to something else. Remove it, or, when it does hold this"
            f" session's login, label it: kubectl label pvc {claim.name} {LABEL_SESSION}={names.label}",
        )
    if claim.terminating or goes_with_another(session, claim):
        message = f"The claim {claim.name} is being deleted; a new one is made when it is gone."
        return progress("ClaimTerminating", message)
    if claim.phase == "Lost":
        return stalled(
            "ClaimLost",
            f"The volume of the claim {claim.name} is gone, and the login with it. Restore the volume, or"
            f" delete the claim to begin with a new QR: kubectl delete pvc {claim.name}",
        )
    return None


def goes_with_another(session: Session, claim: Claim) -> bool:
    """It belongs to an earlier resource with `retainPolicy: Delete`, and Kubernetes is about to delete it."""
    return bool(claim.owner_uids) and session.uid not in claim.owner_uids


def claim_upkeep(session: Session, spec: Spec, seen: Observed) -> tuple[Action, ...]:
    """Bring the claim's owner (retainPolicy) and size in step with the spec."""
    claim = seen.claim
    if claim is None or not claim.ours or claim.terminating or goes_with_another(session, claim):
        return ()
    if seen.refused(PatchClaim.__name__):
        return ()
    grow = not claim.requested or amount(spec.storage.size) > amount(claim.requested)
    leave = spec.storage.retain_policy is RetainPolicy.DELETE
    if not grow and leave == (session.uid in claim.owner_uids):
        return ()
    return (PatchClaim(uid=claim.uid, size=spec.storage.size if grow else claim.requested),)


def ending(message: str) -> Verdict:
    """The pod is on its way out; shown at once, through the whole grace period."""
    return progress("Terminating", message)


def after(delete: DeletePod, failures: Failures, now: datetime) -> Failures:
    """The count of failures once this pod is deleted."""
    if delete.reason is DeleteReason.POD_FAILED:
        return Failures(count=recent(failures, now).count + 1, last=now)
    return Failures() if delete.reason is DeleteReason.RESTART_ASKED else failures
