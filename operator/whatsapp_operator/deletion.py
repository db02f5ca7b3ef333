"""When a session's pod may be deleted: every reason that exists, one function each, first wins.

Why a list of its own: rule 3 of a session pod's life. A changed image, a new operator, a new default are
no reasons; they wait for the next pod.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from whatsapp_operator.actions import DeletePod, DeleteReason
from whatsapp_operator.observed import Failures, Pod, Session
from whatsapp_operator.spec import OperatingMode, Spec

MAX_FAILURES = 5
"""Pods in a row that may fail before a person is needed: fast restarts get a number limited or banned."""

FAILURE_WINDOW = timedelta(minutes=30)
"""A pod that lasted this long starts the count anew."""

FIRST_BACKOFF = timedelta(seconds=10)
MAX_BACKOFF = timedelta(minutes=5)


def restart_asked(
    session: Session, spec: Spec, pod: Pod, failures: Failures, now: datetime
) -> DeletePod | None:
    """The annotation `restartedAt` has another value than when this pod was made."""
    asked = session.restart_asked
    if not asked or asked == pod.restarted_at:
        return None
    return _delete(pod, DeleteReason.RESTART_ASKED, f"a restart was asked for (restartedAt {asked[:40]})")


def mode_left(session: Session, spec: Spec, pod: Pod, failures: Failures, now: datetime) -> DeletePod | None:
    """`operatingMode` no longer wants a pod."""
    if spec.operating_mode is not OperatingMode.SUSPENDED:
        return None
    because = f"operatingMode is {spec.operating_mode.value}; the login is kept"
    return _delete(pod, DeleteReason.MODE_LEFT, because)


def failed_for_good(
    session: Session, spec: Spec, pod: Pod, failures: Failures, now: datetime
) -> DeletePod | None:
    """The pod ended and will not run again, and its turn has come."""
    if pod.trouble is None or not pod.trouble.final:
        return None
    due = retry_at(failures, now)
    if due is None or due > now:
        return None
    return _delete(pod, DeleteReason.POD_FAILED, pod.trouble.message)


CHECKS = (restart_asked, mode_left, failed_for_good)


def deletion(session: Session, spec: Spec, pod: Pod, failures: Failures, now: datetime) -> DeletePod | None:
    """The deletion of this pod, or None: it stays."""
    if pod.terminating:
        return None
    return next(filter(None, (check(session, spec, pod, failures, now) for check in CHECKS)), None)


def recent(failures: Failures, now: datetime) -> Failures:
    """The failures that still count."""
    if failures.last is None or now - failures.last > FAILURE_WINDOW:
        return Failures()
    return failures


def retry_at(failures: Failures, now: datetime) -> datetime | None:
    """When a failed pod may be replaced: at once the first time, then later and later; None: not any more."""
    if failures.count >= MAX_FAILURES:
        return None  # for good: that it has been lying there for long repairs nothing
    failures = recent(failures, now)
    if failures.last is None or failures.count == 0:
        return now
    wait: timedelta = FIRST_BACKOFF * 2 ** (failures.count - 1)
    return failures.last + min(wait, MAX_BACKOFF)


def _delete(pod: Pod, reason: DeleteReason, because: str) -> DeletePod:
    return DeletePod(name=pod.name, uid=pod.uid, reason=reason, because=because)
