"""What status shows of a login, a volume and a reason; the whole of it: test_decide."""

from __future__ import annotations

from dataclasses import replace

import pytest

from unit.operator.builders import QR, READY, condition, down, live, pod, seen, session, silent
from unit.operator.test_decide import status_of
from whatsapp_contracts.sessions import PairingCode, SessionView
from whatsapp_contracts.states import Reason, State

PAIRING = SessionView(
    state=State.QR_REQUIRED,
    pairing_code=PairingCode(code="ABCD-1234", expires_at="2026-11-21T12:03:00.000Z"),
)


def test_a_pairing_code_is_shown_while_it_is_to_be_typed() -> None:
    shown = status_of(session(), seen(pod(), heard=live(PAIRING)))
    assert shown["pairingCode"] == {"code": "ABCD-1234", "expiresAt": "2026-11-21T12:03:00.000Z"}
    assert "qr" not in shown
    assert "status.pairingCode.code" in shown["message"]
    assert "ABCD-1234" not in str(shown["conditions"])
    for gone in (seen(pod(), heard=live(READY)), seen(), seen(pod(), heard=silent(PAIRING, 30))):
        assert "pairingCode" not in status_of(session(status=shown), gone)
    wrong = replace(PAIRING, pairing_code=PairingCode(code="x", expires_at="soon"))
    assert "pairingCode" not in status_of(session(), seen(pod(), heard=live(wrong)))


def test_a_volume_that_is_nearly_full_is_named_with_the_cure() -> None:
    status = status_of(session(), seen(pod(), heard=live(replace(READY, storage_pressure=True))))
    storage = condition(status, "StorageReady")
    assert (storage["status"], storage["reason"]) == ("False", "StoragePressure")
    assert "spec.storage.size" in storage["message"]
    assert condition(status, "Ready")["status"] == "True"


@pytest.mark.parametrize("view", [PAIRING, replace(READY, storage_pressure=True), QR])
def test_an_operator_that_restarts_forgets_no_code_and_no_pressure(view: SessionView) -> None:
    before = status_of(session(), seen(pod(), heard=live(view)))
    assert status_of(session(status=before), seen(pod(), heard=silent(None, 10))) == before


STALLED = {Reason.PHONE_MISMATCH, Reason.BROWSER_FAILED, Reason.BANNED}


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_says_the_cure_and_some_need_a_person(reason: Reason) -> None:
    status = status_of(session(), seen(pod(), heard=live(down(reason))))
    assert condition(status, "Stalled")["status"] == str(reason in STALLED)
    assert condition(status, "Ready")["reason"] == reason.value
    if reason is not Reason.NETWORK_LOST:
        assert "restartedAt" in status["message"]
