"""Words of callbacks that come late, early or out of order."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from whatsapp_contracts.states import State
from whatsapp_hub.crm import ordering

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
BEFORE, AFTER = NOW - timedelta(seconds=30), NOW + timedelta(seconds=30)


def row(**fields: Any) -> Any:
    unknown = {"state": None, "state_since": None, "last_seen": None, "qr_code": None, "qr_expires_at": None}
    return SimpleNamespace(**unknown | fields)


@pytest.mark.parametrize(
    ("state", "word", "moment", "outdated"),
    [
        (State.READY, "pending", None, True),
        (State.READY, "disconnected", BEFORE, True),
        (State.READY, "disconnected", AFTER, False),
        (State.READY, "connected", BEFORE, False),
        (State.DISCONNECTED, "connected", BEFORE, True),
        (State.DISCONNECTED, "connected", AFTER, False),
        (State.DISCONNECTED, "expired", BEFORE, False),
        (State.DISCONNECTED, "disconnected", None, False),
        (State.QR_REQUIRED, "connected", BEFORE, True),
        (State.INIT, "pending", None, False),
    ],
)
def test_what_the_hub_heard_itself_wins_over_a_word_that_is_not_known_to_be_newer(
    state: State, word: str, moment: datetime | None, outdated: bool
) -> None:
    assert ordering.outdated(row(state=state, state_since=NOW), word, moment) is outdated


@pytest.mark.parametrize(
    ("last_seen", "word", "moment", "outdated"),
    [
        (NOW, "connected", BEFORE, True),
        (NOW, "connected", AFTER, False),
        (NOW, "connected", None, False),
        (None, "connected", BEFORE, False),
        (NOW, "disconnected", BEFORE, False),  # it was last seen before it went
    ],
)
def test_of_a_session_that_was_never_heard_only_the_connection_tells_its_time(
    last_seen: datetime | None, word: str, moment: datetime | None, outdated: bool
) -> None:
    assert ordering.outdated(row(last_seen=last_seen), word, moment) is outdated


def test_last_seen_never_goes_back() -> None:
    changes = {"status": "connected", "last_seen": BEFORE}
    assert ordering.settled(row(last_seen=NOW), changes) == {"status": "connected"}
    assert ordering.settled(row(), changes) == changes


def test_a_code_from_before_the_one_on_show_is_old() -> None:
    shown = row(state=State.QR_REQUIRED, qr_code="2", qr_expires_at=NOW + ordering.QR_LIFE)
    assert ordering.outdated_qr(shown, "1", BEFORE)
    assert not ordering.outdated_qr(shown, "3", AFTER)
    assert not ordering.outdated_qr(shown, "2", BEFORE)
    assert not ordering.outdated_qr(row(), "1", BEFORE)


def test_a_code_from_before_the_scan_is_old_and_one_after_a_logout_is_not() -> None:
    scanned = row(state=State.READY, state_since=NOW)
    assert ordering.outdated_qr(scanned, "1", BEFORE)
    assert not ordering.outdated_qr(scanned, "2", AFTER)
