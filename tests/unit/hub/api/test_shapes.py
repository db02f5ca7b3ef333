"""A session as contract B shows it, alone and in a list of thousands."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from whatsapp_contracts.states import Reason, State
from whatsapp_hub.api import shapes

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
CHOICES: dict[str, tuple[Any, ...]] = {
    "operating_mode": ("Connected", "Disconnected", "Suspended"),
    "state": (None, *(state.value for state in State)),
    "reason": (None, Reason.BANNED.value, Reason.NETWORK_LOST.value),
    "ended": (False, True),
    "gone": (False, True),
    "last_activity": (None, NOW - timedelta(milliseconds=1)),
}
COLUMNS = [column.key for column in shapes.LISTED]


class Row(tuple[Any, ...]):
    """As the database gives it: values in order, and by name."""

    def __getattr__(self, name: str) -> Any:
        return self[COLUMNS.index(name)]


def test_a_list_shows_every_session_as_it_is_shown_alone() -> None:
    plain = {name: f"<{name}>" for name in COLUMNS} | {
        "state_since": NOW - timedelta(minutes=5), "connecting_since": None, "created_at": NOW,
        "qr_expires_at": NOW + timedelta(seconds=9),
    }  # fmt: skip
    rows = [
        Row({**plain, **dict(zip(CHOICES, chosen, strict=True))}.values())
        for chosen in itertools.product(*CHOICES.values())
    ]
    listed = shapes.listing(rows, NOW)
    assert listed == [
        shapes.listed(SimpleNamespace(**dict(zip(COLUMNS, row, strict=True))), NOW) for row in rows
    ]
    assert {each["status"] for each in listed} == {"pending", "connected", "disconnected", "error"}
