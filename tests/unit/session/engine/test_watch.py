from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from unit.session.doubles import ACCOUNT, NOW
from whatsapp_session import facts
from whatsapp_session.engine.protocol import Stage
from whatsapp_session.engine.watch import (
    FIRST_GRACE,
    LIMITS,
    OFFLINE_GRACE,
    PAIRING_CODE,
    PAIRING_RETRY,
    Look,
    Seen,
    judge,
    no_pairing_code,
    pairing_code,
    pairing_due,
)

LOADING = Look()
QR = Look(ready=True, mode="QR", info="NORMAL", code="2@first")
NEXT_QR = replace(QR, code="2@second")
BOOTING = Look(ready=True, mode="SYNCING", info="NORMAL")
SYNCING = Look(ready=True, authenticated=True, mode="SYNCING", info="SYNCING", account=ACCOUNT)
USABLE = Look(ready=True, authenticated=True, main_loaded=True, mode="MAIN", info="NORMAL", account=ACCOUNT)
OFFLINE = replace(USABLE, info="OFFLINE", online=False)
SECOND = timedelta(seconds=1)
LATER = max(FIRST_GRACE, OFFLINE_GRACE)


def after(*looks: tuple[float, Look]) -> tuple[Seen, list[facts.Fact]]:
    """What a run knows and told after looks at these seconds."""
    seen, told = Seen(), []
    for second, look in looks:
        seen, fact = judge(seen, look, NOW + timedelta(seconds=second))
        told += [fact] if fact else []
    return seen, told


def names(told: list[facts.Fact]) -> list[str]:
    return [type(fact).__name__ for fact in told]


NOT_USABLE = {
    "the QR screen": QR,
    "not authenticated": replace(USABLE, authenticated=False),
    "not loaded": replace(USABLE, main_loaded=False),
    "another mode": replace(USABLE, mode="SYNCING"),
    "wa-js not ready": replace(USABLE, ready=False),
    "offline": OFFLINE,
    "nobody": replace(USABLE, account=None),
}


@pytest.mark.parametrize("look", NOT_USABLE.values(), ids=NOT_USABLE)
def test_a_session_is_not_ready_before_everything_says_so(look: Look) -> None:
    assert "Synced" not in names(after((0, look), (1, look))[1])


def test_a_login_by_qr_is_shown_scanned_synced_each_told_once() -> None:
    looks = [LOADING, BOOTING, QR, QR, SYNCING, SYNCING, LOADING, USABLE, USABLE]
    _, told = after(*enumerate(looks))
    assert names(told) == ["QrShown", "Scanned", "Synced"]
    assert told[-1] == facts.Synced(account=ACCOUNT)


def test_a_name_that_comes_after_the_sync_is_told_once() -> None:
    named = replace(USABLE, account=replace(ACCOUNT, push_name="Another name"))
    unnamed = replace(USABLE, account=replace(ACCOUNT, push_name=None))
    told = after((0, unnamed), (1, unnamed), (2, named), (3, unnamed), (4, named))[1]
    assert names(told) == ["Synced", "AccountChanged"]
    assert named.account is not None
    assert told[-1] == facts.AccountChanged(account=named.account)


def test_a_restored_login_is_synced_without_any_event_of_wa_js() -> None:
    assert names(after((0, LOADING), (1, SYNCING), (2, USABLE))[1]) == ["Synced"]


def test_each_code_is_told_once_with_how_long_it_will_last() -> None:
    _, told = after((0, QR), (30, QR), (60, NEXT_QR))
    assert told == [
        facts.QrShown(code="2@first", expires_at=NOW + timedelta(seconds=60)),
        facts.QrShown(code="2@second", expires_at=NOW + timedelta(seconds=80)),
    ]


def test_codes_that_rotate_faster_are_said_to_last_as_long_as_those_before() -> None:
    looks = [(second, replace(QR, code=f"2@{second}")) for second in (0, 5, 10, 15)]
    _, told = after(*looks)
    assert [fact.expires_at - NOW for fact in told if isinstance(fact, facts.QrShown)] == [
        timedelta(seconds=60), timedelta(seconds=25), timedelta(seconds=15), timedelta(seconds=20),
    ]  # fmt: skip


def test_a_code_that_was_replaced_too_early_once_shortens_only_the_next() -> None:
    looks = [(second, replace(QR, code=f"2@{second}")) for second in (0, 1, 2, 22, 42)]
    _, told = after(*looks)
    expires = [fact.expires_at - NOW for fact in told if isinstance(fact, facts.QrShown)]
    assert expires[3:] == [42 * SECOND, 62 * SECOND]


def test_a_page_that_was_ready_and_shows_a_qr_was_logged_out() -> None:
    assert names(after((0, USABLE), (1, LOADING), (2, QR))[1]) == ["Synced", "LoggedOut"]


def test_a_page_that_boots_again_is_not_logged_out_before_it_shows_a_qr() -> None:
    assert names(after((0, USABLE), (1, LOADING), (2, BOOTING), (3, USABLE))[1]) == ["Synced"]


def test_a_login_that_was_unlinked_while_the_process_was_down_shows_a_qr() -> None:
    assert names(after((0, SYNCING), (1, LOADING), (2, QR))[1]) == ["QrShown"]


def test_that_it_was_ready_is_known_after_a_reload() -> None:
    seen, _ = after((0, USABLE))
    _, fact = judge(seen.reloaded(), QR, NOW)
    assert isinstance(fact, facts.LoggedOut)


def test_a_short_loss_is_nothing_and_a_longer_one_is_told_once() -> None:
    grace = OFFLINE_GRACE.total_seconds()
    looks = [(0.0, USABLE), (1.0, OFFLINE), (grace, OFFLINE), (grace + 1, OFFLINE), (grace + 2, OFFLINE)]
    assert names(after(*looks[:3])[1]) == ["Synced"]
    assert names(after(*looks)[1]) == ["Synced", "NetworkWentAway"]
    assert names(after(*looks, (60, USABLE))[1]) == ["Synced", "NetworkWentAway", "Synced"]


@pytest.mark.parametrize(
    "look",
    [
        replace(USABLE, info="OFFLINE"),
        replace(USABLE, info="OPENING"),
        replace(USABLE, info="CONNECTING"),
        replace(USABLE, mode="OFFLINE"),
        replace(USABLE, online=False),
        replace(BOOTING, info="OPENING"),
    ],
)
def test_every_way_of_being_offline_is_seen(look: Look) -> None:
    assert names(after((0, look), (LATER.total_seconds(), look))[1]) == ["NetworkWentAway"]


def test_a_qr_is_shown_again_when_the_network_is_back() -> None:
    away = replace(QR, info="OPENING", code=None)
    _, told = after((0, QR), (1, away), (1 + LATER.total_seconds(), away), (60, QR))
    assert names(told) == ["QrShown", "NetworkWentAway", "QrShown"]


def test_a_conflict_and_a_ban_are_told_by_name() -> None:
    assert names(after((0, USABLE), (1, replace(USABLE, mode="CONFLICT")))[1]) == ["Synced", "ConflictFound"]
    assert names(after((0, USABLE), (1, replace(USABLE, mode="TOS_BLOCK")))[1]) == ["Synced", "BanFound"]


@pytest.mark.parametrize(
    ("look", "stage"),
    [(LOADING, Stage.INJECT), (BOOTING, Stage.BOOT), (SYNCING, Stage.SYNC)],
    ids=lambda value: value.name if isinstance(value, Stage) else "",
)
def test_a_page_may_stay_in_a_stage_only_so_long_and_its_name_is_known(look: Look, stage: Stage) -> None:
    limit = LIMITS[stage].total_seconds()
    assert not after((0, look), (limit, look))[0].stuck(NOW + timedelta(seconds=limit))
    seen, _ = after((0, look), (limit, look))
    assert seen.stage is stage
    assert seen.stuck(NOW + timedelta(seconds=limit) + SECOND)


@pytest.mark.parametrize("look", [QR, USABLE], ids=["qr", "usable"])
def test_a_page_that_works_is_never_stuck(look: Look) -> None:
    assert not after((0, look), (9e6, look))[0].stuck(NOW + timedelta(days=365))


def test_waiting_for_the_network_is_not_being_stuck() -> None:
    offline = replace(BOOTING, info="OPENING")
    seen, _ = after((0, offline), (9e6, offline))
    assert not seen.stuck(NOW + timedelta(seconds=9e6))


def test_a_look_is_read_from_what_the_driver_gives() -> None:
    data = {
        "ready": True,
        "authenticated": True,
        "mainLoaded": True,
        "mode": "MAIN",
        "info": "NORMAL",
        "online": True,
        "code": None,
        "idle": False,
        "pairingOver": False,
        "account": {
            "phone": "5491100000001",
            "platform": "android",
            "pushName": "Ana",
            "userId": "5491100000001:1@s.whatsapp.net",
        },
        "detail": "page complete",
    }
    assert Look.from_json(data) == replace(USABLE, detail="page complete")
    assert Look.from_json(data | {"account": None}).account is None


def pairing(*looks: tuple[float, Look]) -> Seen:
    """What a run that wants a pairing code knows after these looks, the last of which was given one."""
    seen = Seen(pairing=True)
    for second, look in looks:
        seen, _ = judge(seen, look, NOW + timedelta(seconds=second))
    return seen


NO_PAIRING = {
    "the page loads": LOADING,
    "the page boots": BOOTING,
    "it is logged in": SYNCING,
    "it is offline": replace(QR, online=False),
}


@pytest.mark.parametrize("look", NO_PAIRING.values(), ids=NO_PAIRING)
def test_no_pairing_code_is_asked_for_where_the_page_cannot_give_one(look: Look) -> None:
    assert not pairing_due(pairing((0, look)), look, NOW)


def test_a_login_by_qr_asks_for_no_pairing_code() -> None:
    assert not pairing_due(Seen(), QR, NOW)


def test_a_login_by_pairing_code_shows_no_qr_and_one_code_at_a_time() -> None:
    seen = pairing((0, QR))
    assert seen.told is None
    assert pairing_due(seen, QR, NOW)
    seen, shown = pairing_code(seen, "abcd1234", NOW)
    assert shown == facts.PairingCodeShown(code="ABCD-1234", expires_at=NOW + PAIRING_CODE)
    assert not pairing_due(seen, QR, NOW + PAIRING_CODE - SECOND)
    assert pairing_due(seen, QR, NOW + PAIRING_CODE)
    assert pairing_due(seen, replace(QR, pairing_over=True), NOW + SECOND)


def test_a_page_that_shows_a_pairing_code_is_healthy_and_never_stuck() -> None:
    seen, _ = pairing_code(pairing((0, QR)), "ABCD-1234", NOW)
    seen, fact = judge(seen, replace(QR, code=None), NOW + timedelta(days=1))
    assert fact is None
    assert seen.healthy
    assert not seen.stuck(NOW + timedelta(days=2))


def test_a_typed_pairing_code_is_a_scan() -> None:
    seen, _ = pairing_code(pairing((0, QR)), "ABCD-1234", NOW)
    assert judge(seen, SYNCING, NOW)[1] == facts.Scanned()


def test_a_pairing_code_does_not_outlive_its_page_or_its_connection() -> None:
    seen, _ = pairing_code(pairing((0, QR)), "ABCD-1234", NOW)
    assert pairing_due(seen.reloaded(), QR, NOW)
    away = replace(QR, online=False)
    for second in (0.0, LATER.total_seconds()):
        seen, fact = judge(seen, away, NOW + timedelta(seconds=second))
    assert isinstance(fact, facts.NetworkWentAway)
    assert pairing_due(seen, QR, NOW + LATER)


def test_a_refused_pairing_code_is_asked_for_again_after_a_while() -> None:
    seen = no_pairing_code(no_pairing_code(pairing((0, QR)), NOW), NOW)
    assert seen.pairing_failures == 2
    assert not pairing_due(seen, QR, NOW + PAIRING_RETRY - SECOND)
    assert pairing_due(seen, QR, NOW + PAIRING_RETRY)
    assert pairing_code(seen, "ABCD-1234", NOW)[0].pairing_failures == 0
