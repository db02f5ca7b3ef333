from __future__ import annotations

import io

import httpx
import pytest
import zxingcpp
from PIL import Image

from unit.session.conftest import Bring, Wait
from unit.session.doubles import QR, FakeEngine
from whatsapp_contracts.states import Reason, State
from whatsapp_session.config import Config
from whatsapp_session.session import Session


@pytest.mark.parametrize(
    ("state", "word"),
    [(State.INIT, "desconectado"), (State.QR_REQUIRED, "qr"), (State.READY, "conectado")],
)
async def test_the_state_in_the_first_clients_words_agrees_with_the_qr_routes(
    http: httpx.AsyncClient, bring: Bring, state: State, word: str
) -> None:
    await bring(state)
    shown = word == "qr"
    assert (await http.get("/session-manager/state")).json() == {"state": word, "hasQR": shown}
    for path in ("/qr-code", "/session-manager/qr"):
        assert (await http.get(path)).status_code == (200 if shown else 404)


async def test_a_missing_picture_is_an_error_and_not_an_empty_image(
    http: httpx.AsyncClient, bring: Bring
) -> None:
    await bring(State.INIT)
    assert (await http.get("/session-manager/qr")).json()["error"] == "qr_not_available"


async def test_the_picture_is_a_png_of_the_code_that_nobody_may_keep(
    http: httpx.AsyncClient, bring: Bring
) -> None:
    await bring(State.QR_REQUIRED)
    answer = await http.get("/session-manager/qr")
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["cache-control"] == "no-store"
    picture = Image.open(io.BytesIO(answer.content))
    assert picture.width >= 300
    assert zxingcpp.read_barcodes(picture)[0].text == QR.code


@pytest.mark.parametrize(
    ("format", "kind", "has"),
    [
        ("png", "image/png", b"\x89PNG"),
        ("svg", "image/svg+xml", b"<svg"),
        ("text", "text/plain; charset=utf-8", "█".encode()),
    ],
)
async def test_the_qr_comes_in_the_format_that_is_asked_for(
    http: httpx.AsyncClient, bring: Bring, format: str, kind: str, has: bytes
) -> None:
    await bring(State.QR_REQUIRED)
    answer = await http.get(f"/session-manager/qr?format={format}")
    assert (answer.status_code, answer.headers["content-type"]) == (200, kind)
    assert answer.headers["cache-control"] == "no-store"
    assert has in answer.content


@pytest.mark.parametrize("format", ["gif", "", "PNG", "../png"])
async def test_another_format_is_refused(http: httpx.AsyncClient, bring: Bring, format: str) -> None:
    await bring(State.QR_REQUIRED)
    answer = await http.get("/session-manager/qr", params={"format": format})
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


async def test_login_in_mode_disconnected_is_409_and_names_the_field(
    http: httpx.AsyncClient, bring: Bring, session: Session, engine: FakeEngine
) -> None:
    await bring(State.READY)
    await session.configure(Config(operating_mode="Disconnected"))
    answer = await http.post("/session-manager/login")
    assert (answer.status_code, answer.json()["error"]) == (409, "operating_mode")
    assert "operatingMode" in answer.json()["message"]
    assert engine.run == 1


async def test_the_status_is_a_constant(http: httpx.AsyncClient) -> None:
    assert (await http.get("/session-manager/status")).json() == {"status": "session-manager ok"}


async def test_login_starts_what_is_stopped(
    http: httpx.AsyncClient, bring: Bring, session: Session, engine: FakeEngine
) -> None:
    await bring(State.READY)
    await session.disconnect()
    answer = await http.post("/session-manager/login")
    assert (answer.status_code, answer.json()) == (200, {"message": "login iniciado"})
    assert engine.run == 2


async def test_login_in_ready_changes_nothing(
    http: httpx.AsyncClient, bring: Bring, session: Session, engine: FakeEngine
) -> None:
    await bring(State.READY)
    before = session.view
    assert (await http.post("/session-manager/login")).json() == {"message": "login iniciado"}
    assert (session.view, engine.run) == (before, 1)


async def test_logout_unlinks_and_forgets(
    http: httpx.AsyncClient, bring: Bring, session: Session, engine: FakeEngine, until: Wait
) -> None:
    await bring(State.READY)
    answer = await http.post("/session-manager/logout")
    assert (answer.status_code, answer.json()) == (200, {"message": "logout iniciado"})
    await until(lambda: "forget" in engine.did)
    assert session.view.reason is Reason.LOGGED_OUT
