"""Chats, receivers, contacts and settings for every reader: axe finds nothing, and nothing is too wide."""

from __future__ import annotations

import json

import pytest
from playwright.async_api import Browser, expect

from integration.hub.dashboard.served import Served, person
from integration.hub.dashboard.talk import furnished, receiver
from integration.hub.dashboard.test_for_everybody import axe, found
from unit.hub.dashboard.talking import ANA, TEAM, written
from unit.hub.world import World

__all__ = ["axe"]

LETTERS = "/sessions/1/webhooks/crm/dead-letters"
PAGES = (
    "/sessions/1/chats",
    "/sessions/1/chats?q=zzz",
    f"/sessions/1/chats/{ANA}",
    f"/sessions/1/chats/{TEAM}",
    "/sessions/1/chats/new",
    "/sessions/1/webhooks",
    "/sessions/1/webhooks/crm",
    "/sessions/1/webhook",
    LETTERS,
    "/contacts",
    "/contacts?q=zzz",
    "/contacts/1",
    "/settings/keys",
    "/settings/users",
    "/settings/users/new",
    "/settings/users/1",
    "/settings/origins",
    "/settings/data",
    "/settings/audit",
)
AWAY = ("/sessions/1/chats", f"/sessions/1/chats/{ANA}", "/sessions/1/webhooks", LETTERS)


async def furnish(world: World) -> None:
    await receiver(world, await furnished(world))
    await written(world, "Hola, ¿están abiertos? https://shop.example/" + "x" * 120)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("language", ["es-AR", "en-GB"])
async def test_axe_finds_nothing(
    world: World, served: Served, browser: Browser, axe: str, language: str, dark: bool
) -> None:
    await furnish(world)
    wrong = {}
    async with person(browser, served.url, language=language, dark=dark) as someone:
        await someone.log_in(world.one.email)
        for path in PAGES:
            await someone.go(path)
            if violations := await found(someone, axe):
                wrong[path] = violations
        world.backend.broken = "away"
        for path in AWAY:
            await someone.go(path)
            if violations := await found(someone, axe):
                wrong[f"{path} while away"] = violations
        assert not someone.complaints
    assert not wrong, json.dumps(wrong, indent=1)


async def test_nothing_is_wider_than_a_small_phone(world: World, served: Served, browser: Browser) -> None:
    await furnish(world)
    wide = {}
    async with person(browser, served.url, narrow=True) as someone:
        await someone.log_in(world.one.email)
        for path in PAGES:
            await someone.go(path)
            width = await someone.page.evaluate("document.documentElement.scrollWidth")
            if width > 360:
                wide[path] = width
    assert not wide


async def test_dead_letters_are_sent_again(world: World, served: Served, browser: Browser) -> None:
    pod = await furnished(world)
    await receiver(world, pod)
    async with person(browser, served.url) as someone:
        await someone.log_in(world.one.email)
        await someone.go("/sessions/1/webhooks")
        page = someone.page
        await page.get_by_role("link", name="2 eventos sin entregar").click()
        await page.locator("#retry-7").click()
        await expect(page.locator("#notices")).to_contain_text("Reenviados: 1.")
        await expect(page.locator("tbody tr")).to_have_count(1)
        await page.locator("#discard-all").click()
        await page.get_by_role("dialog").get_by_role("button").last.click()
        await expect(page.get_by_text("No hay nada sin entregar")).to_be_visible()
    assert [
        (call.method, call.path) for call in pod.calls if "letters" in call.path and call.method != "GET"
    ] == [
        ("POST", "/webhooks/crm/dead-letters/7/retry"),
        ("DELETE", "/webhooks/crm/dead-letters"),
    ]


async def test_a_receiver_is_added(world: World, served: Served, browser: Browser) -> None:
    await furnished(world)
    async with person(browser, served.url) as someone:
        await someone.log_in(world.one.email)
        await someone.go("/sessions/1/webhooks")
        page = someone.page
        await page.get_by_role("link", name="Añadir webhook").click()
        await page.get_by_label("Nombre").fill("crm")
        await page.get_by_label("Dirección (URL)").fill("https://crm.example/hook")
        await page.get_by_role("button", name="Guardar").click()
        await expect(page.locator("#notices")).to_contain_text("Webhook «crm» guardado.")
        await page.get_by_role("link", name="Editar").click()
        await expect(page.locator("#secret code")).to_contain_text("whsec_")


async def test_a_key_is_made_copied_and_revoked(world: World, served: Served, browser: Browser) -> None:
    async with person(browser, served.url) as someone:
        await someone.context.grant_permissions(["clipboard-read", "clipboard-write"])
        await someone.log_in(world.one.email)
        await someone.page.get_by_role("link", name="Ajustes").click()
        page = someone.page
        await page.get_by_label("Nombre").fill("Mi CRM")
        await page.get_by_label("Enviar mensajes").uncheck()
        await page.get_by_role("button", name="Crear clave").click()
        shown = page.locator(".new-key code")
        await expect(shown).to_contain_text("was_")
        key = await shown.inner_text()
        await page.locator(".new-key").get_by_role("button", name="Copiar").click()
        assert await page.evaluate("navigator.clipboard.readText()") == key
        assert (await world.http.get("/api/sessions", headers={"X-API-Key": key})).status_code == 200
        await page.get_by_role("row", name="Mi CRM").get_by_role("button", name="Revocar").click()
        await page.get_by_role("dialog").get_by_role("button").last.click()
        await expect(page.locator("#notices")).to_contain_text("Clave «Mi CRM» revocada.")
        assert (await world.http.get("/api/sessions", headers={"X-API-Key": key})).status_code == 401
        await expect(page.get_by_text(key)).to_have_count(0)


async def test_a_contact_is_found_and_erased(world: World, served: Served, browser: Browser) -> None:
    await furnish(world)
    async with person(browser, served.url) as someone:
        await someone.log_in(world.one.email)
        page = someone.page
        await page.get_by_role("link", name="Contactos").click()
        await page.get_by_label("Buscar por número").fill("0000")
        await expect(page.get_by_text("Ningún contacto coincide")).to_be_visible()
        await page.get_by_label("Buscar por número").fill("2345")
        await page.get_by_role("link", name="+5491123456789").click()
        await page.get_by_label("Para confirmar").fill("no")
        await page.get_by_role("button", name="Borrar para siempre").click()
        await expect(page.get_by_text("No se ha borrado nada.")).to_be_visible()
        await page.get_by_label("Para confirmar").fill("+5491123456789")
        await page.get_by_role("button", name="Borrar para siempre").click()
        await expect(page.locator("#notices")).to_contain_text("se han borrado")
        await expect(page.get_by_text("Todavía no hay contactos")).to_be_visible()
