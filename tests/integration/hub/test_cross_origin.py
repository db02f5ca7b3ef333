"""`fetch` from pages of other origins in a real Chromium: a CRM's own dashboard calls the hub's API."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from playwright.async_api import Page, async_playwright

from integration.hub.hub_process import EMAIL, HubProcess
from integration.hub.pod import NAME
from integration.simulator.wa_page import CHROMIUM

CRM, STRANGER = "crm.test", "stranger.test"
ASK = """async ([url, method, headers, body]) => {
  try {
    const answer = await fetch(url, {method, headers, body: body && JSON.stringify(body)});
    return {status: answer.status, body: await answer.json()};
  } catch (error) {
    return {refused: String(error)};
  }
}"""
JSON = {"Content-Type": "application/json"}


class Web:
    """Empty pages on a port of their own, under any host; `ask` fetches from one of them."""

    def __init__(self, port: int, page: Page) -> None:
        self._port = port
        self.page = page

    def origin(self, host: str) -> str:
        return f"http://{host}:{self._port}"

    async def ask(
        self, method: str, url: str, headers: dict[str, str] | None = None, body: Any = None
    ) -> Any:
        return await self.page.evaluate(ASK, [url, method, headers or {}, body])


@pytest.fixture
async def pages() -> AsyncIterator[Web]:
    async def empty(_: web.Request) -> web.Response:
        return web.Response(text="<!doctype html><title>A CRM</title>", content_type="text/html")

    app = web.Application()
    app.router.add_get("/", empty)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    assert runner.addresses
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", f"--host-resolver-rules=MAP {CRM} 127.0.0.1,MAP {STRANGER} 127.0.0.1"],
        )
        yield Web(runner.addresses[0][1], await browser.new_page())
        await browser.close()
    await runner.cleanup()


async def test_a_page_of_an_allowed_origin_logs_in_creates_and_lists(
    quiet_hub: HubProcess, pages: Web
) -> None:
    hub = quiet_hub
    login = {"identifier": EMAIL, "password": hub.password}
    await pages.page.goto(pages.origin(CRM))
    blocked = await pages.ask("POST", f"{hub.url}/api/auth/login", JSON, login)
    assert blocked == {"refused": "TypeError: Failed to fetch"}, "nobody has allowed it yet"

    token = (await hub.http.post(f"{hub.url}/api/auth/login", json=login)).json()["data"]["accessToken"]
    answer = await hub.call(
        "PUT", "/api/origins", {"origins": [pages.origin(CRM)]}, Authorization=f"Bearer {token}"
    )
    assert answer.status_code == 200, answer.text

    told = await pages.ask("POST", f"{hub.url}/api/auth/login", JSON, login)
    assert told["status"] == 200
    both = {"X-API-Key": hub.key, "Authorization": f"Bearer {told['body']['data']['accessToken']}"}
    made = await pages.ask("POST", f"{hub.url}/api/sessions", {**JSON, **both}, {"sessionId": "cliente_7"})
    assert (made["status"], made["body"]["data"]["status"]) == (201, "pending")
    listed = await pages.ask("GET", f"{hub.url}/api/sessions", {**JSON, **both})
    assert {each["sessionId"] for each in listed["body"]["data"]["sessions"]} == {NAME, "cliente_7"}
    status = await pages.ask("GET", f"{hub.url}/api/sessions/cliente_7/status", {"X-API-Key": hub.key})
    assert status["body"]["data"]["sessionId"] == "cliente_7"
    again = await pages.ask("POST", f"{hub.url}/api/sessions", {**JSON, **both}, {"sessionId": "cliente_7"})
    assert (again["status"], again["body"]["message"]) == (409, "Session already exists")
    for method, path in (("POST", "/disconnect"), ("DELETE", "")):
        done = await pages.ask(method, f"{hub.url}/api/sessions/cliente_7{path}", both)
        assert (done["status"], done["body"]["success"]) == (200, True)
    refused = await pages.ask("GET", f"{hub.url}/api/sessions", {"X-API-Key": "was_wrong"})
    assert refused["status"] == 401, "why it was refused can be read"

    await pages.page.goto(pages.origin(STRANGER))
    for method, path, headers, body in (
        ("POST", "/api/auth/login", JSON, login),
        ("GET", "/api/sessions", {"X-API-Key": hub.key}, None),
        ("GET", "/healthz", {}, None),
    ):
        read = await pages.ask(method, hub.url + path, headers, body)
        assert read == {"refused": "TypeError: Failed to fetch"}, path
