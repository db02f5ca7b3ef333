from __future__ import annotations

import pytest

from whatsapp_session.config import Pacing
from whatsapp_session.outbox.pacing import Bucket

PACING = Pacing(messages_per_minute=60, burst=3)


def test_a_burst_goes_at_once_and_the_next_waits_for_its_token() -> None:
    bucket = Bucket.full(PACING, 0)
    for _ in range(3):
        assert bucket.wait(0) == 0
        bucket = bucket.take(0)
    assert bucket.wait(0) == 1
    assert bucket.wait(0.25) == 0.75
    assert bucket.wait(1) == 0


def test_who_stands_behind_others_waits_for_their_tokens_too() -> None:
    bucket = Bucket.full(PACING, 0)
    assert bucket.wait(0, ahead=2) == 0
    assert bucket.wait(0, ahead=3) == 1
    assert bucket.wait(0, ahead=33) == 31


def test_no_more_is_saved_up_than_the_burst() -> None:
    bucket = Bucket.full(PACING, 0).take(0)
    assert bucket.filled(10_000).tokens == 3


def test_a_clock_that_goes_back_gives_nothing() -> None:
    bucket = Bucket.full(PACING, 100).take(100)
    assert bucket.filled(50).tokens == 2


@pytest.mark.parametrize(
    ("burst", "tokens"), [(10, 8), (3, 1), (2, 0), (1, 0)], ids=["more", "the same", "fewer", "one"]
)
def test_another_pacing_forgets_nothing_of_what_was_spent(burst: int, tokens: int) -> None:
    spent = Bucket.full(PACING, 0).take(0).take(0)
    changed = spent.paced(Pacing(messages_per_minute=120, burst=burst), 0)
    assert changed.tokens == tokens
    assert changed.rate == 2
