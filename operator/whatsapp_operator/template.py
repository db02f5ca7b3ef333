"""What a session pod is made of: the inputs that a person chose, and how two sets of them differ.

Why inputs and not the rendered pod: operators that compare rendered pods restart everything when a new
release renders one label more. A pod remembers its inputs in an annotation; only those are compared, and
only those that it remembers, so a new operator alone, or a new input in a later release, is no difference.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from whatsapp_operator.quantities import amount
from whatsapp_operator.spec import Amounts, Spec
from whatsapp_operator.tellable import Webhook

HASH_VERSION = "v1"

Inputs = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Defaults:
    """What the operator's settings give to every session pod.

    Only what `inputs_of` takes in is compared with a living pod. `webhooks`, `messages_per_minute` and
    `burst` are told to running pods (`configuration`); `allowed_networks` waits for the next pod in silence.
    """

    image: str
    whatsapp_url: str | None = None
    image_pull_policy: str = "IfNotPresent"
    image_pull_secrets: tuple[str, ...] = ()
    requests: Mapping[str, str] = field(default_factory=lambda: {"cpu": "100m", "memory": "400Mi"})
    limits: Mapping[str, str] = field(default_factory=lambda: {"memory": "1Gi"})
    storage_class: str | None = None
    allowed_networks: tuple[str, ...] = ()
    webhooks: tuple[Webhook, ...] = ()
    messages_per_minute: int = 60
    burst: int = 20


def inputs_of(spec: Spec, defaults: Defaults) -> dict[str, Any]:
    """What a pod made now would be made of: plain JSON data, the same for the same wishes."""
    return {
        "image": spec.image or defaults.image,
        "resources": _resources(spec, defaults),
        "whatsappUrl": defaults.whatsapp_url or "",
    }


def dumped(inputs: Inputs) -> str:
    """The inputs as the annotation holds them."""
    return json.dumps(inputs, sort_keys=True, separators=(",", ":"))


def hash_of(inputs: Inputs) -> str:
    """`v1-` and 16 hex characters."""
    return f"{HASH_VERSION}-{hashlib.sha256(dumped(inputs).encode()).hexdigest()[:16]}"


def differences(recorded: str | None, wanted: Inputs) -> list[str]:
    """What the next pod would have instead: sentences such as `image: a:1 → a:2`; empty when nothing.

    `recorded` is the annotation of the living pod. One that cannot be read says nothing, so it differs in
    nothing: a pod is never called outdated by guess.
    """
    try:
        before = json.loads(recorded or "{}")
    except ValueError:
        return []
    if not isinstance(before, dict):
        return []
    return [
        f"{key}: {_shown(before[key])} → {_shown(wanted[key])}"
        for key in sorted(before)
        if key in wanted and before[key] != wanted[key]
    ]


def _resources(spec: Spec, defaults: Defaults) -> dict[str, dict[str, str]]:
    requests = {**defaults.requests, **_given(spec.resources.requests)}
    limits = {**defaults.limits, **_given(spec.resources.limits)}
    for name in requests.keys() & limits.keys():
        if amount(requests[name]) > amount(limits[name]):
            # Only one of the two was chosen (the schema refuses a contradiction): the chosen one counts.
            if getattr(spec.resources.requests, name) is not None:
                limits[name] = requests[name]
            else:
                requests[name] = limits[name]
    return {"requests": requests, "limits": limits}


def _given(amounts: Amounts) -> dict[str, str]:
    return {name: str(value) for name, value in amounts.model_dump().items() if value is not None}


def _shown(value: Any) -> str:
    if value == "":
        return "(default)"
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)
