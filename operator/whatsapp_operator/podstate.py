"""Why a pod does not run, with the cure: read from its status, no I/O.

Why: "Pending" helps nobody. Whoever types `kubectl get was` should read what is the matter and what to do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Object = Mapping[str, Any]

MAX_CRASHES = 5
"""Restarts in a row after which a crash loop needs a person: fast restarts get a number banned."""

MAX_TEXT = 300
"""Characters taken over from Kubernetes' own messages."""

_PULL_CURE = "Check spec.image (or the operator's session image) and the pull secrets."
_NEXT_POD = (
    "A corrected spec takes effect in the next pod: ask for it by the annotation"
    " whatsapp.leadmaster.dev/restartedAt."
)
_WAITING_CURES = {
    "ImagePullBackOff": _PULL_CURE,
    "ErrImagePull": _PULL_CURE,
    "ErrImageNeverPull": "Load the image onto the node, or let it be pulled (imagePullPolicy).",
    "InvalidImageName": "Correct spec.image (or the operator's session image).",
    "CreateContainerConfigError": "The pod refers to something missing: see `kubectl describe pod {pod}`.",
    "CreateContainerError": "See `kubectl describe pod {pod}`.",
    "RunContainerError": "See `kubectl describe pod {pod}`.",
    "CrashLoopBackOff": "See `kubectl logs {pod} --previous`.",
}
_IMAGE_REASONS = ("ImagePullBackOff", "ErrImagePull", "ErrImageNeverPull", "InvalidImageName")


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """`final`: this pod object will never run again. `bad`: it does not end without a person."""

    reason: str
    message: str
    bad: bool = False
    final: bool = False


def trouble_of(body: Object) -> Trouble | None:
    """The first thing that keeps the pod from running; None when its container runs."""
    status = body.get("status") or {}
    name = body["metadata"]["name"]
    phase = status.get("phase")
    if phase in ("Failed", "Succeeded"):
        return _ended(status, phase)
    unscheduled = _condition(status, "PodScheduled")
    if unscheduled.get("status") == "False":
        return Trouble(
            reason=unscheduled.get("reason") or "Unschedulable",
            message=f"No node takes the pod: {_cut(unscheduled.get('message'))}"
            f" Add capacity, lower spec.resources, or check the volume's zone. {_NEXT_POD}",
        )
    seen = next(iter(status.get("containerStatuses") or ()), None)
    if seen is None:
        return _starting(name)
    return _waiting(seen, name)


def _waiting(seen: Object, pod: str) -> Trouble | None:
    state = seen.get("state") or {}
    if state.get("running"):
        return None
    waiting = state.get("waiting") or {}
    reason = waiting.get("reason") or ""
    cure = _WAITING_CURES.get(reason)
    if cure is None:
        ended = state.get("terminated")
        if ended:
            return Trouble(reason="ContainerEnded", message=f"{_exit(ended)} Kubernetes starts it again.")
        return _starting(pod)
    last = (seen.get("lastState") or {}).get("terminated")
    detail = _exit(last) if reason == "CrashLoopBackOff" and last else _cut(waiting.get("message"))
    if reason in _IMAGE_REASONS:
        cure += f" {_NEXT_POD}"
        reason = "ImagePullBackOff" if reason == "ErrImagePull" else reason  # the two take turns
    bad = reason != "CrashLoopBackOff" or seen.get("restartCount", 0) >= MAX_CRASHES
    return Trouble(reason=reason, message=f"{detail} {cure}".strip().format(pod=pod), bad=bad)


def _starting(pod: str) -> Trouble:
    """Pulling or mounting: only Kubernetes' Events know what holds it up."""
    message = f"The pod is being started. When that lasts, see `kubectl describe pod {pod}`."
    return Trouble(reason="Starting", message=message)


def _ended(status: Object, phase: str) -> Trouble:
    why = status.get("reason") or phase
    return Trouble(
        reason="PodFailed",
        message=f"The pod ended for good ({why}). {_cut(status.get('message'))}".strip(),
        bad=True,
        final=True,
    )


def _exit(ended: Object) -> str:
    why = f" ({ended['reason']})" if ended.get("reason") else ""
    return f"The container ended with exit code {ended.get('exitCode')}{why}."


def _condition(status: Object, kind: str) -> Object:
    return next((each for each in status.get("conditions") or () if each.get("type") == kind), {})


def _cut(text: str | None) -> str:
    line = " ".join((text or "").replace("{", "(").replace("}", ")").split())
    if not line:
        return ""
    line = line if len(line) <= MAX_TEXT else f"{line[: MAX_TEXT - 1]}…"
    return line if line.endswith((".", "…")) else f"{line}."
