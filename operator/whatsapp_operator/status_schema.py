"""The schema of `status`: what the operator may write, and nothing else.

Why written out: the API server drops silently what the schema lacks, and `kubectl explain was.status`
reads the descriptions.
"""

from __future__ import annotations

from typing import Any

from whatsapp_contracts.states import State

Schema = dict[str, Any]


def text(description: str, **more: Any) -> Schema:
    """A string field."""
    return {"type": "string", "description": description, **more}


def moment(description: str) -> Schema:
    """A time field, RFC 3339."""
    return {"type": "string", "format": "date-time", "description": description}


def number(description: str) -> Schema:
    """A whole-number field."""
    return {"type": "integer", "format": "int64", "description": description}


def record(description: str, required: list[str] | None = None, **properties: Schema) -> Schema:
    """An object field."""
    schema: Schema = {"type": "object", "description": description, "properties": properties}
    return schema | ({"required": required} if required else {})


CONDITION = record(
    "One aspect of the session, as kstatus and `kubectl wait` read it.",
    ["type", "status", "reason", "message", "lastTransitionTime"],
    type=text(
        "Ready, Reconciling, Stalled, StorageReady, PodReady, Authenticated, Configured or UpdateAvailable."
    ),
    status={"type": "string", "enum": ["True", "False", "Unknown"]},
    reason=text("Why, in CamelCase."),
    message=text("What is the matter and what to do."),
    observedGeneration=number("The generation of the resource that this was judged for."),
    lastTransitionTime=moment("When `status` last changed."),
)

STATUS = record(
    "What the session is. Written by the operator alone.",
    observedGeneration=number("The generation of the resource that this status speaks of."),
    state=text("The session's state.", enum=[state.value for state in State]),
    reason=text("Why it is in this state; empty when there is nothing to say."),
    message=text("What is the matter and what to do."),
    qr=record(
        "The QR on show; only in QR_REQUIRED.",
        ["code", "expiresAt", "attempt"],
        code=text("The text to draw as a QR. Opaque."),
        expiresAt=moment("When WhatsApp replaces it."),
        attempt=number("How many were shown in this login."),
    ),
    pairingCode=record(
        "The code to type on the phone; only in QR_REQUIRED, with login.method PairingCode.",
        ["code", "expiresAt"],
        code=text("The code, for example ABCD-1234."),
        expiresAt=moment("When WhatsApp replaces it."),
    ),
    configuration=record(
        "What the pod was told last and has taken: what of spec restarts nothing, with the defaults.",
        ["revision"],
        revision=text("Its revision; opaque."),
        operatingMode=text("Connected or Disconnected."),
        phoneNumber=text("The only number that may log in; any when left out."),
        login=record("How a new login goes.", method=text("The method."), maxQRRotations=number("At most.")),
        pacing=record(
            "How fast it may send.",
            messagesPerMinute=number("Messages a minute."),
            burst=number("Messages at once."),
        ),
        proxy=text("The proxy, without its credentials."),
        webhooks={
            "type": "array",
            "description": "The names of the webhooks in force.",
            "items": {"type": "string"},
        },
    ),
    storedRevision=text("The revision that the session's Secret holds, for the pod's next start."),
    keys=record(
        "Which versions of the API key are good.",
        ["version"],
        version=number("The present one."),
        previous=number("The one before, good for ten minutes after `since`."),
        since=moment("When the key was rotated."),
    ),
    phone=text("The number that is logged in, digits."),
    pushName=text("The name that the phone shows to others."),
    platform=text("The phone's platform, for example android."),
    whatsappUserId=text("The identity at WhatsApp."),
    connectedSince=moment("When the session became READY; only in READY."),
    lastActivity=moment("The last message or change, written every 5 minutes at most."),
    pod=record(
        "The session's pod, when there is one.",
        ["name", "uid"],
        name=text("Its name."),
        uid=text("Its uid."),
        node=text("The node it runs on."),
        image=text("The image it was made with."),
        startedAt=moment("When its container started."),
        restarts=number("How often its container was restarted."),
    ),
    podFailures=record(
        "Pods in a row that ended for good (evicted, lost). After too many no new one is made.",
        ["count", "lastTime"],
        count=number("How many."),
        lastTime=moment("When the last one was seen."),
    ),
    endpoint=text("Base URL of the session's API inside the cluster."),
    claimName=text("The volume claim with the login."),
    secretName=text("The Secret with the API key."),
    serviceName=text("The headless Service that gives the pod its name."),
    selector=text("Label selector of the session's pod (for the scale subresource)."),
    immutableReplicas=number("Pods that exist: 0 or 1 (for the scale subresource)."),
    conditions={
        "type": "array",
        "description": "Ready, Reconciling, Stalled, StorageReady, PodReady, Authenticated, Configured,"
        " UpdateAvailable.",
        "items": CONDITION,
        "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": ["type"],
    },
)
