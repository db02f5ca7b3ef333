from __future__ import annotations
import pytest
from playwright.async_api import Browser
from integration.hub.dashboard.served import Served, person, PATIENCE
from integration.hub.dashboard.talk import *
from unit.hub.dashboard.talking import written
import os

@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("narrow", [False, True])
async def test_shots(world, served: Served, browser: Browser, dark, narrow):
    pod = await furnished(world)
    await receiver(world, pod)
    await written(world, "Hola, ¿están abiertos?")
    await written(world, "Sí <b>", sender="77@lid")
    await world.http.put("/api/origins", json={"origins":["https://crm.example"]}, headers=world.one.both)
    name = f"{'360' if narrow else '1280'}-{'dark' if dark else 'light'}"
    only = os.environ.get("ONLY","").split(",") if os.environ.get("ONLY") else None
    pages = {"chats": "/sessions/1/chats", "chat": f"/sessions/1/chats/{ANA}", "group": f"/sessions/1/chats/{TEAM}", "new": "/sessions/1/chats/new",
      "hooks": "/sessions/1/webhooks", "hook": "/sessions/1/webhooks/crm", "letters": "/sessions/1/webhooks/crm/dead-letters", "keys": "/settings/keys",
      "users": "/settings/users", "user": "/settings/users/1", "origins": "/settings/origins", "data": "/settings/data", "audit": "/settings/audit", "contacts": "/contacts", "contact": "/contacts/1"}
    async with person(browser, served.url, dark=dark, narrow=narrow) as someone:
        await someone.log_in(world.one.email)
        for each, path in pages.items():
            if only and each not in only: continue
            await someone.go(path)
            await someone.page.wait_for_timeout(500)
            full = each not in ("chats","chat","group")
            await someone.page.screenshot(path=f"/tmp/brief5/shots/b-{each}-{name}.png", full_page=full)
        print(someone.complaints)
