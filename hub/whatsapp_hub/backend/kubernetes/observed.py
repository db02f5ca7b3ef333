"""What a resource says: of itself (`Declared`), and of the session (`Seen`). Pure.

Why the operator's words are not all taken over: it speaks to whoever has kubectl; the hub's callers scan a
picture. What stands in the way for good is said in its words, because only that person can mend it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from whatsapp_contracts.sessions import Account, PairingCode, QrCode, SessionView
from whatsapp_contracts.states import Reason, State
from whatsapp_hub.backend.kubernetes import names
from whatsapp_hub.backend.protocol import CONNECTED, Declared, Receiver, Seen
from whatsapp_hub.times import parse

SCAN = (
    "Scan the QR with the phone: WhatsApp, Linked devices. When it can link no more, unlink one there first."
)
TYPE = "Type the code on the phone: WhatsApp, Linked devices, Link with phone number."

Object = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What is needed to reach a session: kept in memory by every replica.

    `stalled`: the reason for which nothing goes on without a person, empty for none. `key_versions`: of the
    pod's key, the one to try first at first.
    """

    endpoint: str
    mode: str
    state: str
    pod_ready: bool
    stalled: str
    key_versions: tuple[int, ...]


def uid_of(body: Object) -> str:
    """The hub's name of a resource."""
    return names.uid(body["metadata"]["namespace"], body["metadata"]["name"])


def facts_of(body: Object) -> Facts:
    """What is needed to reach it."""
    spec, status = body.get("spec") or {}, body.get("status") or {}
    stalled = _condition(status, "Stalled")
    version = int(spec.get("keyVersion") or 1)
    keys = status.get("keys") or {}
    known = (version, keys.get("version"), keys.get("previous"))
    return Facts(
        endpoint=status.get("endpoint") or "",
        mode=spec.get("operatingMode") or CONNECTED,
        state=status.get("state") or "",
        pod_ready=_condition(status, "PodReady").get("status") == "True",
        stalled=str(stalled.get("reason")) if stalled.get("status") == "True" else "",
        key_versions=tuple(dict.fromkeys(int(each) for each in known if each)),
    )


def declared(body: Object) -> Declared:
    """What anybody may have written there. A webhook that the hub does not sign for is of version 0."""
    metadata, spec = body["metadata"], body.get("spec") or {}
    own = names.receivers(metadata["name"])
    return Declared(
        namespace=metadata["namespace"],
        session_id=str(spec.get("sessionId") or metadata["name"]),
        cliente_id=int(spec["clienteId"]),
        tenant=(metadata.get("labels") or {}).get(names.LABEL_TENANT, ""),
        name=_text(spec.get("displayName")),
        description=_text(spec.get("description")),
        phone_number=spec.get("phoneNumber"),
        operating_mode=spec.get("operatingMode") or CONNECTED,
        key_version=int(spec.get("keyVersion") or 1),
        receivers=tuple(_receiver(each, own) for each in spec.get("webhooks") or ()),
    )


def seen(body: Object) -> Seen:
    """The session as the resource tells it now. Raises KeyError, TypeError or ValueError for what no schema
    of ours lets through."""
    status = body.get("status") or {}
    stalled = _condition(status, "Stalled")
    ended = stalled.get("status") == "True"
    return Seen(
        uid=uid_of(body),
        view=view(status, str(stalled.get("message") or "") if ended else ""),
        ended=ended,
        since=_moment(stalled.get("lastTransitionTime")) if ended else None,
        declared=declared(body),
    )


def view(status: Object, stalled: str = "") -> SessionView:
    """`status` as the pod itself would show it; without one it is starting. `stalled` is what to say then."""
    state = State(status.get("state") or State.INIT)
    shown = status.get("qr") if state is State.QR_REQUIRED else None
    pairing = status.get("pairingCode") if state is State.QR_REQUIRED else None
    message = str(status.get("message") or "")
    if state is State.QR_REQUIRED:
        message = TYPE if pairing else SCAN
    return SessionView(
        state=state,
        reason=_reason(status.get("reason")),
        message=stalled or message,
        qr=QrCode(code=shown["code"], expires_at=shown["expiresAt"], attempt=shown["attempt"])
        if shown
        else None,
        account=_account(status),
        connected_since=status.get("connectedSince"),
        last_activity=status.get("lastActivity"),
        pairing_code=PairingCode(code=pairing["code"], expires_at=pairing["expiresAt"]) if pairing else None,
    )


def _account(status: Object) -> Account | None:
    phone = status.get("phone")
    if not phone:
        return None
    return Account(
        phone=phone,
        platform=status.get("platform"),
        push_name=_text(status.get("pushName")),
        whatsapp_user_id=status.get("whatsappUserId"),
    )


def _text(value: Any) -> str | None:
    """What people wrote; JSON can say a character that no database of ours holds."""
    return str(value).replace("\0", "") or None if value is not None else None


def _receiver(webhook: Object, own: str) -> Receiver:
    reference = webhook.get("secretRef") or {}
    version = str(reference.get("key") or "").rpartition(".")[2] if reference.get("name") == own else ""
    return Receiver(
        name=webhook["name"],
        url=webhook["url"],
        secret="",
        events=tuple(webhook.get("events") or ()),
        version=int(version) if version.isascii() and version.isdigit() else 0,
        headers=webhook.get("headers") or {},
    )


def _reason(text: Any) -> Reason | None:
    """The pod's reasons are a closed set; the operator has more, which its message explains."""
    try:
        return Reason(text)
    except ValueError:
        return None


def _condition(status: Object, kind: str) -> Object:
    found = (each for each in status.get("conditions") or () if each.get("type") == kind)
    return next(found, {})


def _moment(text: Any) -> datetime | None:
    return parse(text) if text else None
