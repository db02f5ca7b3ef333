"""The simulator stops, is killed, and comes back: pages log in again by themselves and nothing is lost."""

from __future__ import annotations

import signal
from collections.abc import Awaitable, Callable

import httpx

from integration.simulator.processes import Simulator
from integration.simulator.wa_page import WaPage

ANA, BEA = "5491100000001", "5491100000002"
OpenPage = Callable[..., Awaitable[WaPage]]
BACK = "() => WPP.whatsapp.Socket.state === 'CONNECTED' && WPP.conn.getStreamData().info === 'NORMAL'"


async def test_sigterm_with_an_open_page_ends_with_status_0(
    simulator: Simulator, http: httpx.AsyncClient, open_page: OpenPage
) -> None:
    page = await open_page(simulator)
    await page.link(http, ANA)
    await http.aclose()
    assert await simulator.stop() == 0


async def test_a_killed_simulator_comes_back_and_the_page_goes_on_without_a_reload(
    simulator: Simulator, http: httpx.AsyncClient, open_page: OpenPage
) -> None:
    await http.post(f"/phones/{BEA}")
    page = await open_page(simulator)
    await page.link(http, ANA)
    await page.run("window.stillHere = true")
    await simulator.stop(signal.SIGKILL)
    await page.until("() => WPP.conn.getStreamData().info === 'OFFLINE'")
    about = "[WPP.whatsapp.Socket.state, WPP.conn.isOnline(), WPP.conn.getStreamData().mode]"
    assert await page.run(about) == ["OPENING", False, "MAIN"]
    await page.run(
        "(to) => { window.sending = WPP.chat.sendTextMessage(to, 'written offline', {linkPreview: false}); }",
        f"{BEA}@c.us",
    )
    await simulator.start()
    await page.until(BACK)
    sent = await page.run("window.sending")
    assert sent["sendMsgResult"]["messageSendResult"] == "OK"
    assert await page.run("window.stillHere") is True
    (received,) = (await http.get(f"/phones/{BEA}/messages")).json()
    assert received["text"] == "written offline"
    await http.post(f"/phones/{BEA}/send", json={"to": ANA, "text": "welcome back"})
    told = await page.heard("chat.new_message", 2)
    assert [value["body"] for value in told] == ["written offline", "welcome back"]
    ended, current = (await http.get("/connections")).json()
    assert ended["closedAt"] is not None
    assert current["closedAt"] is None
    assert current["id"] != ended["id"]


async def test_a_page_that_showed_a_code_shows_a_new_one_after_a_restart(
    simulator: Simulator, http: httpx.AsyncClient, open_page: OpenPage
) -> None:
    page = await open_page(simulator)
    old = await page.qr()
    await simulator.stop(signal.SIGKILL)
    await page.until("() => !WPP.whatsapp.Conn.ref")
    await simulator.start()
    assert await page.qr() != old
    answer = await http.post(f"/phones/{ANA}/scan", json={"code": old})
    assert (answer.status_code, answer.json()["error"]) == (404, "qr_unknown")
    await page.link(http, ANA)


async def test_reset_forgets_every_phone_and_the_page_must_be_scanned_again(
    simulator: Simulator,
    http: httpx.AsyncClient,
    open_page: OpenPage,
    start_simulator: Callable[..., Awaitable[Simulator]],
) -> None:
    page = await open_page(simulator)
    await page.link(http, ANA)
    await page.close()
    await http.aclose()
    await simulator.stop()
    fresh = await start_simulator("--reset", "--port", simulator.url.rpartition(":")[2])
    page = await open_page(fresh)
    await page.qr()
