"""What only one session can have: who is the younger, and whose case changes when another does."""

from __future__ import annotations

from typing import Any

import pytest

from unit.operator.builders import DEFAULTS, NAMES, NOW, READY, condition, live, pod, seen, session
from unit.operator.world import World
from whatsapp_operator.decide import decide
from whatsapp_operator.observed import Rival
from whatsapp_operator.rivals import Rivals


def body(name: str, created: str, *, namespace: str = "crm", phone: str = "", **spec: Any) -> dict[str, Any]:
    status = {"state": "READY", "phone": phone} if phone else {}
    metadata = {
        "namespace": namespace,
        "name": name,
        "uid": f"{namespace}-{name}",
        "creationTimestamp": created,
    }
    return {"metadata": metadata, "spec": {"clienteId": 1} | spec, "status": status}


def key(found: dict[str, Any]) -> tuple[str, str]:
    return found["metadata"]["namespace"], found["metadata"]["name"]


OLD = body("old", "2026-01-01", phone="5491100000001")
YOUNG = body("young", "2026-01-02", phone="5491100000001")

CASES: dict[str, tuple[list[dict[str, Any]], dict[str, Any], Rival | None]] = {
    "alone": ([OLD], OLD, None),
    "the older of two": ([OLD, YOUNG], OLD, None),
    "the younger of two": ([OLD, YOUNG], YOUNG, Rival(reason="PhoneInUse", name="old")),
    "another number": ([OLD], body("young", "2026-01-02", phone="5491100000002"), None),
    "not connected": ([OLD], body("young", "2026-01-02"), None),
    "the older one is not connected": ([body("old", "2026-01-01")], YOUNG, None),
    "in another namespace, which is not named": (
        [OLD],
        body("young", "2026-01-02", namespace="other", phone="5491100000001"),
        Rival(reason="PhoneInUse", name=""),
    ),
    "made in the same second": (
        [body("a", "2026-01-01", sessionId="x")],
        body("b", "2026-01-01", sessionId="x"),
        Rival(reason="DuplicateSessionId", name="a"),
    ),
    "a sessionId that is another one's name": (
        [body("old", "2026-01-01")],
        body("young", "2026-01-02", sessionId="old"),
        Rival(reason="DuplicateSessionId", name="old"),
    ),
    "the same sessionId in another namespace": (
        [body("a", "2026-01-01", sessionId="x")],
        body("b", "2026-01-02", namespace="other", sessionId="x"),
        None,
    ),
}


@pytest.mark.parametrize(("others", "mine", "want"), CASES.values(), ids=CASES)
def test_the_younger_one_is_told(
    others: list[dict[str, Any]], mine: dict[str, Any], want: Rival | None
) -> None:
    rivals = Rivals()
    for each in (*others, mine):
        rivals.put(each, key(each))
    assert rivals.rival(mine, key(mine), None) == want


def test_what_is_connected_now_counts_before_status_says_so() -> None:
    rivals = Rivals()
    young = body("young", "2026-01-02")
    for each in (OLD, young):
        rivals.put(each, key(each))
    assert rivals.rival(young, key(young), "5491100000001") == Rival(reason="PhoneInUse", name="old")
    assert rivals.rival(YOUNG, key(YOUNG), "") is None


def test_whoever_is_concerned_is_looked_at_again() -> None:
    rivals = Rivals()
    assert rivals.put(OLD, key(OLD)) == set()
    assert rivals.put(YOUNG, key(YOUNG)) == {key(OLD), key(YOUNG)}
    assert rivals.put(YOUNG, key(YOUNG)) == set()
    assert rivals.drop(OLD, key(OLD)) >= {key(YOUNG)}
    assert rivals.rival(YOUNG, key(YOUNG), None) is None


def test_a_session_that_vanished_while_nobody_watched_is_no_rival() -> None:
    rivals = Rivals()
    for each in (OLD, YOUNG):
        rivals.put(each, key(each))
    assert rivals.listed("other", []) == set()
    assert key(YOUNG) in rivals.listed("crm", ["crm-young"])
    assert rivals.rival(YOUNG, key(YOUNG), None) is None


def test_a_resource_is_no_rival_of_its_successor_of_the_same_name() -> None:
    rivals = Rivals()
    before = body("demo", "2026-01-01")
    after = body("demo", "2026-01-02")
    after["metadata"]["uid"] = "another"
    for each in (before, after):
        rivals.put(each, key(each))
    assert rivals.rival(after, key(after), None) is None


def test_thousands_of_sessions_cost_a_look_at_their_own_marks_only() -> None:
    rivals = Rivals()
    many = [body(f"s{number}", "2026-01-01", phone=f"5491{number:09d}") for number in range(5000)]
    assert [each for each in many if rivals.put(each, key(each))] == []
    for each in many:
        rivals.drop(each, key(each))
    assert not rivals._holders
    assert not rivals._marks


@pytest.mark.parametrize(
    ("rival", "words"),
    [
        (Rival(reason="PhoneInUse", name="old"), "the older session old too"),
        (Rival(reason="PhoneInUse", name=""), "an older session of another namespace"),
        (Rival(reason="DuplicateSessionId", name="old"), "another spec.sessionId"),
    ],
)
def test_it_stalls_with_the_cure_and_nothing_is_done(rival: Rival, words: str) -> None:
    decision = decide(session(), NAMES, DEFAULTS, seen(pod(), heard=live(READY), rival=rival), NOW)
    assert decision.actions == ()
    assert decision.status is not None
    stalled = condition(decision.status, "Stalled")
    assert (stalled["status"], stalled["reason"]) == ("True", rival.reason)
    assert words in stalled["message"]
    assert "5491100000001" not in stalled["message"]
    assert decision.status["state"] == "READY"
    assert condition(decision.status, "Ready")["status"] == "False"


async def test_the_younger_session_is_stalled_from_its_first_ready_on() -> None:
    world = World()
    older = body("older", "2020-01-01", phone="5491100000001")
    world.rivals.put(older, key(older))
    await world.look()
    world.run_pod(READY)
    await world.look()
    assert world.ready() == ("False", "PhoneInUse")
    world.rivals.drop(older, key(older))
    await world.look()
    assert world.ready() == ("True", "Connected")
