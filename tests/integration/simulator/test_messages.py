"""Messages both ways through the unmodified wa-js, with acknowledgements 1, 2 and 3."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from integration.simulator.processes import Simulator
from integration.simulator.wa_page import WaPage

ANA, BEA = "5491100000001", "5491100000002"
NOBODY = "5491199999999"
OpenPage = Callable[..., Awaitable[WaPage]]


@pytest.fixture
async def page(simulator: Simulator, http: httpx.AsyncClient, open_page: OpenPage) -> WaPage:
    """Ana's WhatsApp, linked; Bea has a phone."""
    await http.post(f"/phones/{BEA}", json={"name": "Bea"})
    opened = await open_page(simulator)
    await opened.link(http, ANA)
    return opened


async def messages(http: httpx.AsyncClient, number: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await http.get(f"/phones/{number}/messages")).json()
    return found


async def test_a_number_without_a_phone_is_not_on_whatsapp(page: WaPage) -> None:
    for call in ("queryWidExists", "queryExists"):
        query = f"(wid) => WPP.contact.{call}(wid).then((found) => found && String(found.wid))"
        assert await page.run(query, f"{NOBODY}@c.us") is None
        assert await page.run(query, f"{BEA}@c.us") == f"{BEA}@c.us"


async def test_a_message_to_nobody_fails(page: WaPage) -> None:
    sent = await page.send(NOBODY, "hello")
    assert sent["sendMsgResult"]["messageSendResult"] == "ERROR_UNKNOWN"
    assert await page.run("(id) => WPP.whatsapp.MsgStore.get(id).ack", sent["id"]) == -1


async def test_a_sent_message_arrives_and_is_acknowledged_in_three_steps(
    page: WaPage, http: httpx.AsyncClient
) -> None:
    sent = await page.send(BEA, "hola señora 👋")
    assert sent["sendMsgResult"]["messageSendResult"] == "OK"
    acks = await page.heard("chat.msg_ack_change", 3)
    assert [(value["ack"], value["ids"]) for value in acks] == [(ack, [sent["id"]]) for ack in (1, 2, 3)]
    (received,) = await messages(http, BEA)
    assert (received["from"], received["text"], received["ack"]) == (ANA, "hola señora 👋", 3)
    assert sent["id"] == f"true_{BEA}@c.us_{received['id']}"


async def test_the_third_acknowledgement_waits_until_the_phone_is_read(
    page: WaPage, http: httpx.AsyncClient
) -> None:
    await http.post(f"/phones/{BEA}", json={"autoRead": False})
    sent = await page.send(BEA, "read me")
    await page.heard("chat.msg_ack_change", 2)
    assert await page.run("(id) => WPP.whatsapp.MsgStore.get(id).ack", sent["id"]) == 2
    await http.post(f"/phones/{BEA}/read", json={"chat": ANA})
    assert [value["ack"] for value in await page.heard("chat.msg_ack_change", 3)] == [1, 2, 3]


async def test_a_received_message_is_told_once_and_counts_as_unread(
    page: WaPage, http: httpx.AsyncClient
) -> None:
    await http.post(f"/phones/{ANA}", json={"autoRead": False})
    sent = (await http.post(f"/phones/{BEA}/send", json={"to": ANA, "text": "one"})).json()
    await http.post(f"/phones/{BEA}/send", json={"to": ANA, "text": "two"})
    one, two = await page.heard("chat.new_message", 2)
    assert one == {
        "id": f"false_{BEA}@c.us_{sent['id']}",
        "body": "one",
        "from": f"{BEA}@c.us",
        "fromMe": False,
    }
    assert two["body"] == "two"
    about = (
        "(id) => { const chat = WPP.chat.get(id);"
        " return [chat.unreadCount, chat.hasUnread, chat.formattedTitle]; }"
    )
    assert await page.run(about, f"{BEA}@c.us") == [2, True, "Bea"]
    await page.run("(id) => WPP.chat.markIsRead(id)", f"{BEA}@c.us")
    assert await page.run(about, f"{BEA}@c.us") == [0, False, "Bea"]
    await page.until("() => !document.querySelector('.unread')")
    assert [message["ack"] for message in await messages(http, BEA)] == [3, 3]


async def test_what_the_phone_itself_sends_is_on_the_page_too(page: WaPage, http: httpx.AsyncClient) -> None:
    await http.post(f"/phones/{ANA}/send", json={"to": BEA, "text": "from my phone"})
    (told,) = await page.heard("chat.new_message")
    assert (told["body"], told["fromMe"]) == ("from my phone", True)


async def test_chats_contacts_and_messages_are_there_after_a_restart(
    page: WaPage, simulator: Simulator, http: httpx.AsyncClient, open_page: OpenPage
) -> None:
    await page.send(BEA, "first")
    await http.post(f"/phones/{BEA}/send", json={"to": ANA, "text": "second"})
    await page.heard("chat.new_message", 2)
    await page.until("() => WPP.whatsapp.MsgStore.every((msg) => msg.ack === 3)")
    await page.close()
    await http.post(f"/phones/{BEA}/send", json={"to": ANA, "text": "while you were away"})
    again = await open_page(simulator)
    await again.ready()
    chats = "WPP.chat.list().then((all) => all.map((one) => [String(one.id), one.formattedTitle]))"
    assert await again.run(chats) == [[f"{BEA}@c.us", "Bea"]]
    contacts = "WPP.contact.list().then((all) => all.map((one) => [String(one.id), one.pushname, one.isMe]))"
    assert sorted(await again.run(contacts)) == [
        [f"{ANA}@c.us", "Phone 0001", True],
        [f"{BEA}@c.us", "Bea", False],
    ]
    read = (
        "(id) => WPP.chat.getMessages(id, {count: -1})"
        ".then((all) => all.map((msg) => [msg.body, msg.id.fromMe, msg.ack, msg.isNewMsg]))"
    )
    assert await again.run(read, f"{BEA}@c.us") == [
        ["first", True, 3, False], ["second", False, 3, False], ["while you were away", False, 3, True],
    ]  # fmt: skip


async def test_a_person_sees_the_chat_and_can_answer_on_the_page(
    page: WaPage, http: httpx.AsyncClient
) -> None:
    await http.post(f"/phones/{BEA}/send", json={"to": ANA, "text": "can you see this?"})
    await page.page.locator(".chat", has_text="Bea").click()
    await page.page.locator(".bubble.in", has_text="can you see this?").wait_for()
    await page.page.get_by_label("Type a message").fill("yes")
    await page.page.get_by_role("button", name="Send").click()
    await page.page.locator(".bubble.out", has_text="yes").locator(".ticks.read").wait_for()
    assert [message["text"] for message in await messages(http, BEA)] == ["can you see this?", "yes"]
