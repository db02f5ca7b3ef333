from __future__ import annotations

import re
from typing import Any

import pytest

from unit.hub.dashboard.browser import HTMX, logged_in, text_of
from unit.hub.world import World
from whatsapp_contracts.states import Reason, State
from whatsapp_hub.dashboard.listing import PER_PAGE
from whatsapp_hub.dashboard.sessions import HISTORY


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"client": ""}, "Escribe el nombre del cliente"),
        ({"client": "   "}, "Escribe el nombre del cliente"),
        ({"client": "a" * 151}, "Escribe el nombre del cliente"),
        ({"client": "a\x00b"}, "Escribe el nombre del cliente"),
        ({"client": "Ana", "phone": "12"}, "de 7 a 15 cifras"),
        ({"client": "Ana", "phone": "no"}, "de 7 a 15 cifras"),
    ],
)
async def test_a_form_that_cannot_be_is_shown_again_with_what_is_wrong(
    world: World, fields: dict[str, Any], said: str
) -> None:
    browser = await logged_in(world)
    answer = await browser.post("/sessions", **fields)
    assert answer.status_code == 422
    assert said in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert not world.backend.puts


async def test_what_was_typed_is_kept_in_a_form_that_is_shown_again(world: World) -> None:
    answer = await (await logged_in(world)).post("/sessions", client='A"><b', phone="12")
    assert 'value="A&#34;&gt;&lt;b"' in answer.text
    assert 'value="12"' in answer.text


async def test_a_new_session_is_named_by_the_moment_and_connects(world: World) -> None:
    browser = await logged_in(world)
    answer = await browser.post("/sessions", client=" Panadería ", phone="+54 9 11 2222-3333")
    epoch = int(world.clock().timestamp() * 1000)
    row = await world.row(f"cliente_{epoch}")
    assert row.name == "WhatsApp Panadería"
    assert row.expected_phone == "5491122223333"
    assert world.backend.puts[0].operating_mode == "Connected"
    page = await browser.page_after(answer)
    assert "Sesión creada. Escanea el QR para conectar." in page.text
    assert "📱 WhatsApp Panadería" in page.text


async def test_a_new_session_that_cannot_be_is_an_error_in_its_form(world: World) -> None:
    browser = await logged_in(world)
    world.backend.broken = "The cluster does not answer."
    answer = await browser.post("/sessions", htmx=True, client="Ana")
    assert answer.status_code == 422
    assert "Error: The cluster does not answer." in answer.text
    assert 'value="Ana"' in answer.text


async def test_two_in_the_same_instant_are_two_attempts(world: World) -> None:
    browser = await logged_in(world)
    await browser.post("/sessions", client="Ana")
    assert (
        "Error: se creó otra sesión en el mismo instante"
        in (await browser.post("/sessions", client="Bea")).text
    )


async def test_a_card_says_what_the_contract_says(world: World) -> None:
    await world.create("cliente_1", name="WhatsApp Ana")
    await world.show_ready("cliente_1", "5491100000001")
    page = await (await logged_in(world)).get("/sessions")
    text = text_of(page.text)
    assert "<title>Gestión WhatsApp - CRM</title>" in page.text
    assert "<h1>Gestión de Sesiones WhatsApp</h1>" in page.text
    assert "📱 WhatsApp Ana" in text
    assert "Estado: ✅ Conectado Teléfono: 5491100000001" in text


async def test_a_card_that_waits_shows_the_code(world: World) -> None:
    await world.create("cliente_1")
    await world.show_qr("cliente_1")
    page = await (await logged_in(world)).get("/sessions")
    text = text_of(page.text)
    assert "Estado: ⏳ Esperando conexión Teléfono: No conectado" in text
    assert "Escanea este código QR con WhatsApp:" in text
    assert "El QR expira automáticamente" in text
    assert re.search(r'<img[^>]+src="data:image/png;base64,[^"]+" alt="QR Code"', page.text)
    assert 'data-until="2026-01-01T12:00:20.000Z"' in page.text


@pytest.mark.parametrize(
    ("reason", "status", "why"),
    [
        (Reason.LOGGED_OUT, "❌ Desconectado", "Se cerró la sesión desde el teléfono o WhatsApp"),
        (Reason.BANNED, "🚨 Error", "WhatsApp bloqueó el número"),
    ],
)
async def test_a_card_that_is_not_connected_says_why_and_offers_the_cure(
    world: World, reason: Reason, status: str, why: str
) -> None:
    await world.create("a")
    await world.show("a", State.DISCONNECTED, reason)
    text = text_of((await (await logged_in(world)).get("/sessions")).text)
    assert f"Estado: {status}" in text
    assert why in text
    assert "🔄 Reconectar" in text


async def test_a_name_is_text_and_never_markup(world: World) -> None:
    await world.create("a", name="<img src=x onerror=alert(1)>")
    for path in ("/sessions", "/sessions/1", "/sessions/1/delete"):
        page = (await (await logged_in(world)).get(path)).text
        assert "<img src=x" not in page
        assert "&lt;img src=x" in page


async def test_english_has_every_word_of_a_card(world: World) -> None:
    await world.create("a")
    page = await (await logged_in(world)).get("/sessions", **{"accept-language": "en"})
    assert "Status: ⏳ Waiting for connection Phone: Not connected" in text_of(page.text)
    assert "➕ Create New WhatsApp Session" in page.text


async def test_a_search_that_finds_nothing_says_so(world: World) -> None:
    await world.create("a")
    text = text_of((await (await logged_in(world)).get("/sessions?q=zzz")).text)
    assert "Ninguna sesión coincide" in text
    assert "Todas 0" in text


async def test_thousands_of_sessions_are_sixty_on_a_page(world: World) -> None:
    for number in range(PER_PAGE + 5):
        await world.create(f"cliente_{number}")
    browser = await logged_in(world)
    first, second = (await browser.get("/sessions")).text, (await browser.get("/sessions?page=2")).text
    assert first.count('<li class="card session') == PER_PAGE
    assert second.count('<li class="card session') == 5
    assert "Página 1 de 2" in text_of(first)
    assert 'href="/sessions?page=2"' in first
    assert "📱 cliente_64 " in text_of(first)
    assert "📱 cliente_0 " in text_of(second)


async def test_reconnecting_begins_the_login_again(world: World) -> None:
    await world.create("a")
    await world.show("a", State.DISCONNECTED, Reason.LOGGED_OUT)
    browser = await logged_in(world)
    page = await browser.page_after(await browser.post("/sessions/1/connect"))
    assert "Reconexión iniciada. Se generará un nuevo QR." in page.text
    assert world.backend.logins == [(await world.row("a")).uid]


async def test_with_scripts_the_card_is_replaced_and_a_notice_told(world: World) -> None:
    await world.create("a")
    await world.show("a", State.DISCONNECTED, Reason.LOGGED_OUT)
    answer = await (await logged_in(world)).post("/sessions/1/connect", htmx=True)
    assert answer.status_code == 200
    assert answer.text.lstrip().startswith('<li class="card session session-pending" id="card-1"')
    assert "Reconexión iniciada. Se generará un nuevo QR." in answer.text
    assert "<html" not in answer.text


async def test_reconnecting_that_fails_says_why(world: World) -> None:
    await world.create("a")
    await world.show("a", State.DISCONNECTED, Reason.LOGGED_OUT)
    browser = await logged_in(world)
    world.backend.broken = "The cluster does not answer."
    for htmx in (True, False):
        answer = await browser.post("/sessions/1/connect", htmx=htmx)
        assert answer.status_code == 503
        assert "Error al reconectar: The cluster does not answer." in answer.text


@pytest.mark.parametrize(
    ("act", "mode", "said"),
    [
        ("disconnect", "Disconnected", "Sesión desconectada."),
        ("suspend", "Suspended", "Sesión suspendida."),
    ],
)
async def test_a_session_is_closed_and_can_be_connected_again(
    world: World, act: str, mode: str, said: str
) -> None:
    await world.create("a")
    browser = await logged_in(world)
    page = await browser.page_after(await browser.post(f"/sessions/1/{act}", view="detail"))
    assert (await world.row("a")).operating_mode == mode
    assert said in page.text
    assert page.url.path == "/sessions/1"
    await browser.post("/sessions/1/connect")
    assert (await world.row("a")).operating_mode == "Connected"


async def test_a_session_is_deleted_after_a_question(world: World) -> None:
    await world.create("a", name="WhatsApp Ana")
    browser = await logged_in(world)
    question = await browser.get("/sessions/1/delete")
    assert "Se eliminará «WhatsApp Ana»" in question.text
    page = await browser.page_after(await browser.post("/sessions/1/delete"))
    assert "Se eliminó «WhatsApp Ana»." in page.text
    assert len(world.backend.deleted) == 1
    assert (await browser.get("/sessions/1")).status_code == 404


async def test_a_deletion_that_fails_leaves_it_there_and_says_why(world: World) -> None:
    await world.create("a")
    browser = await logged_in(world)
    world.backend.broken = "The cluster does not answer."
    page = await browser.page_after(await browser.post("/sessions/1/delete"))
    assert "No se pudo: The cluster does not answer." in page.text
    assert page.url.path == "/sessions/1"


async def test_the_history_is_told_the_newest_first(world: World) -> None:
    await world.create("a")
    await world.show_qr("a")
    await world.show_ready("a")
    await world.show("a", State.DISCONNECTED, Reason.LOGGED_OUT, message="Unlinked by the phone.")
    page = (await (await logged_in(world)).get("/sessions/1")).text
    history = text_of(page[page.index('id="history"') :])
    steps = (
        "Desconectada · Se cerró la sesión",
        "Unlinked by the phone.",
        "Conectada",
        "Esperando el escaneo",
    )
    places = [history.index(step) for step in steps]
    assert places == sorted(places)


async def test_a_long_history_has_pages(world: World) -> None:
    await world.create("a")
    for _ in range(HISTORY):
        await world.show_ready("a")
        await world.show("a", State.DISCONNECTED, Reason.NETWORK_LOST)
    browser = await logged_in(world)
    first = (await browser.get("/sessions/1")).text
    assert first.count('<li class="timeline-') == HISTORY
    older = re.search(r'href="(/sessions/1\?before=\d+)"', first)
    assert older
    assert (await browser.get(older[1])).text.count('<li class="timeline-') == HISTORY


async def test_the_page_of_a_session_shows_its_account(world: World) -> None:
    await world.create("a", phoneNumber="5491100000001")
    browser = await logged_in(world)
    assert "Número esperado: 5491100000001" in text_of((await browser.get("/sessions/1")).text)
    await world.show_ready("a", "5491100000001")
    assert "Teléfono: 5491100000001" in text_of((await browser.get("/sessions/1")).text)


async def test_the_counts_alone_are_told_while_the_same_sessions_are_shown(world: World) -> None:
    await world.create("a")
    browser = await logged_in(world)
    answer = await browser.fragment("/sessions/fresh?shown=1")
    assert "hx-retarget" not in answer.headers
    assert answer.text.lstrip().startswith('<div class="counts"')


async def test_the_whole_list_is_told_once_another_one_is_shown(world: World) -> None:
    await world.create("a")
    await world.create("b")
    answer = await (await logged_in(world)).fragment("/sessions/fresh?shown=1")
    assert answer.headers["hx-retarget"] == "#list"
    assert answer.text.count('<li class="card session') == 2


async def test_a_page_restored_from_the_browsers_history_is_whole(world: World) -> None:
    headers = HTMX | {"hx-history-restore-request": "true"}
    answer = await (await logged_in(world)).get("/sessions", **headers)
    assert answer.text.startswith("<!doctype html>")


async def test_a_dialog_is_the_page_without_its_frame(world: World) -> None:
    answer = await (await logged_in(world)).fragment("/sessions/new")
    assert "<html" not in answer.text
    assert "Nombre del cliente:" in answer.text
    assert "Número de teléfono (opcional):" in answer.text
