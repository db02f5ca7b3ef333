"""The same message id again is never a second message: on a living page, killed, or unanswered."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from integration.simulator.people import ANA, BEA, CAI, arrived, attributes, messages, newest, phone, send
from integration.simulator.processes import Simulator
from integration.simulator.wa_page import WaPage
from whatsapp_simulator.samples import sample

OpenPage = Callable[..., Awaitable[WaPage]]
TO = f"{BEA}@c.us"
PICTURE = f"data:image/jpeg;base64,{base64.b64encode(sample('image').data).decode()}"
# How wa-js sends each kind; `o` holds the message id.
SENDS = {
    "text": "WPP.chat.sendTextMessage(to, 'hello', {linkPreview: false, createChat: true, ...o})",
    "location": "WPP.chat.sendLocationMessage(to, {lat: 1, lng: 2, ...o})",
    "contact": "WPP.chat.sendVCardContactMessage(to, {id: to, name: 'Bea'}, o)",
    "poll": "WPP.chat.sendCreatePollMessage(to, 'q', ['a', 'b'], o)",
    "image": f"WPP.chat.sendFileMessage(to, '{PICTURE}', {{type: 'image', caption: 'look', ...o}})",
}


def key(number: int) -> str:
    return f"true_{TO}_3EB0{number:018X}"


async def run(page: WaPage, script: str, message_id: str) -> str:
    """Sends under this id; what became of it."""
    sent = await page.run(f"([to, o]) => {script}", [TO, {"messageId": message_id}])
    assert sent["id"] == message_id
    return str(sent["sendMsgResult"]["messageSendResult"])


@pytest.fixture
async def page(simulator: Simulator, http: httpx.AsyncClient, open_page: OpenPage) -> WaPage:
    await phone(http, BEA, name="Bea")
    opened = await open_page(simulator)
    await opened.link(http, ANA)
    return opened


async def test_every_kind_takes_the_callers_id_and_a_repeat_is_not_a_second_message(
    page: WaPage, simulator: Simulator, http: httpx.AsyncClient, open_page: OpenPage
) -> None:
    for number, script in enumerate(SENDS.values()):
        assert await run(page, script, key(number)) == "OK"
    repeated = [name for name in SENDS if name != "image"]
    for name in repeated:  # a file under an id that is shown is never told as added: see the README
        assert await run(page, SENDS[name], key(list(SENDS).index(name))) == "OK"
    await page.close()
    again = await open_page(simulator)
    await again.ready()
    for number, name in enumerate(SENDS):
        await arrived(again, key(number))
        if name in repeated:
            assert await run(again, SENDS[name], key(number)) == "OK"
    assert [message["type"] for message in await messages(http, BEA)] == list(SENDS)
    rows = (await http.get("/ledger")).json()
    assert [(row["type"], row["repeats"]) for row in rows] == [
        (name, 2 if name in repeated else 0) for name in SENDS
    ]


@pytest.mark.parametrize("name", ["text", "image"])
async def test_a_page_that_was_killed_before_it_heard_the_answer_finds_it_in_the_store(
    page: WaPage, simulator: Simulator, http: httpx.AsyncClient, open_page: OpenPage, name: str
) -> None:
    await http.put(f"/phones/{ANA}/faults", json={"loseAcks": True, "loseReceipts": True})
    script = f"([to, o]) => {{ window.sending = {SENDS[name]}; }}"
    await page.run(script, [TO, {"messageId": key(1)}])
    about = await attributes(page, key(1))
    assert about["ack"] == 0
    found: list[dict[str, Any]] = []
    async with asyncio.timeout(30):
        while not found:
            await page.run("new Promise((resolve) => setTimeout(resolve, 20))")
            found = await messages(http, BEA)
    assert found[0]["id"] == key(1).split("_")[2]
    await page.close()
    await http.put(f"/phones/{ANA}/faults", json={})
    again = await open_page(simulator)
    await again.ready()
    await again.until(f"() => (WPP.whatsapp.MsgStore.get({json.dumps(key(1))}) || {{}}).ack === 3")
    if name == "text":
        assert await run(again, SENDS[name], key(1)) == "OK"
    assert len(await messages(http, BEA)) == 1


async def test_an_id_that_the_page_no_longer_holds_is_still_known_to_the_server(
    page: WaPage, simulator: Simulator, http: httpx.AsyncClient, open_page: OpenPage
) -> None:
    assert await run(page, SENDS["image"], key(1)) == "OK"
    later = [await send(http, BEA, text=f"m{number}") for number in range(55)]
    await arrived(page, f"false_{TO}_{later[-1]['id']}")
    await page.close()
    again = await open_page(simulator)
    await again.ready()
    assert await again.run("(key) => Boolean(WPP.whatsapp.MsgStore.get(key))", key(1)) is False
    assert await run(again, SENDS["image"], key(1)) == "OK"
    images = [message for message in await messages(http, BEA) if message["type"] == "image"]
    assert len(images) == 1
    (row,) = [row for row in (await http.get("/ledger")).json() if row["owner"] == ANA]
    assert (row["type"], row["repeats"]) == ("image", 1)


async def test_the_same_id_in_another_chat_is_another_message(page: WaPage, http: httpx.AsyncClient) -> None:
    await phone(http, CAI, name="Cai")
    assert await run(page, SENDS["text"], key(1)) == "OK"
    script = f"([to, o]) => {SENDS['text']}"
    other = key(1).replace(BEA, CAI)
    sent = await page.run(script, [f"{CAI}@c.us", {"messageId": other}])
    assert (sent["id"], sent["sendMsgResult"]["messageSendResult"]) == (other, "OK")
    assert (await newest(http, CAI))["id"] == (await newest(http, BEA))["id"]


async def test_the_same_id_twice_while_the_line_is_down_has_one_outcome(
    page: WaPage, http: httpx.AsyncClient
) -> None:
    await http.post("/network", json={"down": True})
    await page.until("() => !WPP.whatsapp.Socket.canSend")
    script = (
        f"([to, o]) => {{ window.sending = [1, 2].map(() => {SENDS['text'].replace('...o', '...{...o}')}); }}"
    )
    await page.run(script, [TO, {"messageId": key(1)}])
    await http.post("/network", json={"down": False})
    results = (
        "Promise.all(window.sending).then((all) => all.map((one) => one.sendMsgResult.messageSendResult))"
    )
    assert await page.run(results) == ["OK", "OK"]
    assert len(await messages(http, BEA)) == 1
