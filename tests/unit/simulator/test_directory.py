"""Numbers, LIDs and groups: who is called what, for whom."""

from __future__ import annotations

import pytest

from whatsapp_simulator.directory import Directory
from whatsapp_simulator.errors import Refused
from whatsapp_simulator.world import World

ANA, BEA = "5491100000001", "5491100000002"
GROUP = "120363000000000001@g.us"


@pytest.fixture
def directory(world: World) -> Directory:
    world.exchange.phone(ANA, name="Ana")
    world.exchange.phone(BEA, name="Bea", lid_only=True)
    return world.exchange.directory


def lid(world: World, number: str) -> str:
    account = world.store.account(number)
    assert account
    return f"{account.lid}@lid"


@pytest.mark.parametrize("text", ["", "ana", "@lid", "12@s", "5491100000001@broadcast", "x@g.us"])
def test_what_names_nobody_is_refused(directory: Directory, text: str) -> None:
    with pytest.raises(Refused):
        directory.chat_of(text)


def test_a_group_is_no_person(directory: Directory) -> None:
    with pytest.raises(Refused):
        directory.number_of(GROUP)


def test_every_spelling_finds_the_same_chat(directory: Directory, world: World) -> None:
    for text in (ANA, f"+{ANA}", f"{ANA}@c.us", f"{ANA}:2@c.us", lid(world, ANA)):
        assert directory.chat_of(text) == ANA
    assert directory.chat_of(GROUP) == GROUP


def test_who_hides_the_number_is_seen_by_lid_but_for_itself(directory: Directory, world: World) -> None:
    assert directory.wid(BEA, ANA) == lid(world, BEA)
    assert directory.wid(BEA, BEA) == f"{BEA}@c.us"
    assert directory.wid(ANA, BEA) == f"{ANA}@c.us"
    assert directory.wid(GROUP, ANA) == GROUP


def test_a_contact_tells_a_lid_beside_a_number_and_never_the_other_way(
    directory: Directory, world: World
) -> None:
    assert directory.contact(ANA, BEA) == {"wid": f"{ANA}@c.us", "name": "Ana", "lid": lid(world, ANA)}
    assert directory.contact(BEA, ANA) == {"wid": lid(world, BEA), "name": "Bea", "lid": None}


def test_members_of_a_group_are_named_by_lid(directory: Directory, world: World) -> None:
    assert directory.member_wid(ANA) == lid(world, ANA)
