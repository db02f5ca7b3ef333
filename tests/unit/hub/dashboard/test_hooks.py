"""Receivers and their dead letters on the dashboard."""

from __future__ import annotations

import re
from typing import Any

import pytest

from unit.hub.dashboard.talking import ANA, NOON, message, person, talking
from unit.hub.world import World

HOOKS = "/sessions/1/webhooks"
LETTERS = f"{HOOKS}/crm/dead-letters"
FORM = {
    "name": "crm",
    "url": "https://crm.example/hook",
    "events": "message.*, session.state",
    "headers": "X-Own: secret-value",
}
POSTS = [
    "/sessions/1/webhook",
    f"{HOOKS}/crm",
    f"{HOOKS}/crm/rotate",
    f"{HOOKS}/crm/delete",
    f"{LETTERS}/retry",
    f"{LETTERS}/7/discard",
]


def letter(seq: int = 7, **data: Any) -> dict[str, Any]:
    event = {"id": "e", "seq": seq, "type": "message.received", "data": message("A") | data}
    return {"seq": seq, "event": event, "attempts": 3, "diedAt": NOON, "error": "the receiver answered 422"}


async def test_nobody_else_sees_or_changes_receivers(world: World) -> None:
    pod = await talking(world)
    me = await person(world)
    await me.post("/sessions/1/webhook", FORM)
    viewer, stranger = await person(world, "viewer"), await person(world, org=world.two)
    before = (await world.row("a")).webhooks
    pod.calls.clear()
    for path in POSTS:
        assert (await world.http.post(path, data=FORM)).status_code == 303, path
        assert (await world.http.post(path, data=FORM, headers=me.headers)).status_code == 403, path
        assert (await viewer.post(path, FORM)).status_code == 403, path
        assert (await stranger.post(path, FORM)).status_code == 404, path
    for path in (HOOKS, f"{HOOKS}/crm", LETTERS, "/sessions/1/webhook"):
        assert (await stranger.get(path)).status_code == 404, path
    assert (await world.row("a")).webhooks == before
    assert pod.calls == []


async def test_a_receiver_is_added_shown_and_removed(world: World) -> None:
    await talking(world)
    me = await person(world, "agent")
    assert "There are no webhooks yet" in (await me.get(HOOKS)).text
    answer = await me.post("/sessions/1/webhook", FORM)
    assert (answer.status_code, answer.headers["location"]) == (303, HOOKS)
    page = (await me.get(HOOKS)).text
    assert "https://crm.example/hook" in page
    assert "<code>message.*</code>" in page
    assert "secret-value" not in page
    (wanted,) = world.backend.wanted[(await world.row("a")).uid].receivers
    assert (wanted.name, wanted.events, dict(wanted.headers)) == (
        "crm",
        ("message.*", "session.state"),
        {"X-Own": "secret-value"},
    )
    assert (await me.post(f"{HOOKS}/crm/delete")).status_code == 303
    assert "There are no webhooks yet" in (await me.get(HOOKS)).text
    assert (await me.get(f"{HOOKS}/crm")).status_code == 404


async def test_a_headers_value_stays_where_it_is_not_written(world: World) -> None:
    await talking(world)
    me = await person(world)
    await me.post("/sessions/1/webhook", FORM)
    form = (await me.get(f"{HOOKS}/crm")).text
    assert ">X-Own: ***</textarea>" in form
    changed = FORM | {"headers": "X-Own: ***", "events": ""}
    assert (await me.post(f"{HOOKS}/crm", changed)).status_code == 303
    (wanted,) = world.backend.wanted[(await world.row("a")).uid].receivers
    assert (dict(wanted.headers), wanted.events) == ({"X-Own": "secret-value"}, ())


async def test_the_secret_is_an_administrators_and_can_be_made_anew(world: World) -> None:
    await talking(world)
    me, agent = await person(world), await person(world, "agent")
    await me.post("/sessions/1/webhook", FORM)
    (secret,) = set(re.findall(r"whsec_[A-Za-z0-9+/=]+", (await me.get(f"{HOOKS}/crm")).text))
    assert "whsec_" not in (await agent.get(f"{HOOKS}/crm")).text
    assert "whsec_" not in (await me.get(HOOKS)).text
    assert (await agent.post(f"{HOOKS}/crm/rotate")).status_code == 403
    assert (await me.post(f"{HOOKS}/crm/rotate")).status_code == 303
    assert secret not in (await me.get(f"{HOOKS}/crm")).text


WRONG: dict[str, tuple[dict[str, str], str]] = {
    "no name": ({"name": ""}, "Write a name."),
    "the hub's own": ({"name": "hub"}, "It could not be saved:"),
    "no address": ({"url": "javascript:alert(1)"}, "It could not be saved:"),
    "headers": ({"headers": "nonsense"}, "Every header is on a line of its own"),
    "too many": ({"events": ",".join(f"a{n}" for n in range(500))}, "too many events or headers"),
}


@pytest.mark.parametrize(("change", "seen"), WRONG.values(), ids=WRONG)
async def test_what_cannot_be_saved_is_said_and_stays_written(
    world: World, change: dict[str, str], seen: str
) -> None:
    await talking(world)
    answer = await (await person(world)).post("/sessions/1/webhook", FORM | change)
    assert answer.status_code == 422
    assert seen in answer.text
    assert (change.get("headers") or FORM["headers"]) in answer.text
    assert (await world.row("a")).webhooks == []


async def test_a_new_receiver_does_not_take_anothers_place(world: World) -> None:
    await talking(world)
    me = await person(world)
    await me.post("/sessions/1/webhook", FORM)
    answer = await me.post("/sessions/1/webhook", FORM | {"url": "https://other.example"})
    assert answer.status_code == 422
    assert "There is a webhook of that name." in answer.text


async def test_how_deliveries_go_is_shown_and_not_where_nobody_can_say(world: World) -> None:
    pod = await talking(world)
    me = await person(world)
    await me.post("/sessions/1/webhook", FORM)
    pod.webhooks = [
        {"name": "crm", "events": [], "pending": 4, "deadLetters": 2, "lastDeliveredAt": NOON}
        | {"failingSince": NOON, "lastError": "answered <b>500</b>"},
        {"name": "hub", "events": ["*"], "pending": 0, "deadLetters": 0, "lastDeliveredAt": None}
        | {"failingSince": None, "lastError": None},
    ]
    page = (await me.get(HOOKS)).text
    assert "Failing" in page
    assert "answered &lt;b&gt;500&lt;/b&gt;" in page
    assert "2 events not delivered" in page
    assert "The server or another system manages it" in page
    world.backend.broken = "away"
    page = (await me.get(HOOKS)).text
    assert "https://crm.example/hook" in page
    assert "how deliveries go is not" in page


async def test_dead_letters_are_shown_harmless(world: World) -> None:
    pod = await talking(world)
    pod.letters = [letter(text="<script>alert(1)</script>", pushName="x\u202ey"), {"seq": "x"}]
    page = (await (await person(world)).get(LETTERS)).text
    assert "&lt;script&gt;alert(1)" in page
    assert "\u202e" not in page
    assert "the receiver answered 422" in page
    assert "3 attempts" in page


@pytest.mark.parametrize(
    ("path", "call"),
    [
        ("/retry", ("POST", "/webhooks/crm/dead-letters/retry")),
        ("/discard", ("DELETE", "/webhooks/crm/dead-letters")),
        ("/7/retry", ("POST", "/webhooks/crm/dead-letters/7/retry")),
        ("/7/discard", ("DELETE", "/webhooks/crm/dead-letters/7")),
    ],
)
async def test_dead_letters_are_sent_again_or_discarded(
    world: World, path: str, call: tuple[str, str]
) -> None:
    pod = await talking(world)
    pod.letters = [letter(7), letter(8)]
    me = await person(world, "agent")
    answer = await me.post(LETTERS + path)
    assert (answer.status_code, answer.headers["location"]) == (303, LETTERS)
    assert (pod.calls[-1].method, pod.calls[-1].path) == call
    assert len(pod.letters) == (1 if "7" in path else 0)


@pytest.mark.parametrize("path", ["/burn", "/7/burn", "/x/retry", "/../retry"])
async def test_what_is_no_order_is_404(world: World, path: str) -> None:
    pod = await talking(world)
    pod.letters = [letter()]
    assert (await (await person(world)).post(LETTERS + path)).status_code in (404, 405)
    assert len(pod.letters) == 1


async def test_while_the_session_is_away_dead_letters_say_that_they_are_safe(world: World) -> None:
    await talking(world)
    world.backend.broken = "away"
    me = await person(world)
    assert "in the session and are not lost" in (await me.get(LETTERS)).text
    answer = await me.post(f"{LETTERS}/retry")
    assert answer.status_code == 303
    seen = await world.http.get(
        LETTERS,
        headers=me.headers
        | {"Cookie": me.headers["Cookie"] + "; " + answer.headers["set-cookie"].partition(";")[0]},
    )
    assert "nothing was done" in seen.text


async def test_nothing_that_waits_is_said_too(world: World) -> None:
    await talking(world)
    assert "Everything was delivered" in (await (await person(world)).get(LETTERS)).text
    assert ANA
