"""Linking by a pairing code through the unmodified wa-js."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import httpx

from integration.simulator.processes import Simulator
from integration.simulator.wa_page import WaPage

ANA, BEA = "5491100000001", "5491100000002"
OpenPage = Callable[..., Awaitable[WaPage]]


async def pair(http: httpx.AsyncClient, number: str, code: str) -> tuple[int, str]:
    answer = await http.post(f"/phones/{number}/pair", json={"code": code})
    return answer.status_code, answer.json().get("error", "")


async def test_a_typed_code_logs_the_page_in_which_then_works(
    simulator: Simulator, http: httpx.AsyncClient, open_page: OpenPage
) -> None:
    await http.post(f"/phones/{BEA}")
    page = await open_page(simulator)
    await page.qr()
    code = await page.run("(phone) => WPP.conn.genLinkDeviceCodeForPhoneNumber(phone)", ANA)
    assert len(code) == 8
    shown = await page.page.locator("#link-code").text_content()
    assert shown == f"{code[:4]}-{code[4:]}"
    assert await pair(http, BEA, code) == (409, "pairing_code_other_number")
    assert await pair(http, ANA, code) == (200, "")
    await page.ready()
    assert await page.run("String(WPP.conn.getMyUserId())") == f"{ANA}@c.us"
    assert await pair(http, ANA, code) == (410, "pairing_code_used")
    sent = await page.send(BEA, "linked by a code")
    assert sent["sendMsgResult"]["messageSendResult"] == "OK"


async def test_a_number_that_is_none_gets_no_code(simulator: Simulator, open_page: OpenPage) -> None:
    page = await open_page(simulator)
    await page.qr()
    refused = "WPP.conn.genLinkDeviceCodeForPhoneNumber('ana').then(() => 'given', (error) => error.message)"
    assert "is no phone number" in await page.run(refused)


async def test_an_expired_code_is_renewed_by_the_page(
    start_simulator: Callable[..., Awaitable[Simulator]], open_page: OpenPage
) -> None:
    simulator = await start_simulator("--pairing-code-seconds", "2")
    page = await open_page(simulator)
    await page.qr()
    await page.run("(phone) => WPP.conn.startLinkDeviceCodeForPhoneNumber(phone)", ANA)
    first, second = (await page.heard("conn.link_code_change", 2))[:2]
    assert first != second
    async with httpx.AsyncClient(base_url=simulator.url, timeout=30) as http:
        assert await pair(http, ANA, first) == (410, "pairing_code_expired")
        assert await pair(http, ANA, second) == (200, "")
    await page.ready()


async def test_a_person_types_the_code_on_the_phone(simulator: Simulator, open_page: OpenPage) -> None:
    page = await open_page(simulator)
    await page.qr()
    await page.run("(phone) => WPP.conn.genLinkDeviceCodeForPhoneNumber(phone)", ANA)
    shown = await page.page.locator("#link-code").text_content()
    assert shown
    phone = await page.context.new_page()
    await phone.goto(f"{simulator.url}/phone")
    await phone.get_by_label("Number").fill(ANA)
    await phone.get_by_role("button", name="Use this phone").click()
    await phone.get_by_label("pairing code").fill(shown)
    await phone.get_by_role("button", name="Link a device").click()
    await page.ready()
    assert await phone.get_by_role("status").text_content() == "Linked: Chrome (Linux)."
