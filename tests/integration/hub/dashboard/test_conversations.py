"""A person reads and writes messages in a real Chromium."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from integration.hub.dashboard.served import PATIENCE, Person, Served, person
from integration.hub.dashboard.talk import furnished, own, picture
from unit.hub.dashboard.talking import ANA, Pod, message, written
from unit.hub.world import World
from whatsapp_hub.backend.protocol import Answer, Call
from whatsapp_hub.dashboard import bubbles

CHAT = f"/sessions/1/chats/{ANA}"


@pytest.fixture
async def pod(world: World) -> Pod:
    return await furnished(world)


@pytest.fixture
async def ana(world: World, pod: Pod, served: Served, browser: Browser) -> AsyncIterator[Person]:
    """Somebody in front of the conversation with Ana."""
    async with person(browser, served.url) as someone:
        await someone.log_in(world.one.email)
        await someone.go(CHAT)
        yield someone
        assert not someone.complaints


async def test_a_chat_is_found_opened_and_read(
    world: World, pod: Pod, served: Served, browser: Browser
) -> None:
    async with person(browser, served.url) as someone:
        await someone.log_in(world.one.email)
        await someone.go("/sessions/1")
        page = someone.page
        await page.get_by_role("link", name="Chats").click()
        await expect(page.get_by_text("Elige un chat")).to_be_visible()
        await page.get_by_label("Buscar por nombre o número").fill("an")
        await expect(page.locator(".entry")).to_have_count(1)
        await page.locator(".entry").click()
        bubbles = page.locator(".bubble")
        await expect(bubbles).to_have_count(12)
        await expect(page.get_by_role("heading", name="Ana")).to_be_visible()
        await expect(bubbles.last).to_be_in_viewport()
        image = page.locator(".picture img")
        await image.scroll_into_view_if_needed()
        await expect(image).to_have_js_property("naturalWidth", 640)
        await expect(page.locator(".day").first).to_contain_text("31 de diciembre de 2025")
        await expect(bubbles.first.locator("time")).to_have_text("10:01")  # in Buenos Aires
        assert not someone.complaints


async def test_a_message_is_written_and_sent_once(ana: Person, pod: Pod) -> None:
    text = ana.page.get_by_label("Escribe un mensaje", exact=True)
    await text.fill("Gracias")
    await text.press("Shift+Enter")
    await text.press_sequentially("<b>hasta luego</b>")
    await text.press("Enter")
    last = ana.page.locator(".bubble").last
    await expect(last).to_contain_text("<b>hasta luego</b>")
    await expect(last).to_contain_text("Enviado")
    await expect(last).to_be_in_viewport()
    await expect(text).to_have_value("")
    await expect(text).to_be_focused()
    (call,) = pod.sent()
    assert json.loads(call.body or b"")["text"] == "Gracias\n<b>hasta luego</b>"
    # the session tells the same message: it takes its own place
    shown = await last.get_attribute("id")
    id = next(id for n in range(200) if bubbles.anchor(id := f"true_{ANA}_S{n}") == shown)
    sent = own("S", "Gracias", 2, "2026-01-01T12:30:00.000Z", messageId=id)
    pod.messages[ANA].append(sent)
    pod.tell("message.sent", sent)
    await expect(ana.page.locator(f"#{shown}")).to_contain_text("Entregado")
    await expect(ana.page.locator(".bubble")).to_have_count(13)


async def test_impatient_fingers_send_one_message(ana: Person, pod: Pod) -> None:
    await ana.page.get_by_label("Escribe un mensaje", exact=True).fill("una vez")
    await ana.page.get_by_role("button", name="Enviar").dblclick()
    await expect(ana.page.locator(".bubble").last).to_contain_text("una vez")
    assert len(pod.sent()) == 1


async def test_a_file_is_sent_with_words(ana: Person, pod: Pod, tmp_path: Path) -> None:
    file = tmp_path / "oferta.png"
    file.write_bytes(picture(40, 30))
    await ana.page.locator("#composer-file").set_input_files(file)
    await expect(ana.page.locator("#attached")).to_contain_text("oferta.png")
    await ana.page.get_by_label("Escribe un mensaje", exact=True).fill("La oferta")
    await ana.page.get_by_role("button", name="Enviar").click()
    await expect(ana.page.locator(".bubble").last).to_contain_text("La oferta")
    await expect(ana.page.locator("#attached")).to_be_hidden()
    (call,) = pod.sent()
    assert call.headers["content-type"].startswith("multipart/form-data")
    assert picture(40, 30) in (call.body or b"")


async def test_a_failure_keeps_the_draft_and_the_second_try_is_the_same_message(
    ana: Person, pod: Pod
) -> None:
    pod.refusing = ("send_failed", "x", 500)
    text = ana.page.get_by_label("Escribe un mensaje", exact=True)
    await text.fill("importante")
    await text.press("Enter")
    await expect(ana.page.get_by_role("alert")).to_contain_text("no se enviará dos veces")
    await expect(text).to_have_value("importante")
    pod.refusing = None
    await text.press("Enter")
    await expect(ana.page.locator(".bubble").last).to_contain_text("importante")
    await expect(ana.page.locator(".wrong-box")).to_have_count(0)
    first, second = pod.sent()
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"]


async def test_what_comes_in_appears(world: World, ana: Person, pod: Pod) -> None:
    await expect(ana.page.locator(".bubble")).to_have_count(12)
    new = message("N", text="¿Siguen ahí? <script>alert(1)</script>", timestamp="2026-01-01T12:20:00.000Z")
    pod.messages[ANA].append(new)
    pod.tell("message.received", new)
    pod.chats[0]["unread"] = 3
    await written(world, new["text"], id=new["messageId"])
    last = ana.page.locator(".bubble").last
    await expect(last).to_contain_text("¿Siguen ahí? <script>alert(1)</script>")
    await expect(ana.page.locator(".entry").first).to_contain_text("3 mensajes sin leer")
    await expect(ana.page.locator(".bubble")).to_have_count(13)


async def test_ticks_and_reactions_appear(ana: Person, pod: Pod) -> None:
    mine = pod.messages[ANA][-1]
    place = ana.page.locator(".bubble").last
    await expect(place).to_contain_text("Enviado")
    mine["ack"] = 3
    about = {"messageId": mine["messageId"], "chatId": ANA}
    pod.tell("message.ack", about | {"ack": 3})
    pod.tell("message.reaction", about | {"from": "550", "emoji": "🎉"})
    await expect(place).to_contain_text("Leído")
    await expect(place).to_contain_text("🎉")


async def test_while_the_session_is_away_what_comes_in_appears_too(
    world: World, ana: Person, pod: Pod
) -> None:
    world.backend.broken = "away"
    await ana.go(CHAT)
    await expect(ana.page.get_by_text("solo se ven los mensajes recibidos").first).to_be_visible()
    await expect(ana.page.get_by_text("Todavía no hay mensajes")).to_be_visible()
    async with ana.page.expect_response(lambda answer: "/chats/live" in answer.url):
        await ana.page.reload()
    await written(world, "guardado")
    await expect(ana.page.locator(".bubble")).to_contain_text("guardado")


async def test_older_messages_come_when_they_are_asked_for(world: World, ana: Person, pod: Pod) -> None:
    newer = pod.messages[ANA]
    older = [message(f"O{n}", text=f"vieja {n}", timestamp="2025-11-01T12:00:00.000Z") for n in range(3)]

    def answer(call: Call) -> Answer:
        if "/messages?" in call.path:
            first = "after=" not in call.path
            pod.messages[ANA] = newer if first else older
            pod.following = newer[0]["messageId"] if first else None
            found = pod(call)
            pod.following = None
            return found
        return pod(call)

    world.backend.answer = answer
    await ana.go(CHAT)
    await ana.page.get_by_role("link", name="Ver mensajes anteriores").click()
    await expect(ana.page.locator(".bubble")).to_have_count(15)
    await expect(ana.page.locator(".bubble").first).to_contain_text("vieja 0")
    await expect(ana.page.get_by_role("link", name="Ver mensajes anteriores")).to_have_count(0)
    await expect(ana.page.locator(".day").first).to_contain_text("1 de noviembre de 2025")


async def test_a_new_conversation_begins_with_a_number(ana: Person, pod: Pod) -> None:
    await ana.page.get_by_role("link", name="Nuevo mensaje").click()
    pod.refusing = ("not_on_whatsapp", "x", 400)
    await ana.page.get_by_label("Número de teléfono").fill("+54 9 11 2345-6789")
    await ana.page.locator("#field-text").fill("Buen día")
    await ana.page.get_by_role("button", name="Enviar").click()
    await expect(ana.page.get_by_role("alert")).to_contain_text("no tiene WhatsApp")
    await expect(ana.page.locator("#field-text")).to_have_value("Buen día")
    pod.refusing = None
    await ana.page.get_by_role("button", name="Enviar").click()
    await ana.page.wait_for_url(f"**{CHAT}", timeout=PATIENCE)


async def test_it_works_without_scripts(world: World, pod: Pod, served: Served, browser: Browser) -> None:
    async with person(browser, served.url, scripts=False) as someone:
        await someone.log_in(world.one.email)
        await someone.go(CHAT)
        await someone.page.locator("#composer-text").fill("sin script")
        await someone.page.get_by_role("button", name="Enviar").click()
        await expect(someone.page.locator(".bubble")).to_have_count(12)
        await someone.page.locator("#chat-search").fill("team")
        await someone.page.locator("#chat-search").press("Enter")
        await expect(someone.page.locator(".entry")).to_have_count(1)
    assert len(pod.sent()) == 1


async def test_on_a_phone_one_thing_is_on_the_screen(
    world: World, pod: Pod, served: Served, browser: Browser
) -> None:
    async with person(browser, served.url, narrow=True) as someone:
        await someone.log_in(world.one.email)
        await someone.go("/sessions/1/chats")
        await expect(someone.page.locator(".talk-chat")).to_be_hidden()
        await someone.page.get_by_role("link", name="Team").click()
        await expect(someone.page.locator(".talk-list")).to_be_hidden()
        await expect(someone.page.locator("#composer-text")).to_be_in_viewport()
        await expect(someone.page.locator(".bubble-sender").first).to_have_text("Bea")
        await someone.page.get_by_role("link", name="Volver a los chats").click()
        await expect(someone.page.locator(".entry").first).to_be_visible()


async def test_the_keyboard_is_enough(world: World, pod: Pod, served: Served, browser: Browser) -> None:
    async with person(browser, served.url) as someone:
        await someone.log_in(world.one.email)
        await someone.go("/sessions/1/chats")
        await someone.page.locator("#chat-search").focus()
        await someone.page.keyboard.press("Tab")
        await expect(someone.page.locator(".entry").first).to_be_focused()
        await someone.page.keyboard.press("Enter")
        await expect(someone.page).to_have_url(someone.url + CHAT.replace("@", "%40"))
        for _ in range(60):
            await someone.page.keyboard.press("Tab")
            if await someone.page.evaluate("document.activeElement.id") == "composer-text":
                break
        await someone.page.keyboard.type("hola")
        await someone.page.keyboard.press("Enter")
        await expect(someone.page.locator(".bubble").last).to_contain_text("hola")
    assert len(pod.sent()) == 1
