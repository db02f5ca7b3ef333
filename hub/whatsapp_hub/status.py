"""Contract B's `status`, which must not flap: clients stop watching at `disconnected` and `error`. Pure.

From the answer to create or connect until the end of that attempt it is `pending` or `connected`. What a
session was before it was asked to connect (logged out, its codes used up) says nothing about the new attempt:
until the session is heard again it stays `pending`, for ATTEMPT at most.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from whatsapp_contracts.states import Reason, State

Status = Literal["pending", "connected", "disconnected", "error"]
STATUSES: tuple[Status, ...] = ("pending", "connected", "disconnected", "error")

GRACE = timedelta(seconds=60)
"""A loss that is shorter is no end: networks come back, browsers are started again."""
ATTEMPT = timedelta(minutes=3)
"""How long an attempt may show nothing of itself."""
MODE_CONNECTED = "Connected"
ENDED_FOR_GOOD = {Reason.BANNED, Reason.PHONE_MISMATCH}
NEEDS_A_PERSON = {Reason.LOGGED_OUT, Reason.QR_EXPIRED}


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What is known of a session. `state` None: nothing was heard yet. `ended`: its pod cannot run.

    `gone`: somebody removed it where it ran.
    """

    operating_mode: str = MODE_CONNECTED
    state: str | None = None
    reason: str | None = None
    state_since: datetime | None = None
    connecting_since: datetime | None = None
    ended: bool = False
    gone: bool = False


def status(seen: Seen, now: datetime) -> Status:
    """The word for it now."""
    if seen.operating_mode != MODE_CONNECTED or seen.gone:
        return "disconnected"
    if seen.ended:
        return "error"
    if seen.state == State.READY:
        return "connected"
    if seen.state != State.DISCONNECTED or trying(seen, now):
        return "pending"
    if seen.reason in ENDED_FOR_GOOD:
        return "error"
    if seen.reason in NEEDS_A_PERSON:
        return "disconnected"
    if seen.state_since is None or now - seen.state_since < GRACE:
        return "pending"
    return "error" if seen.reason == Reason.BROWSER_FAILED else "disconnected"


def trying(seen: Seen, now: datetime) -> bool:
    """Whether an attempt was asked for that has not shown itself yet."""
    return seen.connecting_since is not None and now - seen.connecting_since < ATTEMPT
