"""One judgement of a session: how it is, why, and what to do; status and conditions are written from it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from whatsapp_contracts.states import Reason
from whatsapp_operator.observed import Rival


class Kind(StrEnum):
    """How a session is, in the words of kstatus."""

    FINE = "Fine"  # as wished: it can send
    PROGRESS = "Progress"  # on its way, or waiting for the phone
    IDLE = "Idle"  # as wished, or stopped by a person: nothing will happen by itself
    STALLED = "Stalled"  # nothing goes on without a person
    UNKNOWN = "Unknown"  # it cannot be heard


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """`reason` in CamelCase; `message` ends with the cure."""

    kind: Kind
    reason: str
    message: str


CONNECTED = Verdict(kind=Kind.FINE, reason="Connected", message="Logged in; it can send.")
STARTING = Verdict(kind=Kind.PROGRESS, reason="Starting", message="The session's program is starting.")
INITIALIZING = Verdict(
    kind=Kind.PROGRESS,
    reason="Initializing",
    message="The browser is starting, or the login is being restored or synced.",
)
SUSPENDED = Verdict(
    kind=Kind.IDLE,
    reason="Suspended",
    message="Suspended: no pod runs and the login is kept. Set spec.operatingMode to Connected to go on.",
)
PAUSED = Verdict(
    kind=Kind.IDLE,
    reason="Paused",
    message="There is no pod, and none is made while the annotation whatsapp.leadmaster.dev/paused is there.",
)
INTRODUCED = frozenset({CONNECTED.reason, INITIALIZING.reason, "QRRequired"})
"""Reasons that say no more than the state; `status.reason` leaves them out."""

_LOGIN = "Start a new login: POST /session-manager/login on the pod, or set the annotation restartedAt."

_FIFTH = "When the phone says that it can link no more devices, unlink one there first."

DISCONNECTED: dict[Reason, tuple[Kind, str]] = {
    Reason.LOGGED_OUT: (Kind.IDLE, f"Logged out by the phone or on request. {_LOGIN}"),
    Reason.QR_EXPIRED: (Kind.IDLE, f"No QR (or code) was used in as many as login.maxQRRotations. {_LOGIN}"),
    Reason.STOPPED: (Kind.IDLE, f"Disconnected on request; the login is kept. {_LOGIN}"),
    Reason.NETWORK_LOST: (Kind.PROGRESS, "The network is lost; it connects again by itself when it is back."),
    Reason.CONFLICT: (
        Kind.IDLE,
        "WhatsApp Web was opened elsewhere with this login: find that other browser (a copied volume?)."
        f" {_LOGIN}",
    ),
    Reason.PHONE_MISMATCH: (
        Kind.STALLED,
        "Another number than spec.phoneNumber logged in, and was unlinked. Correct phoneNumber, or use the"
        f" right phone. {_LOGIN}",
    ),
    Reason.BROWSER_FAILED: (
        Kind.STALLED,
        "The browser could not be brought back. See the pod's log, then set the annotation restartedAt.",
    ),
    Reason.BANNED: (
        Kind.STALLED,
        "WhatsApp has banned the number. Appeal on the phone; then set the annotation restartedAt.",
    ),
}


def stalled(reason: str, message: str) -> Verdict:
    """Nothing goes on without a person."""
    return Verdict(kind=Kind.STALLED, reason=reason, message=message)


def progress(reason: str, message: str) -> Verdict:
    """On its way."""
    return Verdict(kind=Kind.PROGRESS, reason=reason, message=message)


CLOSED = Verdict(
    kind=Kind.IDLE,
    reason=Reason.STOPPED.value,
    message="operatingMode is Disconnected: the pod runs, WhatsApp is closed and the login is kept."
    " Set spec.operatingMode to Connected to go on.",
)


def pairing_required(namespace: str, name: str) -> Verdict:
    """Waiting for the code to be typed."""
    return progress(
        "QRRequired",
        "Type the code in status.pairingCode.code on the phone of spec.phoneNumber (WhatsApp, Linked devices,"
        " Link with phone number):"
        f" kubectl -n {namespace} get was {name} -o jsonpath='{{.status.pairingCode.code}}'. {_FIFTH}",
    )


def qr_required(namespace: str, name: str) -> Verdict:
    """Waiting for the phone."""
    return progress(
        "QRRequired",
        "Scan the QR in status.qr.code with the phone (WhatsApp, Linked devices):"
        f" kubectl -n {namespace} get was {name} -o jsonpath='{{.status.qr.code}}'. {_FIFTH}",
    )


def disconnected(reason: Reason | None, said: str = "") -> Verdict:
    """Not connected, and why; `said` is the pod's own sentence, which knows more."""
    if reason is None:
        return Verdict(kind=Kind.IDLE, reason="Disconnected", message=f"Not connected. {_LOGIN}")
    kind, message = DISCONNECTED[reason]
    return Verdict(kind=kind, reason=reason.value, message=said or message)


def rivalled(rival: Rival) -> Verdict:
    """Another session has what only one can have; both go on, and a person decides."""
    other = f"the older session {rival.name}" if rival.name else "an older session of another namespace"
    if rival.reason == "DuplicateSessionId":
        return stalled(
            "DuplicateSessionId",
            f"The sessionId belongs to {other} already, and a CRM could not tell the two apart. Delete"
            " this one and make it anew with another spec.sessionId.",
        )
    return stalled(
        "PhoneInUse",
        f"The phone is linked in {other} too. Give one of them up: POST /session-manager/logout on its pod,"
        " then log in with the right phone or delete it.",
    )


def unheard(since: str, pod: str) -> Verdict:
    """The pod runs, but its event stream cannot be followed."""
    return Verdict(
        kind=Kind.UNKNOWN,
        reason="Unheard",
        message=f"The pod has not been heard since {since}; it may well be working. See `kubectl logs {pod}`,"
        " and whether a NetworkPolicy keeps the operator from port 3001.",
    )
