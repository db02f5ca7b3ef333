"""Who sees whom online, typing or recording."""

from __future__ import annotations

from typing import Any

import pytest

from whatsapp_simulator.errors import Refused
from whatsapp_simulator.presence import Presences
from whatsapp_simulator.world import World

ANA, BEA, CAT, NOBODY = "5491100000001", "5491100000002", "5491100000003", "5491199999999"
Told = list[tuple[str, dict[str, Any]]]


@pytest.fixture
def told() -> Told:
    return []


@pytest.fixture
def presences(world: World, told: Told) -> Presences:
    def tell(number: str, frame: dict[str, Any], *, only: str | None = None, but: str | None = None) -> None:
        told.append((number, frame))

    for number in (ANA, BEA, CAT):
        world.exchange.phone(number)
    return Presences(world.store, world.exchange, tell)


def test_typing_to_nobody_is_refused(presences: Presences, told: Told) -> None:
    with pytest.raises(Refused) as caught:
        presences.show(ANA, NOBODY, "composing")
    assert caught.value.code == "not_on_whatsapp"
    assert told == []


def test_who_was_never_seen_is_away(presences: Presences) -> None:
    assert presences.seen(ANA, NOBODY) == "unavailable"


def test_a_person_is_seen_by_whom_it_shows_itself_and_by_nobody_else(
    presences: Presences, told: Told
) -> None:
    presences.show(ANA, BEA, "composing")
    assert (presences.seen(BEA, ANA), presences.seen(CAT, ANA)) == ("composing", "unavailable")
    assert told == [(BEA, {"type": "presence", "chat": f"{ANA}@c.us", "state": "composing"})]


def test_in_a_group_the_others_see_who_types(world: World, presences: Presences, told: Told) -> None:
    group = world.membership.create(ANA, "Three", [BEA, CAT])
    told.clear()
    presences.show(ANA, group.id, "recording")
    assert [number for number, _ in told] == [BEA, CAT]
    frame = told[0][1]
    assert (frame["chat"], frame["participant"]) == (group.id, world.exchange.directory.member_wid(ANA))


def test_who_is_not_in_a_group_types_there_to_nobody(world: World, presences: Presences) -> None:
    group = world.membership.create(ANA, "Two", [BEA])
    with pytest.raises(Refused):
        presences.show(CAT, group.id, "composing")
