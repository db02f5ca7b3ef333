"""How many failed logins are too many. Pure; the counts are kept in the database, for every replica.

Only failures count: existing clients log in before every QR, and a good login is never answered 429 unless
its own address has failed too often just before. An account cannot be locked from elsewhere: what is counted
is the pair of account and address, and the address alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

WINDOW = timedelta(minutes=15)
PER_PAIR = 10
PER_ADDRESS = 50


def wait(failures: Sequence[datetime], most: int, now: datetime) -> timedelta | None:
    """How long until the next attempt is heard; None: now. `failures` in any order."""
    recent = sorted(at for at in failures if at > now - WINDOW)
    if len(recent) < most:
        return None
    return recent[-most] + WINDOW - now
