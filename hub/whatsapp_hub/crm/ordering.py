"""Which of two words about a session is the older one: callbacks come late, twice and out of order. Pure.

Why the hub's own ear decides: a status-update does not say when it was true. Where the hub hears the session
itself, it hears of every change; a word that contradicts what it heard is late, or early, and then the hub
hears the same in a moment. Either way the row ends right, while a late word that won would stay until the
session's next change.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from whatsapp_contracts.states import State

QR_LIFE = timedelta(seconds=20)
"""How long a code is on show; the callback does not say."""
WORDS: Mapping[str, tuple[str, ...]] = {
    State.INIT: ("pending",),
    State.QR_REQUIRED: ("pending",),
    State.READY: ("connected",),
    State.DISCONNECTED: ("disconnected", "expired"),
}


def outdated(row: Any, word: str, moment: datetime | None) -> bool:
    """Whether contract D's `word`, last true at `moment` (as far as it says), is older than the row."""
    if row.state is not None:
        newer = moment is not None and row.state_since is not None and moment > row.state_since
        return word not in WORDS.get(row.state, ()) and not newer
    return word == "connected" and moment is not None and row.last_seen is not None and moment < row.last_seen


def settled(row: Any, changes: Mapping[str, Any]) -> dict[str, Any]:
    """`changes`, but for a `last_seen` before the one that is known."""
    seen = changes.get("last_seen")
    back = seen is not None and row.last_seen is not None and seen < row.last_seen
    return {name: value for name, value in changes.items() if not (back and name == "last_seen")}


def outdated_qr(row: Any, code: str, moment: datetime) -> bool:
    """Whether a code that was new at `moment` is older than what the row shows: a scan, or a later code."""
    if row.state is not None and row.state != State.QR_REQUIRED:
        return row.state_since is not None and moment < row.state_since
    return (
        row.qr_code is not None
        and row.qr_code != code
        and row.qr_expires_at is not None
        and moment + QR_LIFE < row.qr_expires_at
    )
