"""Linking, logging in again, unlinking: both ends agree at every step, also when one dies in the middle."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from unit.simulator.played_page import PlayedPage
from whatsapp_simulator import linking
from whatsapp_simulator.world import World

ANA, BEA = "5491100000001", "5491100000002"
OpenPage = Callable[[], PlayedPage]
Link = Callable[[str], Any]


def error(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]


async def scan(http: httpx.AsyncClient, number: str, code: str) -> httpx.Response:
    return await http.post(f"/phones/{number}/scan", json={"code": code})


async def test_a_used_code_is_refused(http: httpx.AsyncClient, open_page: OpenPage) -> None:
    page = open_page()
    code = await page.show_code()
    first = asyncio.create_task(scan(http, ANA, code))
    await page.hear("pair_success")
    assert error(await scan(http, BEA, code)) == (410, "qr_used")
    page.say({"type": "stored"})
    assert (await first).status_code == 200


async def test_a_code_whose_page_closed_is_refused(http: httpx.AsyncClient, open_page: OpenPage) -> None:
    page = open_page()
    code = await page.show_code()
    await page.leave()
    assert error(await scan(http, ANA, code)) == (410, "qr_page_gone")


async def test_a_rotated_code_is_refused_and_the_new_one_links(
    http: httpx.AsyncClient, open_page: OpenPage
) -> None:
    page = open_page()
    old = await page.show_code()
    page.say({"type": "refresh"})
    new = old.replace(old.partition(",")[0], (await page.hear("ref"))["ref"])
    assert error(await scan(http, ANA, old)) == (410, "qr_expired")
    linking_now = asyncio.create_task(scan(http, ANA, new))
    await page.hear("pair_success")
    page.say({"type": "stored"})
    assert (await linking_now).status_code == 200


async def test_a_fifth_device_is_refused_and_its_code_stays_good_for_another_phone(
    http: httpx.AsyncClient, open_page: OpenPage, link: Link
) -> None:
    for _ in range(4):
        await link(ANA)
    page = open_page()
    code = await page.show_code()
    assert error(await scan(http, ANA, code)) == (409, "too_many_devices")
    other = asyncio.create_task(scan(http, BEA, code))
    await page.hear("pair_success")
    page.say({"type": "stored"})
    assert (await other).status_code == 200


async def test_a_page_that_dies_before_it_kept_its_login_is_not_linked(
    http: httpx.AsyncClient, open_page: OpenPage, world: World
) -> None:
    page = open_page()
    scanning = asyncio.create_task(scan(http, ANA, await page.show_code()))
    await page.hear("pair_success")
    await page.leave()
    assert error(await scanning) == (410, "qr_page_gone")
    assert world.store.devices(ANA) == []


async def test_a_page_that_stays_silent_is_not_linked_and_must_forget(
    http: httpx.AsyncClient, open_page: OpenPage, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(linking, "STORE_SECONDS", 0.05)
    page = open_page()
    answer = await scan(http, ANA, await page.show_code())
    assert error(answer) == (504, "page_silent")
    await page.hear("pair_success")
    assert (await page.hear("logout"))["reason"] == "pairing_failed"
    assert world.store.devices(ANA) == []


async def test_a_wrong_answer_to_the_challenge_logs_the_page_out(open_page: OpenPage, link: Link) -> None:
    credential = await link(ANA)
    page = open_page()
    page.say({"type": "login", "device": credential["device"]})
    await page.hear("challenge")
    page.say({"type": "proof", "answer": "00" * 32})
    assert (await page.hear("logout"))["reason"] == "device_removed"
    await page.hear("closed")


async def test_each_login_is_one_named_connection(
    http: httpx.AsyncClient, open_page: OpenPage, link: Link
) -> None:
    credential = await link(ANA)
    page = open_page()
    welcome = await page.log_in(credential)
    assert welcome["me"]["wid"] == f"{ANA}:1@c.us"
    (connection,) = (await http.get("/connections", params={"open": True})).json()
    assert (connection["number"], connection["device"], connection["closedAt"]) == (
        ANA,
        credential["device"],
        None,
    )
    await page.leave()
    (ended,) = (await http.get("/connections")).json()
    assert ended["closedAt"] is not None
    await open_page().log_in(credential)
    names = [one["id"] for one in (await http.get("/connections", params={"number": ANA})).json()]
    assert names == [connection["id"], welcome["connection"]["name"].replace("1", "2")]


async def test_the_same_login_opened_twice_replaces_the_first_page(open_page: OpenPage, link: Link) -> None:
    credential = await link(ANA)
    first, second = open_page(), open_page()
    await first.log_in(credential)
    await first.hear("caught_up")
    await second.log_in(credential)
    await first.hear("replaced")
    await first.hear("closed")


async def test_unlinking_logs_the_open_page_out_and_its_login_is_worth_nothing(
    http: httpx.AsyncClient, open_page: OpenPage, link: Link
) -> None:
    credential = await link(ANA)
    page = open_page()
    await page.log_in(credential)
    await page.hear("caught_up")
    unlinked = await http.post(f"/phones/{ANA}/unlink")
    assert unlinked.json() == {"unlinked": [credential["device"]]}
    assert (await page.hear("logout"))["reason"] == "unlinked_by_phone"
    again = open_page()
    again.say({"type": "login", "device": credential["device"]})
    await again.hear("challenge")
    again.say({"type": "proof", "answer": "00"})
    await again.hear("logout")
    assert error(await http.post(f"/phones/{ANA}/unlink")) == (404, "unknown_device")
