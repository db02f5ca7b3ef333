"""The first administrator from a mounted Secret: made once, and never again."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from unit.hub.world import World
from whatsapp_hub import first_admin
from whatsapp_hub.database.models import ApiKey, User
from whatsapp_hub.first_admin import FirstAdmin, FirstAdminError, Made
from whatsapp_hub.security import api_keys

FIRST = FirstAdmin(tenant="acme", email="ana@acme.example", password="a long password")
ENTRIES = {"tenant": "acme\n", "email": "ana@acme.example\n", "password": "a long password\n"}


def folder(path: Path, **entries: str) -> Path:
    for name, text in entries.items():
        (path / name.replace("_", "-")).write_text(text)
    return path


async def ensure(world: World, first: FirstAdmin) -> Made | None:
    services = world.services
    return await first_admin.ensure(services.database, first, services.passwords, world.clock())


async def users(world: World) -> list[str]:
    async with world.services.database.read() as transaction:
        asked = select(User.email).where(User.email.like("%acme.example")).order_by(User.id)
        return list((await transaction.execute(asked)).scalars())


@pytest.mark.parametrize("missing", ["tenant", "email", "password"])
def test_a_missing_entry_is_named(tmp_path: Path, missing: str) -> None:
    given = {name: text for name, text in ENTRIES.items() if name != missing}
    with pytest.raises(FirstAdminError, match=f"no entry {missing}"):
        first_admin.read(folder(tmp_path, **given))


def test_a_key_that_is_none_is_refused_without_being_repeated(tmp_path: Path) -> None:
    with pytest.raises(FirstAdminError, match="api-key is no key") as raised:
        first_admin.read(folder(tmp_path, **ENTRIES, api_key="hunter2"))
    assert "hunter2" not in str(raised.value)


def test_an_entry_that_is_no_text_or_far_too_long_is_refused(tmp_path: Path) -> None:
    folder(tmp_path, **ENTRIES)
    (tmp_path / "password").write_bytes(b"\xff\xfe")
    with pytest.raises(FirstAdminError, match="password cannot be read"):
        first_admin.read(tmp_path)
    (tmp_path / "password").write_bytes(b"x" * 10_000)
    with pytest.raises(FirstAdminError, match="no entry password"):
        first_admin.read(tmp_path)


@pytest.mark.parametrize(
    ("wrong", "named"),
    [({"email": "ana"}, "email"), ({"tenant": "a\nb"}, "tenant"), ({"password": "x"}, "password")],
)
async def test_what_cannot_be_is_refused(world: World, wrong: dict[str, str], named: str) -> None:
    with pytest.raises(FirstAdminError, match=named):
        await ensure(world, replace(FIRST, **wrong))


async def test_somebody_else_s_address_is_refused(world: World) -> None:
    with pytest.raises(FirstAdminError, match="another organization"):
        await ensure(world, replace(FIRST, email=world.one.email))


def test_the_entries_are_read_without_their_newlines(tmp_path: Path) -> None:
    key = api_keys.make().text
    assert first_admin.read(folder(tmp_path, **ENTRIES)) == FIRST
    assert first_admin.read(folder(tmp_path, **ENTRIES, api_key=key + "\n")) == replace(FIRST, key=key)


async def test_the_administrator_logs_in_and_the_key_calls(world: World) -> None:
    key = api_keys.make().text
    made = await ensure(world, replace(FIRST, key=key))
    assert made == Made(tenant="acme", email="ana@acme.example", password="a long password", key=key)
    assert await world.login("ana@acme.example", "a long password")
    answer = await world.http.get("/api/sessions", headers={"X-API-Key": key})
    assert answer.status_code == 200


async def test_repeated_it_changes_nothing_also_by_two_at_once(world: World) -> None:
    first = replace(FIRST, key=api_keys.make().text)
    made = await asyncio.gather(*(ensure(world, first) for _ in range(3)))
    assert len([each for each in made if each]) == 1
    assert await ensure(world, replace(first, password="another password")) is None
    assert await users(world) == ["ana@acme.example"]
    assert await world.login("ana@acme.example", "a long password")


async def test_where_there_is_an_administrator_no_other_is_made(world: World) -> None:
    await ensure(world, FIRST)
    assert await ensure(world, replace(FIRST, email="eva@acme.example")) is None
    assert await users(world) == ["ana@acme.example"]


async def test_a_key_that_was_added_to_the_secret_later_is_made(world: World) -> None:
    await ensure(world, FIRST)
    key = api_keys.make()
    assert await ensure(world, replace(FIRST, key=key.text)) is None
    async with world.services.database.read() as transaction:
        kept = (await transaction.execute(select(ApiKey).where(ApiKey.prefix == key.prefix))).scalar_one()
    assert kept.key_hash == key.hash


async def test_without_password_and_key_both_are_made_up(world: World) -> None:
    made = await ensure(world, replace(FIRST, password=None, key=""))
    assert made
    assert made.key
    assert api_keys.prefix_of(made.key)
    assert await world.login("ana@acme.example", made.password)
    assert made.password not in repr(made)
    assert made.key not in repr(made)
