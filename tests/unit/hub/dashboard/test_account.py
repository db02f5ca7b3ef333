from __future__ import annotations

import pytest

from unit.hub.dashboard.browser import Browser, logged_in
from unit.hub.world import PASSWORD, World

NEW = "another right horse"


@pytest.mark.parametrize(
    ("current", "new", "again", "said"),
    [
        ("wrong", NEW, NEW, "La contraseña actual no es correcta."),
        (PASSWORD, "short", "short", "La contraseña debe tener de 8 a 200 caracteres."),
        (PASSWORD, NEW, NEW + "x", "Las dos contraseñas no son iguales."),
        (PASSWORD, "", "", "La contraseña debe tener de 8 a 200 caracteres."),
    ],
)
async def test_a_password_that_cannot_be_changed_says_why(
    world: World, current: str, new: str, again: str, said: str
) -> None:
    browser = await logged_in(world)
    answer = await browser.post("/account/password", current=current, new=new, again=again)
    assert answer.status_code == 422
    assert said in answer.text
    assert (await Browser(world).log_in(world.one.email)).csrf


async def test_guessing_the_present_password_is_throttled(world: World) -> None:
    browser = await logged_in(world)
    for _ in range(10):
        await browser.post("/account/password", current="wrong", new=NEW, again=NEW)
    answer = await browser.post("/account/password", current=PASSWORD, new=NEW, again=NEW)
    assert answer.status_code == 429


async def test_a_new_password_ends_every_other_login_and_not_this_one(world: World) -> None:
    here, there = await logged_in(world), await logged_in(world)
    answer = await here.post("/account/password", current=PASSWORD, new=NEW, again=NEW)
    page = await here.page_after(answer)
    assert "Contraseña cambiada. Los demás accesos se han cerrado." in page.text
    assert (await here.get("/sessions")).status_code == 200
    assert (await there.get("/sessions")).status_code == 303
    assert (await Browser(world).log_in(world.one.email, NEW)).csrf


async def test_logging_out_everywhere_ends_this_login_too(world: World) -> None:
    here, there = await logged_in(world), await logged_in(world)
    page = await here.page_after(await here.post("/account/logout-everywhere"))
    assert "Has cerrado la sesión en todas partes." in page.text
    for browser in (here, there):
        assert (await browser.get("/sessions")).status_code == 303


async def test_the_account_says_who_this_is(world: World) -> None:
    browser = await logged_in(world, role="viewer")
    assert "Viewer · Lector" in (await browser.get("/account")).text
