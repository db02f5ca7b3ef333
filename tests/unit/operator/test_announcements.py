"""Which changes are told, and that no number is in them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from unit.operator.builders import DEFAULTS, INIT, NAMES, NOW, QR, READY, down, live, pod, seen, session
from whatsapp_contracts.sessions import SessionView
from whatsapp_contracts.states import Reason
from whatsapp_operator.announcements import announcement
from whatsapp_operator.decide import decide


def status(view: SessionView) -> dict[str, object]:
    found = decide(session(), NAMES, DEFAULTS, seen(pod(), heard=live(view)), NOW).status
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("before", "after", "reason", "warning"),
    [
        (INIT, QR, "QRRequired", False),
        (QR, READY, "Connected", False),
        (READY, down(Reason.LOGGED_OUT), "LoggedOut", True),
        (READY, down(Reason.BANNED), "Banned", True),
    ],
)
def test_a_change_that_a_person_wants_to_know_is_told(
    before: SessionView, after: SessionView, reason: str, warning: bool
) -> None:
    told = announcement(status(before), status(after))
    assert told is not None
    assert (told.reason, told.warning) == (reason, warning)


def test_steps_on_the_way_and_rotations_are_not_told() -> None:
    assert announcement(status(READY), status(INIT)) is None
    assert announcement({}, status(INIT)) is None
    rotated = replace(QR, qr=replace(QR.qr, code="1@next", attempt=2)) if QR.qr else QR
    assert announcement(status(QR), status(rotated)) is None


def test_no_number_or_qr_is_told() -> None:
    mismatch = replace(
        down(Reason.PHONE_MISMATCH), message="5491100000001 logged in instead of 5491100000002"
    )
    for after in (mismatch, QR, READY):
        told = announcement(status(INIT), status(after))
        assert told is not None
        assert "54911" not in told.message
        assert "1@abc" not in told.message
