"""Whether a receiver is down, and what its coming back means."""

from __future__ import annotations

from datetime import timedelta

from unit.session.doubles import NOW
from whatsapp_session.webhooks.health import DOWN_AFTER, FAILING_AFTER, PROBE_FIRST, PROBE_LONGEST, Health


def failed(times: int, *, first: bool = True) -> Health:
    health = Health()
    for _ in range(times):
        health.fails(first=first)
    return health


def test_one_chat_that_fails_for_ever_does_not_take_the_receiver_down() -> None:
    assert not failed(1000, first=False).down


def test_many_chats_that_fail_take_it_down_and_one_success_brings_it_back() -> None:
    health = failed(DOWN_AFTER)
    assert health.down
    health.works()
    assert not health.down


def test_while_down_it_is_probed_ever_more_rarely() -> None:
    health, now = failed(DOWN_AFTER), NOW
    pauses = []
    for _ in range(8):
        assert health.may_probe(now)
        health.probed(now)
        assert not health.may_probe(now + health.pause / 2 - timedelta(seconds=1))
        assert health.probe_at is not None
        pauses.append(health.probe_at - now)
        now = health.probe_at
    assert pauses[0] == PROBE_FIRST
    assert pauses == sorted(pauses)
    assert pauses[-1] == PROBE_LONGEST


def test_it_comes_back_only_after_it_failed_in_a_row() -> None:
    health = failed(FAILING_AFTER - 1)
    health.works()
    assert not health.coming_back
    health = failed(FAILING_AFTER)
    health.works()
    assert health.coming_back
