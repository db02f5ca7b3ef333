"""Which messages a page gets when it asks for some that it does not have."""

from __future__ import annotations

import pytest

from whatsapp_simulator.content import Draft
from whatsapp_simulator.lookups import Key, around, by_keys
from whatsapp_simulator.records import Message
from whatsapp_simulator.world import World

ANA, BEA = "5491100000001", "5491100000002"


@pytest.fixture
def messages(world: World) -> list[Message]:
    """Five messages of one chat, Ana's first."""
    for number in (ANA, BEA):
        world.exchange.phone(number)
    world.exchange.send(ANA, BEA, Draft(text="m0"))
    for count in range(1, 5):
        world.exchange.send(BEA, ANA, Draft(text=f"m{count}"))
    return world.messages.of_account(ANA)


def ids(messages: list[Message]) -> list[str]:
    return [message.text for message in messages]


def test_an_id_that_is_not_there_is_not_found(messages: list[Message]) -> None:
    assert by_keys(messages, [Key("5491100000002@c.us", "nothing", from_me=True)]) == []


def test_own_and_received_messages_are_found_by_their_id(messages: list[Message]) -> None:
    wanted = [Key("", messages[3].id, from_me=False), Key("", messages[0].id, from_me=True)]
    assert ids(by_keys(messages, wanted)) == ["m0", "m3"]


def test_the_same_id_on_the_other_side_is_another_message(messages: list[Message]) -> None:
    assert by_keys(messages, [Key("", messages[0].id, from_me=False)]) == []


def test_what_is_newer_than_the_anchor_comes_always(messages: list[Message]) -> None:
    anchor = (messages[2].id, False)
    assert ids(around(messages, anchor, 1)) == ["m1", "m2", "m3", "m4"]
    assert ids(around(messages, anchor, 0)) == ["m2", "m3", "m4"]
    assert ids(around(messages, anchor, None)) == ["m0", "m1", "m2", "m3", "m4"]


def test_without_an_anchor_the_newest_come(messages: list[Message]) -> None:
    assert ids(around(messages, None, 2)) == ["m3", "m4"]
