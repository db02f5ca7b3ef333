"""What a session shows of itself: the `data` of every `session.*` event.

Why one shape for all three types: a follower (the operator, the hub) replaces what it knew
by what it reads, and can never be left with half of an older state.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from whatsapp_contracts.states import Reason, State

PROTOCOL = 1
"""Version of the event stream. A follower supports the pod's protocol of the two releases before."""


@dataclass(frozen=True, kw_only=True)
class QrCode:
    """One QR on show: the opaque text, when WhatsApp replaces it, and how many were shown in this login."""

    code: str
    expires_at: str
    attempt: int


@dataclass(frozen=True, kw_only=True)
class PairingCode:
    """The code to type on the phone, such as `ABCD-1234`, and when WhatsApp replaces it."""

    code: str
    expires_at: str


@dataclass(frozen=True, kw_only=True)
class Account:
    """Who is logged in. `phone` is digits; `platform` and `push_name` are as the phone reports them."""

    phone: str
    platform: str | None = None
    push_name: str | None = None
    whatsapp_user_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class SessionView:
    """The whole session at one moment. Times are ISO 8601 UTC with milliseconds and `Z`.

    `logged_out_by` is `request` or `phone` while `LoggedOut`: contract D calls only the second `expired`.
    `config_revision` is the `revision` of the configuration in force, empty for none.
    """

    state: State
    reason: Reason | None = None
    message: str = ""
    qr: QrCode | None = None
    account: Account | None = None
    connected_since: str | None = None
    last_activity: str | None = None
    pairing_code: PairingCode | None = None
    logged_out_by: str | None = None
    storage_pressure: bool = False
    config_revision: str = ""

    def to_json(self) -> dict[str, Any]:
        """The wire shape: camelCase, every key always present."""
        return {
            "protocol": PROTOCOL,
            "state": self.state.value,
            "reason": self.reason.value if self.reason else None,
            "message": self.message,
            "qr": self.qr
            and {"code": self.qr.code, "expiresAt": self.qr.expires_at, "attempt": self.qr.attempt},
            "pairingCode": self.pairing_code
            and {"code": self.pairing_code.code, "expiresAt": self.pairing_code.expires_at},
            "account": self.account
            and {
                "phone": self.account.phone,
                "platform": self.account.platform,
                "pushName": self.account.push_name,
                "whatsappUserId": self.account.whatsapp_user_id,
            },
            "connectedSince": self.connected_since,
            "lastActivity": self.last_activity,
            "loggedOutBy": self.logged_out_by,
            "storagePressure": self.storage_pressure,
            "configRevision": self.config_revision,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> SessionView:
        """Read the wire shape; unknown keys (a newer pod) are ignored, an unknown state raises ValueError.

        An unknown reason raises too: it would be repeated in `status`, whose values are closed.
        """
        qr, account = data.get("qr"), data.get("account")
        reason, pairing = data.get("reason"), data.get("pairingCode")
        return cls(
            state=State(data["state"]),
            reason=Reason(reason) if reason else None,
            message=data.get("message") or "",
            qr=QrCode(code=qr["code"], expires_at=qr["expiresAt"], attempt=qr["attempt"]) if qr else None,
            account=Account(
                phone=account["phone"],
                platform=account.get("platform"),
                push_name=account.get("pushName"),
                whatsapp_user_id=account.get("whatsappUserId"),
            )
            if account
            else None,
            connected_since=data.get("connectedSince"),
            last_activity=data.get("lastActivity"),
            pairing_code=PairingCode(code=pairing["code"], expires_at=pairing["expiresAt"])
            if pairing
            else None,
            logged_out_by=data.get("loggedOutBy"),
            storage_pressure=bool(data.get("storagePressure")),
            config_revision=data.get("configRevision") or "",
        )
