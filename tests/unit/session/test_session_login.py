from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from unit.session.conftest import Bring, Wait
from unit.session.doubles import NOW, QR, SYNCED, Clock, FakeEngine, message
from whatsapp_contracts.events import Event
from whatsapp_contracts.states import Reason, State
from whatsapp_session import facts
from whatsapp_session.attempts import MAX_FAILED, Attempts
from whatsapp_session.config import DISCONNECTED, PAIRING_CODE, Config, Login, Pacing, Proxy
from whatsapp_session.engine.protocol import EngineStuck, LoginWish, Stage
from whatsapp_session.journal import Journal
from whatsapp_session.session import ModeForbids, Session

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


OTHER_ACCOUNT = replace(SYNCED.account, phone="5491100000009")
WRONG = facts.Synced(account=OTHER_ACCOUNT)
ONLY = Config(phone_number="5491100000001")
PAIRING = facts.PairingCodeShown(code="ABCD-1234", expires_at=NOW + timedelta(minutes=3))


def rotations(most: int | None) -> Config:
    return Config(login=Login(max_qr_rotations=most))


async def test_after_the_allowed_codes_no_further_one_is_shown_and_the_browser_is_closed(
    session: Session, engine: FakeEngine, until: Wait, told: list[Event]
) -> None:
    await session.configure(rotations(2))
    await session.start()
    engine.tell(QR, replace(QR, code="2@b"), replace(QR, code="2@c"))
    await until(lambda: session.view.reason is Reason.QR_EXPIRED)
    await until(lambda: "stop" in engine.did)
    assert [event.data["qr"]["code"] for event in told if event.type == "session.qr"] == [QR.code, "2@b"]
    assert session.view.message == (
        "2 codes were shown and none was used. For a new one: POST /session-manager/login"
    )
    await session.login()
    engine.tell(QR)
    await until(lambda: session.view.qr is not None)


async def test_a_page_that_was_healed_shows_no_more_codes_than_are_allowed(
    session: Session, engine: FakeEngine, until: Wait
) -> None:
    await session.configure(rotations(1))
    await session.start()
    engine.tell(QR, facts.Healing(because="The page crashed."), replace(QR, code="2@b"))
    await until(lambda: session.view.reason is Reason.QR_EXPIRED)


async def test_alone_the_code_rotates_until_it_is_scanned(
    session: Session, engine: FakeEngine, until: Wait
) -> None:
    await session.start()
    engine.tell(*(replace(QR, code=f"2@{number}") for number in range(50)))
    await until(lambda: session.view.qr is not None and session.view.qr.attempt == 50)


async def test_with_the_method_pairing_code_the_browser_is_asked_for_one(
    session: Session, engine: FakeEngine, until: Wait, told: list[Event]
) -> None:
    await session.configure(replace(ONLY, login=Login(method=PAIRING_CODE)))
    await session.start()
    assert engine.wish == LoginWish(pair_with="5491100000001")
    engine.tell(PAIRING)
    await until(lambda: len(told) == 2)
    assert (session.view.state, session.view.qr) == (State.QR_REQUIRED, None)
    assert told[-1].data["pairingCode"]["code"] == "ABCD-1234"


async def test_another_way_to_log_in_takes_the_place_of_a_code_on_show(
    session: Session, engine: FakeEngine, bring: Bring, until: Wait
) -> None:
    await bring(State.QR_REQUIRED)
    await session.configure(replace(ONLY, login=Login(method=PAIRING_CODE)))
    await until(lambda: engine.run == 2)
    assert engine.wish == LoginWish(pair_with="5491100000001")
    assert engine.did == ["start", "stop", "start"]
    engine.tell(PAIRING)
    await until(lambda: session.view.pairing_code is not None)


async def test_a_wrong_number_is_unlinked_before_anybody_sees_it_ready(
    session: Session, engine: FakeEngine, until: Wait, told: list[Event]
) -> None:
    engine.store = [message(1)]
    await session.configure(ONLY)
    await session.start()
    engine.tell(QR, facts.Scanned(), WRONG)
    await until(lambda: session.view.reason is Reason.PHONE_MISMATCH and "forget" in engine.did)
    assert engine.did == ["start", "logout", "stop", "forget"]
    assert State.READY.value not in [event.data["state"] for event in told if "state" in event.data]
    assert not any(event.type.startswith("message.") for event in told)
    assert "ends in 0009, phoneNumber in 0001. It was unlinked again." in session.view.message
    for number in (OTHER_ACCOUNT.phone, SYNCED.account.phone):
        assert number not in session.view.message
    assert session.view.account is None


async def test_a_wrong_number_that_cannot_be_unlinked_is_forgotten_here_and_the_message_says_so(
    session: Session, engine: FakeEngine, until: Wait
) -> None:
    engine.fails["logout"] = EngineStuck(Stage.LOGOUT, 30)
    await session.configure(ONLY)
    await session.start()
    engine.tell(WRONG)
    await until(lambda: "forget" in engine.did)
    assert "remove it in that phone's Linked devices" in session.view.message


async def test_a_number_that_becomes_wrong_while_ready_is_unlinked(
    session: Session, engine: FakeEngine, bring: Bring, until: Wait
) -> None:
    await bring(State.READY)
    await session.configure(ONLY)
    await session.configure(Config(phone_number="5491100000009", revision="2"))
    await until(lambda: session.view.reason is Reason.PHONE_MISMATCH and "forget" in engine.did)
    assert session.view.config_revision == "2"


async def test_the_right_number_logs_in(session: Session, engine: FakeEngine, until: Wait) -> None:
    await session.configure(ONLY)
    await session.start()
    engine.tell(SYNCED)
    await until(lambda: session.view.state is State.READY)
    assert "logout" not in engine.did


async def test_a_logout_of_a_wrong_number_connects_to_unlink_it(
    session: Session, engine: FakeEngine, bring: Bring, until: Wait
) -> None:
    await bring(State.READY)
    await session.disconnect()
    await session.configure(Config(phone_number="5491100000009"))
    session.logout()
    await until(lambda: engine.run == 2)
    engine.tell(SYNCED)
    await until(lambda: "forget" in engine.did)
    assert session.view.reason is Reason.LOGGED_OUT
    assert session.view.logged_out_by == "request"


CLOSED = Config(operating_mode=DISCONNECTED, revision="closed")
OPEN = Config(revision="open")


async def test_the_mode_disconnected_closes_whatsapp_at_once_and_login_is_refused(
    session: Session, engine: FakeEngine, bring: Bring, until: Wait
) -> None:
    await bring(State.READY)
    await session.configure(CLOSED)
    assert (session.view.reason, session.view.config_revision) == (Reason.STOPPED, "closed")
    await until(lambda: engine.did == ["start", "stop"])
    with pytest.raises(ModeForbids, match="operatingMode is Disconnected"):
        await session.login()
    await session.configure(OPEN)
    await until(lambda: engine.run == 2)
    assert session.view.state is State.INIT


async def test_a_start_in_the_mode_disconnected_launches_no_browser(
    journal: Journal, engine: FakeEngine, attempts: Attempts, clock: Clock
) -> None:
    session = Session(
        name="cliente_51", journal=journal, engine=engine, attempts=attempts, clock=clock, config=CLOSED
    )
    await session.start()
    assert (session.view.reason, session.view.config_revision) == (Reason.STOPPED, "closed")
    assert "operatingMode is Disconnected" in session.view.message
    assert engine.did == []
    assert attempts.failed(NOW) == 0
    await session.stop()


async def test_what_a_person_closed_stays_closed_when_another_configuration_comes(
    session: Session, engine: FakeEngine, bring: Bring, until: Wait
) -> None:
    await bring(State.READY)
    await session.disconnect()
    await session.configure(OPEN)
    await until(lambda: session.view.config_revision == "open")
    assert engine.run == 1


async def test_a_changed_proxy_restarts_the_browser_and_nothing_else_does(
    session: Session, engine: FakeEngine, bring: Bring, until: Wait
) -> None:
    await bring(State.READY)
    await session.configure(replace(OPEN, pacing=Pacing(burst=1), revision="2"))
    proxy = Proxy(server="http://proxy.example:3128")
    await session.configure(replace(OPEN, proxy=proxy, revision="3"))
    await until(lambda: engine.run == 2)
    assert engine.did == ["start", "stop", "start"]
    assert engine.proxy == proxy
    assert session.view.state is State.INIT
    engine.tell(SYNCED)
    await until(lambda: session.view.state is State.READY)


async def test_a_configuration_is_told_with_its_revision(
    session: Session, bring: Bring, told: list[Event]
) -> None:
    await bring(State.READY)
    await session.configure(OPEN)
    assert told[-1].type == "session.state"
    assert (told[-1].data["configRevision"], told[-1].data["state"]) == ("open", "READY")


async def test_an_unlink_by_the_phone_and_one_by_request_are_told_apart(
    session: Session, engine: FakeEngine, bring: Bring, until: Wait
) -> None:
    await bring(State.READY)
    engine.tell(facts.LoggedOut(because="The device was unlinked."))
    await until(lambda: session.view.reason is Reason.LOGGED_OUT)
    assert session.view.logged_out_by == "phone"


@pytest.mark.parametrize(
    ("fact", "reason"),
    [(facts.ConflictFound(), Reason.CONFLICT), (facts.BanFound(), Reason.BANNED)],
    ids=["conflict", "ban"],
)
async def test_a_conflict_and_a_ban_close_the_browser_until_somebody_asks(
    session: Session, engine: FakeEngine, bring: Bring, until: Wait, fact: facts.Fact, reason: Reason
) -> None:
    await bring(State.READY)
    engine.tell(fact)
    await until(lambda: "stop" in engine.did)
    assert session.view.reason is reason
    await session.login()
    assert session.view.state is State.INIT
