"""Every page for every reader: axe finds nothing, and nothing is wider than the screen."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, expect

from integration.hub.dashboard.served import Person, Served, person
from unit.hub.world import World
from whatsapp_contracts.npm import Lock, fetch
from whatsapp_contracts.states import Reason, State

LOCK = Path(__file__).with_name("axe.lock.json")
RUN = """async () => (await axe.run(document, {resultTypes: ["violations"]})).violations.map(
    each => [each.id, each.nodes.map(node => node.html.slice(0, 200) + " " + node.failureSummary)])"""
LONG = "WhatsApp Estudio Contable Rodríguez, Fernández & Asociados (sucursal Montevideo)"
PAGES = (
    "/login",
    "/sessions",
    "/sessions?q=zzz",
    "/sessions/new",
    *(f"/sessions/{id}" for id in range(1, 5)),
)
PAGES += ("/sessions/1/delete", "/account", "/nothing")
DIALOGS = ("#new-session", "#card-1-disconnect", "#card-1-delete")


@pytest.fixture(scope="session")
def axe(request: pytest.FixtureRequest) -> str:
    """axe-core, fetched once by its lock."""
    cache = request.config.cache
    assert cache
    target = cache.mkdir("npm") / "axe.min.js"
    fetch(Lock(**json.loads(LOCK.read_text())), target)
    return target.read_text()


async def furnish(world: World) -> None:
    """Sessions in every state, with names that are long."""
    await world.create("cliente_1735732800000", name=LONG)
    await world.show_ready("cliente_1735732800000", "5491144445555")
    await world.create("cliente_" + "9" * 60)
    await world.show_qr("cliente_" + "9" * 60, "2@" + "AbCd0123" * 28)
    await world.create("c", name="Ana")
    await world.show("c", State.DISCONNECTED, Reason.LOGGED_OUT, message="Unlinked by the phone. " * 8)
    await world.create("d", name="Bea")
    await world.show("d", State.DISCONNECTED, Reason.BANNED, message="m" * 300)
    await world.create("e")


async def found(someone: Person, axe: str) -> Any:
    """What axe has against the page that is open."""
    await someone.page.evaluate(axe)
    return await someone.page.evaluate(RUN)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("language", ["es-AR", "en-GB"])
async def test_axe_finds_nothing_on_any_page(
    world: World, served: Served, browser: Browser, axe: str, language: str, dark: bool
) -> None:
    await furnish(world)
    wrong = {}
    async with person(browser, served.url, language=language, dark=dark) as someone:
        for path in PAGES:
            if path == PAGES[1]:
                await someone.log_in(world.one.email)
            await someone.go(path)
            await expect(someone.page.locator("html")).to_have_attribute("lang", language[:2])
            if violations := await found(someone, axe):
                wrong[path] = violations
        for opener in DIALOGS:
            await someone.go("/sessions")
            await someone.page.locator(opener).click()
            await expect(someone.page.get_by_role("dialog")).to_be_visible()
            if violations := await found(someone, axe):
                wrong[opener] = violations
        assert not someone.complaints
    assert not wrong, json.dumps(wrong, indent=1)


async def test_no_page_is_wider_than_a_small_phone(world: World, served: Served, browser: Browser) -> None:
    await furnish(world)
    wide = {}
    async with person(browser, served.url, narrow=True) as someone:
        for path in PAGES:
            if path == PAGES[1]:
                await someone.log_in(world.one.email)
            await someone.go(path)
            width = await someone.page.evaluate("document.documentElement.scrollWidth")
            if width > 360:
                wide[path] = width
    assert not wide


async def test_the_page_is_dark_where_the_system_is(world: World, served: Served, browser: Browser) -> None:
    seen = []
    for dark in (False, True):
        async with person(browser, served.url, dark=dark) as someone:
            await someone.go("/login")
            seen.append(
                await someone.page.evaluate(
                    "(({backgroundColor: b, color: c}) => [b, c])(getComputedStyle(document.documentElement))"
                )
            )
    (light_ground, light_ink), (dark_ground, dark_ink) = ([_light(each) for each in pair] for pair in seen)
    assert light_ground > 200 > 60 > light_ink
    assert dark_ground < 60 < 200 < dark_ink


def _light(colour: str) -> float:
    """How light `rgb(…)` is, 0 to 255."""
    parts = [float(part) for part in colour.partition("(")[2].rstrip(")").split(",")[:3]]
    return sum(parts) / 3
