"""What follows an attempt to deliver: done, again later, or a dead letter. Pure; `post` only posts.

Why some answers end it at once: a receiver that says the event itself is wrong will say so tomorrow, and the
chat behind it must go on. Everything else may be the receiver's bad day, and waits.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

FINAL = {400, 410, 413, 415, 422}
"""Answers that say the event itself is not wanted."""
FIRST_DELAY = 1.0
LONGEST_DELAY = 15 * 60.0
GIVE_UP_AFTER = timedelta(hours=48)
UNKNOWN_SESSION_FOR = timedelta(minutes=10)
"""Contract D: a 404 may mean that the receiver's row of this session is still to come."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came of one attempt: a status, or None and the `trouble`. `retry_after` is the header's text."""

    status: int | None = None
    retry_after: str | None = None
    trouble: str = ""

    def __str__(self) -> str:
        """A few words for a person, without the receiver's own."""
        return self.trouble if self.status is None else f"answered {self.status}"


@dataclass(frozen=True, kw_only=True)
class Trials:
    """What the head of a line has behind it. `since` is when it began to wait, `unknown_since` the first 404
    of those that may be of a session which the receiver does not know yet."""

    attempts: int = 0
    since: datetime | None = None
    unknown_since: datetime | None = None


FRESH = Trials()
"""Not tried yet."""


@dataclass(frozen=True, kw_only=True)
class Delivered:
    """The receiver has it."""


@dataclass(frozen=True, kw_only=True)
class Again:
    """The line waits until `at`."""

    at: datetime
    trials: Trials


@dataclass(frozen=True, kw_only=True)
class Dead:
    """Not tried again by itself."""

    because: str
    trials: Trials


def next_step(
    answer: Answer, before: Trials, now: datetime, *, orchestrator: bool, random: Callable[[], float]
) -> Delivered | Again | Dead:
    """What `answer` to the next attempt after `before` means; `random` gives 0 to 1."""
    if answer.status is not None and 200 <= answer.status < 300:
        return Delivered()
    unknown = orchestrator and answer.status == 404
    trials = Trials(
        attempts=before.attempts + 1,
        since=before.since or now,
        unknown_since=(before.unknown_since or now) if unknown else None,
    )
    if answer.status in FINAL:
        return Dead(because=f"{answer}.", trials=trials)
    if trials.unknown_since and now - trials.unknown_since >= UNKNOWN_SESSION_FOR:
        return Dead(because=f"{answer} for {_words(UNKNOWN_SESSION_FOR)}.", trials=trials)
    if trials.since and now - trials.since >= GIVE_UP_AFTER:
        return Dead(because=f"{answer}, after {_words(GIVE_UP_AFTER)} of waiting.", trials=trials)
    wait = delay(trials.attempts, answer.retry_after, now, random())
    return Again(at=now + timedelta(seconds=wait), trials=trials)


def delay(attempts: int, retry_after: str | None, now: datetime, random: float) -> float:
    """Seconds until the next attempt after `attempts` failed ones: 1, 2, 4 …, a fifth more or less."""
    base = min(LONGEST_DELAY, FIRST_DELAY * 2.0 ** min(attempts - 1, 20))
    wait = base * (0.8 + 0.4 * random)
    return min(LONGEST_DELAY, max(wait, seconds_of(retry_after, now)))


def seconds_of(retry_after: str | None, now: datetime) -> float:
    """The header as seconds: a number, or a date; 0 for none, for a past one and for nonsense."""
    text = (retry_after or "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return 0.0
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())


def _words(span: timedelta) -> str:
    hours = span.total_seconds() / 3600
    return f"{hours:.0f} h" if hours >= 1 else f"{hours * 60:.0f} min"
