"""Conversations on real parts: hub and session as processes, WhatsApp Web, a phone of the simulator."""

from __future__ import annotations

import os
from pathlib import Path

from playwright.async_api import Browser, expect

from integration.hub.dashboard.served import Person, person
from integration.hub.dashboard.talk import picture
from integration.hub.hub_process import EMAIL, HubProcess
from integration.hub.test_processes import connected
from integration.session.conftest import FRIEND, Phones
from integration.session.processes import BOUND

CHAT = f"/sessions/1/chats/{FRIEND}@c.us"
PATIENCE = BOUND * 1000
SHOTS = os.environ.get("SHOTS")


async def shot(someone: Person, name: str) -> None:
    """A picture to be looked at, where one is asked for."""
    if SHOTS:
        await someone.page.screenshot(path=Path(SHOTS) / f"b-real-{name}.png")


async def test_a_person_writes_with_a_phone(
    hub: HubProcess, phones: Phones, browser: Browser, tmp_path: Path
) -> None:
    await connected(hub, phones)
    async with person(browser, hub.url.replace("127.0.0.1", "localhost")) as someone:
        someone.context.set_default_timeout(PATIENCE)
        await someone.log_in(EMAIL, hub.password)
        page = someone.page

        await someone.go("/sessions/1/chats/new")
        await page.get_by_label("Número de teléfono").fill("+54 9 11 0000-0000")
        await page.locator("#field-text").fill("¿Quién es?")
        await page.get_by_role("button", name="Enviar").click()
        await expect(page.get_by_role("alert")).to_contain_text("no tiene WhatsApp", timeout=PATIENCE)
        await page.get_by_label("Número de teléfono").fill(FRIEND)
        await page.locator("#field-text").fill("Buen día https://shop.example")
        await page.get_by_role("button", name="Enviar").click()
        await page.wait_for_url(f"**{CHAT}", timeout=PATIENCE)
        bubbles = page.locator(".bubble")
        await expect(bubbles).to_have_count(1, timeout=PATIENCE)
        assert await phones.received() == ["Buen día https://shop.example"]

        await phones.send("Hola <b>amigo</b>")
        await expect(bubbles.last).to_contain_text("Hola <b>amigo</b>", timeout=PATIENCE)

        text = page.get_by_label("Escribe un mensaje", exact=True)
        await text.fill("¿Cómo va?")
        await text.press("Enter")
        await expect(bubbles).to_have_count(3, timeout=PATIENCE)
        await expect(bubbles.last).to_contain_text("Leído", timeout=PATIENCE)

        file = tmp_path / "oferta.png"
        file.write_bytes(picture(320, 200))
        await page.locator("#composer-file").set_input_files(file)
        await text.fill("La oferta")
        await text.press("Enter")
        await expect(bubbles.last).to_contain_text("La oferta", timeout=PATIENCE)
        image = bubbles.last.locator("img")
        await expect(image).to_have_js_property("naturalWidth", 320, timeout=PATIENCE)

        (own,) = [one for one in await phones.get(f"/phones/{FRIEND}/messages") if one["text"] == "¿Cómo va?"]
        await phones.post(f"/phones/{FRIEND}/react", {"messageId": own["id"], "emoji": "👍"})
        await expect(bubbles.nth(2)).to_contain_text("👍", timeout=PATIENCE)
        await phones.post(f"/phones/{FRIEND}/send", {"to": await number(hub), "type": "voice"})
        await expect(bubbles.last.locator("audio")).to_be_visible(timeout=PATIENCE)
        await shot(someone, "chat")

        (said,) = [
            one
            for one in await phones.get(f"/phones/{FRIEND}/messages")
            if one["text"] == "Hola <b>amigo</b>"
        ]
        await phones.post(f"/phones/{FRIEND}/delete", {"messageId": said["id"]})
        await expect(bubbles.nth(1)).to_contain_text("se eliminó", timeout=PATIENCE)
        before = await bubbles.count()
        await page.reload()
        await expect(bubbles).to_have_count(before, timeout=PATIENCE)
        await expect(bubbles.nth(1)).to_contain_text("se eliminó")
        await expect(bubbles.nth(2)).to_contain_text("👍")

        await hub.data("POST", "/api/sessions/cliente_51/disconnect")
        assert await hub.reaches("cliente_51", "disconnected") == ["disconnected"]
        await page.reload()
        await expect(page.get_by_text("No se puede enviar: WhatsApp no está conectado.")).to_be_visible()
        await expect(bubbles.first).to_contain_text("Hola <b>amigo</b>")  # as the hub has kept it
        await shot(someone, "away")
        assert not someone.complaints


async def number(hub: HubProcess) -> str:
    """The session's own."""
    found: str = (await hub.data("GET", "/api/sessions/cliente_51/status"))["phoneNumber"]
    return found
