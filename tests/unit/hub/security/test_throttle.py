"""Failed logins wait; an old failure counts no longer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from whatsapp_hub.security.throttle import WINDOW, wait

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


def test_fewer_failures_than_allowed_wait_for_nothing() -> None:
    assert wait([NOW] * 2, 3, NOW) is None


def test_the_wait_ends_when_the_first_that_counts_is_out_of_the_window() -> None:
    failures = [NOW - timedelta(minutes=14), NOW, NOW - timedelta(minutes=5)]
    assert wait(failures, 3, NOW) == timedelta(minutes=1)


def test_failures_from_before_the_window_do_not_count() -> None:
    assert wait([NOW - WINDOW] * 5, 3, NOW) is None
