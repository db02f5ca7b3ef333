"""The session view travels unchanged, and nothing outside the closed sets gets in."""

from __future__ import annotations

import json

import pytest

from whatsapp_contracts.sessions import Account, PairingCode, QrCode, SessionView
from whatsapp_contracts.states import Reason, State

VIEWS = {
    "starting": SessionView(state=State.INIT, message="starting the browser"),
    "waiting for a scan": SessionView(
        state=State.QR_REQUIRED,
        qr=QrCode(code="2@abc,def", expires_at="2026-01-01T12:00:20.000Z", attempt=2),
    ),
    "ready": SessionView(
        state=State.READY,
        account=Account(phone="5491100000001", platform="android", push_name="Ana", whatsapp_user_id="x"),
        connected_since="2026-01-01T12:00:00.000Z",
        last_activity="2026-01-01T12:00:01.000Z",
    ),
    "an account of which only the number is known": SessionView(
        state=State.READY, account=Account(phone="5491100000001")
    ),
    "waiting for a pairing code": SessionView(
        state=State.QR_REQUIRED,
        pairing_code=PairingCode(code="ABCD-1234", expires_at="2026-01-01T12:03:00.000Z"),
        config_revision="r1",
    ),
    "logged out on a full volume": SessionView(
        state=State.DISCONNECTED, reason=Reason.LOGGED_OUT, logged_out_by="phone", storage_pressure=True
    ),
    "stopped": SessionView(state=State.DISCONNECTED, reason=Reason.STOPPED),
}
KEYS = {
    "protocol", "state", "reason", "message", "qr", "pairingCode", "account", "connectedSince",
    "lastActivity", "loggedOutBy", "storagePressure", "configRevision",
}  # fmt: skip


@pytest.mark.parametrize("field", ["state", "reason"])
def test_an_unknown_word_is_refused(field: str) -> None:
    data = VIEWS["stopped"].to_json() | {field: "Unheard"}
    with pytest.raises(ValueError, match="Unheard"):
        SessionView.from_json(data)


def test_keys_of_a_newer_pod_are_ignored() -> None:
    assert SessionView.from_json(VIEWS["ready"].to_json() | {"mood": "good"}) == VIEWS["ready"]


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
def test_a_view_comes_back_from_the_wire_as_it_was(view: SessionView) -> None:
    assert SessionView.from_json(json.loads(json.dumps(view.to_json()))) == view


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
def test_every_key_is_always_there(view: SessionView) -> None:
    assert set(view.to_json()) == KEYS
