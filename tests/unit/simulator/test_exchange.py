"""Messages between phones: copies, acknowledgements, and what open pages are told."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from whatsapp_simulator.content import MAX_TEXT, Draft
from whatsapp_simulator.errors import Refused
from whatsapp_simulator.exchange import Exchange
from whatsapp_simulator.records import Message
from whatsapp_simulator.world import World

ANA, BEA = "5491100000001", "5491100000002"
Told = list[tuple[str, dict[str, Any], str | None, str | None]]


@pytest.fixture
def told() -> Told:
    return []


@pytest.fixture
def exchange(world: World, told: Told) -> Exchange:
    def tell(number: str, frame: dict[str, Any], *, only: str | None = None, but: str | None = None) -> None:
        told.append((number, frame, only, but))

    made = Exchange(world.store, world.messages, tell, clock=lambda: 1_700_000_000.5)
    made.phone(ANA, name="Ana")
    made.phone(BEA)
    return made


def acks(told: Told, number: str) -> list[int]:
    return [frame["ack"] for to, frame, _, _ in told if to == number and frame["type"] == "receipt"]


def summary(messages: list[Message]) -> list[tuple[str, bool, str, int]]:
    return [(message.chat, message.from_me, message.text, message.ack) for message in messages]


def test_a_number_without_a_phone_is_refused_and_nothing_is_stored(exchange: Exchange, world: World) -> None:
    with pytest.raises(Refused) as caught:
        exchange.send(ANA, "5491199999999", Draft(text="hello"))
    assert (caught.value.code, caught.value.status) == ("not_on_whatsapp", 404)
    assert world.messages.count(ANA) == 0


@pytest.mark.parametrize("text", ["", "x" * (MAX_TEXT + 1)])
def test_an_empty_or_endless_text_is_refused(exchange: Exchange, text: str) -> None:
    with pytest.raises(Refused) as caught:
        exchange.send(ANA, BEA, Draft(text=text))
    assert caught.value.code == "invalid_text"


def test_a_message_has_a_copy_on_each_side_and_is_read_at_once(
    exchange: Exchange, world: World, told: Told
) -> None:
    message = exchange.send(ANA, BEA, Draft(text="hello"))
    assert (message.ack, message.time) == (3, 1_700_000_000)
    assert summary(world.messages.of_account(ANA)) == [(BEA, True, "hello", 3)]
    assert summary(world.messages.of_account(BEA)) == [(ANA, False, "hello", 3)]
    assert acks(told, ANA) == [2, 3]


def test_a_phone_that_does_not_read_at_once_stays_unread_until_it_is_opened(
    exchange: Exchange, world: World, told: Told
) -> None:
    exchange.phone(BEA, auto_read=False)
    exchange.send(ANA, BEA, Draft(text="one"))
    exchange.send(ANA, BEA, Draft(text="two"))
    assert acks(told, ANA) == [2, 2]
    assert [(chat.id, chat.unread) for chat in world.messages.chats(BEA)] == [(ANA, 2)]
    assert exchange.read(BEA, ANA) == 2
    assert acks(told, ANA) == [2, 2, 3]
    assert exchange.read(BEA, ANA) == 0
    assert [message.ack for message in world.messages.of_account(ANA)] == [3, 3]


def test_a_linked_devices_own_message_is_confirmed_to_it_and_shown_to_the_others(
    exchange: Exchange, told: Told
) -> None:
    exchange.send(ANA, BEA, Draft(text="hello"), message_id="3EB0AA", device="laptop")
    first, second = told[0], told[1]
    assert (first[0], first[1]["type"], first[3]) == (ANA, "message", "laptop")
    assert (second[0], second[1]["type"], second[2]) == (ANA, "ack", "laptop")
    assert [frame["type"] for to, frame, _, _ in told if to == BEA] == ["message"]


def test_the_same_id_again_is_the_same_message_and_is_confirmed_again(
    exchange: Exchange, world: World, told: Told
) -> None:
    first = exchange.send(ANA, BEA, Draft(text="hello"), message_id="3EB0AA", device="laptop")
    told.clear()
    again = exchange.send(ANA, BEA, Draft(text="hello"), message_id="3EB0AA", device="laptop")
    assert replace(again, repeats=0) == first
    assert world.messages.count(BEA) == 1
    assert [(frame["type"], only) for _, frame, only, _ in told] == [
        ("ack", "laptop"), ("receipt", "laptop"), ("receipt", "laptop"),
    ]  # fmt: skip


def test_a_note_to_oneself_is_one_message(exchange: Exchange, world: World) -> None:
    assert exchange.send(ANA, ANA, Draft(text="milk")).ack == 3
    assert summary(world.messages.of_account(ANA)) == [(ANA, True, "milk", 3)]


def test_a_device_gets_recent_messages_as_history_and_later_ones_as_missed(
    exchange: Exchange, world: World
) -> None:
    for number in range(60):
        exchange.send(BEA, ANA, Draft(text=f"old {number}"))
    synced = world.messages.last_seq(ANA)
    exchange.send(BEA, ANA, Draft(text="new"))
    recent = world.messages.recent(ANA, up_to=synced)
    assert [message.text for message in recent] == [f"old {number}" for number in range(10, 60)]
    assert [message.text for message in world.messages.after(ANA, synced)] == ["new"]


def test_a_phone_keeps_its_settings_unless_they_are_given(exchange: Exchange) -> None:
    exchange.phone(ANA, platform="iphone", auto_read=False)
    account = exchange.phone(ANA)
    assert (account.name, account.platform, account.auto_read) == ("Ana", "iphone", False)
