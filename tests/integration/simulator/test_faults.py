"""Faults as the unmodified wa-js sees them, and a page that dies in the middle of sending."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from integration.simulator.processes import Simulator
from integration.simulator.wa_page import WaPage

ANA, BEA = "5491100000001", "5491100000002"
OpenPage = Callable[..., Awaitable[WaPage]]
BACK = "() => WPP.whatsapp.Socket.state === 'CONNECTED' && WPP.conn.getStreamData().info === 'NORMAL'"
SEND = """([to, text]) => WPP.chat.sendTextMessage(`${to}@c.us`, text,
  {linkPreview: false, createChat: true, waitForAck: false}).then((sent) => sent.id)"""
ACK = "(id) => WPP.whatsapp.MsgStore.get(id).ack"


@pytest.fixture
async def page(simulator: Simulator, http: httpx.AsyncClient, open_page: OpenPage) -> WaPage:
    """Ana's WhatsApp, linked; Bea has a phone."""
    await http.post(f"/phones/{BEA}", json={"name": "Bea"})
    opened = await open_page(simulator)
    await opened.link(http, ANA)
    return opened


async def order(http: httpx.AsyncClient, **faults: Any) -> None:
    answer = await http.put(f"/phones/{ANA}/faults", json=faults)
    assert answer.status_code == 200, answer.text


async def receive(http: httpx.AsyncClient, text: str) -> str:
    answer = await http.post(f"/phones/{BEA}/send", json={"to": ANA, "text": text})
    return f"false_{BEA}@c.us_{answer.json()['id']}"


async def texts(http: httpx.AsyncClient, number: str) -> list[str]:
    return [message["text"] for message in (await http.get(f"/phones/{number}/messages")).json()]


async def arrived(http: httpx.AsyncClient, text: str) -> None:
    """Until Bea's phone has the message."""
    for _ in range(600):
        if text in await texts(http, BEA):
            return
        await asyncio.sleep(0.05)
    raise AssertionError(f"{text!r} did not arrive within 30 s")


def kill(profile: Path) -> None:
    """The browser of this profile ends as in a power cut."""
    mine = f"--user-data-dir={profile}".encode()
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            arguments = (entry / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if mine in arguments and not any(one.startswith(b"--type=") for one in arguments):
            os.kill(int(entry.name), signal.SIGKILL)
            return
    raise AssertionError(f"no browser has the profile {profile}")


async def test_slow_acks_come_late_and_in_order(page: WaPage, http: httpx.AsyncClient) -> None:
    await order(http, ackDelaySeconds=1)
    sent = await page.run(SEND, [BEA, "slowly"])
    await arrived(http, "slowly")
    assert await page.run(ACK, sent) == 0
    assert [value["ack"] for value in await page.heard("chat.msg_ack_change", 3)] == [1, 2, 3]


async def test_lost_acks_leave_the_message_waiting_until_the_fault_ends(
    page: WaPage, http: httpx.AsyncClient
) -> None:
    await order(http, loseAcks=True, loseReceipts=True)
    sent = await page.run(SEND, [BEA, "into the void"])
    await arrived(http, "into the void")
    assert await page.run(ACK, sent) == 0
    await order(http, loseReceipts=True)
    await page.until(f"() => WPP.whatsapp.MsgStore.get('{sent}').ack === 1")
    await order(http)
    assert [value["ack"] for value in await page.heard("chat.msg_ack_change", 3)] == [1, 2, 3]


async def test_a_message_that_is_decrypted_late_is_told_twice(page: WaPage, http: httpx.AsyncClient) -> None:
    await order(http, lateDecryption={"seconds": 0.5})
    message_id = await receive(http, "at last")
    hidden, plain = await page.heard("chat.new_message", 2)
    assert [one["id"] for one in (hidden, plain)] == [message_id, message_id]
    assert (await page.run("(id) => WPP.whatsapp.MsgStore.get(id).type", message_id), plain["body"]) == (
        "chat",
        "at last",
    )
    assert not hidden["body"]


async def test_a_message_that_is_ciphertext_when_the_line_is_lost_is_readable_when_it_is_back(
    page: WaPage, http: httpx.AsyncClient
) -> None:
    await order(http, lateDecryption={"seconds": 3600})
    message_id = await receive(http, "at last")
    await page.heard("chat.new_message")
    assert await page.run("(id) => WPP.whatsapp.MsgStore.get(id).type", message_id) == "ciphertext"
    await http.post(f"/phones/{ANA}/cut", json={"seconds": 0})
    await page.until(f"() => WPP.whatsapp.MsgStore.get('{message_id}').body === 'at last'")
    assert len(await page.heard("chat.new_message", 2)) == 2


async def test_a_dropped_message_is_not_told_and_is_there_when_the_page_asks_for_the_chat(
    page: WaPage, http: httpx.AsyncClient
) -> None:
    await receive(http, "before")
    await page.heard("chat.new_message")
    await order(http, dropLive=True)
    dropped = await receive(http, "dropped")
    await order(http)
    await receive(http, "after")
    told = await page.heard("chat.new_message", 2)
    assert [one["body"] for one in told] == ["before", "after"]
    found = "(id) => WPP.chat.getMessages(id, {count: 10}).then((all) => all.map((one) => String(one.id)))"
    assert [dropped == one for one in await page.run(found, f"{BEA}@c.us")] == [False, True, False]
    assert len(await page.heard("chat.new_message", 2)) == 2


async def test_a_message_that_the_page_never_had_is_found_by_its_id(
    page: WaPage, http: httpx.AsyncClient, simulator: Simulator, open_page: OpenPage
) -> None:
    oldest = await receive(http, "the first of many")
    for number in range(60):
        await receive(http, f"later {number}")
    await page.heard("chat.new_message", 61)
    await page.close()
    again = await open_page(simulator)
    await again.ready()
    assert await again.run("(id) => Boolean(WPP.whatsapp.MsgStore.get(id))", oldest) is False
    find = "(id) => WPP.chat.getMessageById(id).then((msg) => msg.body)"
    assert await again.run(find, oldest) == "the first of many"


async def test_a_cut_line_shows_as_offline_and_comes_back_by_itself(
    page: WaPage, http: httpx.AsyncClient
) -> None:
    await http.post(f"/phones/{ANA}/cut", json={"seconds": 1.5})
    await page.until("() => WPP.conn.getStreamData().info === 'OFFLINE' && !WPP.conn.isOnline()")
    await receive(http, "while you were cut off")
    await page.until(BACK)
    assert [one["body"] for one in await page.heard("chat.new_message")] == ["while you were cut off"]


async def test_without_a_network_the_page_loads_and_waits(page: WaPage, http: httpx.AsyncClient) -> None:
    await http.post("/network", json={"down": True})
    await page.page.reload()
    await page.until("() => window.WPP && WPP.isInjected && WPP.whatsapp.Socket.state === 'OPENING'")
    await page.until("() => WPP.conn.getStreamData().info === 'OFFLINE'")
    assert await page.run("[WPP.isFullReady, WPP.conn.isMainReady()]") == [False, False]
    await http.post("/network", json={"down": False})
    await page.ready()


async def test_a_conflict_stops_the_page_until_it_takes_over(page: WaPage, http: httpx.AsyncClient) -> None:
    await http.post(f"/phones/{ANA}/conflict")
    await page.until("() => WPP.conn.getStreamData().mode === 'CONFLICT'")
    await page.run("WPP.whatsapp.Socket.takeover()")
    await page.until(BACK)


async def test_a_ban_shows_also_after_a_reload_until_it_ends(page: WaPage, http: httpx.AsyncClient) -> None:
    blocked = "() => window.WPP && WPP.isInjected && WPP.conn.getStreamData().mode === 'TOS_BLOCK'"
    await http.post(f"/phones/{ANA}/ban")
    await page.until(blocked)
    await page.page.reload()
    await page.until(blocked)
    assert await page.run("WPP.whatsapp.Socket.state") == "TOS_BLOCK"
    await http.post(f"/phones/{ANA}/unban")
    await page.ready()


async def test_an_update_reloads_the_page(page: WaPage, http: httpx.AsyncClient) -> None:
    await page.run("window.before = true")
    await http.post(f"/phones/{ANA}/reload")
    await page.until("() => !window.before")
    await page.ready()


async def test_a_message_that_was_handed_in_is_there_after_the_browser_was_killed_before_its_ack(
    page: WaPage, http: httpx.AsyncClient, simulator: Simulator, open_page: OpenPage, tmp_path: Path
) -> None:
    await order(http, loseAcks=True, loseReceipts=True)
    sent = await page.run(SEND, [BEA, "did it go out?"])
    await arrived(http, "did it go out?")
    kill(tmp_path / "profile")
    await order(http)
    again = await open_page(simulator)
    await again.ready()
    assert await again.run(ACK, sent) == 3
    assert await texts(http, BEA) == ["did it go out?"]


async def test_messages_that_were_not_handed_in_go_out_once_and_in_order_after_the_browser_was_killed(
    page: WaPage, http: httpx.AsyncClient, simulator: Simulator, open_page: OpenPage, tmp_path: Path
) -> None:
    written = [f"written offline {number}" for number in range(5)]
    await http.post("/network", json={"down": True})
    await page.until("() => WPP.conn.getStreamData().info === 'OFFLINE'")
    for text in written:
        sent = await page.run(SEND, [BEA, text])
        assert await page.run(ACK, sent) == 0
    await page.until("() => require('WASimulatorPending').settled()")
    kill(tmp_path / "profile")
    await http.post("/network", json={"down": False})
    again = await open_page(simulator)
    await again.ready()
    await again.until(f"() => (WPP.whatsapp.MsgStore.get('{sent}') || {{}}).ack === 3")
    assert await texts(http, BEA) == written
    await again.page.reload()
    await again.ready()
    assert await texts(http, BEA) == written
