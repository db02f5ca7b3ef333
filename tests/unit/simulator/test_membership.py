"""Groups: who may do what, messages and receipts in them, and what members are told."""

from __future__ import annotations

from typing import Any

import pytest

from whatsapp_simulator.content import Draft
from whatsapp_simulator.errors import Refused
from whatsapp_simulator.exchange import Exchange
from whatsapp_simulator.membership import Membership
from whatsapp_simulator.records import Group
from whatsapp_simulator.world import World

ANA, BEA, CAI, DAN = "5491100000001", "5491100000002", "5491100000003", "5491100000004"
Told = list[tuple[str, dict[str, Any]]]


@pytest.fixture
def told() -> Told:
    return []


@pytest.fixture
def exchange(world: World, told: Told) -> Exchange:
    def tell(number: str, frame: dict[str, Any], *, only: str | None = None, but: str | None = None) -> None:
        told.append((number, frame))

    made = Exchange(world.store, world.messages, tell, clock=lambda: 1_700_000_000.0)
    for number in (ANA, BEA, CAI, DAN):
        made.phone(number, auto_read=number != CAI)
    return made


@pytest.fixture
def membership(world: World, exchange: Exchange) -> Membership:
    return Membership(world.store, exchange)


@pytest.fixture
def group(membership: Membership) -> Group:
    return membership.create(ANA, "Friends", [BEA, CAI, BEA, ANA])


def numbers(group: Group) -> list[str]:
    return [member.number for member in group.members]


REFUSED: dict[str, tuple[str, Any, list[str], str]] = {
    "a member who is no admin": (BEA, "add", [DAN], "not_an_admin"),
    "a stranger": (DAN, "remove", [BEA], "not_an_admin"),
    "adding who is in": (ANA, "add", [BEA], "wrong_members"),
    "adding a number without a phone": (ANA, "add", ["5491199999999"], "not_on_whatsapp"),
    "removing who is not in": (ANA, "remove", [DAN], "wrong_members"),
    "leaving where one is not": (DAN, "leave", [], "wrong_members"),
    "nobody": (ANA, "add", [], "no_members"),
}


@pytest.mark.parametrize(("by", "action", "chosen", "code"), REFUSED.values(), ids=REFUSED)
def test_what_may_not_be_done_is_refused_and_nothing_changes(
    membership: Membership, group: Group, by: str, action: Any, chosen: list[str], code: str
) -> None:
    with pytest.raises(Refused) as caught:
        membership.change(group.id, by, action, chosen)
    assert caught.value.code == code
    assert membership.get(group.id) == group


def test_an_unknown_group_is_refused(membership: Membership) -> None:
    with pytest.raises(Refused) as caught:
        membership.get("120363000000000001@g.us")
    assert (caught.value.code, caught.value.status) == ("unknown_group", 404)


def test_who_is_not_in_the_group_cannot_write_there(exchange: Exchange, group: Group) -> None:
    with pytest.raises(Refused) as caught:
        exchange.send(DAN, group.id, Draft(text="hello"))
    assert caught.value.code == "not_a_member"


def test_a_group_has_each_member_once_and_its_owner_as_admin(group: Group) -> None:
    assert numbers(group) == [ANA, BEA, CAI]
    assert [member.admin for member in group.members] == [True, False, False]
    assert group.id.endswith("@g.us")


def test_members_come_and_go_and_change_their_rights(membership: Membership, group: Group) -> None:
    membership.change(group.id, ANA, "add", [DAN])
    membership.change(group.id, ANA, "promote", [DAN])
    assert membership.get(group.id).has_admin(DAN)
    membership.change(group.id, DAN, "demote", [DAN])
    membership.change(group.id, ANA, "remove", [BEA])
    membership.change(group.id, CAI, "leave", [])
    assert numbers(membership.get(group.id)) == [ANA, DAN]
    assert CAI in numbers(membership.change(group.id, CAI, "join", []))


def test_everybody_is_told_who_was_removed_too(
    membership: Membership, group: Group, told: Told, world: World
) -> None:
    told.clear()
    membership.change(group.id, ANA, "remove", [BEA])
    assert sorted(to for to, _ in told) == [ANA, BEA, CAI]
    lid = world.store.account(BEA)
    assert lid
    for _, frame in told:
        assert frame["message"]["type"] == "gp2"
        assert frame["message"]["content"]["action"] == "remove"
        assert frame["message"]["content"]["members"] == [f"{lid.lid}@lid"]
    assert world.messages.of_account(BEA) == []  # a notice is no message of anybody's


def test_a_group_message_has_a_copy_for_each_member_and_comes_as_far_as_the_slowest(
    exchange: Exchange, group: Group, told: Told, world: World
) -> None:
    told.clear()
    sent = exchange.send(ANA, group.id, Draft(text="hello"))
    assert sent.ack == 2
    receipts = [frame for to, frame in told if to == ANA and frame["type"] == "receipt"]
    lids = {number: f"{account.lid}@lid" for number in (BEA, CAI) if (account := world.store.account(number))}
    assert [(one["participant"], one["ack"], one["reached"]) for one in receipts] == [
        (lids[BEA], 2, 1), (lids[CAI], 2, 2), (lids[BEA], 3, 2),
    ]  # fmt: skip
    (theirs,) = world.messages.of_account(CAI)
    assert (theirs.chat, theirs.author, theirs.from_me, theirs.ack) == (group.id, ANA, False, 2)
    told.clear()
    assert exchange.read(CAI, group.id) == 1
    (receipt,) = [frame for to, frame in told if to == ANA]
    assert (receipt["participant"], receipt["ack"], receipt["reached"]) == (lids[CAI], 3, 3)
    assert world.messages.of_account(ANA)[0].ack == 3


def test_two_members_may_use_the_same_id(exchange: Exchange, group: Group, world: World) -> None:
    exchange.send(ANA, group.id, Draft(text="from Ana"), message_id="3EB0AA")
    exchange.send(BEA, group.id, Draft(text="from Bea"), message_id="3EB0AA")
    assert [message.text for message in world.messages.of_account(CAI)] == ["from Ana", "from Bea"]


def test_a_message_into_a_group_of_one_stays_with_the_server(
    exchange: Exchange, membership: Membership
) -> None:
    alone = membership.create(ANA, "Notes", [])
    assert exchange.send(ANA, alone.id, Draft(text="milk")).ack == 1


def test_a_member_joins_without_the_past(
    exchange: Exchange, membership: Membership, group: Group, world: World
) -> None:
    exchange.send(ANA, group.id, Draft(text="before"))
    membership.change(group.id, ANA, "add", [DAN])
    exchange.send(ANA, group.id, Draft(text="after"))
    assert [message.text for message in world.messages.of_account(DAN)] == ["after"]
