from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from whatsapp_hub.dashboard.views import Change, SessionCard
from whatsapp_hub.database.models import Session, SessionChange

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


def card(**values: Any) -> SessionCard:
    given: dict[str, Any] = {
        "id": 7,
        "uid": "u",
        "session_id": "cliente_7",
        "operating_mode": "Connected",
        "message": "",
        "ended": False,
        "gone": False,
        "created_at": NOW,
    }
    return SessionCard.of(Session(**given | values), NOW)


QR = {"state": "QR_REQUIRED", "qr_png": "AAAA"}


def test_a_code_past_its_time_is_not_shown() -> None:
    shown = card(**QR, qr_expires_at=NOW)
    assert (shown.qr, shown.qr_until) == (None, None)
    assert shown.status == "pending"


def test_a_code_is_shown_with_when_it_expires() -> None:
    shown = card(**QR, qr_expires_at=NOW + timedelta(seconds=20))
    assert shown.qr == "data:image/png;base64,AAAA"
    assert shown.qr_until == "2026-01-01T12:00:20.000Z"


def test_the_phone_is_shown_while_it_is_connected_and_not_after() -> None:
    account = {"account_phone": "549", "push_name": "Ana", "platform": "android"}
    connected = card(state="READY", **account)
    assert (connected.phone, connected.push_name, connected.platform) == ("549", "Ana", "android")
    lost = card(state="DISCONNECTED", reason="LoggedOut", **account)
    assert (lost.phone, lost.push_name, lost.platform) == (None, None, None)


def test_a_session_without_a_name_goes_by_its_own() -> None:
    assert card().name == "cliente_7"
    assert card(name="WhatsApp Ana").name == "WhatsApp Ana"


@pytest.mark.parametrize(
    ("values", "reason", "message"),
    [
        ({"state": "DISCONNECTED", "reason": "Banned", "message": "m"}, "Banned", "m"),
        ({"operating_mode": "Disconnected", "reason": "Banned", "message": "m"}, "Stopped", ""),
        ({"operating_mode": "Suspended", "message": "m"}, "Suspended", ""),
        ({"gone": True, "state": "READY", "message": "m"}, "Gone", ""),
        ({"ended": True, "state": "DISCONNECTED", "reason": "LoggedOut", "message": "m"}, None, "m"),
        ({"state": "INIT", "message": "m"}, None, ""),
        ({"state": "READY", "reason": "NetworkLost", "message": "m"}, None, ""),
    ],
)
def test_why_it_is_not_connected(values: dict[str, Any], reason: str | None, message: str) -> None:
    shown = card(**values)
    assert (shown.reason, shown.message) == (reason, message)


@pytest.mark.parametrize(
    ("values", "reconnect", "disconnect", "suspended"),
    [
        ({"state": "READY"}, False, True, False),
        ({"state": "INIT"}, False, True, False),
        ({"state": "DISCONNECTED", "reason": "Banned"}, True, True, False),
        ({"operating_mode": "Disconnected"}, True, False, False),
        ({"operating_mode": "Suspended"}, True, False, True),
        ({"gone": True}, True, False, False),
    ],
)
def test_what_can_be_done_to_it(
    values: dict[str, Any], reconnect: bool, disconnect: bool, suspended: bool
) -> None:
    shown = card(**values)
    assert (shown.can_reconnect, shown.can_disconnect, shown.suspended) == (reconnect, disconnect, suspended)


@pytest.mark.parametrize(
    ("state", "status"),
    [
        ("READY", "connected"),
        ("DISCONNECTED", "disconnected"),
        ("INIT", "pending"),
        ("QR_REQUIRED", "pending"),
    ],
)
def test_a_step_of_the_history_has_a_colour(state: str, status: str) -> None:
    row = SessionChange(id=1, at=NOW, state=state, reason=None, message="m")
    assert Change.of(row).status == status
