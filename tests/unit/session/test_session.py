from __future__ import annotations

import asyncio
import logging
import sqlite3
from dataclasses import replace
from datetime import timedelta

import pytest

from unit.session.conftest import Bring, Wait
from unit.session.doubles import NOW, QR, SYNCED, Clock, FakeEngine, message
from whatsapp_contracts.events import Event
from whatsapp_contracts.states import Reason, State
from whatsapp_session import facts
from whatsapp_session.attempts import MAX_FAILED, Attempts
from whatsapp_session.engine.protocol import (
    EngineStuck,
    NotConnected,
    NotOnWhatsApp,
    PageLost,
    SendFailed,
    Stage,
)
from whatsapp_session.journal import Journal
from whatsapp_session.log import READY_LINE
from whatsapp_session.session import NotReady, Session

LOST = facts.BrowserLost(because="The browser ended.")


def types(told: list[Event]) -> list[str]:
    return [event.type for event in told]


def messages(told: list[Event]) -> list[str]:
    return [event.id for event in told if event.type.startswith("message.")]


async def test_a_start_without_a_login_shows_a_qr_without_any_call(
    session: Session, bring: Bring, told: list[Event], until: Wait
) -> None:
    await bring(State.QR_REQUIRED)
    await until(lambda: len(told) == 2)
    assert types(told) == ["session.state", "session.qr"]
    assert told[-1].data == session.view.to_json()


async def test_every_change_is_in_the_journal_as_it_was_told(
    bring: Bring, told: list[Event], journal: Journal
) -> None:
    await bring(State.READY)
    assert journal.after(0, limit=100) == told
    assert [event.seq for event in told] == [1, 2, 3, 4]
    assert [event.data["state"] for event in told] == ["INIT", "QR_REQUIRED", "INIT", "READY"]


async def test_ready_is_one_line_of_the_log_and_no_code_number_or_text_is_in_any(
    session: Session, engine: FakeEngine, bring: Bring, until: Wait, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await bring(State.READY)
    engine.tell(message(1))
    await until(lambda: session.view.last_activity is not None)
    assert [record.getMessage() for record in caplog.records].count(READY_LINE) == 1
    for secret in (QR.code, "5491100000001", "5491100000002", "text 1"):
        assert secret not in caplog.text


async def test_a_fact_that_means_nothing_here_is_logged_and_changes_nothing(
    session: Session, engine: FakeEngine, bring: Bring, until: Wait, caplog: pytest.LogCaptureFixture
) -> None:
    await bring(State.READY)
    before = session.view
    engine.tell(facts.Scanned())
    await until(lambda: "unexpected" in caplog.text)
    assert session.view == before


async def test_what_a_stopped_run_still_had_to_say_counts_no_more(
    session: Session, engine: FakeEngine, bring: Bring, until: Wait
) -> None:
    await bring(State.QR_REQUIRED)
    old = engine.run
    await session.disconnect()
    await session.login()
    engine.tell(SYNCED, run=old)
    engine.tell(QR)
    await until(lambda: session.view.state is not State.INIT)
    assert session.view.state is State.QR_REQUIRED


async def test_disconnect_closes_the_browser_and_keeps_the_login(
    session: Session, engine: FakeEngine, bring: Bring
) -> None:
    await bring(State.READY)
    await session.disconnect()
    assert session.view.reason is Reason.STOPPED
    assert engine.did == ["start", "stop"]


async def test_login_starts_a_stopped_session_again(
    session: Session, engine: FakeEngine, bring: Bring
) -> None:
    await bring(State.READY)
    await session.disconnect()
    await session.login()
    assert session.view.state is State.INIT
    assert engine.run == 2


@pytest.mark.parametrize("state", [State.INIT, State.READY])
async def test_login_changes_nothing_while_starting_or_ready(
    session: Session, engine: FakeEngine, bring: Bring, state: State
) -> None:
    await bring(state)
    await session.login()
    assert engine.did == ["start"]
    assert session.view.state is state


async def test_login_on_a_qr_begins_again_with_attempt_one(
    session: Session, engine: FakeEngine, bring: Bring, until: Wait
) -> None:
    await bring(State.QR_REQUIRED)
    await session.login()
    engine.tell(QR)
    await until(lambda: session.view.qr is not None)
    assert session.view.qr
    assert session.view.qr.attempt == 1
    assert engine.run == 2


async def test_an_unlinked_session_stays_logged_out_and_shows_no_qr_until_asked(
    session: Session, engine: FakeEngine, bring: Bring, until: Wait
) -> None:
    await bring(State.READY)
    engine.tell(facts.LoggedOut(because="The device was unlinked."), QR)
    await until(lambda: "stop" in engine.did)
    assert (session.view.reason, session.view.qr) == (Reason.LOGGED_OUT, None)


async def test_logout_unlinks_and_forgets(
    session: Session, engine: FakeEngine, bring: Bring, until: Wait
) -> None:
    await bring(State.READY)
    session.logout()
    await until(lambda: "forget" in engine.did)
    assert engine.did == ["start", "logout", "stop", "forget"]
    assert session.view.reason is Reason.LOGGED_OUT
    assert session.view.account is None


async def test_logout_of_a_stopped_session_connects_to_unlink(
    session: Session, engine: FakeEngine, bring: Bring, until: Wait
) -> None:
    await bring(State.READY)
    await session.disconnect()
    session.logout()
    await until(lambda: engine.run == 2)
    engine.tell(SYNCED)
    await until(lambda: "forget" in engine.did)
    assert engine.did == ["start", "stop", "start", "logout", "stop", "forget"]


async def test_logout_on_a_qr_has_nothing_to_unlink(
    session: Session, engine: FakeEngine, bring: Bring, until: Wait
) -> None:
    await bring(State.QR_REQUIRED)
    session.logout()
    await until(lambda: "forget" in engine.did)
    assert "logout" not in engine.did
    assert session.view.reason is Reason.LOGGED_OUT


async def test_a_logout_that_whatsapp_was_not_told_of_forgets_and_says_what_to_do(
    session: Session, engine: FakeEngine, bring: Bring, until: Wait
) -> None:
    engine.fails["logout"] = EngineStuck(Stage.LOGOUT, 30)
    await bring(State.READY)
    session.logout()
    await until(lambda: "forget" in engine.did)
    assert "remove the device in the phone's Linked devices" in session.view.message


@pytest.mark.parametrize("state", [State.INIT, State.QR_REQUIRED])
async def test_nothing_is_sent_before_ready_and_the_error_names_the_state(
    session: Session, bring: Bring, state: State
) -> None:
    await bring(state)
    with pytest.raises(NotReady, match=state.value):
        await session.send("5491100000002", "hello")


async def test_a_send_into_a_page_that_is_being_healed_is_not_ready(
    session: Session, engine: FakeEngine, bring: Bring
) -> None:
    await bring(State.READY)
    engine.fails["send"] = NotConnected("The browser is starting.")
    with pytest.raises(NotReady):
        await session.send("5491100000002", "hello")


@pytest.mark.parametrize("error", [NotOnWhatsApp("not there"), SendFailed("refused"), PageLost("crashed")])
async def test_a_failed_send_is_no_event(
    session: Session, engine: FakeEngine, bring: Bring, told: list[Event], error: Exception
) -> None:
    await bring(State.READY)
    engine.fails["send"] = error
    with pytest.raises(type(error)):
        await session.send("5491100000002", "hello")
    assert messages(told) == []


async def test_a_sent_message_is_in_the_journal_before_the_answer(
    session: Session, bring: Bring, journal: Journal
) -> None:
    await bring(State.READY)
    message_id = await session.send("5491100000002", "hello")
    kept = [event.id for event in journal.after(0, limit=100)]
    assert f"sent:{message_id}" in kept
    assert f"ack:{message_id}:1" in kept


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
    journal.write_note("login_since", (NOW - timedelta(days=2)).isoformat())
    journal.write_note("compared_at", (NOW - timedelta(hours=1)).isoformat())
    engine.store = [message(1, sent_at=NOW - timedelta(minutes=30))]
    await session.start()
    engine.tell(SYNCED)
    await until(lambda: bool(messages(told)))
    assert engine.since == [NOW - timedelta(hours=25)]


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


async def test_a_journal_that_cannot_be_written_ends_the_streams_and_not_the_session(
    session: Session,
    journal: Journal,
    bring: Bring,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    await bring(State.READY)
    follower = session.followers.join()

    def full(**_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(journal, "append", full)
    message_id = await session.send("5491100000002", "hello")
    await session.disconnect()
    assert message_id
    assert session.view.reason is Reason.STOPPED
    assert await follower.next(timeout=5) is None  # it comes back, for a snapshot
    assert "Make room on the volume" in caplog.text


async def test_a_browser_that_is_lost_for_good_ends_the_process(
    session: Session, engine: FakeEngine, bring: Bring, attempts: Attempts
) -> None:
    await bring(State.READY)
    engine.tell(LOST)
    async with asyncio.timeout(10):
        await session.failed.wait()
    assert session.view.reason is Reason.BROWSER_FAILED
    assert attempts.failed(NOW) == 1


async def test_after_too_many_failed_starts_the_process_stays_up_without_a_browser(
    session: Session, engine: FakeEngine, attempts: Attempts
) -> None:
    for _ in range(MAX_FAILED):
        attempts.begin(NOW)
    await session.start()
    assert engine.did == []
    assert session.view.reason is Reason.BROWSER_FAILED
    assert "5 starts failed within 30 minutes. " in session.view.message
    assert not session.failed.is_set()


async def test_a_login_starts_what_stays_up_without_a_browser(
    session: Session, engine: FakeEngine, attempts: Attempts
) -> None:
    for _ in range(MAX_FAILED):
        attempts.begin(NOW)
    await session.start()
    await session.login()
    assert engine.run == 1
    assert session.view.state is State.INIT


async def test_the_fifth_failure_does_not_end_the_process(
    session: Session, engine: FakeEngine, attempts: Attempts, until: Wait
) -> None:
    for _ in range(MAX_FAILED - 1):
        attempts.begin(NOW)
    await session.start()
    engine.tell(LOST)
    await until(lambda: session.view.reason is Reason.BROWSER_FAILED)
    assert not session.failed.is_set()


@pytest.mark.parametrize(
    "fact", [QR, SYNCED, facts.NetworkWentAway(because="no network.")], ids=lambda fact: type(fact).__name__
)
async def test_a_start_that_comes_to_something_is_not_a_failed_one(
    session: Session, engine: FakeEngine, attempts: Attempts, until: Wait, fact: facts.Fact
) -> None:
    await session.start()
    assert attempts.failed(NOW) == 1  # until it did, a process that vanishes counts
    engine.tell(fact)
    await until(lambda: attempts.failed(NOW) == 0)


async def test_a_stop_lets_followers_go_and_closes_the_browser(
    session: Session, engine: FakeEngine, bring: Bring
) -> None:
    await bring(State.READY)
    follower = session.followers.join()
    await session.stop()
    assert engine.did == ["start", "stop"]
    assert await follower.next(timeout=5) is None


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
