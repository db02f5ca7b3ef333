"""Which changes of `Ready` are worth an Event, and its words.

Why not the pod's own sentence: it may name a phone number, and Events are read by more people than status.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from whatsapp_contracts.states import Reason
from whatsapp_operator.verdict import CONNECTED, DISCONNECTED, SUSPENDED

Status = Mapping[str, Any]

_REASONS = {reason.value: reason for reason in Reason}
_QUIET = frozenset({"Creating", "Starting", "Initializing", "Terminating", "WaitingForPod", "ContainerEnded"})


@dataclass(frozen=True, kw_only=True)
class Announcement:
    """The Event to write."""

    reason: str
    message: str
    warning: bool


def announcement(before: Status, after: Status) -> Announcement | None:
    """What to tell about this change of status; None when `Ready` has the reason that it had."""
    old, new = condition(before, "Ready"), condition(after, "Ready")
    reason = new.get("reason", "")
    if reason == old.get("reason") or reason in _QUIET:
        return None
    if reason in (CONNECTED.reason, SUSPENDED.reason):
        return Announcement(reason=reason, message=new["message"], warning=False)
    if reason == "QRRequired":
        return Announcement(reason=reason, message="Waiting for the phone: scan the QR", warning=False)
    if reason in _REASONS:
        return Announcement(reason=reason, message=DISCONNECTED[_REASONS[reason]][1], warning=True)
    return Announcement(reason=reason, message=new["message"], warning=True)


def condition(status: Status, kind: str) -> Mapping[str, Any]:
    """One condition of a status, or an empty one."""
    conditions: Iterable[Mapping[str, Any]] = status.get("conditions") or ()
    return next((each for each in conditions if each.get("type") == kind), {})
