"""A seed is a run."""

from __future__ import annotations

from chaos.schedule import Kind, schedule


def test_a_kind_that_the_machine_cannot_do_does_not_come() -> None:
    faults = schedule(1, faults=60, messages=2000, without=frozenset({Kind.VOLUME_FULL}))
    assert Kind.VOLUME_FULL not in {fault.kind for fault in faults}


def test_the_same_seed_gives_the_same_faults_and_another_one_others() -> None:
    assert schedule(7, faults=50, messages=2000) == schedule(7, faults=50, messages=2000)
    assert schedule(7, faults=50, messages=2000) != schedule(8, faults=50, messages=2000)


def test_every_kind_comes_and_all_lie_within_the_traffic_in_order() -> None:
    faults = schedule(3, faults=50, messages=2000)
    assert {fault.kind for fault in faults} == set(Kind)
    assert [fault.after for fault in faults] == sorted({fault.after for fault in faults})
    assert faults[0].after > 0
    assert faults[-1].after < 2000
