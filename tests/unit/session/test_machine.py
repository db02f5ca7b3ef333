from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from unit.session.doubles import ACCOUNT, NOW, QR, SYNCED
from whatsapp_contracts.events import SESSION_QR, SESSION_STATE
from whatsapp_contracts.sessions import PairingCode, SessionView
from whatsapp_contracts.states import Reason, State
from whatsapp_session import facts, machine
from whatsapp_session.machine import ENDED, LIVE, Place, Session, UnexpectedFact, advance

AWAY = facts.NetworkWentAway(because="the site did not load.")
HEALING = facts.Healing(because="The page crashed.")
LOGGED_OUT = facts.LoggedOut(because="The device was unlinked.")
LOST = facts.BrowserLost(because="The browser ended.")
PAIRING = facts.PairingCodeShown(code="ABCD-1234", expires_at=NOW + timedelta(minutes=3))
WRONG = facts.WrongPhone(unlinked=True, expected="0001", found="0009")
BESIDE = (facts.ConfigTaken, facts.StorageChanged)
EVERY_FACT: tuple[facts.Fact, ...] = (
    facts.LoginAsked(), QR, facts.Scanned(), SYNCED, AWAY, HEALING, LOGGED_OUT, facts.Stopped(),
    facts.ConflictFound(), facts.BanFound(), LOST, facts.AccountChanged(account=SYNCED.account), PAIRING,
    facts.RotationsEnded(shown=6), WRONG, facts.ConfigTaken(revision="2"),
    facts.StorageChanged(pressure=True),
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
    (State.INIT, facts.PairingCodeShown): State.QR_REQUIRED,
    (State.QR_REQUIRED, facts.PairingCodeShown): State.QR_REQUIRED,
    (Reason.NETWORK_LOST, facts.PairingCodeShown): State.QR_REQUIRED,
    (State.INIT, facts.RotationsEnded): Reason.QR_EXPIRED,
    (State.QR_REQUIRED, facts.RotationsEnded): Reason.QR_EXPIRED,
    (Reason.NETWORK_LOST, facts.RotationsEnded): Reason.QR_EXPIRED,
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
    WANT[_place, facts.WrongPhone] = Reason.PHONE_MISMATCH
for _place in (*LIVE, *ENDED):
    for _fact in BESIDE:
        WANT[_place, _fact] = _place

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
    [
        (AWAY, True),
        (HEALING, True),
        (facts.Stopped(), True),
        (LOGGED_OUT, False),
        (facts.BanFound(), False),
        (WRONG, False),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, bool) else "",
)
def test_the_account_is_known_as_long_as_its_login_is_kept(fact: facts.Fact, kept: bool) -> None:
    ready, _ = advance(at(State.INIT), SYNCED, NOW)
    after, _ = advance(ready, fact, NOW)
    assert (after.view.account is not None) == kept
    assert after.view.connected_since is None


@pytest.mark.parametrize(
    "fact",
    [fact for fact in EVERY_FACT if not isinstance(fact, BESIDE)],
    ids=lambda fact: type(fact).__name__,
)
def test_a_message_is_a_sentence_and_an_ended_state_says_what_to_do(fact: facts.Fact) -> None:
    said = machine.sentence(fact)
    assert said[0].isupper() or said[0].isdigit()
    assert not said.endswith((" ", ".."))
    if isinstance(
        fact,
        facts.LoggedOut
        | facts.Stopped
        | facts.ConflictFound
        | facts.BrowserLost
        | facts.RotationsEnded
        | facts.WrongPhone,
    ):
        assert "POST /session-manager/login" in said


def test_no_message_repeats_the_code() -> None:
    assert QR.code not in machine.sentence(QR)


def test_an_activity_is_remembered_over_the_next_change() -> None:
    ready, _ = advance(at(State.INIT), SYNCED, NOW)
    active = machine.touched(ready, NOW)
    away, _ = advance(active, AWAY, NOW + timedelta(hours=1))
    assert away.view.last_activity == "2026-01-01T12:00:00.000Z"


def test_a_pairing_code_is_shown_alone_and_counts_as_an_attempt() -> None:
    shown, event_type = advance(at(State.INIT), PAIRING, NOW)
    assert event_type == SESSION_STATE
    assert shown.view.qr is None
    assert shown.view.pairing_code == PairingCode(code="ABCD-1234", expires_at="2026-01-01T12:03:00.000Z")
    assert shown.attempts == 1
    assert advance(shown, facts.Scanned(), NOW)[0].view.pairing_code is None


@pytest.mark.parametrize("place", [*LIVE, *ENDED], ids=str)
def test_a_mode_that_closes_outweighs_why_it_was_closed_and_names_the_field(place: Place) -> None:
    closed, event_type = advance(at(place), facts.Stopped(by_mode=True), NOW)
    assert (closed.place, event_type) == (Reason.STOPPED, SESSION_STATE)
    assert "operatingMode is Disconnected" in closed.view.message
    assert advance(closed, facts.Stopped(), NOW) == (closed, None)


@pytest.mark.parametrize(("by_request", "want"), [(True, "request"), (False, "phone")])
def test_a_logout_says_who_did_it_as_long_as_it_lasts(by_request: bool, want: str) -> None:
    out, _ = advance(at(State.READY), replace(LOGGED_OUT, by_request=by_request), NOW)
    assert out.view.logged_out_by == want
    assert advance(out, facts.LoginAsked(), NOW)[0].view.logged_out_by is None


def test_configuration_and_storage_change_the_view_and_nothing_else() -> None:
    shown, _ = advance(at(State.INIT), QR, NOW)
    taken, kind = advance(shown, facts.ConfigTaken(revision="7"), NOW)
    assert kind == SESSION_STATE
    assert taken == replace(shown, view=replace(shown.view, config_revision="7"))
    pressed, _ = advance(taken, facts.StorageChanged(pressure=True), NOW)
    assert pressed == replace(taken, view=replace(taken.view, storage_pressure=True))
    assert advance(pressed, facts.StorageChanged(pressure=True), NOW) == (pressed, None)
    away, _ = advance(pressed, AWAY, NOW)
    assert (away.view.config_revision, away.view.storage_pressure) == ("7", True)


def test_a_wrong_number_is_named_by_its_last_digits_and_what_could_not_be_unlinked_is_said() -> None:
    said = machine.sentence(replace(WRONG, unlinked=False))
    assert "ends in 0009, phoneNumber in 0001" in said
    assert "remove it in that phone's Linked devices" in said


def test_codes_to_use_come_with_what_to_do_when_the_phone_refuses() -> None:
    for fact in (QR, PAIRING):
        assert "four devices" in machine.sentence(fact)
