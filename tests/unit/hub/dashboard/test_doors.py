from __future__ import annotations

import base64
from datetime import timedelta

import pytest

from unit.hub.dashboard.browser import Browser, logged_in, text_of
from unit.hub.world import World

PAGES = ("/sessions", "/sessions/new", "/sessions/1", "/sessions/1/delete", "/account", "/sessions/fresh")


@pytest.mark.parametrize("path", PAGES)
async def test_without_a_login_a_page_leads_to_the_form_and_back(world: World, path: str) -> None:
    answer = await Browser(world).get(path)
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/login?next={path}"


async def test_without_a_login_a_fragment_sends_the_whole_page_to_the_form(world: World) -> None:
    browser = Browser(world)
    answer = await browser.get(
        "/sessions/fresh", **{"hx-request": "true", "hx-current-url": "http://localhost/sessions?q=a"}
    )
    assert answer.status_code == 401
    assert answer.headers["hx-redirect"] == "/login?next=/sessions%3Fq%3Da"


async def test_without_a_login_a_stream_is_refused_and_not_redirected(world: World) -> None:
    answer = await Browser(world).get("/live", accept="text/event-stream")
    assert answer.status_code == 401
    assert "location" not in answer.headers


async def test_a_wrong_password_is_refused_and_the_address_is_kept(world: World) -> None:
    browser = Browser(world)
    answer = await browser.http.post("/login", data={"email": world.one.email, "password": "wrong"})
    assert answer.status_code == 401
    assert "El correo o la contraseña no son correctos." in answer.text
    assert f'value="{world.one.email}"' in answer.text
    assert "wrong" not in text_of(answer.text)
    assert not browser.http.cookies


async def test_failed_logins_are_throttled_here_and_at_the_api_together(world: World) -> None:
    browser = Browser(world)
    wrong = {"identifier": world.one.email, "password": "wrong"}
    for _ in range(5):
        assert (await world.http.post("/api/auth/login", json=wrong)).status_code == 401
        await browser.http.post("/login", data={"email": world.one.email, "password": "wrong"})
    answer = await browser.http.post("/login", data={"email": world.one.email, "password": "wrong"})
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 0
    assert f"en {answer.headers['retry-after']} segundos" in answer.text


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://localhost.evil.example"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
@pytest.mark.parametrize("path", ["/login", "/language"])
async def test_a_form_that_another_site_sends_is_refused(
    world: World, path: str, headers: dict[str, str]
) -> None:
    fields = {"email": world.one.email, "password": "right horse battery", "language": "en"}
    answer = await Browser(world).http.post(path, data=fields, headers=headers)
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


async def test_no_password_is_taken_where_it_would_travel_in_the_open(world: World) -> None:
    browser = Browser(world, "http://hub.example")
    answer = await browser.http.post(
        "/login", data={"email": world.one.email, "password": "right horse battery"}
    )
    assert answer.status_code == 403
    assert "HTTPS" in answer.text
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    ("base", "headers", "secure"),
    [
        ("http://localhost", {}, False),
        ("http://127.0.0.1:3000", {}, False),
        ("https://localhost", {}, True),
        ("https://hub.example", {}, True),
        ("http://hub.example", {"x-forwarded-proto": "https"}, True),
    ],
)
async def test_the_cookie_is_for_this_site_alone_and_no_script_reads_it(
    world: World, base: str, headers: dict[str, str], secure: bool
) -> None:
    answer = await Browser(world, base).http.post(
        "/login", data={"email": world.one.email, "password": "right horse battery"}, headers=headers
    )
    cookie = answer.headers["set-cookie"]
    attributes = {part.strip().partition("=")[0].lower() for part in cookie.split(";")[1:]}
    assert answer.status_code == 303
    assert cookie.startswith("whatsapp_hub=")
    assert {"httponly", "path", "max-age"} <= attributes
    assert "samesite=lax" in cookie.lower()
    assert ("secure" in attributes) is secure


@pytest.mark.parametrize(
    ("wanted", "reached"),
    [
        ("/sessions/1?before=3", "/sessions/1?before=3"),
        ("https://evil.example/", "/"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("/a\nb", "/"),
        ("", "/"),
    ],
)
async def test_a_login_leads_to_pages_of_this_site_alone(world: World, wanted: str, reached: str) -> None:
    fields = {"email": world.one.email, "password": "right horse battery", "next": wanted}
    answer = await Browser(world).http.post("/login", data=fields)
    assert answer.headers["location"] == reached


async def test_whoever_is_logged_in_is_not_asked_again(world: World) -> None:
    browser = await logged_in(world)
    answer = await browser.get("/login?next=/account")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/account"


async def test_a_login_ends_after_a_day(world: World) -> None:
    browser = await logged_in(world)
    world.clock.pass_(hours=24)
    answer = await browser.get("/sessions")
    assert answer.headers["location"].startswith("/login")
    assert 'whatsapp_hub=""' in answer.headers["set-cookie"]


async def test_logging_out_takes_the_cookie_and_says_so(world: World) -> None:
    browser = await logged_in(world)
    page = await browser.page_after(await browser.post("/logout"))
    assert "Has cerrado la sesión." in page.text
    assert (await browser.get("/sessions")).status_code == 303


async def test_what_was_just_done_is_told_once(world: World) -> None:
    browser = await logged_in(world)
    await browser.page_after(await browser.post("/logout"))
    assert "Has cerrado la sesión." not in (await browser.get("/login")).text


async def test_no_other_site_can_put_words_into_a_page(world: World) -> None:
    told = base64.urlsafe_b64encode(b'["logout.done", "good", {}]').decode()
    seal = world.services.secrets.digest(f"notice {told}")
    for sealed, shown in ((seal, True), ("0", False)):
        page = await Browser(world).get("/login", cookie=f"whatsapp_hub_notice={told}.{sealed}")
        assert ("Has cerrado la sesión." in page.text) is shown


async def test_the_language_is_what_the_browser_asks_for_until_one_is_chosen(world: World) -> None:
    browser = Browser(world)
    assert '<html lang="es">' in (await browser.get("/login")).text
    assert '<html lang="en">' in (await browser.get("/login", **{"accept-language": "en-GB,en;q=0.9"})).text
    await browser.http.post("/language", data={"language": "en", "next": "/login"})
    assert '<html lang="en">' in (await browser.get("/login")).text


async def test_the_chosen_language_is_the_users_on_every_device(world: World) -> None:
    browser = await logged_in(world)
    answer = await browser.post("/language", language="en", next="/sessions?q=a")
    assert answer.headers["location"] == "/sessions?q=a"
    other = await logged_in(world)
    assert '<html lang="en">' in (await other.get("/sessions")).text


async def test_a_language_that_nobody_wrote_changes_nothing(world: World) -> None:
    browser = await logged_in(world)
    await browser.post("/language", language="de", next="/sessions")
    assert '<html lang="es">' in (await browser.get("/sessions")).text


async def test_the_first_page_is_the_sessions(world: World) -> None:
    answer = await Browser(world).get("/")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sessions")


async def test_a_removed_user_is_out_at_once(world: World) -> None:
    browser = await logged_in(world, role="agent")
    users = (await world.http.get("/api/users", headers=world.one.both)).json()["data"]["users"]
    agent = next(user for user in users if user["role"] == "agent")
    await world.http.delete(f"/api/users/{agent['id']}", headers=world.one.both)
    assert (await browser.get("/sessions")).status_code == 303


async def test_a_day_is_what_the_cookie_lasts(world: World) -> None:
    answer = await Browser(world).http.post(
        "/login", data={"email": world.one.email, "password": "right horse battery"}
    )
    assert f"Max-Age={int(timedelta(hours=24).total_seconds())}" in answer.headers["set-cookie"]
