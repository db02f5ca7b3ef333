"""What is wrong now, and for how long."""

from __future__ import annotations

import pytest

from whatsapp_simulator.disturbances import Disturbances
from whatsapp_simulator.errors import Refused
from whatsapp_simulator.faults import NONE, Faults

ANA, BEA = "5491100000001", "5491100000002"


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_banned_number_is_refused_until_the_ban_ends() -> None:
    disturbances = Disturbances(Clock())
    disturbances.ban(ANA)
    with pytest.raises(Refused) as caught:
        disturbances.check_not_banned(ANA)
    assert (caught.value.code, caught.value.status) == ("banned", 403)
    disturbances.check_not_banned(BEA)
    disturbances.unban(ANA)
    disturbances.check_not_banned(ANA)


def test_a_line_is_cut_for_its_seconds_and_for_one_account() -> None:
    clock = Clock()
    disturbances = Disturbances(clock)
    disturbances.cut(ANA, 10)
    assert [disturbances.is_cut_off(one) for one in (ANA, BEA, None)] == [True, False, False]
    clock.now += 10
    assert not disturbances.is_cut_off(ANA)


def test_a_network_that_is_down_is_down_for_everybody() -> None:
    disturbances = Disturbances(Clock())
    disturbances.down = True
    assert [disturbances.is_cut_off(one) for one in (ANA, None)] == [True, True]


def test_faults_are_those_of_one_account() -> None:
    disturbances = Disturbances(Clock())
    disturbances.set_faults(ANA, Faults(drop_live=True))
    assert disturbances.faults(ANA).drop_live
    assert disturbances.faults(BEA) == NONE
