"""Pairing codes, presence and calls by the control API, against pages played by hand."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from unit.simulator.played_page import Frame, PlayedPage
from whatsapp_simulator.app import create_app
from whatsapp_simulator.settings import Settings
from whatsapp_simulator.world import make_world

ANA, BEA, NOBODY = "5491100000001", "5491100000002", "5491199999999"
OpenPage = Callable[[], PlayedPage]
Link = Callable[[str], Awaitable[Frame]]
CODE = "ABCD1234"
BAD: dict[str, tuple[str, str, Any, int, str]] = {
    "no pairing code": ("POST", f"/phones/{ANA}/pair", {"code": "hello"}, 400, "invalid_pairing_code"),
    "pairing without a code": ("POST", f"/phones/{ANA}/pair", {}, 400, "invalid_request"),
    "a code that nobody shows": ("POST", f"/phones/{ANA}/pair", {"code": CODE}, 404, "pairing_code_wrong"),
    "a call to nobody": ("POST", f"/phones/{ANA}/call", {"to": NOBODY}, 404, "not_on_whatsapp"),
    "a call to nonsense": ("POST", f"/phones/{ANA}/call", {"to": "me"}, 400, "invalid_number"),
    "typing to nobody": (
        "POST", f"/phones/{ANA}/presence", {"to": NOBODY, "state": "composing"}, 404, "not_on_whatsapp",
    ),
    "an unknown state": (
        "POST", f"/phones/{ANA}/presence", {"to": BEA, "state": "x"}, 400, "invalid_request",
    ),
    "looking from nowhere": ("GET", f"/phones/{NOBODY}/presence?from={ANA}", None, 404, "unknown_phone"),
    "looking at nobody in particular": ("GET", f"/phones/{ANA}/presence", None, 400, "invalid_request"),
}  # fmt: skip


async def show_link_code(page: PlayedPage, number: str = ANA, code: str = CODE) -> Frame:
    """The page says hello and asks to be linked by this code."""
    await page.show_code()
    page.say({"type": "link_code", "ask": 1, "phone": number, "code": code})
    return await page.hear("answer")


async def pair(http: httpx.AsyncClient, number: str, code: str) -> tuple[int, str]:
    answer = await http.post(f"/phones/{number}/pair", json={"code": code})
    return answer.status_code, answer.json().get("error", "")


@pytest.mark.parametrize(("method", "path", "body", "status", "code"), BAD.values(), ids=BAD)
async def test_bad_input_is_refused(
    http: httpx.AsyncClient, method: str, path: str, body: Any, status: int, code: str
) -> None:
    await http.post(f"/phones/{ANA}")
    answer = await http.request(method, path, json=body)
    assert (answer.status_code, answer.json()["error"]) == (status, code)


async def test_a_code_for_a_number_that_is_none_is_refused(open_page: OpenPage) -> None:
    page = open_page()
    assert (await show_link_code(page, "ana"))["error"] == "invalid_number"


@pytest.mark.parametrize("frame", [{"type": "link_code", "phone": ANA, "code": CODE}, {"type": "chatstate"}])
async def test_a_page_says_only_what_its_state_allows(open_page: OpenPage, frame: Frame) -> None:
    page = open_page()
    page.say(frame)
    assert (await page.hear("closed"))["code"] == 1002


async def test_a_typed_code_links_the_page_once(http: httpx.AsyncClient, open_page: OpenPage) -> None:
    page = open_page()
    assert (await show_link_code(page))["ttl"] == 180
    assert await pair(http, BEA, CODE) == (409, "pairing_code_other_number")
    pairing = asyncio.create_task(http.post(f"/phones/{ANA}/pair", json={"code": "abcd-1234"}))
    await page.hear("link_code_typed")
    credential = (await page.hear("pair_success"))["credential"]
    page.say({"type": "stored"})
    await page.hear("restart")
    linked = (await pairing).json()
    assert (linked["number"], linked["device"]["id"]) == (ANA, credential["device"])
    assert await pair(http, ANA, CODE) == (410, "pairing_code_used")
    await page.leave()
    await open_page().log_in(credential)


async def test_a_code_whose_page_left_is_refused(http: httpx.AsyncClient, open_page: OpenPage) -> None:
    page = open_page()
    await show_link_code(page)
    await page.leave()
    assert await pair(http, ANA, CODE) == (410, "pairing_code_page_gone")


async def test_a_fifth_device_is_refused_by_code_too(
    http: httpx.AsyncClient, open_page: OpenPage, link: Link
) -> None:
    await link(ANA)
    await http.put(f"/phones/{ANA}/faults", json={"deviceLimit": 1})
    page = open_page()
    await show_link_code(page)
    assert await pair(http, ANA, CODE) == (409, "too_many_devices")
    await http.put(f"/phones/{ANA}/faults", json={})
    await http.post(f"/phones/{ANA}/ban")
    assert await pair(http, ANA, CODE) == (403, "banned")


async def test_a_code_that_expired_is_told_to_its_page_and_refused(tmp_path: Path) -> None:
    world = make_world(Settings(data_dir=tmp_path, qr_first_seconds=3600, pairing_code_seconds=0.1))
    page = PlayedPage(world)
    await show_link_code(page)
    await page.hear("link_code_expired")
    transport = httpx.ASGITransport(create_app(world))
    async with httpx.AsyncClient(transport=transport, base_url="http://simulator") as http:
        assert await pair(http, ANA, CODE) == (410, "pairing_code_expired")
    await page.leave()
    world.store.close()


async def test_what_a_phone_shows_is_seen_on_the_page_and_what_the_page_shows_on_the_phone(
    http: httpx.AsyncClient, open_page: OpenPage, link: Link
) -> None:
    await http.post(f"/phones/{BEA}")
    page = open_page()
    await page.log_in(await link(ANA))
    await page.hear("caught_up")
    await http.post(f"/phones/{BEA}/presence", json={"to": ANA, "state": "composing"})
    assert await page.hear("presence") == {
        "type": "presence",
        "chat": f"{BEA}@c.us",
        "state": "composing",
    }
    seen = f"/phones/{BEA}/presence?from={ANA}"
    assert (await http.get(seen)).json() == {"state": "unavailable"}
    page.say({"type": "chatstate", "chat": f"{BEA}@c.us", "state": "recording"})
    page.say({"type": "chatstate", "chat": f"{NOBODY}@c.us", "state": "composing"})
    page.say({"type": "ping"})
    await page.hear("pong")
    assert (await http.get(seen)).json() == {"state": "recording"}


async def test_who_looks_at_somebody_is_told_what_was_last_shown(
    http: httpx.AsyncClient, open_page: OpenPage, link: Link
) -> None:
    page = open_page()
    await page.log_in(await link(ANA))
    await page.hear("caught_up")
    page.say({"type": "subscribe", "chat": f"{BEA}@c.us"})
    assert (await page.hear("presence"))["state"] == "unavailable"
    await http.post(f"/phones/{BEA}/presence", json={"to": ANA, "state": "available"})
    await page.hear("presence")
    page.say({"type": "subscribe", "chat": f"{BEA}@c.us"})
    assert (await page.hear("presence"))["state"] == "available"


async def test_a_call_rings_on_the_pages_of_who_is_called(
    http: httpx.AsyncClient, open_page: OpenPage, link: Link
) -> None:
    page = open_page()
    await page.log_in(await link(ANA))
    await page.hear("caught_up")
    made = (await http.post(f"/phones/{BEA}/call", json={"to": ANA, "video": True})).json()
    assert (made["from"], made["to"], made["video"]) == (BEA, ANA, True)
    rings = await page.hear("call")
    assert (rings["id"], rings["peer"], rings["video"]) == (made["id"], f"{BEA}@c.us", True)
