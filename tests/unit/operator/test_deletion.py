"""The reasons to delete a pod, and everything that is none."""

from __future__ import annotations

from datetime import timedelta

import pytest

from unit.operator.builders import NOW, SPEC, later, pod, session
from whatsapp_operator.actions import DeleteReason
from whatsapp_operator.deletion import MAX_FAILURES, deletion, recent, retry_at
from whatsapp_operator.observed import Failures, Pod, Session
from whatsapp_operator.podstate import Trouble
from whatsapp_operator.spec import parse

SUSPENDED = SPEC | {"operatingMode": "Suspended"}
EVICTED = Trouble(reason="PodFailed", message="The pod ended for good (Evicted).", bad=True, final=True)
CRASHING = Trouble(reason="CrashLoopBackOff", message="", bad=True)
OTHER_INPUTS = '{"image":"other:1"}'

CASES: dict[str, tuple[Session, Pod, Failures, DeleteReason | None]] = {
    "a healthy pod stays": (session(), pod(), Failures(), None),
    "a pod made of something else stays": (session(), pod(inputs=OTHER_INPUTS), Failures(), None),
    "a pod of an unknown release stays": (session(), pod(inputs="not json"), Failures(), None),
    "a changed generation alone is no reason": (session(generation=99), pod(), Failures(), None),
    "a pod that does not run yet stays": (session(), pod(running=False, ready=False), Failures(), None),
    "a crashing pod is Kubernetes' to restart": (session(), pod(trouble=CRASHING), Failures(), None),
    "a pod that is ending is not deleted again": (
        session(restart_asked="now"),
        pod(terminating=True),
        Failures(),
        None,
    ),
    "the restart that this pod was made for is done": (
        session(restart_asked="t1"),
        pod(restarted_at="t1"),
        Failures(),
        None,
    ),
    "a removed annotation asks for nothing": (session(), pod(restarted_at="t1"), Failures(), None),
    "an asked restart": (session(restart_asked="t1"), pod(), Failures(), DeleteReason.RESTART_ASKED),
    "a restart asked once more": (
        session(restart_asked="t2"),
        pod(restarted_at="t1"),
        Failures(),
        DeleteReason.RESTART_ASKED,
    ),
    "a suspended session": (session(spec=SUSPENDED), pod(), Failures(), DeleteReason.MODE_LEFT),
    "a pod that failed for good": (session(), pod(trouble=EVICTED), Failures(), DeleteReason.POD_FAILED),
    "a second failure waits": (session(), pod(trouble=EVICTED), Failures(count=1, last=later(-5)), None),
    "a second failure after the pause": (
        session(),
        pod(trouble=EVICTED),
        Failures(count=1, last=later(-11)),
        DeleteReason.POD_FAILED,
    ),
    "too many failures in a row need a person": (
        session(),
        pod(trouble=EVICTED),
        Failures(count=MAX_FAILURES, last=later(-1000)),
        None,
    ),
    "a person may try again after too many": (
        session(restart_asked="t1"),
        pod(trouble=EVICTED),
        Failures(count=MAX_FAILURES, last=later(-1000)),
        DeleteReason.RESTART_ASKED,
    ),
    "too many failures in a row need a person, however long that takes": (
        session(),
        pod(trouble=EVICTED),
        Failures(count=MAX_FAILURES, last=later(-100_000)),
        None,
    ),
    "a failure long ago does not count": (
        session(),
        pod(trouble=EVICTED),
        Failures(count=MAX_FAILURES - 1, last=later(-1801)),
        DeleteReason.POD_FAILED,
    ),
}


@pytest.mark.parametrize(("resource", "seen", "failures", "want"), CASES.values(), ids=CASES)
def test_a_pod_is_deleted_only_for_a_named_reason(
    resource: Session, seen: Pod, failures: Failures, want: DeleteReason | None
) -> None:
    got = deletion(resource, parse(dict(resource.spec)), seen, failures, NOW)
    assert (got.reason if got else None) == want
    assert got is None or got.uid == seen.uid


def test_no_other_reason_exists() -> None:
    assert {reason.value for reason in DeleteReason} == {"RestartAsked", "Suspended", "PodFailed"}


def test_the_pauses_between_failed_pods_grow_and_end() -> None:
    pauses = []
    for count in range(1, MAX_FAILURES):
        due = retry_at(Failures(count=count, last=NOW), NOW)
        assert due is not None
        pauses.append(due - NOW)
    assert pauses == [timedelta(seconds=seconds) for seconds in (10, 20, 40, 80)]
    assert retry_at(Failures(count=MAX_FAILURES, last=NOW), NOW) is None
    assert retry_at(Failures(), NOW) == NOW
    assert recent(Failures(count=3, last=NOW), later(1801)) == Failures()
