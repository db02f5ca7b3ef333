"""What to believe of a session's own state, from its event stream and, for a while, from what was known.

Why: an operator that restarts must not blank every status while it reconnects (no flap, no writes), and
one that has lost a pod must not go on saying Ready.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from whatsapp_contracts.sessions import Account, PairingCode, QrCode, SessionView
from whatsapp_contracts.states import Reason, State
from whatsapp_operator.observed import Heard, Pod

GRACE = timedelta(seconds=20)
"""How long a silent pod is believed to be as it was."""


@dataclass(frozen=True, kw_only=True)
class Belief:
    """`view` None: nothing is known. `silent_since`: it cannot be heard, and that is to be said."""

    view: SessionView | None = None
    silent_since: datetime | None = None
    again: datetime | None = None


def believe(pod: Pod | None, heard: Heard, status: Mapping[str, Any], now: datetime) -> Belief:
    """Judge the stream of this pod; a pod that does not run has nothing to say."""
    if pod is None or not pod.running or pod.terminating:
        return Belief()
    if heard.live and heard.view is not None:
        return Belief(view=heard.view)
    view = heard.view or recovered(status, pod.uid)
    since = heard.silent_since or now
    if now - since < GRACE:
        return Belief(view=view, again=since + GRACE)
    if view is None and not pod.ready:
        return Belief()
    return Belief(view=view, silent_since=since)


def recovered(status: Mapping[str, Any], pod_uid: str) -> SessionView | None:
    """The view that `status` was written from, when it was of this very pod and the pod had spoken."""
    if (status.get("pod") or {}).get("uid") != pod_uid or not _had_spoken(status):
        return None
    try:
        state = State(status.get("state", ""))
        reason = Reason(status["reason"]) if state is State.DISCONNECTED else None
    except (KeyError, ValueError):
        return None
    qr, phone, code = status.get("qr"), status.get("phone"), status.get("pairingCode")
    storage = _condition(status, "StorageReady")
    return SessionView(
        state=state,
        reason=reason,
        message=status.get("message", ""),
        qr=QrCode(code=qr["code"], expires_at=qr["expiresAt"], attempt=qr["attempt"]) if qr else None,
        account=Account(
            phone=phone,
            platform=status.get("platform"),
            push_name=status.get("pushName"),
            whatsapp_user_id=status.get("whatsappUserId"),
        )
        if phone
        else None,
        connected_since=status.get("connectedSince"),
        last_activity=status.get("lastActivity"),
        pairing_code=PairingCode(code=code["code"], expires_at=code["expiresAt"]) if code else None,
        storage_pressure=storage.get("reason") == "StoragePressure",
        config_revision=(status.get("configuration") or {}).get("revision", ""),
    )


def _had_spoken(status: Mapping[str, Any]) -> bool:
    if status.get("state") == State.INIT.value:
        return bool(_condition(status, "Ready").get("reason") == "Initializing")
    return True


def _condition(status: Mapping[str, Any], kind: str) -> Mapping[str, Any]:
    conditions = status.get("conditions") or ()
    return next((each for each in conditions if each.get("type") == kind), {})
