"""Times as the contracts have them: ISO 8601 in UTC; read with and without milliseconds."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from whatsapp_contracts.events import timestamp

Clock = Callable[[], datetime]


def now() -> datetime:
    """This moment, in UTC."""
    return datetime.now(UTC)


def parse(text: str) -> datetime:
    """`text` as a moment in UTC (without an offset it is UTC); raises ValueError."""
    moment = datetime.fromisoformat(text)
    if not 1970 <= moment.year < 9999:
        raise ValueError("before 1970, or after all time")
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def iso(moment: datetime | None) -> str | None:
    """The form of every time in an answer."""
    if moment is None:
        return None
    if moment.tzinfo is UTC:  # nearly always, and a list has thousands
        return moment.isoformat(timespec="milliseconds")[:-6] + "Z"
    return timestamp(moment)
