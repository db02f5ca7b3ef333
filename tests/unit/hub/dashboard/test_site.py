from __future__ import annotations

import pytest
from sqlalchemy.exc import OperationalError

from unit.hub.dashboard.browser import HTMX, Browser, logged_in
from unit.hub.world import World
from whatsapp_hub.dashboard import assets, files
from whatsapp_hub.store.sessions import Sessions

PAGES = ("/login", "/sessions", "/sessions/new", "/sessions/1", "/sessions/1/delete", "/account", "/nothing")
FORBIDDEN = (
    "<style",
    " style=",
    " onclick=",
    "hx-on",
    "javascript:",
    "js:",
    "<script>",
    "http://",
    "https://",
)
OURS = ("/sessions", "/login", "/logout", "/static", "/live", "/account", "/language")


@pytest.mark.parametrize("path", PAGES)
async def test_every_page_says_what_it_may_load_and_who_may_keep_it(world: World, path: str) -> None:
    await world.create("a")
    browser = await logged_in(world) if path != "/login" else Browser(world)
    headers = (await browser.get(path)).headers
    policy = dict(part.strip().partition(" ")[::2] for part in headers["content-security-policy"].split(";"))
    assert policy == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' data: blob:",
        "media-src": "'self' blob:",
        "connect-src": "'self'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
        "base-uri": "'none'",
    }
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert "camera=()" in headers["permissions-policy"]


@pytest.mark.parametrize("path", PAGES)
async def test_no_page_needs_what_the_policy_forbids(world: World, path: str) -> None:
    await world.create("a")
    await world.show_qr("a")
    browser = await logged_in(world) if path != "/login" else Browser(world)
    page = (await browser.get(path)).text.lower()
    for forbidden in FORBIDDEN:
        assert forbidden not in page, forbidden


async def test_an_unknown_page_is_a_page_for_a_browser_and_the_envelope_for_a_program(world: World) -> None:
    browser = await logged_in(world)
    page = await browser.get("/nothing")
    assert page.status_code == 404
    assert page.headers["content-type"].startswith("text/html")
    assert "Aquí no hay nada" in page.text
    assert (await browser.get("/nothing", accept="*/*")).json()["success"] is False


async def test_the_api_answers_a_browser_as_it_does_a_program(world: World) -> None:
    answer = await Browser(world).get("/api/nothing")
    assert answer.json()["success"] is False


async def test_a_session_that_is_not_there_is_a_page_that_says_so(world: World) -> None:
    answer = await (await logged_in(world)).get("/sessions/99")
    assert answer.status_code == 404
    assert "Esta sesión no existe" in answer.text


async def test_an_id_that_no_row_can_have_is_not_there(world: World) -> None:
    browser = await logged_in(world)
    for path in ("/sessions/0", f"/sessions/{2**31}", f"/sessions/{10**30}", "/sessions/abc"):
        assert (await browser.get(path)).status_code == 404, path


async def test_for_htmx_an_error_is_a_notice_and_nothing_is_replaced(world: World) -> None:
    answer = await (await logged_in(world)).http.get("/sessions/99", headers=HTMX)
    assert answer.status_code == 404
    assert answer.headers["hx-reswap"] == "none"
    assert 'hx-swap-oob="beforeend:#notices"' in answer.text
    assert "<html" not in answer.text


async def test_a_wrong_method_is_a_page(world: World) -> None:
    answer = await (await logged_in(world)).get("/logout")
    assert answer.status_code == 405
    assert "no admite esa acción" in answer.text


async def test_without_the_database_the_page_says_to_come_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = await logged_in(world)

    async def away(*args: object) -> None:
        raise OperationalError("SELECT", {}, Exception("gone"))

    monkeypatch.setattr(Sessions, "all", away)
    answer = await browser.get("/sessions")
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "5"
    assert "La base de datos no responde" in answer.text


async def test_a_bug_is_a_page_without_its_insides(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = await logged_in(world)

    async def broken(*args: object) -> None:
        raise ZeroDivisionError("insides")

    monkeypatch.setattr(Sessions, "all", broken)
    answer = await browser.get("/sessions")
    assert answer.status_code == 500
    assert "Ha fallado algo nuestro" in answer.text
    assert "insides" not in answer.text


async def test_a_file_is_kept_for_good_under_the_name_of_its_content(world: World) -> None:
    browser = Browser(world)
    for name, kind in (("app.css", "text/css"), ("app.js", "text/javascript"), ("mark.svg", "image/svg+xml")):
        answer = await browser.get(files.url(name))
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith(kind)
        assert "immutable" in answer.headers["cache-control"]


async def test_a_file_under_another_name_is_asked_for_again(world: World) -> None:
    answer = await Browser(world).get("/static/app.css?v=old")
    assert answer.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("name", ["nothing.js", "../site.py", "..%2fsite.py", "vendor/other.js", ""])
async def test_no_other_file_is_served(world: World, name: str) -> None:
    assert (await Browser(world).get(f"/static/{name}")).status_code == 404


async def test_without_the_fetched_scripts_pages_work_and_the_log_says_what_to_run(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(assets, "missing", lambda: list(assets.read_lock()))
    for cached in (files.contents, files.url):
        cached.cache_clear()
    try:
        page = await (await logged_in(world)).get("/sessions")
        assert page.status_code == 200
        assert "/static/vendor/" not in page.text
        assert "/static/app.js" in page.text
        assert "python -m whatsapp_hub.dashboard.assets" in caplog.text
    finally:
        for cached in (files.contents, files.url):
            cached.cache_clear()


async def test_no_route_of_the_dashboard_is_in_the_apis_document(world: World) -> None:
    paths = (await world.http.get("/openapi.json")).json()["paths"]
    assert not [path for path in paths if path.startswith(OURS)]
