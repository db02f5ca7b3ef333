"""Short ways to make what the operator sees; every default is the quiet, healthy case."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from whatsapp_contracts.sessions import Account, QrCode, SessionView
from whatsapp_contracts.states import Reason, State
from whatsapp_operator.names import Names, names_of
from whatsapp_operator.observed import Claim, Heard, Observed, Pod, Session
from whatsapp_operator.spec import parse
from whatsapp_operator.template import Defaults, dumped, inputs_of

NOW = datetime(2026, 11, 21, 12, 0, 0, tzinfo=UTC)
UID = "uid-of-demo"
DEFAULTS = Defaults(image="localhost/whatsapp-session:0.1.0")
NAMES: Names = names_of("demo")
SPEC: dict[str, Any] = {"clienteId": 51}


def later(seconds: float) -> datetime:
    """NOW and some seconds."""
    return NOW + timedelta(seconds=seconds)


def session(**more: Any) -> Session:
    """The resource `demo`."""
    facts: dict[str, Any] = {"namespace": "crm", "name": "demo", "uid": UID, "generation": 3, "spec": SPEC}
    return Session(**facts | more)


def pod(**more: Any) -> Pod:
    """A pod of `demo` that runs and is ready."""
    facts: dict[str, Any] = {
        "name": "whatsapp-demo",
        "uid": "pod-1",
        "owner_uid": UID,
        "owner_kind": "WhatsAppSession",
        "phase": "Running",
        "ip": "10.0.0.7",
        "node": "node1",
        "image": DEFAULTS.image,
        "started_at": "2026-11-21T11:00:00Z",
        "running": True,
        "ready": True,
        "inputs": dumped(inputs_of(parse(SPEC), DEFAULTS)),
    }
    return Pod(**facts | more)


def claim(**more: Any) -> Claim:
    """The bound claim of `demo`."""
    facts: dict[str, Any] = {
        "name": "whatsapp-demo",
        "uid": "claim-1",
        "ours": True,
        "phase": "Bound",
        "requested": "2Gi",
    }
    return Claim(**facts | more)


def seen(*pods: Pod, **more: Any) -> Observed:
    """What is observed: these pods and the claim."""
    facts: dict[str, Any] = {"pods": pods, "claim": claim()}
    return Observed(**facts | more)


READY = SessionView(
    state=State.READY,
    account=Account(
        phone="5491100000001", push_name="Ana", platform="android", whatsapp_user_id="5491100000001:1"
    ),
    connected_since="2026-11-21T11:30:00.000Z",
    last_activity="2026-11-21T11:59:00.000Z",
)
QR = SessionView(
    state=State.QR_REQUIRED,
    qr=QrCode(code="1@abc", expires_at="2026-11-21T12:00:20.000Z", attempt=1),
)
INIT = SessionView(state=State.INIT)


def down(reason: Reason) -> SessionView:
    """A disconnected session."""
    return SessionView(state=State.DISCONNECTED, reason=reason)


def live(view: SessionView) -> Heard:
    """A stream that is being heard."""
    return Heard(view=view, live=True)


def silent(view: SessionView | None, seconds: float) -> Heard:
    """A stream that broke this long ago."""
    return Heard(view=view, live=False, silent_since=NOW - timedelta(seconds=seconds))


def without(original: Observed, **more: Any) -> Observed:
    """The same with something else."""
    return replace(original, **more)


def condition(status: dict[str, Any], kind: str) -> dict[str, Any]:
    """One condition of a status."""
    found: dict[str, Any] = next(each for each in status["conditions"] if each["type"] == kind)
    return found
