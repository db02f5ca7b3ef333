"""Ordering faults by the control API, and what an open page is then told."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from unit.simulator.played_page import Frame, PlayedPage
from whatsapp_simulator.world import World

ANA, BEA = "5491100000001", "5491100000002"
OpenPage = Callable[[], PlayedPage]
Link = Callable[[str], Awaitable[Frame]]
BAD: dict[str, tuple[str, str, Any, int, str]] = {
    "faults of an unknown phone": ("PUT", "/phones/5491199999999/faults", {}, 404, "unknown_phone"),
    "a misspelt fault": ("PUT", f"/phones/{ANA}/faults", {"loseacks": True}, 400, "invalid_request"),
    "a negative delay": ("PUT", f"/phones/{ANA}/faults", {"ackDelaySeconds": -1}, 400, "invalid_request"),
    "no room for a device": ("PUT", f"/phones/{ANA}/faults", {"deviceLimit": 0}, 400, "invalid_request"),
    "late without a time": ("PUT", f"/phones/{ANA}/faults", {"lateDecryption": {}}, 400, "invalid_request"),
    "a cut of an unknown phone": ("POST", "/phones/5491199999999/cut", {}, 404, "unknown_phone"),
    "a cut for ever": ("POST", f"/phones/{ANA}/cut", {"seconds": 1e9}, 400, "invalid_request"),
    "a network that is neither": ("POST", "/network", {}, 400, "invalid_request"),
    "a ban of an unknown phone": ("POST", "/phones/5491199999999/ban", None, 404, "unknown_phone"),
}  # fmt: skip


@pytest.fixture
async def credential(http: httpx.AsyncClient, link: Link) -> Frame:
    """Ana's linked device; Bea has a phone."""
    await http.post(f"/phones/{BEA}")
    return await link(ANA)


@pytest.fixture
async def page(open_page: OpenPage, credential: Frame) -> PlayedPage:
    """Ana's page, logged in."""
    page = open_page()
    await page.log_in(credential)
    await page.hear("caught_up")
    return page


async def order(http: httpx.AsyncClient, **faults: Any) -> None:
    answer = await http.put(f"/phones/{ANA}/faults", json=faults)
    assert answer.status_code == 200, answer.text


async def receive(http: httpx.AsyncClient, text: str) -> str:
    answer = await http.post(f"/phones/{BEA}/send", json={"to": ANA, "text": text})
    return str(answer.json()["id"])


def send(page: PlayedPage, message_id: str) -> None:
    page.say({"type": "send", "id": message_id, "to": f"{BEA}@c.us", "body": "hello"})


@pytest.mark.parametrize(("method", "path", "body", "status", "code"), BAD.values(), ids=BAD)
async def test_bad_orders_are_refused(
    http: httpx.AsyncClient, method: str, path: str, body: Any, status: int, code: str
) -> None:
    await http.post(f"/phones/{ANA}")
    answer = await http.request(method, path, json=body)
    assert (answer.status_code, answer.json()["error"]) == (status, code)


async def test_faults_are_a_whole_set_and_an_empty_one_clears_them(http: httpx.AsyncClient) -> None:
    none = (await http.post(f"/phones/{ANA}"), (await http.get(f"/phones/{ANA}/faults")).json())[1]
    assert none == {
        "ackDelaySeconds": 0, "loseAcks": False, "loseReceipts": False, "lateDecryption": None,
        "dropLive": False, "deviceLimit": 4,
    }  # fmt: skip
    await order(http, loseAcks=True, lateDecryption={"seconds": 1.5})
    await order(http, ackDelaySeconds=2.5)
    assert (await http.get(f"/phones/{ANA}/faults")).json() == {**none, "ackDelaySeconds": 2.5}
    await order(http)
    assert (await http.get(f"/phones/{ANA}/faults")).json() == none


async def test_a_lost_ack_is_told_when_the_fault_is_cleared(
    http: httpx.AsyncClient, page: PlayedPage
) -> None:
    await order(http, loseAcks=True, loseReceipts=True)
    send(page, "3EB0AA")
    page.say({"type": "ping"})
    await page.hear("pong")
    (received,) = (await http.get(f"/phones/{BEA}/messages")).json()
    assert received["id"] == "3EB0AA"
    await order(http, loseReceipts=True)
    assert (await page.hear("ack"))["id"] == "3EB0AA"
    await order(http)
    assert [(await page.hear("receipt"))["ack"] for _ in range(2)] == [2, 3]


async def test_a_message_whose_ack_was_lost_is_told_to_the_page_that_logs_in_again(
    http: httpx.AsyncClient, page: PlayedPage, open_page: OpenPage, credential: Frame
) -> None:
    await order(http, loseAcks=True, loseReceipts=True)
    send(page, "3EB0AA")
    await page.leave()
    again = open_page()
    await again.log_in(credential)
    own = (await again.hear("message"))["message"]
    assert (own["id"], own["fromMe"]) == ("3EB0AA", True)


async def test_a_slow_ack_comes_before_the_receipts_that_are_slow_too(
    http: httpx.AsyncClient, page: PlayedPage
) -> None:
    await order(http, ackDelaySeconds=0.05)
    send(page, "3EB0AA")
    page.say({"type": "ping"})
    await page.hear("pong")
    await page.hear("ack")
    assert [(await page.hear("receipt"))["ack"] for _ in range(2)] == [2, 3]


async def test_a_late_decryption_comes_as_ciphertext_then_as_the_message(
    http: httpx.AsyncClient, page: PlayedPage
) -> None:
    await order(http, lateDecryption={"seconds": 0.05})
    message_id = await receive(http, "hello")
    hidden = (await page.hear("ciphertext"))["message"]
    assert (hidden["id"], "body" in hidden) == (message_id, False)
    assert (await page.hear("message"))["message"]["body"] == "hello"


async def test_a_dropped_message_is_in_the_store_and_not_told_to_the_open_page(
    http: httpx.AsyncClient, page: PlayedPage
) -> None:
    await order(http, dropLive=True)
    dropped = await receive(http, "dropped")
    await order(http)
    told = await receive(http, "told")
    assert (await page.hear("message"))["message"]["id"] == told
    page.say({"type": "history", "ask": 1, "chat": f"{BEA}@c.us", "id": told, "fromMe": False, "count": 5})
    found = await page.hear("answer")
    assert [message["id"] for message in found["messages"]] == [dropped, told]
    page.say({"type": "lookup", "ask": 2, "keys": [{"chat": f"{BEA}@c.us", "id": dropped, "fromMe": False}]})
    found = await page.hear("answer")
    assert [message["body"] for message in found["messages"]] == ["dropped"]


async def test_a_cut_line_ends_and_new_logins_are_refused_for_that_long(
    http: httpx.AsyncClient, page: PlayedPage, open_page: OpenPage, credential: Frame
) -> None:
    assert (await http.post(f"/phones/{ANA}/cut", json={"seconds": 60})).json() == {"pages": 1}
    await page.hear("closed")
    await refused_login(open_page(), credential)
    await http.post(f"/phones/{ANA}/cut", json={"seconds": 0})
    await open_page().log_in(credential)


async def refused_login(page: PlayedPage, credential: Frame) -> None:
    with pytest.raises(AssertionError, match="closed"):
        await page.log_in(credential)


async def test_a_network_that_is_down_drops_every_page_also_those_with_a_code(
    http: httpx.AsyncClient, page: PlayedPage, open_page: OpenPage, credential: Frame
) -> None:
    waiting = open_page()
    await waiting.show_code()
    assert (await http.post("/network", json={"down": True})).json() == {"down": True, "dropped": 2}
    await page.hear("closed")
    await waiting.hear("closed")
    await refused_login(open_page(), credential)
    assert (await http.get("/network")).json()["down"] is True
    await http.post("/network", json={"down": False})
    await open_page().log_in(credential)


async def test_a_conflict_ends_the_page_as_another_window_would(
    http: httpx.AsyncClient, page: PlayedPage
) -> None:
    assert (await http.post(f"/phones/{ANA}/conflict")).json() == {"pages": 1}
    await page.hear("replaced")
    await page.hear("closed")
    assert (await http.get("/connections", params={"open": True})).json() == []


async def test_a_reload_is_told(http: httpx.AsyncClient, page: PlayedPage) -> None:
    assert (await http.post(f"/phones/{ANA}/reload")).json() == {"pages": 1}
    await page.hear("reload")


async def test_a_banned_number_is_blocked_also_after_a_reload_until_the_ban_ends(
    http: httpx.AsyncClient, page: PlayedPage, open_page: OpenPage, credential: Frame
) -> None:
    assert (await http.post(f"/phones/{ANA}/ban")).json() == {"number": ANA, "banned": True}
    await page.hear("blocked")
    reloaded = open_page()
    with pytest.raises(AssertionError, match="blocked"):
        await reloaded.log_in(credential)
    assert (await http.get("/connections", params={"open": True})).json() == []
    assert (await http.post(f"/phones/{ANA}/unban")).json() == {"number": ANA, "banned": False}
    await page.hear("unblocked")
    await reloaded.hear("unblocked")
    await open_page().log_in(credential)


async def test_a_banned_phone_links_nothing(http: httpx.AsyncClient, open_page: OpenPage) -> None:
    await http.post(f"/phones/{ANA}")
    await http.post(f"/phones/{ANA}/ban")
    answer = await http.post(f"/phones/{ANA}/scan", json={"code": await open_page().show_code()})
    assert (answer.status_code, answer.json()["error"]) == (403, "banned")


async def test_the_limit_of_devices_is_the_ordered_one(
    http: httpx.AsyncClient, credential: Frame, open_page: OpenPage
) -> None:
    await order(http, deviceLimit=1)
    answer = await http.post(f"/phones/{ANA}/scan", json={"code": await open_page().show_code()})
    assert (answer.status_code, answer.json()["error"]) == (409, "too_many_devices")


async def test_faults_of_one_account_leave_the_others_alone(
    world: World, http: httpx.AsyncClient, page: PlayedPage, open_page: OpenPage, link: Link
) -> None:
    other = open_page()
    await other.log_in(await link(BEA))
    await other.hear("caught_up")
    await order(http, dropLive=True, loseAcks=True, loseReceipts=True)
    async with asyncio.timeout(10):
        send(page, "3EB0AA")
        assert (await other.hear("message"))["message"]["id"] == "3EB0AA"


async def test_what_was_dropped_comes_with_the_history_of_the_next_login_however_long_ago_it_was(
    http: httpx.AsyncClient, page: PlayedPage, open_page: OpenPage, credential: Frame
) -> None:
    await order(http, dropLive=True)
    dropped = await receive(http, "dropped")
    await order(http)
    for number in range(60):
        await receive(http, f"later {number}")
        told = (await page.hear("message"))["message"]
        page.say({"type": "received", "seq": told["seq"]})
    await page.leave()
    for expected in (True, False):  # told once; after that the page had it
        again = open_page()
        welcome = await again.log_in(credential)
        assert (dropped in [one["id"] for one in welcome["messages"]]) is expected
        await again.leave()
