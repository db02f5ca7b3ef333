"""A browser of a person, as far as HTTP goes: cookies, forms, what it asks for; and the page it got."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import httpx

from unit.hub.world import HASH, PASSWORD, Org, World
from whatsapp_hub.store.organization import Organization

HOST = "http://localhost"
HTML = {"accept": "text/html,application/xhtml+xml", "accept-language": "es-AR,es;q=0.9"}
HTMX = {"hx-request": "true", "accept": "*/*"}


class Browser:
    """Not logged in until `log_in`."""

    def __init__(self, world: World, base_url: str = HOST) -> None:
        transport = world.http._transport
        self.http = httpx.AsyncClient(transport=transport, base_url=base_url, headers=HTML)
        self.origin = base_url
        self.csrf = ""

    async def log_in(self, email: str, password: str = PASSWORD) -> Browser:
        answer = await self.http.post("/login", data={"email": email, "password": password})
        assert answer.status_code == 303, answer.text
        self.csrf = token_in((await self.http.get("/account")).text)
        return self

    async def get(self, path: str, **headers: str) -> httpx.Response:
        return await self.http.get(path, headers=headers)

    async def fragment(self, path: str) -> httpx.Response:
        return await self.http.get(path, headers=HTMX)

    async def post(self, path: str, *, htmx: bool = False, **fields: Any) -> httpx.Response:
        headers = {"origin": self.origin, "sec-fetch-site": "same-origin"} | (HTMX if htmx else {})
        return await self.http.post(path, data={"csrf": self.csrf} | fields, headers=headers)

    async def page_after(self, answer: httpx.Response) -> httpx.Response:
        """Where a form's answer leads."""
        assert answer.status_code == 303, answer.text
        return await self.http.get(answer.headers["location"])


async def logged_in(world: World, org: Org | None = None, role: str = "admin") -> Browser:
    """A browser of somebody with this role in the organization."""
    org = org or world.one
    if role == "admin":
        return await Browser(world).log_in(org.email)
    email = f"{role}@{org.id}.example"
    async with world.services.database.begin() as transaction:
        await Organization(transaction, org.id).add_user(
            email=email, name=role.title(), role=role, password_hash=HASH, now=world.clock()
        )
    return await Browser(world).log_in(email)


def token_in(html: str) -> str:
    """The token that the page's forms send."""
    found = re.search(r'name="csrf" value="([0-9a-f]+)"', html)
    assert found, html
    return found[1]


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def text_of(html: str) -> str:
    """What a reader sees, with single spaces."""
    parser = _Text()
    parser.feed(html)
    return " ".join(" ".join(parser.words).split())
