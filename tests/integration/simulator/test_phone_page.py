"""The phone for people, by hand in a browser: choose a number, scan, write, unlink."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx
from playwright.async_api import expect

from integration.simulator.processes import Simulator
from integration.simulator.wa_page import WaPage

ANA, BEA = "5491100000001", "5491100000002"
OpenPage = Callable[..., Awaitable[WaPage]]


async def test_a_person_links_a_page_writes_and_unlinks_it(
    simulator: Simulator, http: httpx.AsyncClient, open_page: OpenPage, tmp_path: Path
) -> None:
    await http.post(f"/phones/{BEA}")
    page = await open_page(simulator)
    await page.until("() => document.getElementById('qr-box').dataset.ref")
    picture = tmp_path / "qr.png"
    await page.page.locator("#qr").screenshot(path=picture)
    phone = await page.context.new_page()
    await phone.goto(f"{simulator.url}/phone")
    said = phone.get_by_role("status")

    await phone.get_by_label("Number").fill("nonsense")
    await phone.get_by_role("button", name="Use this phone").click()
    await expect(said).to_contain_text("'nonsense' is no phone number")

    await phone.get_by_label("Number").fill(ANA)
    await phone.get_by_role("button", name="Use this phone").click()
    await expect(said).to_have_text(f"This is Phone 0001, {ANA}.")

    await phone.get_by_label("Text of a QR code").fill("https://example.org")
    await phone.get_by_role("button", name="Link a device").click()
    await expect(said).to_contain_text("no WhatsApp linking code")

    await phone.locator("#picture").set_input_files(picture)
    await phone.get_by_role("button", name="Link a device").click()
    await expect(said).to_have_text("Linked: Chrome (Linux).")
    await page.ready()

    await phone.get_by_label("To").fill(BEA)
    await phone.get_by_label("Message").fill("from a person")
    await phone.get_by_role("button", name="Send").click()
    await expect(phone.locator("#talk")).to_contain_text("from a person")
    (told,) = await page.heard("chat.new_message")
    assert told["body"] == "from a person"

    await phone.get_by_role("button", name="Unlink").click()
    await expect(said).to_have_text("Chrome (Linux) is unlinked.")
    await page.qr()
