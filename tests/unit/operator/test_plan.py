"""What a session's objects need: resource × pods × claim × refusals."""

from __future__ import annotations

import pytest

from unit.operator.builders import NAMES, NOW, SPEC, claim, later, pod, seen, session
from whatsapp_operator.actions import (
    Action,
    CreateClaim,
    CreatePod,
    DeletePod,
    DeleteReason,
    EnsureSecret,
    PatchClaim,
)
from whatsapp_operator.observed import Failures, Observed, Refusal, Session
from whatsapp_operator.plan import plan
from whatsapp_operator.podstate import Trouble
from whatsapp_operator.spec import parse

SUSPENDED = SPEC | {"operatingMode": "Suspended"}
CLOSED = SPEC | {"operatingMode": "Disconnected"}
DELETED_WITH_IT = SPEC | {"storage": {"retainPolicy": "Delete"}}
LARGER = SPEC | {"storage": {"size": "5Gi"}}
SMALLER = SPEC | {"storage": {"size": "1Gi"}}
EVICTED = Trouble(reason="PodFailed", message="It ended for good (Evicted).", bad=True, final=True)
UNSCHEDULABLE = Trouble(reason="Unschedulable", message="No node takes the pod.")
NO_IMAGE = Trouble(reason="ImagePullBackOff", message="No such image.", bad=True)


def refusal(what: str, reason: str) -> Refusal:
    return Refusal(what=what, reason=reason, message="because", until=later(60))


CREATE: tuple[Action, ...] = (CreateClaim(), EnsureSecret(), CreatePod())
AGAIN: tuple[Action, ...] = (EnsureSecret(), CreatePod())

CASES: dict[str, tuple[Session, Observed, tuple[Action, ...], str | None]] = {
    "a new session gets everything": (session(), seen(claim=None), CREATE, "Creating"),
    "a kept claim is adopted": (session(), seen(), AGAIN, "Creating"),
    "a healthy session needs nothing": (session(), seen(pod()), (), None),
    "two owned pods: hands off": (session(), seen(pod(), pod(uid="pod-2", name="copy")), (), "TwoPods"),
    "two owned pods, even when a restart is asked for": (
        session(restart_asked="t1"),
        seen(pod(), pod(uid="pod-2")),
        (),
        "TwoPods",
    ),
    "no second pod while the first is ending": (session(), seen(pod(terminating=True)), (), "Terminating"),
    "no pod while one of an earlier resource is ending": (
        session(),
        seen(pod(owner_uid="old", terminating=True)),
        (),
        "WaitingForPod",
    ),
    "no pod while one of an earlier resource is still to be collected": (
        session(),
        seen(pod(owner_uid="old")),
        (),
        "WaitingForPod",
    ),
    "no pod beside a stranger's with our label": (
        session(),
        seen(pod(owner_uid=None, owner_kind=None)),
        (),
        "PodForeign",
    ),
    "a foreign claim is refused by name": (session(), seen(claim=claim(ours=False)), (), "ClaimForeign"),
    "a claim that is being deleted is waited for": (
        session(),
        seen(claim=claim(terminating=True)),
        (),
        "ClaimTerminating",
    ),
    "a lost volume needs a person": (session(), seen(claim=claim(phase="Lost")), (), "ClaimLost"),
    "a suspended session without a pod is as wished": (session(spec=SUSPENDED), seen(), (), "Suspended"),
    "a new suspended session makes nothing": (session(spec=SUSPENDED), seen(claim=None), (), "Suspended"),
    "a disconnected session keeps its pod": (session(spec=CLOSED), seen(pod()), (), None),
    "a new disconnected session gets a pod too": (session(spec=CLOSED), seen(claim=None), CREATE, "Creating"),
    "a refused pod is not asked for again": (
        session(),
        seen(refusals=(refusal("CreatePod", "Refused"),)),
        (),
        "Refused",
    ),
    "a refused claim keeps the pod from being made": (
        session(),
        seen(claim=None, refusals=(refusal("CreateClaim", "ClaimForeign"),)),
        (),
        "ClaimForeign",
    ),
    "a larger size expands the claim": (
        session(spec=LARGER),
        seen(pod()),
        (PatchClaim(uid="claim-1", size="5Gi"),),
        None,
    ),
    "a refused expansion is not asked for again": (
        session(spec=LARGER),
        seen(pod(), refusals=(refusal("PatchClaim", "ExpansionRefused"),)),
        (),
        None,
    ),
    "an adopted claim that is larger stays so": (session(spec=SMALLER), seen(pod()), (), None),
    "retainPolicy Delete gives the claim an owner": (
        session(spec=DELETED_WITH_IT),
        seen(pod()),
        (PatchClaim(uid="claim-1", size="2Gi"),),
        None,
    ),
    "retainPolicy Delete that is done needs nothing": (
        session(spec=DELETED_WITH_IT),
        seen(pod(), claim=claim(owner_uids=("uid-of-demo",))),
        (),
        None,
    ),
    "retainPolicy back to Retain takes the owner off": (
        session(),
        seen(pod(), claim=claim(owner_uids=("uid-of-demo",))),
        (PatchClaim(uid="claim-1", size="2Gi"),),
        None,
    ),
    "a paused session is left alone": (
        session(paused=True, restart_asked="t1"),
        seen(pod()),
        (),
        None,
    ),
    "a paused session gets no pod, and says so": (session(paused=True), seen(), (), "Paused"),
    "a paused session gets no claim": (session(paused=True), seen(claim=None), (), "Paused"),
    "a paused session's claim is left alone": (session(paused=True, spec=LARGER), seen(pod()), (), None),
    "a paused session is not suspended": (session(paused=True, spec=SUSPENDED), seen(pod()), (), None),
    "an unschedulable pod waits": (
        session(),
        seen(pod(running=False, ready=False, trouble=UNSCHEDULABLE)),
        (),
        "Unschedulable",
    ),
    "a claim that went while the pod waited for a node is made anew": (
        session(),
        seen(pod(node=None, running=False, ready=False, trouble=UNSCHEDULABLE), claim=None),
        (CreateClaim(),),
        "Creating",
    ),
    "a claim that cannot be made anew says why": (
        session(),
        seen(
            pod(node=None, running=False, ready=False, trouble=UNSCHEDULABLE),
            claim=None,
            refusals=(refusal("CreateClaim", "ClaimForeign"),),
        ),
        (),
        "ClaimForeign",
    ),
    "a claim that is not seen is not made beside a pod that has a node": (
        session(),
        seen(pod(), claim=None),
        (),
        None,
    ),
    "a claim that goes with an earlier resource is waited for": (
        session(),
        seen(claim=claim(owner_uids=("uid-of-an-earlier-one",))),
        (),
        "ClaimTerminating",
    ),
    "a claim that goes with an earlier resource is not adopted": (
        session(spec=DELETED_WITH_IT),
        seen(claim=claim(owner_uids=("uid-of-an-earlier-one",))),
        (),
        "ClaimTerminating",
    ),
    "a wrong image needs a person": (
        session(),
        seen(pod(running=False, ready=False, trouble=NO_IMAGE)),
        (),
        "ImagePullBackOff",
    ),
}


@pytest.mark.parametrize(("resource", "observed", "actions", "reason"), CASES.values(), ids=CASES)
def test_a_session_gets_what_it_needs_and_no_more(
    resource: Session, observed: Observed, actions: tuple[Action, ...], reason: str | None
) -> None:
    drawn = plan(resource, parse(dict(resource.spec)), NAMES, observed, NOW)
    assert drawn.actions == actions
    assert (drawn.verdict.reason if drawn.verdict else None) == reason


def test_a_pod_is_never_made_beside_another_whatever_it_is() -> None:
    strangers = [
        pod(),
        pod(terminating=True),
        pod(owner_uid="old"),
        pod(owner_uid=None, owner_kind=None),
        pod(trouble=EVICTED),
    ]
    for stranger in strangers:
        for resource in (session(), session(restart_asked="t1")):
            drawn = plan(resource, parse(SPEC), NAMES, seen(stranger), NOW)
            assert CreatePod() not in drawn.actions


def test_a_failed_pod_is_counted_when_it_is_deleted() -> None:
    drawn = plan(session(), parse(SPEC), NAMES, seen(pod(trouble=EVICTED, running=False)), NOW)
    assert [type(action) for action in drawn.actions] == [DeletePod]
    assert drawn.failures == Failures(count=1, last=NOW)


def test_a_failed_pod_is_looked_at_again_when_its_pause_is_over() -> None:
    failures = Failures(count=2, last=NOW)
    drawn = plan(
        session(), parse(SPEC), NAMES, seen(pod(trouble=EVICTED, running=False), failures=failures), NOW
    )
    assert drawn.actions == ()
    assert drawn.again == later(20)


def test_too_many_failed_pods_stall_the_session_with_the_cure() -> None:
    failures = Failures(count=5, last=later(-1))
    drawn = plan(
        session(), parse(SPEC), NAMES, seen(pod(trouble=EVICTED, running=False), failures=failures), NOW
    )
    assert drawn.actions == ()
    assert drawn.verdict is not None
    assert drawn.verdict.kind.value == "Stalled"
    assert "restartedAt" in drawn.verdict.message


def test_an_asked_restart_forgets_the_failures() -> None:
    failures = Failures(count=5, last=later(-1))
    observed = seen(pod(trouble=EVICTED, running=False), failures=failures)
    drawn = plan(session(restart_asked="t1"), parse(SPEC), NAMES, observed, NOW)
    (action,) = drawn.actions
    assert isinstance(action, DeletePod)
    assert action.reason is DeleteReason.RESTART_ASKED
    assert drawn.failures == Failures()


def test_failures_are_forgotten_when_a_pod_has_lasted() -> None:
    old = Failures(count=2, last=later(-3600))
    assert plan(session(), parse(SPEC), NAMES, seen(pod(), failures=old), NOW).failures == Failures()
    new = Failures(count=2, last=later(-60))
    drawn = plan(session(), parse(SPEC), NAMES, seen(pod(), failures=new), NOW)
    assert drawn.failures == new
    assert drawn.again == later(-60 + 1800)
