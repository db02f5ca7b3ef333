"""The first start on a laptop: who is made, where it is shown, and that it happens once."""

from __future__ import annotations

import io
import logging
import re

import pytest

from unit.hub.doubles import Clock, FakeBackend
from unit.hub.world import QUICK, World
from whatsapp_hub import laptop
from whatsapp_hub.api import app
from whatsapp_hub.database.connection import Database
from whatsapp_hub.live import Live
from whatsapp_hub.security.passwords import Passwords
from whatsapp_hub.services import Services

URL = "http://127.0.0.1:3000"


async def test_where_there_is_an_organization_nobody_is_made_and_nothing_shown(world: World) -> None:
    out = io.StringIO()
    assert not await laptop.greet(world.services, URL, out)
    assert out.getvalue() == ""
    users = (await world.http.get("/api/users", headers=world.one.both)).json()["data"]["users"]
    assert [each["email"] for each in users] == [world.one.email]


async def test_the_first_start_shows_a_password_and_a_key_that_work_and_the_second_none(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    services = Services(
        database=database,
        backend=FakeBackend(),
        live=Live(),
        secrets=FakeBackend.secrets,
        passwords=Passwords(QUICK),
        clock=Clock(),
    )
    out, again = io.StringIO(), io.StringIO()
    assert await laptop.greet(services, URL, out)
    assert not await laptop.greet(services, URL, again)
    assert again.getvalue() == ""
    said = out.getvalue()
    password, key = (re.findall(rf"{name}: +(\S+)", said)[0] for name in ("password", "API key"))
    assert URL in said
    world = World(services, FakeBackend(), Clock(), app.build(services))
    assert await world.login(laptop.EMAIL, password)
    assert (await world.http.get("/api/sessions", headers={"X-API-Key": key})).status_code == 200
    await world.http.aclose()
    assert password not in caplog.text
    assert key not in caplog.text
