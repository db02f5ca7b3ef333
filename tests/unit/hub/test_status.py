"""Contract B's `status` does not flap: `disconnected` and `error` come only when something has ended."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from whatsapp_hub.status import Seen, status

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


def ago(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


CASES = {
    "a session that was just created": (Seen(), "pending"),
    "a browser that starts, restores or syncs": (Seen(state="INIT"), "pending"),
    "a QR on show": (Seen(state="QR_REQUIRED"), "pending"),
    "a session that can send": (Seen(state="READY"), "connected"),
    "a mode that closes it": (Seen(operating_mode="Disconnected", state="READY"), "disconnected"),
    "a mode that suspends it": (Seen(operating_mode="Suspended", state="INIT"), "disconnected"),
    "a logout": (Seen(state="DISCONNECTED", reason="LoggedOut", state_since=NOW), "disconnected"),
    "rotations that ended": (Seen(state="DISCONNECTED", reason="QRExpired", state_since=NOW), "disconnected"),
    "a network lost just now": (
        Seen(state="DISCONNECTED", reason="NetworkLost", state_since=ago(59)), "pending"),
    "a network lost for longer than the grace": (
        Seen(state="DISCONNECTED", reason="NetworkLost", state_since=ago(60)), "disconnected"),
    "a conflict just now": (Seen(state="DISCONNECTED", reason="Conflict", state_since=ago(1)), "pending"),
    "a conflict that stays": (
        Seen(state="DISCONNECTED", reason="Conflict", state_since=ago(61)), "disconnected"),
    "a process that stops to be started anew": (
        Seen(state="DISCONNECTED", reason="Stopped", state_since=ago(1)), "pending"),
    "a browser that is healed or started again": (
        Seen(state="DISCONNECTED", reason="BrowserFailed", state_since=ago(1)), "pending"),
    "a browser that stays lost": (
        Seen(state="DISCONNECTED", reason="BrowserFailed", state_since=ago(61)), "error"),
    "a ban": (Seen(state="DISCONNECTED", reason="Banned", state_since=NOW), "error"),
    "a wrong number": (Seen(state="DISCONNECTED", reason="PhoneMismatch", state_since=NOW), "error"),
    "a pod that cannot run": (Seen(state="INIT", ended=True), "error"),
    "logged out, and asked to connect": (
        Seen(state="DISCONNECTED", reason="LoggedOut", state_since=ago(3600), connecting_since=ago(100)),
        "pending"),
    "codes used up, and asked to connect": (
        Seen(state="DISCONNECTED", reason="QRExpired", state_since=ago(3600), connecting_since=NOW),
        "pending"),
    "asked to connect, and nothing came of it": (
        Seen(state="DISCONNECTED", reason="LoggedOut", state_since=ago(3600), connecting_since=ago(181)),
        "disconnected"),
}  # fmt: skip


@pytest.mark.parametrize(("seen", "want"), CASES.values(), ids=CASES)
def test_the_status_of(seen: Seen, want: str) -> None:
    assert status(seen, NOW) == want
