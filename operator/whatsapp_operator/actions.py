"""What can be done to the cluster for one session. `decide` chooses, `apply` obeys.

Why values: a wrongly deleted pod can cost a login, so every action and every reason is a value that a
table of tests can compare.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class DeleteReason(StrEnum):
    """Why a pod may be deleted. No other reason exists in the code; each counts in a metric of its own."""

    RESTART_ASKED = "RestartAsked"
    MODE_LEFT = "Suspended"
    POD_FAILED = "PodFailed"


@dataclass(frozen=True, kw_only=True)
class CreateClaim:
    """Make the volume claim; never touches one that exists."""


@dataclass(frozen=True, kw_only=True)
class PatchClaim:
    """Bring owner and size of the existing claim in step. `uid`: the claim that was judged."""

    uid: str
    size: str


@dataclass(frozen=True, kw_only=True)
class EnsureSecret:
    """Make the Secret with the pod's key, or bring it in step when it is this session's own."""


@dataclass(frozen=True, kw_only=True)
class CreatePod:
    """Make the pod; never touches one that exists."""


@dataclass(frozen=True, kw_only=True)
class DeletePod:
    """End one pod gracefully. `uid`: the pod that was judged, never its successor."""

    name: str
    uid: str
    reason: DeleteReason
    because: str  # the Event's text


Action = CreateClaim | PatchClaim | EnsureSecret | CreatePod | DeletePod
