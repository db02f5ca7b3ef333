"""A proxy that asks for a user and a password gets them, from the first page on.

Why not Playwright's own way: it stops every request of the page for it, and turns the browser's cache off.
Here only a page's own load is stopped; what the proxy was told then, Chromium remembers for all that follows.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

from playwright.async_api import CDPSession
from playwright.async_api import Error as PlaywrightError

from whatsapp_session.config import Proxy


async def answer(devtools: CDPSession, proxy: Proxy) -> None:
    """Answer what the proxy asks during loads of this page; a second time for one load means: refused."""
    asked: set[str] = set()
    sent: set[asyncio.Future[Any]] = set()

    def send(method: str, arguments: dict[str, Any]) -> None:
        async def quietly() -> None:
            with contextlib.suppress(PlaywrightError):  # the load has ended meanwhile
                await devtools.send(method, arguments)

        task = asyncio.ensure_future(quietly())
        sent.add(task)
        task.add_done_callback(sent.discard)

    def paused(event: dict[str, Any]) -> None:
        send("Fetch.continueRequest", {"requestId": event["requestId"]})

    def challenged(event: dict[str, Any]) -> None:
        id = event["requestId"]
        by_proxy = event["authChallenge"].get("source") == "Proxy"
        if by_proxy and id not in asked:
            asked.add(id)
            response = {
                "response": "ProvideCredentials",
                "username": proxy.username or "",
                "password": proxy.password or "",
            }
        else:
            response = {"response": "CancelAuth" if by_proxy else "Default"}
        send("Fetch.continueWithAuth", {"requestId": id, "authChallengeResponse": response})

    devtools.on("Fetch.requestPaused", paused)
    devtools.on("Fetch.authRequired", challenged)
    patterns = [{"urlPattern": "*", "resourceType": "Document"}]
    await devtools.send("Fetch.enable", {"handleAuthRequests": True, "patterns": patterns})
