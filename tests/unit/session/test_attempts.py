from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from unit.session.doubles import NOW
from whatsapp_session.attempts import MAX_FAILED, WITHIN, Attempts


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "starts.json"


def fail(attempts: Attempts, times: int) -> None:
    for second in range(times):
        attempts.begin(NOW + timedelta(seconds=second))


def test_five_starts_that_came_to_nothing_are_too_many(path: Path) -> None:
    attempts = Attempts(path, restarted_at="")
    fail(attempts, MAX_FAILED - 1)
    now = NOW + timedelta(minutes=1)
    assert not attempts.too_many(now)
    attempts.begin(now)
    assert attempts.too_many(now)


def test_they_are_counted_over_restarts_of_the_process(path: Path) -> None:
    fail(Attempts(path, restarted_at=""), MAX_FAILED)
    assert Attempts(path, restarted_at="").too_many(NOW + timedelta(minutes=1))


def test_a_start_that_came_to_something_does_not_count(path: Path) -> None:
    attempts = Attempts(path, restarted_at="")
    for _ in range(2 * MAX_FAILED):
        attempts.begin(NOW)
        attempts.worked(NOW)
    assert attempts.failed(NOW) == 0


def test_after_half_an_hour_they_are_forgotten(path: Path) -> None:
    attempts = Attempts(path, restarted_at="")
    fail(attempts, MAX_FAILED)
    assert attempts.failed(NOW + WITHIN + timedelta(seconds=MAX_FAILED)) == 0


def test_a_restart_that_somebody_asked_for_forgets_them(path: Path) -> None:
    fail(Attempts(path, restarted_at="2026-01-01T00:00:00Z"), MAX_FAILED)
    assert not Attempts(path, restarted_at="2026-01-01T12:00:00Z").too_many(NOW + timedelta(minutes=1))


def test_a_login_that_somebody_asked_for_forgets_them(path: Path) -> None:
    attempts = Attempts(path, restarted_at="")
    fail(attempts, MAX_FAILED)
    attempts.forget()
    assert attempts.failed(NOW + timedelta(minutes=1)) == 0


@pytest.mark.parametrize("content", ["", "{", "[]", '{"starts": 1, "restartedAt": ""}', "\ufffd"])
def test_a_file_that_a_power_cut_left_half_written_counts_as_empty(path: Path, content: str) -> None:
    path.write_text(content)
    assert Attempts(path, restarted_at="").failed(NOW) == 0


def test_a_clock_that_was_set_back_does_not_lock_the_session_out(path: Path) -> None:
    fail(Attempts(path, restarted_at=""), MAX_FAILED)
    assert Attempts(path, restarted_at="").failed(NOW - timedelta(days=1)) == 0


def test_a_volume_that_cannot_be_written_does_not_end_the_session(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    Attempts(tmp_path / "missing" / "starts.json", restarted_at="").begin(NOW)
    assert "could not be written" in caplog.text
