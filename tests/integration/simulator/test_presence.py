"""Presence, typing, read marks and calls through the unmodified wa-js."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import httpx
import pytest

from integration.simulator.processes import Simulator
from integration.simulator.wa_page import WaPage

ANA, BEA = "5491100000001", "5491100000002"
OpenPage = Callable[..., Awaitable[WaPage]]


@pytest.fixture
async def page(simulator: Simulator, http: httpx.AsyncClient, open_page: OpenPage) -> WaPage:
    """Ana's WhatsApp, linked, with one chat: Bea has written."""
    await http.post(f"/phones/{ANA}", json={"autoRead": False})
    await http.post(f"/phones/{BEA}/send", json={"to": ANA, "text": "hello"})
    opened = await open_page(simulator)
    await opened.link(http, ANA)
    await opened.until("() => WPP.whatsapp.PresenceStore.length > 0")
    return opened


async def sees(http: httpx.AsyncClient, state: str) -> None:
    """Until Bea sees Ana in this state."""
    for _ in range(600):
        if (await http.get(f"/phones/{BEA}/presence", params={"from": ANA})).json() == {"state": state}:
            return
        await asyncio.sleep(0.05)
    raise AssertionError(f"Bea did not see {state!r} within 30 s")


async def test_what_the_other_side_does_is_told(page: WaPage, http: httpx.AsyncClient) -> None:
    subscribed = "(id) => WPP.contact.subscribePresence(id).then((all) => all.map(String))"
    assert await page.run(subscribed, f"{BEA}@c.us") == [f"{BEA}@c.us"]
    states = ["available", "composing", "recording", "unavailable"]
    for state in states:
        await http.post(f"/phones/{BEA}/presence", json={"to": ANA, "state": state})
    told = await page.heard("chat.presence_change", 4)
    if told[0]["state"] == "unavailable":  # what the page was told when it subscribed, if it listened by then
        told = (await page.heard("chat.presence_change", 5))[1:]
    assert told == [
        {"id": f"{BEA}@c.us", "state": state, "isOnline": state != "unavailable"} for state in states
    ]


async def test_typing_on_the_page_is_seen_on_the_phone(page: WaPage, http: httpx.AsyncClient) -> None:
    for call, state in (("Composing", "composing"), ("Recording", "recording"), ("Paused", "paused")):
        await page.run(f"(id) => WPP.chat.markIs{call}(id)", f"{BEA}@c.us")
        await sees(http, state)


async def test_reading_on_the_page_is_seen_as_the_third_acknowledgement(
    page: WaPage, http: httpx.AsyncClient
) -> None:
    (before,) = (await http.get(f"/phones/{BEA}/messages")).json()
    assert before["ack"] == 2
    await page.run("(id) => WPP.chat.markIsRead(id)", f"{BEA}@c.us")
    for _ in range(600):
        (message,) = (await http.get(f"/phones/{BEA}/messages")).json()
        if message["ack"] == 3:
            return
        await asyncio.sleep(0.05)
    raise AssertionError("Bea did not see the message as read within 30 s")


async def test_a_call_is_told_and_can_be_refused(page: WaPage, http: httpx.AsyncClient) -> None:
    made = (await http.post(f"/phones/{BEA}/call", json={"to": ANA, "video": True})).json()
    (told,) = await page.heard("call.incoming_call")
    assert told == {"id": made["id"], "sender": f"{BEA}@c.us", "isVideo": True}
    assert await page.run("(id) => WPP.call.reject(id)", made["id"]) is True
    refused = "(id) => WPP.whatsapp.CallStore.get(id).getState() === 13 && !WPP.whatsapp.CallStore.activeCall"
    assert await page.run(refused, made["id"])
