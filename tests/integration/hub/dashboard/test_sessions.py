from __future__ import annotations

import asyncio

import pytest
from playwright.async_api import Browser, Route, expect

from integration.hub.dashboard.served import PATIENCE, Served, person
from unit.hub.world import World
from whatsapp_contracts.states import Reason, State
from whatsapp_hub.dashboard import live
from whatsapp_hub.database.models import Session

ENGLISH = "en-GB"


async def newest(world: World) -> Session:
    """The session that was made last."""
    rows = (await world.http.get("/api/sessions", headers=world.one.headers)).json()["data"]["sessions"]
    return await world.row(rows[-1]["sessionId"])


async def test_a_wrong_password_stays_at_the_form(world: World, served: Served, browser: Browser) -> None:
    async with person(browser, served.url) as someone:
        await someone.go("/sessions")
        await someone.page.locator("#field-email").fill(world.one.email)
        await someone.page.locator("#field-password").fill("wrong")
        await someone.page.keyboard.press("Enter")
        await expect(someone.page.get_by_role("alert")).to_have_text(
            "El correo o la contraseña no son correctos."
        )


async def test_from_the_login_to_a_connected_session_and_back(
    world: World, served: Served, browser: Browser
) -> None:
    async with person(browser, served.url) as someone:
        page = someone.page
        await someone.log_in(world.one.email)
        await expect(page).to_have_title("Gestión WhatsApp - CRM")
        await expect(page.get_by_role("heading", level=1)).to_have_text("Gestión de Sesiones WhatsApp")
        await expect(page.get_by_role("heading", level=2)).to_have_text("Todavía no hay sesiones")

        await page.locator("#new-session").click()
        dialog = page.get_by_role("dialog")
        await dialog.get_by_label("Nombre del cliente:").fill("Panadería")
        await dialog.get_by_label("Número de teléfono (opcional):").fill("12")
        await dialog.get_by_role("button", name="Crear y conectar").click()
        await expect(dialog.get_by_text("Un número tiene de 7 a 15 cifras")).to_be_visible()
        await dialog.get_by_label("Número de teléfono (opcional):").fill("")
        await dialog.get_by_role("button", name="Crear y conectar").click()
        await expect(page.get_by_text("Sesión creada. Escanea el QR para conectar.")).to_be_visible()
        await expect(page.get_by_text("Preparando el código QR")).to_be_visible()

        name = (await newest(world)).session_id
        await world.show_qr(name, "1@first")
        picture = page.get_by_alt_text("QR Code")
        await expect(picture).to_be_visible()
        await expect(page.get_by_text("Escanea este código QR con WhatsApp:")).to_be_visible()
        await expect(page.get_by_text("El QR expira automáticamente")).to_contain_text("quedan")

        await page.get_by_role("link", name="Sesiones").first.click()
        await expect(picture).to_be_visible()
        first = await picture.get_attribute("src")
        await world.show_qr(name, "1@second")
        await expect(picture).not_to_have_attribute("src", first or "")

        await world.show_ready(name, "5491122223333")
        card = page.locator("li.card").filter(has_text="📱 WhatsApp Panadería")
        await expect(card).to_contain_text("✅ Conectado")
        await expect(card).to_contain_text("5491122223333")
        await expect(picture).to_have_count(0)

        await card.get_by_role("button", name="Desconectar").click()
        await dialog.get_by_role("button", name="Sí, continuar").click()
        await expect(card).to_contain_text("❌ Desconectado")
        await expect(card).to_contain_text("Desconectada a propósito")
        assert (await world.row(name)).operating_mode == "Disconnected"
        await world.show(name, State.DISCONNECTED, Reason.STOPPED)

        await card.get_by_role("button", name="🔄 Reconectar").click()
        await expect(card).to_contain_text("⏳ Esperando conexión")
        await expect(page.get_by_text("Reconexión iniciada. Se generará un nuevo QR.")).to_be_visible()
        assert (await world.row(name)).operating_mode == "Connected"
        assert someone.complaints == []


async def test_a_question_that_is_answered_no_does_nothing(
    world: World, served: Served, browser: Browser
) -> None:
    await world.create("a")
    async with person(browser, served.url) as someone:
        await someone.log_in(world.one.email)
        await someone.page.locator("#card-1-suspend").click()
        dialog = someone.page.get_by_role("dialog")
        await expect(dialog).to_contain_text("¿Suspender «a»?")
        await dialog.get_by_role("button", name="Cancelar").click()
        await expect(dialog).to_have_count(0)
        await someone.page.locator("#card-1-delete").click()
        await expect(dialog).to_contain_text("Se eliminará «a»")
        await someone.page.keyboard.press("Escape")
        await expect(dialog).to_have_count(0)
        assert (await world.row("a")).operating_mode == "Connected"


async def test_a_session_is_deleted_from_its_card(world: World, served: Served, browser: Browser) -> None:
    await world.create("a", name="WhatsApp Ana")
    async with person(browser, served.url) as someone:
        await someone.log_in(world.one.email)
        await someone.page.locator("#card-1-delete").click()
        await someone.page.get_by_role("button", name="Eliminar sesión").click()
        await expect(someone.page.get_by_text("Se eliminó «WhatsApp Ana».")).to_be_visible()
        await expect(someone.page.get_by_text("Todavía no hay sesiones")).to_be_visible()


async def test_what_the_backend_refuses_is_told_and_the_card_stays(
    world: World, served: Served, browser: Browser
) -> None:
    await world.create("a")
    await world.show("a", State.DISCONNECTED, Reason.LOGGED_OUT)
    async with person(browser, served.url) as someone:
        await someone.log_in(world.one.email)
        world.backend.broken = "The cluster does not answer."
        await someone.page.locator("#card-1-connect").click()
        notice = someone.page.get_by_text("Error al reconectar: The cluster does not answer.")
        await expect(notice).to_be_visible()
        await expect(someone.page.locator("#card-1")).to_contain_text("❌ Desconectado")


async def test_a_session_made_elsewhere_appears_and_counts(
    world: World, served: Served, browser: Browser
) -> None:
    async with person(browser, served.url) as someone:
        await someone.log_in(world.one.email)
        await expect(someone.page.get_by_text("En vivo", exact=True)).to_be_visible()
        await world.create("cliente_1")
        await world.show_ready("cliente_1")
        card = someone.page.locator("#card-1")
        await expect(card).to_contain_text("✅ Conectado")
        await expect(someone.page.locator(".filter-connected")).to_contain_text("1")
        await world.show("cliente_1", State.DISCONNECTED, Reason.LOGGED_OUT)
        await expect(card).to_contain_text("❌ Desconectado")
        await expect(someone.page.locator(".filter-connected")).to_contain_text("0")


async def test_without_the_stream_the_page_looks_again_by_itself(
    world: World, served: Served, browser: Browser
) -> None:
    async def refuse(route: Route) -> None:
        await route.abort()

    await world.create("a")
    async with person(browser, served.url) as someone:
        await someone.context.route("**/live*", refuse)
        await someone.log_in(world.one.email)
        await expect(someone.page.get_by_text("se actualiza cada 10 s")).to_be_visible()
        await world.show_ready("a")
        await expect(someone.page.locator("#card-1")).to_contain_text("✅ Conectado")
        await someone.context.unroute("**/live*")
        await expect(someone.page.get_by_text("En vivo", exact=True)).to_be_visible()


async def test_when_the_login_ends_the_page_leads_to_the_form(
    world: World, served: Served, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "LOOK", 0.2)
    monkeypatch.setattr(live, "LOGIN_EVERY", 0.2)
    async with person(browser, served.url) as someone:
        await someone.log_in(world.one.email)
        await expect(someone.page.get_by_text("En vivo", exact=True)).to_be_visible()
        world.clock.pass_(hours=25)
        await expect(someone.page).to_have_url(f"{served.url}/login?next=/sessions")


async def test_a_page_that_nobody_looks_at_gives_its_stream_back(
    world: World, served: Served, browser: Browser
) -> None:
    look = """hidden => {
        Object.defineProperty(document, "hidden", {value: hidden, configurable: true});
        document.dispatchEvent(new Event("visibilitychange"));
    }"""
    await world.create("a")
    async with person(browser, served.url) as someone:
        await someone.log_in(world.one.email)
        await expect(someone.page.get_by_text("En vivo", exact=True)).to_be_visible()
        await someone.page.evaluate(look, True)
        async with asyncio.timeout(PATIENCE / 1000):
            while world.services.live.watched:
                await world.show_qr("a")  # a stream that nobody reads is noticed when it is written to
                await asyncio.sleep(0.1)
        await world.show_ready("a")
        await someone.page.evaluate(look, False)
        await expect(someone.page.locator("#card-1")).to_contain_text("✅ Conectado")
        await expect(someone.page.get_by_text("En vivo", exact=True)).to_be_visible()


async def test_a_search_narrows_the_list_and_the_address(
    world: World, served: Served, browser: Browser
) -> None:
    await world.create("a", name="WhatsApp Ana")
    await world.create("b", name="WhatsApp Bea")
    async with person(browser, served.url) as someone:
        await someone.log_in(world.one.email)
        await someone.page.get_by_role("searchbox").press_sequentially("bea")
        await expect(someone.page.locator("li.card")).to_have_count(1)
        await expect(someone.page).to_have_url(f"{served.url}/sessions?q=bea")
        await expect(someone.page.get_by_role("searchbox")).to_be_focused()
        await expect(someone.page.get_by_role("searchbox")).to_have_value("bea")
        await someone.page.get_by_role("link", name="Todas").click()
        await expect(someone.page.locator("li.card")).to_have_count(1)


async def test_the_history_grows_while_it_is_looked_at(
    world: World, served: Served, browser: Browser
) -> None:
    await world.create("a")
    async with person(browser, served.url) as someone:
        await someone.log_in(world.one.email)
        await someone.go("/sessions/1")
        await expect(someone.page.locator("#history")).to_contain_text("Aquí aparecerá")
        await world.show_ready("a")
        await expect(someone.page.locator("#history li")).to_have_count(1)
        await world.show("a", State.DISCONNECTED, Reason.LOGGED_OUT, message="Unlinked.")
        await expect(someone.page.locator("#history li").first).to_contain_text("Unlinked.")
        await expect(someone.page.locator("#card-1")).to_contain_text("Se cerró la sesión desde el teléfono")
        assert someone.complaints == []


async def test_the_keyboard_alone_makes_and_closes_a_session(
    world: World, served: Served, browser: Browser
) -> None:
    async with person(browser, served.url) as someone:
        page, keys = someone.page, someone.page.keyboard
        await someone.go("/login")
        await expect(page.locator("#field-email")).to_be_focused()
        await keys.type(world.one.email)
        await keys.press("Tab")
        await keys.type("right horse battery")
        await keys.press("Enter")
        await expect(page).to_have_url(f"{served.url}/sessions")

        await keys.press("Tab")
        skip = page.get_by_role("link", name="Saltar al contenido")
        await expect(skip).to_be_focused()
        await expect(skip).to_be_in_viewport()
        await keys.press("Enter")
        await keys.press("Tab")
        await expect(page.locator("#new-session")).to_be_focused()
        await keys.press("Enter")
        await expect(page.get_by_label("Nombre del cliente:")).to_be_focused()
        await keys.type("Ana")
        await keys.press("Enter")
        await expect(page.get_by_text("Sesión creada")).to_be_visible()

        await someone.go("/sessions")
        for _ in range(40):
            await keys.press("Tab")
            if await page.evaluate("document.activeElement.id") == "card-1-disconnect":
                break
        await keys.press("Enter")
        dialog = page.get_by_role("dialog")
        await expect(dialog.get_by_role("button", name="Cancelar")).to_be_focused()
        await keys.press("Tab")
        await keys.press("Enter")
        await expect(page.locator("#card-1")).to_contain_text("❌ Desconectado")


async def test_without_scripts_a_session_is_made_and_deleted(
    world: World, served: Served, browser: Browser
) -> None:
    async with person(browser, served.url, scripts=False, language=ENGLISH) as someone:
        page = someone.page
        await someone.log_in(world.one.email)
        await page.get_by_role("link", name="Create New WhatsApp Session").first.click()
        await page.get_by_label("Client name:").fill("Ana")
        await page.get_by_role("button", name="Create and connect").click()
        await expect(page.get_by_text("Session created. Scan the QR to connect.")).to_be_visible()
        await page.get_by_role("button", name="Disconnect").click()
        await expect(page.get_by_text("Session disconnected.")).to_be_visible()
        await page.get_by_role("link", name="Delete").click()
        await page.get_by_role("button", name="Delete session").click()
        await expect(page.get_by_text("“WhatsApp Ana” was deleted.")).to_be_visible()


async def test_the_language_is_switched_where_one_is(world: World, served: Served, browser: Browser) -> None:
    async with person(browser, served.url) as someone:
        await someone.log_in(world.one.email)
        await someone.go("/account")
        await someone.page.get_by_role("button", name="English").click()
        await expect(someone.page.get_by_role("heading", level=1)).to_have_text("My account")
        await expect(someone.page).to_have_url(f"{served.url}/account")
