from __future__ import annotations

import pytest

from unit.hub.dashboard.browser import HTMX, Browser, logged_in
from unit.hub.world import World

UNSAFE = (
    "/sessions",
    "/sessions/1/connect",
    "/sessions/1/disconnect",
    "/sessions/1/suspend",
    "/sessions/1/delete",
    "/account/password",
    "/account/logout-everywhere",
    "/logout",
)
ACTS = tuple(path for path in UNSAFE if path.startswith("/sessions"))


@pytest.mark.parametrize("path", UNSAFE)
async def test_a_form_without_its_token_is_refused(world: World, path: str) -> None:
    await world.create("a")
    browser = await logged_in(world)
    browser.csrf = ""
    answer = await browser.post(path, client="x")
    assert answer.status_code == 403
    assert "El formulario ha caducado" in answer.text
    assert len(world.backend.puts) == 1


@pytest.mark.parametrize("path", UNSAFE)
async def test_the_token_of_another_login_is_refused(world: World, path: str) -> None:
    await world.create("a")
    browser, other = await logged_in(world), await logged_in(world, world.two)
    browser.csrf = other.csrf
    assert (await browser.post(path, client="x")).status_code == 403
    assert len(world.backend.puts) == 1


@pytest.mark.parametrize("path", UNSAFE)
async def test_a_form_of_another_site_is_refused_though_the_cookie_comes_along(
    world: World, path: str
) -> None:
    await world.create("a")
    browser = await logged_in(world)
    browser.origin = "https://evil.example"
    assert (await browser.post(path, client="x")).status_code == 403
    assert len(world.backend.puts) == 1


@pytest.mark.parametrize("path", ACTS)
async def test_who_may_only_look_changes_nothing(world: World, path: str) -> None:
    await world.create("a")
    viewer = await logged_in(world, role="viewer")
    answer = await viewer.post(path, client="x")
    assert answer.status_code == 403
    assert "Tu rol no permite esto" in answer.text
    assert len(world.backend.puts) == 1


@pytest.mark.parametrize("path", ["/sessions/new", "/sessions/1/delete"])
async def test_who_may_only_look_is_not_asked_what_they_may_not_do(world: World, path: str) -> None:
    await world.create("a")
    assert (await (await logged_in(world, role="viewer")).get(path)).status_code == 403


async def test_who_may_only_look_sees_no_button_that_acts(world: World) -> None:
    await world.create("a")
    page = (await (await logged_in(world, role="viewer")).get("/sessions")).text
    assert "📱 a" in page
    assert "/sessions/1/disconnect" not in page
    assert "/sessions/new" not in page


@pytest.mark.parametrize("path", ["/sessions/1", "/sessions/1/delete"])
async def test_another_organizations_page_is_not_there(world: World, path: str) -> None:
    await world.create("secret", world.two, name="Secret client")
    answer = await (await logged_in(world)).get(path)
    assert answer.status_code == 404
    assert "ecret" not in answer.text


@pytest.mark.parametrize("act", ["connect", "disconnect", "suspend", "delete"])
async def test_another_organizations_session_cannot_be_acted_on(world: World, act: str) -> None:
    await world.create("secret", world.two)
    answer = await (await logged_in(world)).post(f"/sessions/1/{act}")
    assert answer.status_code == 404
    assert len(world.backend.puts) == 1
    assert not world.backend.deleted


async def test_another_organizations_sessions_are_in_no_list_and_no_count(world: World) -> None:
    await world.create("secret", world.two)
    page = (await (await logged_in(world)).get("/sessions")).text
    assert "secret" not in page
    assert "Todavía no hay sesiones" in page


async def test_htmx_sends_the_token_as_a_header(world: World) -> None:
    await world.create("a")
    browser = await logged_in(world)
    headers = HTMX | {"origin": browser.origin, "x-csrf-token": browser.csrf}
    answer = await browser.http.post("/sessions/1/disconnect", headers=headers)
    assert answer.status_code == 200
    assert (await world.row("a")).operating_mode == "Disconnected"


async def test_a_proxy_may_say_which_host_was_asked_for(world: World) -> None:
    browser = await logged_in(world)
    headers = {"origin": "https://crm.example", "x-forwarded-host": "crm.example"}
    answer = await browser.http.post("/logout", data={"csrf": browser.csrf}, headers=headers)
    assert answer.status_code == 303


async def test_an_api_token_in_a_header_is_no_login_of_a_browser(world: World) -> None:
    answer = await Browser(world).get("/sessions", **world.one.both)
    assert answer.status_code == 303


async def test_the_cookie_opens_no_route_of_the_api(world: World) -> None:
    browser = await logged_in(world)
    assert (await browser.get("/api/sessions")).status_code == 401
