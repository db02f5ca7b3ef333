"""A page of the simulator in a real Chromium with the real wa-js in it, as a driver has it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx
from playwright.async_api import BrowserContext, Page, Playwright

CHROMIUM = Path("/usr/lib/chromium/chromium-headless-shell")
USER_AGENT = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36"
)
# How pods of a cluster reach a simulator: plain http under a name, no secure context for the browser.
SERVICE_NAME = "whatsapp-simulator.default.svc"
WAIT_SECONDS = 30.0
EVENTS = (
    "call.incoming_call", "chat.msg_ack_change", "chat.new_message", "chat.presence_change",
    "conn.auth_code_change", "conn.authenticated", "conn.link_code_change", "conn.logout",
    "conn.logout_reason", "conn.main_loaded", "conn.main_ready", "conn.online", "conn.qrcode_idle",
    "conn.require_auth", "conn.stream_info_changed", "conn.stream_mode_changed",
)  # fmt: skip
CONFIG = "window.WPPConfig = {disableGoogleAnalytics: true, linkPreviewApiServers: []};"
LISTEN = """
for (const name of %s) {
  WPP.on(name, (value) => {
    let told = value === undefined ? null : value;
    if (name === 'chat.new_message') {
      told = {id: String(value.id), body: value.body, from: String(value.from), fromMe: value.id.fromMe};
    } else if (name === 'chat.msg_ack_change') {
      told = {ack: value.ack, ids: value.ids.map(String)};
    } else if (name === 'chat.presence_change') {
      told = {id: String(value.id), state: value.state, isOnline: value.isOnline};
    } else if (name === 'call.incoming_call') {
      told = {id: value.id, sender: String(value.sender), isVideo: value.isVideo};
    }
    window.heard(name, told);
  });
}
"""
READY = """() => window.WPP && WPP.isFullReady && WPP.conn.isAuthenticated() && WPP.conn.isMainLoaded()
  && WPP.conn.getStreamData().mode === 'MAIN'"""
SHOWS_QR = "() => window.WPP && WPP.isFullReady && WPP.whatsapp.Conn.ref"


class WaPage:
    """`events` is everything that wa-js emitted since the start, over reloads: (name, value)."""

    def __init__(self, context: BrowserContext, page: Page) -> None:
        self.context = context
        self.page = page
        self.events: list[tuple[str, Any]] = []
        self.errors: list[str] = []
        self._heard = asyncio.Condition()

    @classmethod
    async def open(cls, playwright: Playwright, url: str, profile: Path, bundle: str) -> WaPage:
        context = await playwright.chromium.launch_persistent_context(
            profile,
            executable_path=CHROMIUM,
            user_agent=USER_AGENT,
            args=["--no-sandbox", f"--host-resolver-rules=MAP {SERVICE_NAME} 127.0.0.1"],
        )
        made = cls(context, context.pages[0])
        made.page.on("pageerror", lambda error: made.errors.append(str(error)))
        await made.page.expose_function("heard", made._take)
        for script in (CONFIG, bundle, LISTEN % list(EVENTS)):
            await made.page.add_init_script(script)
        await made.page.goto(url)
        return made

    async def _take(self, name: str, value: Any) -> None:
        async with self._heard:
            self.events.append((name, value))
            self._heard.notify_all()

    async def heard(self, name: str, count: int = 1) -> list[Any]:
        """The values of an event, once it came so often."""

        def values() -> list[Any]:
            return [value for heard, value in self.events if heard == name]

        async with self._heard:
            await asyncio.wait_for(self._heard.wait_for(lambda: len(values()) >= count), WAIT_SECONDS)
        return values()

    async def until(self, condition: str) -> None:
        """Waits for a JavaScript condition, over reloads."""
        await self.page.wait_for_function(condition, timeout=WAIT_SECONDS * 1000)

    async def run(self, script: str, argument: Any = None) -> Any:
        return await self.page.evaluate(script, argument)

    async def qr(self) -> str:
        """The code that is shown now."""
        await self.until(SHOWS_QR)
        return str(await self.run("WPP.conn.getAuthCode().then((code) => code.fullCode)"))

    async def ready(self) -> None:
        await self.until(READY)

    async def link(self, http: httpx.AsyncClient, number: str) -> None:
        """Scans the shown code and waits until the page is usable."""
        answer = await http.post(f"/phones/{number}/scan", json={"code": await self.qr()})
        assert answer.status_code == 200, answer.text
        await self.ready()

    async def send(self, number: str, text: str) -> dict[str, Any]:
        script = "([to, text]) => WPP.chat.sendTextMessage(to, text, {linkPreview: false, createChat: true})"
        sent: dict[str, Any] = await self.run(script, [f"{number}@c.us", text])
        return sent

    async def close(self) -> None:
        await self.context.close()
