from __future__ import annotations

import asyncio

import pytest

from unit.session.conftest import Bring, Wait
from unit.session.doubles import NOW, QR, SYNCED, FakeEngine
from whatsapp_contracts.states import Reason, State
from whatsapp_session import facts
from whatsapp_session.attempts import MAX_FAILED, Attempts
from whatsapp_session.session import Session

LOST = facts.BrowserLost(because="The browser ended.")


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
