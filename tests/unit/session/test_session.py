from __future__ import annotations

import logging
import sqlite3

import pytest

from unit.session.conftest import Bring, Wait
from unit.session.doubles import QR, SYNCED, FakeEngine, message
from whatsapp_contracts.events import Event
from whatsapp_contracts.states import Reason, State
from whatsapp_session import facts
from whatsapp_session.engine.protocol import EngineStuck, Stage
from whatsapp_session.journal import Journal
from whatsapp_session.log import READY_LINE
from whatsapp_session.session import Session


def types(told: list[Event]) -> list[str]:
    return [event.type for event in told]


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


async def test_a_journal_that_cannot_be_written_ends_the_streams_and_not_the_session(
    session: Session,
    journal: Journal,
    bring: Bring,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    await bring(State.READY)
    follower = session.followers.join()

    def full(*_: object, **__: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(journal, "append_all", full)
    await session.took(message(1, from_me=True, ack=1))
    await session.disconnect()
    assert session.view.reason is Reason.STOPPED
    assert await follower.next(timeout=5) is None  # it comes back, for a snapshot
    assert "Make room on the volume" in caplog.text


async def test_a_stop_lets_followers_go_and_closes_the_browser(
    session: Session, engine: FakeEngine, bring: Bring
) -> None:
    await bring(State.READY)
    follower = session.followers.join()
    await session.stop()
    assert engine.did == ["start", "stop"]
    assert await follower.next(timeout=5) is None
