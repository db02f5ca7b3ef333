from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from unit.session.doubles import ACCOUNT, NOW, QR, SYNCED
from whatsapp_contracts.events import SESSION_QR, SESSION_STATE
from whatsapp_contracts.sessions import SessionView
from whatsapp_contracts.states import Reason, State
from whatsapp_session import facts, machine
from whatsapp_session.machine import ENDED, LIVE, Place, Session, UnexpectedFact, advance

AWAY = facts.NetworkWentAway(because="the site did not load.")
HEALING = facts.Healing(because="The page crashed.")
LOGGED_OUT = facts.LoggedOut(because="The device was unlinked.")
LOST = facts.BrowserLost(because="The browser ended.")
EVERY_FACT: tuple[facts.Fact, ...] = (
    facts.LoginAsked(), QR, facts.Scanned(), SYNCED, AWAY, HEALING, LOGGED_OUT, facts.Stopped(),
    facts.ConflictFound(), facts.BanFound(), LOST, facts.AccountChanged(account=SYNCED.account),
)  # fmt: skip


def at(place: Place) -> Session:
    if isinstance(place, State):
        return Session(view=SessionView(state=place))
    return Session(view=SessionView(state=State.DISCONNECTED, reason=place))


# The contract's table, row by row; what is not here must be refused.
WANT: dict[tuple[Place, type[facts.Fact]], Place] = {
    (State.INIT, facts.QrShown): State.QR_REQUIRED,
    (State.QR_REQUIRED, facts.QrShown): State.QR_REQUIRED,
    (Reason.NETWORK_LOST, facts.QrShown): State.QR_REQUIRED,
    (State.QR_REQUIRED, facts.Scanned): State.INIT,
    (State.INIT, facts.Synced): State.READY,
    (State.QR_REQUIRED, facts.Synced): State.READY,
    (Reason.NETWORK_LOST, facts.Synced): State.READY,
    (State.READY, facts.AccountChanged): State.READY,
    (State.INIT, facts.Healing): State.INIT,
    (State.QR_REQUIRED, facts.Healing): State.INIT,
    (State.READY, facts.Healing): State.INIT,
    (Reason.NETWORK_LOST, facts.Healing): Reason.NETWORK_LOST,
    (State.READY, facts.LoginAsked): State.READY,
}
for _place in (State.INIT, State.QR_REQUIRED, Reason.NETWORK_LOST, *ENDED):
    WANT[_place, facts.LoginAsked] = State.INIT
for _place in ENDED:
    WANT[_place, facts.Stopped] = _place
    WANT[_place, facts.LoggedOut] = Reason.LOGGED_OUT
for _place in LIVE:
    WANT[_place, facts.NetworkWentAway] = Reason.NETWORK_LOST
    WANT[_place, facts.LoggedOut] = Reason.LOGGED_OUT
    WANT[_place, facts.Stopped] = Reason.STOPPED
    WANT[_place, facts.ConflictFound] = Reason.CONFLICT
    WANT[_place, facts.BanFound] = Reason.BANNED
    WANT[_place, facts.BrowserLost] = Reason.BROWSER_FAILED

EVERY = [(place, fact) for place in (*LIVE, *ENDED) for fact in EVERY_FACT]


@pytest.mark.parametrize(
    ("place", "fact"), EVERY, ids=[f"{place.value}-{type(fact).__name__}" for place, fact in EVERY]
)
def test_a_fact_leads_where_the_contract_says_or_raises_and_changes_nothing(
    place: Place, fact: facts.Fact
) -> None:
    session = at(place)
    want = WANT.get((place, type(fact)))
    if want is None:
        with pytest.raises(UnexpectedFact, match=type(fact).__name__):
            advance(session, fact, NOW)
    else:
        assert advance(session, fact, NOW)[0].place == want
    assert session == at(place)


def test_every_state_and_reason_is_in_the_table() -> None:
    assert {*LIVE, *ENDED} == {*State, *Reason} - {State.DISCONNECTED}


def test_a_name_that_comes_late_is_an_event_and_the_connection_stays_the_same() -> None:
    ready, _ = advance(at(State.INIT), SYNCED, NOW)
    named = replace(SYNCED.account, push_name="Another name")
    later, kind = advance(ready, facts.AccountChanged(account=named), NOW + timedelta(minutes=1))
    assert kind == SESSION_STATE
    assert later.view == replace(ready.view, account=named)
    assert advance(later, facts.AccountChanged(account=named), NOW) == (later, None)


def test_a_login_in_ready_is_no_change_and_no_event() -> None:
    ready, _ = advance(at(State.INIT), SYNCED, NOW)
    assert advance(ready, facts.LoginAsked(), NOW) == (ready, None)


def test_a_stop_of_what_is_stopped_keeps_why_it_was() -> None:
    session = at(Reason.LOGGED_OUT)
    assert advance(session, facts.Stopped(), NOW) == (session, None)


def test_each_new_code_counts_one_attempt_and_is_an_event_of_its_own() -> None:
    first, first_type = advance(at(State.INIT), QR, NOW)
    later = replace(QR, code="2@next", expires_at=NOW + timedelta(seconds=80))
    second, second_type = advance(first, later, NOW)
    assert (first_type, second_type) == (SESSION_QR, SESSION_QR)
    assert first.view.qr
    assert second.view.qr
    assert (first.view.qr.attempt, second.view.qr.attempt) == (1, 2)
    assert second.view.qr.code == "2@next"
    assert second.view.qr.expires_at == "2026-01-01T12:01:20.000Z"


def test_a_healed_browser_goes_on_counting_and_a_new_login_begins_at_one() -> None:
    shown, _ = advance(at(State.INIT), QR, NOW)
    healing, _ = advance(shown, HEALING, NOW)
    again, _ = advance(healing, replace(QR, code="2@b"), NOW)
    asked, _ = advance(again, facts.LoginAsked(), NOW)
    fresh, _ = advance(asked, replace(QR, code="2@c"), NOW)
    assert [s.view.qr and s.view.qr.attempt for s in (shown, healing, again, asked, fresh)] == [
        1, None, 2, None, 1,
    ]  # fmt: skip


def test_ready_shows_the_account_and_since_when_and_no_qr() -> None:
    shown, _ = advance(at(State.INIT), QR, NOW)
    ready, event_type = advance(shown, SYNCED, NOW)
    assert event_type == SESSION_STATE
    assert ready.view == SessionView(
        state=State.READY, message="Connected.", account=ACCOUNT, connected_since="2026-01-01T12:00:00.000Z"
    )


@pytest.mark.parametrize(
    ("fact", "kept"),
    [(AWAY, True), (HEALING, True), (facts.Stopped(), True), (LOGGED_OUT, False), (facts.BanFound(), False)],
    ids=lambda value: type(value).__name__ if not isinstance(value, bool) else "",
)
def test_the_account_is_known_as_long_as_its_login_is_kept(fact: facts.Fact, kept: bool) -> None:
    ready, _ = advance(at(State.INIT), SYNCED, NOW)
    after, _ = advance(ready, fact, NOW)
    assert (after.view.account is not None) == kept
    assert after.view.connected_since is None


@pytest.mark.parametrize("fact", EVERY_FACT, ids=lambda fact: type(fact).__name__)
def test_a_message_is_a_sentence_and_an_ended_state_says_what_to_do(fact: facts.Fact) -> None:
    said = machine.sentence(fact)
    assert said[0].isupper()
    assert not said.endswith((" ", ".."))
    if isinstance(fact, facts.LoggedOut | facts.Stopped | facts.ConflictFound | facts.BrowserLost):
        assert "POST /session-manager/login" in said


def test_no_message_repeats_the_code() -> None:
    assert QR.code not in machine.sentence(QR)


def test_an_activity_is_remembered_over_the_next_change() -> None:
    ready, _ = advance(at(State.INIT), SYNCED, NOW)
    active = machine.touched(ready, NOW)
    away, _ = advance(active, AWAY, NOW + timedelta(hours=1))
    assert away.view.last_activity == "2026-01-01T12:00:00.000Z"
