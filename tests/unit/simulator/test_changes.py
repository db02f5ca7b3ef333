"""Reactions, edits, deletions and votes: who may, what is stored, what pages are told."""

from __future__ import annotations

from typing import Any

import pytest

from whatsapp_simulator.changes import DELETE_SECONDS, EDIT_SECONDS, Changes
from whatsapp_simulator.content import Content, Draft, Location, Poll
from whatsapp_simulator.errors import Refused
from whatsapp_simulator.exchange import Exchange
from whatsapp_simulator.records import Message
from whatsapp_simulator.world import World

ANA, BEA, CAI = "5491100000001", "5491100000002", "5491100000003"
Told = list[tuple[str, dict[str, Any], str | None]]


class Clock:
    now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def told() -> Told:
    return []


@pytest.fixture
def exchange(world: World, told: Told, clock: Clock) -> Exchange:
    def tell(number: str, frame: dict[str, Any], *, only: str | None = None, but: str | None = None) -> None:
        told.append((number, frame, only))

    made = Exchange(world.store, world.messages, tell, clock)
    for number in (ANA, BEA, CAI):
        made.phone(number)
    return made


@pytest.fixture
def changes(world: World, exchange: Exchange) -> Changes:
    return Changes(world.store, world.messages, exchange)


def of(world: World, number: str) -> Message:
    """The only message of a phone."""
    (message,) = world.messages.of_account(number)
    return message


def refusal(call: Any, *arguments: Any) -> str:
    with pytest.raises(Refused) as caught:
        call(*arguments)
    return caught.value.code


def test_only_an_own_text_or_caption_can_be_edited(
    world: World, exchange: Exchange, changes: Changes
) -> None:
    theirs = exchange.send(ANA, BEA, Draft(text="hello"))
    assert refusal(changes.edit, BEA, world.messages.find(BEA, theirs.id), "no") == "not_editable"
    place = Content(location=Location(latitude=1, longitude=2))
    sent = exchange.send(ANA, BEA, Draft(kind="location", content=place))
    assert refusal(changes.edit, ANA, sent, "no") == "not_editable"
    assert refusal(changes.edit, ANA, theirs, "") == "invalid_text"


def test_an_old_message_can_be_neither_edited_nor_deleted(
    exchange: Exchange, changes: Changes, clock: Clock
) -> None:
    sent = exchange.send(ANA, BEA, Draft(text="hello"))
    clock.now += EDIT_SECONDS + 1
    assert refusal(changes.edit, ANA, sent, "no") == "too_old"
    clock.now += DELETE_SECONDS
    assert refusal(changes.delete, ANA, sent) == "too_old"


def test_another_persons_message_cannot_be_deleted_for_everyone(
    world: World, exchange: Exchange, changes: Changes
) -> None:
    exchange.send(ANA, BEA, Draft(text="hello"))
    assert refusal(changes.delete, BEA, of(world, BEA)) == "not_deletable"


def test_nothing_can_be_done_to_a_deleted_message(world: World, exchange: Exchange, changes: Changes) -> None:
    changes.delete(ANA, exchange.send(ANA, BEA, Draft(text="hello")))
    for call in (
        lambda: changes.react(BEA, of(world, BEA), "x"),
        lambda: changes.delete(ANA, of(world, ANA)),
    ):
        assert refusal(call) == "message_deleted"


def test_a_vote_for_what_is_not_asked_is_refused(world: World, exchange: Exchange, changes: Changes) -> None:
    poll = Content(poll=Poll(name="q", options=["a", "b"]))
    exchange.send(ANA, BEA, Draft(kind="poll", content=poll))
    assert refusal(changes.vote, BEA, of(world, BEA), ["c"]) == "invalid_vote"


def test_the_newest_reaction_of_each_counts_and_an_empty_one_takes_it_back(
    world: World, exchange: Exchange, changes: Changes
) -> None:
    sent = exchange.send(ANA, BEA, Draft(text="hello"))
    for by, emoji in ((BEA, "👍"), (ANA, "🎉"), (BEA, "❤️")):
        changes.react(by, of(world, by), emoji)
    for number in (ANA, BEA):
        found = world.messages.reactions(of(world, number))
        assert [(one.author, one.text) for one in found] == [(ANA, "🎉"), (BEA, "❤️")]
    changes.react(BEA, of(world, BEA), "")
    assert [one.author for one in world.messages.reactions(sent)] == [ANA]


def test_an_edit_and_a_deletion_reach_both_copies_and_both_sides_pages(
    world: World, exchange: Exchange, changes: Changes, told: Told
) -> None:
    sent = exchange.send(ANA, BEA, Draft(text="hello"))
    told.clear()
    edit = changes.edit(ANA, sent, "hello!", change_id="3EB0ED", device="laptop", named=f"{BEA}@c.us")
    assert [(to, frame["type"], only) for to, frame, only in told] == [
        (ANA, "message", None), (ANA, "ack", "laptop"), (BEA, "message", None),
    ]  # fmt: skip
    frame = told[-1][1]["message"]
    assert (frame["type"], frame["body"]) == ("edit", "hello!")
    assert frame["target"] == {"id": sent.id, "fromMe": False, "author": None}
    for number in (ANA, BEA):
        assert (of(world, number).edit_text, of(world, number).edit_id) == ("hello!", edit.id)
    deletion = changes.delete(ANA, of(world, ANA))
    assert {of(world, number).delete_id for number in (ANA, BEA)} == {deletion.id}
    assert world.messages.unread(BEA, ANA) == []


def test_a_change_that_is_handed_in_again_is_confirmed_and_made_once(
    world: World, exchange: Exchange, changes: Changes, told: Told
) -> None:
    sent = exchange.send(ANA, BEA, Draft(text="hello"))
    first = changes.react(ANA, sent, "👍", change_id="3EB0AA", device="laptop")
    told.clear()
    again = changes.again(ANA, BEA, "3EB0AA", "laptop", None)
    assert again is not None
    assert (again.seq, again.text) == (first.seq, "👍")
    assert [(frame["type"], only) for _, frame, only in told] == [("ack", "laptop")]
    assert len(world.messages.changes(BEA, ANA, sent.id, "reaction")) == 1


def test_a_device_that_was_away_gets_the_message_as_it_was_and_then_its_edit(
    world: World, exchange: Exchange, changes: Changes
) -> None:
    synced = world.messages.last_seq(BEA)
    changes.edit(ANA, exchange.send(ANA, BEA, Draft(text="hello")), "hello!")
    missed = [exchange.wire.new(message) for message in world.messages.after(BEA, synced)]
    assert [(one["type"], one["body"]) for one in missed] == [("chat", "hello"), ("edit", "hello!")]
    (history,) = world.messages.recent(BEA, up_to=world.messages.last_seq(BEA))
    assert exchange.wire.now(history)["edit"]["text"] == "hello!"


def test_an_admin_deletes_what_others_wrote_in_the_group(
    world: World, exchange: Exchange, changes: Changes
) -> None:
    group = world.membership.create(ANA, "Friends", [BEA, CAI])
    sent = exchange.send(BEA, group.id, Draft(text="hello"))
    assert refusal(changes.delete, CAI, world.messages.find(CAI, sent.id)) == "not_deletable"
    about = world.messages.find(ANA, sent.id)
    assert about
    changes.delete(ANA, about)
    for number in (ANA, BEA, CAI):
        assert of(world, number).deleted_by == ANA


def test_who_joined_later_has_no_message_to_change(
    world: World, exchange: Exchange, changes: Changes
) -> None:
    group = world.membership.create(ANA, "Friends", [BEA])
    sent = exchange.send(ANA, group.id, Draft(text="hello"))
    world.membership.change(group.id, ANA, "add", [CAI])
    changes.edit(ANA, sent, "hello!")
    assert world.messages.of_account(CAI) == []
    assert of(world, BEA).edit_text == "hello!"


def test_votes_replace_those_before(world: World, exchange: Exchange, changes: Changes) -> None:
    poll = Content(poll=Poll(name="q", options=["a", "b"], multiple=True))
    exchange.send(ANA, BEA, Draft(kind="poll", content=poll))
    changes.vote(BEA, of(world, BEA), ["a", "b"])
    changes.vote(BEA, of(world, BEA), ["b"])
    (frame,) = exchange.wire.now(of(world, ANA))["votes"]
    assert frame["content"] == {"options": ["b"]}
