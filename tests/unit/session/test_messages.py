from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import timedelta

import pytest

from unit.session.conftest import Bring, Wait
from unit.session.doubles import NOW, QR, SYNCED, Clock, FakeEngine, message
from whatsapp_contracts.events import Event
from whatsapp_contracts.states import State
from whatsapp_session import facts
from whatsapp_session.engine.protocol import EngineStuck, Stage
from whatsapp_session.intake import Draft
from whatsapp_session.journal import Journal
from whatsapp_session.messages import BATCH
from whatsapp_session.session import Session


def types(told: list[Event]) -> list[str]:
    return [event.type for event in told]


def messages(told: list[Event]) -> list[str]:
    return [event.id for event in told if event.type.startswith("message.")]


async def test_a_message_that_was_sent_is_in_the_journal_before_the_answer(
    session: Session, bring: Bring, journal: Journal
) -> None:
    await bring(State.READY)
    sent = message(1, from_me=True, ack=1)
    await session.took(sent)
    kept = [event.id for event in journal.after(0, limit=100)]
    assert f"sent:{sent.message_id}" in kept
    assert f"ack:{sent.message_id}:1" in kept


async def test_a_message_counts_once_however_often_the_page_shows_it(
    engine: FakeEngine, bring: Bring, told: list[Event], until: Wait
) -> None:
    engine.store = [message(1), message(2)]
    await bring(State.READY)
    engine.tell(message(2), message(1), message(3))
    await until(lambda: f"received:{message(3).message_id}" in messages(told))
    assert messages(told) == [f"received:{message(n).message_id}" for n in (1, 2, 3)]


async def test_a_message_from_before_ready_waits_for_the_comparison_that_keeps_the_order(
    session: Session, engine: FakeEngine, told: list[Event], until: Wait
) -> None:
    engine.store = [message(1), message(2)]
    await session.start()
    engine.tell(message(2), QR, facts.Scanned(), SYNCED)
    await until(lambda: len(messages(told)) == 2)
    assert messages(told) == [f"received:{message(n).message_id}" for n in (1, 2)]


async def test_history_that_comes_with_a_new_login_is_no_event(
    session: Session, engine: FakeEngine, bring: Bring, told: list[Event], until: Wait
) -> None:
    engine.store = [message(1, sent_at=NOW - timedelta(days=30)), message(2)]
    await bring(State.READY)
    await until(lambda: bool(messages(told)))
    engine.tell(message(3, sent_at=NOW - timedelta(days=3)), message(4))
    await until(lambda: len(messages(told)) == 2)
    assert messages(told) == [f"received:{message(n).message_id}" for n in (2, 4)]


async def test_what_was_missed_while_the_process_was_down_is_taken_in(
    session: Session,
    engine: FakeEngine,
    journal: Journal,
    clock: Clock,
    told: list[Event],
    until: Wait,
) -> None:
    journal.write_note("login_since", (NOW - timedelta(days=9)).isoformat())
    journal.write_note("compared_at", (NOW - timedelta(hours=1)).isoformat())
    engine.store = [message(1, sent_at=NOW - timedelta(minutes=30))]
    await session.start()
    engine.tell(SYNCED)
    await until(lambda: bool(messages(told)))
    assert engine.since == [NOW - timedelta(hours=62)]


async def test_a_comparison_that_fails_is_made_again_at_the_next_connection(
    session: Session, engine: FakeEngine, journal: Journal, told: list[Event], until: Wait
) -> None:
    engine.fails["messages"] = EngineStuck(Stage.READ, 60)
    await session.start()
    engine.tell(SYNCED)
    await until(lambda: bool(engine.since))
    assert journal.note("compared_at") is None
    del engine.fails["messages"]
    engine.store = [message(1)]
    engine.tell(facts.NetworkWentAway(because="gone."), SYNCED)
    await until(lambda: bool(messages(told)))


async def test_followers_of_the_session_hear_of_activity_every_five_minutes_at_most(
    session: Session, engine: FakeEngine, bring: Bring, told: list[Event], clock: Clock, until: Wait
) -> None:
    await bring(State.READY)
    before = types(told).count("session.state")
    for number in range(1, 4):
        engine.tell(message(number))
    await until(lambda: len(messages(told)) == 3)
    clock.move(minutes=5)
    engine.tell(message(4))
    await until(lambda: types(told).count("session.state") == before + 2)
    assert told[-1].data["lastActivity"] == "2026-01-01T12:05:00.000Z"


async def test_a_message_that_cannot_be_written_down_does_not_end_the_session(
    session: Session, engine: FakeEngine, bring: Bring, told: list[Event], until: Wait
) -> None:
    await bring(State.READY)
    engine.tell(replace(message(1), text="half of a pair: \ud83d"), message(2))
    await until(lambda: f"received:{message(2).message_id}" in messages(told))


async def test_a_login_from_when_our_clock_was_wrong_hides_no_message(
    session: Session, engine: FakeEngine, bring: Bring, clock: Clock, told: list[Event], until: Wait
) -> None:
    clock.move(days=400)
    await bring(State.READY)
    clock.move(days=-400)
    engine.tell(message(1))
    await until(lambda: messages(told) == [f"received:{message(1).message_id}"])


async def test_history_is_told_from_news_also_when_the_scan_itself_was_not_seen(
    session: Session, engine: FakeEngine, bring: Bring, clock: Clock, told: list[Event], until: Wait
) -> None:
    await bring(State.READY)
    clock.move(hours=1)
    engine.tell(facts.LoggedOut(because="The device was unlinked."))
    await until(lambda: "stop" in engine.did)
    await session.login()
    engine.store = [message(1, sent_at=NOW + timedelta(minutes=30))]  # another number's chat, maybe
    compared = len(engine.since)
    engine.tell(QR, facts.Healing(because="The browser ended."), SYNCED)
    await until(lambda: len(engine.since) > compared)
    engine.tell(message(2, sent_at=clock.now))
    await until(lambda: f"received:{message(2).message_id}" in messages(told))
    assert messages(told) == [f"received:{message(2).message_id}"]


REACTION = facts.ReactionSeen(
    message_id=message(1).message_id,
    chat_id="5491100000002@c.us",
    sender="5491100000002",
    from_me=False,
    emoji="👍",
    at=NOW,
)


async def test_what_happens_to_a_message_is_told_once_however_often_it_is_seen(
    engine: FakeEngine, bring: Bring, told: list[Event], until: Wait
) -> None:
    await bring(State.READY)
    edit = facts.EditSeen(
        message_id=message(1).message_id,
        chat_id=message(1).chat_id,
        sender=message(1).sender,
        from_me=False,
        text="later",
        at=NOW,
    )
    engine.tell(message(1), REACTION, edit, REACTION, edit, message(2))
    await until(lambda: messages(told)[-1:] == [f"received:{message(2).message_id}"])
    assert [event.type for event in told if event.type.startswith("message.")] == [
        "message.received", "message.reaction", "message.edited", "message.received",
    ]  # fmt: skip


async def test_what_happens_during_the_sync_is_told_after_the_messages_it_is_about(
    session: Session, engine: FakeEngine, journal: Journal, told: list[Event], until: Wait
) -> None:
    journal.write_note("login_since", (NOW - timedelta(days=2)).isoformat())
    engine.store = [message(1)]
    await session.start()
    engine.tell(REACTION, SYNCED)
    await until(lambda: len(messages(told)) == 2)
    assert messages(told)[0] == f"received:{message(1).message_id}"
    assert messages(told)[1].startswith("reaction:")


async def test_what_happened_before_the_login_is_history(
    engine: FakeEngine, bring: Bring, told: list[Event], until: Wait
) -> None:
    await bring(State.READY)
    engine.tell(replace(REACTION, at=NOW - timedelta(days=1)), message(1))
    await until(lambda: bool(messages(told)))
    assert messages(told) == [f"received:{message(1).message_id}"]


async def test_each_presence_is_an_event_of_its_own(
    engine: FakeEngine, bring: Bring, told: list[Event], until: Wait
) -> None:
    await bring(State.READY)
    seen = facts.PresenceSeen(chat_id="5491100000002@c.us", sender="5491100000002", state="composing")
    engine.tell(seen, seen)
    await until(lambda: types(told).count("presence.changed") == 2)


async def test_edits_and_deletions_that_were_missed_are_taken_in_from_the_store(
    session: Session, engine: FakeEngine, told: list[Event], until: Wait
) -> None:
    engine.store = [
        replace(message(1), text="later", edited_at=NOW),
        replace(message(2), deleted=True, text=""),
    ]
    await session.start()
    engine.tell(SYNCED)
    await until(lambda: len(messages(told)) == 3)
    assert [event.type for event in told if event.type.startswith("message.")] == [
        "message.received", "message.edited", "message.deleted",
    ]  # fmt: skip


async def test_after_a_crash_every_step_of_an_own_message_is_told_once(
    engine: FakeEngine, bring: Bring, told: list[Event], until: Wait
) -> None:
    engine.store = [message(1, from_me=True, ack=3)]
    await bring(State.READY)
    engine.tell(facts.AckSeen(message_id=message(1, from_me=True).message_id, chat_id="x", ack=3))
    engine.tell(message(2))
    await until(lambda: messages(told)[-1:] == [f"received:{message(2).message_id}"])
    assert [event.data["ack"] for event in told if event.type == "message.ack"] == [1, 2, 3]


async def test_an_acknowledgement_that_is_faster_than_the_answer_is_told_after_its_message(
    session: Session, engine: FakeEngine, bring: Bring, told: list[Event], until: Wait
) -> None:
    await bring(State.READY)
    sent = message(1, from_me=True, ack=1)
    for ack in (2, 1):
        engine.tell(facts.AckSeen(message_id=sent.message_id, chat_id=sent.chat_id, ack=ack))
    engine.tell(message(2))
    await until(lambda: messages(told) == [f"received:{message(2).message_id}"])
    await session.took(sent)
    engine.tell(facts.AckSeen(message_id=sent.message_id, chat_id=sent.chat_id, ack=3))
    await until(lambda: len(messages(told)) == 5)
    assert messages(told)[1:] == [
        f"sent:{sent.message_id}",
        *(f"ack:{sent.message_id}:{n}" for n in (1, 2, 3)),
    ]


async def test_a_large_store_is_taken_in_piece_by_piece_and_whole(
    engine: FakeEngine, bring: Bring, told: list[Event], until: Wait, journal: Journal
) -> None:
    engine.store = [message(number) for number in range(BATCH * 3 + 1)]
    await bring(State.READY)
    await until(lambda: len(messages(told)) == len(engine.store))
    assert messages(told) == [f"received:{one.message_id}" for one in engine.store]


async def test_one_message_that_cannot_be_written_leaves_the_rest_of_a_comparison(
    engine: FakeEngine, bring: Bring, told: list[Event], until: Wait
) -> None:
    engine.store = [message(1), replace(message(2), text="half of a pair: \ud83d"), message(3)]
    await bring(State.READY)
    await until(lambda: len(messages(told)) == 2)
    assert messages(told) == [f"received:{message(n).message_id}" for n in (1, 3)]


async def test_what_found_no_room_is_taken_in_when_there_is_some(
    session: Session,
    engine: FakeEngine,
    journal: Journal,
    bring: Bring,
    told: list[Event],
    until: Wait,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await bring(State.READY)

    def full(*_: object, **__: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    await session.storage(True)
    with monkeypatch.context() as patched:
        patched.setattr(journal, "append_all", full)
        engine.store = [message(1)]
        engine.tell(message(1), REACTION)
        await until(lambda: len(session._recorder._held) == 2)
        assert not await session.record(Draft(id="failed:out_1", type="message.failed", data={}))
    assert messages(told) == []
    await session.storage(False)
    await until(lambda: len(messages(told)) == 3)
    assert messages(told)[0] == f"received:{message(1).message_id}"
    assert messages(told)[2] == "failed:out_1"
    assert [event.seq for event in told] == sorted(event.seq for event in told)


async def test_a_comparison_on_a_full_volume_is_made_again_from_where_it_began(
    session: Session,
    engine: FakeEngine,
    journal: Journal,
    bring: Bring,
    told: list[Event],
    until: Wait,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await bring(State.READY)
    await until(lambda: journal.note("compared_at") is not None)
    before = journal.note("compared_at")
    clock.move(minutes=5)

    def full(*_: object, **__: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    engine.store = [message(1)]
    with monkeypatch.context() as patched:
        patched.setattr(journal, "append_all", full)
        await session._messages.compare_or_log()
        assert journal.note("compared_at") == before
    await session._messages.compare_or_log()
    assert messages(told) == [f"received:{message(1).message_id}"]
