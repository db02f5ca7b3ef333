"""The CRM guide as a person plays it in the dashboard, on real parts: their browser, and WhatsApp's."""

from __future__ import annotations

import base64
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Locator, Page, async_playwright, expect

from integration.hub.hub_process import EMAIL, HubProcess, code_in
from integration.session.conftest import FRIEND, PHONE, Phones
from integration.session.processes import BOUND, eventually
from integration.simulator.wa_page import CHROMIUM

PATIENCE = BOUND * 1000
NAME = "📱 WhatsApp Ana Pérez"
SHOTS = os.environ.get("SHOTS")
"""A folder for pictures of each step, to be looked at."""


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    """A Spanish-speaking person's."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        context = await browser.new_context(locale="es-AR", viewport={"width": 1280, "height": 900})
        context.set_default_timeout(PATIENCE)
        page = await context.new_page()
        wrong: list[str] = []
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
        yield page
        await browser.close()
        assert wrong == []


async def picture(page: Page, step: str) -> None:
    if SHOTS:
        await page.screenshot(path=Path(SHOTS) / f"guide-{step}.png", full_page=True)


async def shows(place: Locator, text: str) -> None:
    await expect(place).to_contain_text(text, timeout=PATIENCE)


async def log_in(page: Page, hub: HubProcess) -> None:
    await page.goto(hub.url + "/")
    await page.get_by_label("Correo electrónico").fill(EMAIL)
    await page.get_by_label("Contraseña").fill(hub.password)
    await page.get_by_role("button", name="Entrar").click()
    await shows(page.get_by_role("heading", level=1), "Gestión de Sesiones WhatsApp")
    assert await page.title() == "Gestión WhatsApp - CRM"


async def create(page: Page) -> Locator:
    """By the dialog; what its page says of the new session."""
    await page.get_by_role("link", name="➕ Crear Nueva Sesión WhatsApp").first.click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Nombre del cliente:").fill("Ana Pérez")
    await expect(dialog.get_by_label("Número de teléfono (opcional):")).to_be_visible()
    await picture(page, "1-dialog")
    await dialog.get_by_role("button", name="Crear y conectar").click()
    await shows(page.get_by_role("status"), "Sesión creada. Escanea el QR para conectar.")
    await shows(page.get_by_role("heading", level=1), NAME)
    card = page.get_by_role("region", name="Estado")
    await shows(card, "⏳ Esperando conexión")
    await shows(card, "No conectado")
    return card


async def scan(card: Locator, phones: Phones) -> None:
    """As a phone does that is held up to the screen."""
    shown = card.get_by_role("img", name="QR Code")
    await shows(card, "Escanea este código QR con WhatsApp:")
    await shows(card, "El QR expira automáticamente")
    photo = await shown.screenshot()
    await phones.scan(code_in(base64.b64encode(photo).decode(), least=200))


async def test_a_person_connects_writes_reads_and_disconnects(
    postgresql_hub: HubProcess, phones: Phones, page: Page
) -> None:
    hub = postgresql_hub
    await log_in(page, hub)
    card = await create(page)
    await page.evaluate("window.same = true")
    await expect(card.get_by_role("img", name="QR Code")).to_be_visible(timeout=PATIENCE)
    await picture(page, "2-qr")
    await scan(card, phones)
    await shows(card, "✅ Conectado")
    await shows(card, PHONE)
    await shows(page.get_by_role("heading", name="Historial").locator(".."), "Conectada")
    assert await page.evaluate("window.same"), "it turns without a new page"
    await picture(page, "3-connected")

    await page.get_by_role("link", name="Chats", exact=True).click()
    await page.get_by_role("link", name="Nuevo mensaje").click()
    await page.get_by_label("Número de teléfono").fill(f"+{FRIEND}")
    await page.get_by_label("Escribe un mensaje").fill("hola, soy el CRM")
    await page.get_by_role("button", name="Enviar").click()
    talk = page.get_by_role("log")
    await shows(talk, "hola, soy el CRM")
    assert await phones.received() == ["hola, soy el CRM"]

    await page.evaluate("window.same = true")
    await phones.send("buen día, CRM")
    await shows(talk, "buen día, CRM")
    composer = page.get_by_role("form", name="Escribir un mensaje").get_by_role("textbox")
    await composer.fill("¿en qué ayudo?")
    await composer.press("Enter")
    await shows(talk, "¿en qué ayudo?")
    assert await page.evaluate("window.same"), "messages come and go without a new page"

    async def received() -> bool:
        return await phones.received() == ["hola, soy el CRM", "¿en qué ayudo?"]

    await eventually(received, "the friend has both messages")
    await picture(page, "4-chat")

    await page.goto(hub.url + "/sessions")
    card = page.get_by_role("listitem").filter(has=page.get_by_role("heading", name=NAME))
    await shows(card, "✅ Conectado")
    await page.evaluate("window.same = true")
    await card.get_by_role("button", name="Desconectar").click()
    await page.get_by_role("dialog").get_by_role("button", name="Sí, continuar").click()
    await shows(card, "❌ Desconectado")
    await shows(page.get_by_role("navigation", name="Filtrar por estado"), "Desconectadas 1")
    await picture(page, "5-disconnected")
    await card.get_by_role("button", name="🔄 Reconectar").click()
    await shows(page.get_by_role("status"), "Reconexión iniciada. Se generará un nuevo QR.")
    await shows(card, "✅ Conectado")
    assert await page.evaluate("window.same"), "the card changes without a new page"
    assert await phones.devices() == 1, "it was the same login"

    await page.get_by_role("button", name="Cerrar sesión").click()
    await expect(page.get_by_label("Contraseña")).to_be_visible(timeout=PATIENCE)
    await page.goto(hub.url + "/sessions")
    await expect(page.get_by_label("Contraseña")).to_be_visible(timeout=PATIENCE)
