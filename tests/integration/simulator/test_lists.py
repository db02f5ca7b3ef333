"""Chats and contacts as wa-js lists them, page by page."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import httpx

from integration.simulator.people import ANA, BEA, CAI, arrived, phone, send
from integration.simulator.processes import Simulator
from integration.simulator.wa_page import WaPage

OpenPage = Callable[..., Awaitable[WaPage]]
OTHERS = [f"549110000{number:04}" for number in range(10, 15)]
LIST = "(options) => WPP.chat.list(options).then((all) => all.map((one) => String(one.id)))"


async def test_chats_and_contacts_are_listed_and_chats_page_by_page(
    simulator: Simulator, http: httpx.AsyncClient, open_page: OpenPage
) -> None:
    page = await open_page(simulator)
    await page.link(http, ANA)
    for number in OTHERS:
        await phone(http, number, name=f"Name {number}")
        made = await send(http, number, text="hello")
        await arrived(page, f"false_{number}@c.us_{made['id']}")
    await phone(http, CAI, name="Cai", lidOnly=True)
    await phone(http, BEA, name="Bea")
    answer = await http.post("/groups", json={"owner": BEA, "name": "Friends", "members": [ANA, CAI]})
    group = answer.json()["id"]
    await page.until(f"() => WPP.whatsapp.GroupMetadataStore.get('{group}')")

    people = {f"{number}@c.us" for number in OTHERS}
    assert set(await page.run(LIST, {})) == {group, *people}
    assert set(await page.run(LIST, {"onlyUsers": True})) == people
    first = await page.run(LIST, {"count": 4})
    second = await page.run(LIST, {"count": 4, "id": first[-1]})  # a page begins with the chat that is named
    assert [*first, *second[1:]] == await page.run(LIST, {})

    hidden = f"{(await http.get(f'/phones/{CAI}')).json()['lid']}@lid"
    listed = """WPP.contact.list().then((all) => Object.fromEntries(
      all.filter((one) => one.isUser).map((one) => [String(one.id), one.pushname])))"""
    assert await page.run(listed) == {
        f"{ANA}@c.us": "Phone 0001",
        f"{BEA}@c.us": "Bea",  # known from the group
        hidden: "Cai",
        **{f"{number}@c.us": f"Name {number}" for number in OTHERS},
    }
