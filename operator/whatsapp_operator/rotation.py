"""Which versions of a pod's API key are good now, and for how long. No I/O, no clock.

Why two for a while: a mounted Secret takes up to 90 s to reach a running pod, and clients read the new key
when they find the time. Why `status` remembers it: an operator that restarts must neither cut the old key
off early nor let it live for ever.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from whatsapp_operator import moments

OVERLAP = timedelta(minutes=10)
"""How long the old key works beside the new one."""


@dataclass(frozen=True, kw_only=True)
class Rotation:
    """`versions`: the newest first. `record` goes into `status.keys`. `again`: when the old one goes."""

    versions: tuple[int, ...]
    record: Mapping[str, Any]
    again: datetime | None = None


def rotation(wanted: int, status: Mapping[str, Any], now: datetime, *, paused: bool = False) -> Rotation:
    """Judge by the version that is asked for and by what `status` says of the last ones.

    A status without a record is of a session that has the first version, or of one that is new and has none.
    """
    record = status.get("keys") or ({"version": 1} if status.get("secretName") else {"version": wanted})
    current = record.get("version", 1)
    if paused or current == wanted:
        return _settled(current, record, now)
    return Rotation(
        versions=(wanted, current),
        record={"version": wanted, "previous": current, "since": moments.written(now)},
        again=now + OVERLAP,
    )


def _settled(current: int, record: Mapping[str, Any], now: datetime) -> Rotation:
    previous, since = record.get("previous"), moments.parse(record.get("since"))
    if previous is None or since is None or now - since >= OVERLAP:
        return Rotation(versions=(current,), record={"version": current})
    return Rotation(versions=(current, previous), record=dict(record), again=since + OVERLAP)
