"""The table of answers in `docs/contracts.md`, "Webhooks"."""

from __future__ import annotations

from datetime import timedelta
from email.utils import format_datetime

import pytest

from unit.session.doubles import NOW
from whatsapp_session.webhooks.policy import (
    FRESH,
    GIVE_UP_AFTER,
    UNKNOWN_SESSION_FOR,
    Again,
    Answer,
    Dead,
    Delivered,
    Trials,
    delay,
    next_step,
    seconds_of,
)

NO_ANSWER = Answer(trouble="no answer within 15 s")


def step(answer: Answer, before: Trials = FRESH, *, orchestrator: bool = False) -> Delivered | Again | Dead:
    return next_step(answer, before, NOW, orchestrator=orchestrator, random=lambda: 0.5)


@pytest.mark.parametrize("code", [400, 410, 413, 415, 422])
def test_what_says_that_the_event_is_wrong_ends_it_at_once(code: int) -> None:
    assert step(Answer(status=code)) == Dead(
        because=f"answered {code}.", trials=Trials(attempts=1, since=NOW)
    )


@pytest.mark.parametrize("code", [200, 201, 202, 204, 299])
def test_every_2xx_is_a_delivery(code: int) -> None:
    assert step(Answer(status=code), Trials(attempts=9, since=NOW - timedelta(days=9))) == Delivered()


@pytest.mark.parametrize(
    "code", [100, 199, 300, 301, 304, 307, 401, 403, 404, 405, 408, 409, 425, 429, 500, 599]
)
def test_every_other_answer_is_tried_again(code: int) -> None:
    assert isinstance(step(Answer(status=code)), Again)


def test_no_answer_is_tried_again_after_a_second() -> None:
    later = NOW + timedelta(seconds=1)
    assert step(NO_ANSWER) == Again(at=later, trials=Trials(attempts=1, since=NOW))


def test_two_days_of_waiting_end_it() -> None:
    old = Trials(attempts=200, since=NOW - GIVE_UP_AFTER)
    young = Trials(attempts=200, since=NOW - GIVE_UP_AFTER + timedelta(seconds=1))
    assert isinstance(step(NO_ANSWER, young), Again)
    dead = step(NO_ANSWER, old)
    assert isinstance(dead, Dead)
    assert dead.because == "no answer within 15 s, after 48 h of waiting."


def test_a_404_of_contract_d_ends_it_after_ten_minutes_of_404() -> None:
    missing, since = Answer(status=404), NOW - UNKNOWN_SESSION_FOR
    old = Trials(attempts=9, since=since, unknown_since=since)
    assert isinstance(step(missing, old, orchestrator=True), Dead)
    assert isinstance(step(missing, old), Again)
    first = step(missing, Trials(attempts=9, since=since), orchestrator=True)
    assert isinstance(first, Again)
    assert first.trials.unknown_since == NOW
    between = step(Answer(status=500), old, orchestrator=True)
    assert isinstance(between, Again)
    assert between.trials.unknown_since is None


@pytest.mark.parametrize(
    ("attempts", "low", "high"),
    [(1, 0.8, 1.2), (2, 1.6, 2.4), (3, 3.2, 4.8), (10, 409.6, 614.4), (11, 720, 900), (5000, 720, 900)],
)
def test_the_delay_doubles_with_jitter_up_to_a_quarter_of_an_hour(
    attempts: int, low: float, high: float
) -> None:
    assert delay(attempts, None, NOW, 0.0) == pytest.approx(low)
    assert delay(attempts, None, NOW, 1.0) == pytest.approx(high)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, 0.0),
        ("", 0.0),
        ("120", 120.0),
        (" 7 ", 7.0),
        ("-5", 0.0),
        ("1.5", 0.0),
        ("9" * 400, 999_999_999.0),
        ("٣", 0.0),
        ("soon", 0.0),
        (format_datetime(NOW + timedelta(seconds=90), usegmt=True), 90.0),
        (format_datetime(NOW - timedelta(days=1), usegmt=True), 0.0),
        ("Thu, 01 Jan 2026 12:00:10 -0000", 10.0),
        ("Thu, 99 Jan 2026 12:00:10 GMT", 0.0),
    ],
)
def test_retry_after_is_a_number_or_a_date_or_nothing(header: str | None, seconds: float) -> None:
    assert seconds_of(header, NOW) == seconds


@pytest.mark.parametrize(("header", "wait"), [("60", 60.0), ("1", 4.0), ("86400", 900.0)])
def test_retry_after_counts_within_the_bounds(header: str, wait: float) -> None:
    assert delay(3, header, NOW, 0.5) == wait
