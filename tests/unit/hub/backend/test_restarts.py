"""A session's process that ended: again after a while, and not for ever."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from whatsapp_hub.backend.restarts import GiveUp, RetryIn, after_exit

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


def ends(*minutes_ago: float) -> list[datetime]:
    return [NOW - timedelta(minutes=each) for each in minutes_ago]


@pytest.mark.parametrize(
    ("past", "seconds"), [((0,), 1), ((1, 0), 2), ((2, 1, 0), 4), ((3, 2, 1, 0), 8), ((90, 80, 70, 60, 0), 1)]
)
def test_each_restart_within_half_an_hour_waits_twice_as_long(
    past: tuple[float, ...], seconds: float
) -> None:
    assert after_exit(ends(*past), 1, "", NOW) == RetryIn(seconds=seconds)


def test_the_fifth_end_within_half_an_hour_is_the_last_and_says_why() -> None:
    step = after_exit(ends(29, 3, 2, 1, 0), 2, "CHROMIUM_PATH is wrong", NOW)
    assert isinstance(step, GiveUp)
    assert "5 times" in step.because
    assert "code 2: CHROMIUM_PATH is wrong" in step.because
