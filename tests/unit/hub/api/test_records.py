"""Contract C: records of sessions, `generate-qr` and its claim."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest
from sqlalchemy import select

from unit.hub.world import Org, World
from whatsapp_contracts.states import State
from whatsapp_hub import upkeep
from whatsapp_hub.database.models import Sesion

RECORDS = "/api/whatsapp_sessions"
COLUMNS = [
    "id", "session_id", "sesion_id", "phone_number", "status", "last_seen", "auth_folder_path",
    "server_port", "whatsapp_user_id", "created_at", "updated_at",
]  # fmt: skip
CONNECTED: dict[str, Any] = {
    "session_id": "a",
    "phone_number": "5491100000001",
    "status": "connected",
    "last_seen": "2026-01-01T12:00:00.000Z",
    "auth_folder_path": "/data/cliente_1",
    "server_port": 3001,
    "whatsapp_user_id": "5491100000001:1@s.whatsapp.net",
    "created_at": "2026-01-01T12:00:00Z",
    "updated_at": "2026-01-01T12:00:00Z",
}


async def add(world: World, session_id: str = "a", **fields: Any) -> dict[str, Any]:
    answer = await world.http.post(
        RECORDS, json={"session_id": session_id, **fields}, headers=world.one.headers
    )
    assert answer.status_code == 201, answer.text
    row: dict[str, Any] = answer.json()["data"]
    return row


async def parent(world: World, id: int, org: Org) -> tuple[str, str | None] | None:
    async with world.services.database.read() as transaction:
        asked = select(Sesion.estado, Sesion.phone_number).where(Sesion.tenant_id == org.id, Sesion.id == id)
        found = (await transaction.execute(asked)).one_or_none()
    return (found[0], found[1]) if found else None


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/generate-qr"),
        ("GET", RECORDS),
        ("POST", RECORDS),
        ("GET", f"{RECORDS}/1"),
        ("PATCH", f"{RECORDS}/1"),
        ("DELETE", f"{RECORDS}/1"),
        ("POST", f"{RECORDS}/new-session-connected"),
    ],
)
async def test_every_route_needs_a_key(world: World, method: str, path: str) -> None:
    await add(world)
    for headers in [{}, {"apikey": "wrong"}, {"Authorization": "Bearer wrong"}]:
        answer = await world.http.request(method, path, json={"session_id": "b"}, headers=headers)
        assert (answer.status_code, answer.json()["success"]) == (401, False)


async def test_the_key_comes_in_four_ways(world: World) -> None:
    for headers in [
        {"X-API-Key": world.one.key},
        {"apikey": world.one.key},
        {"Authorization": f"Bearer {world.one.key}"},
        {"Authorization": f"Bearer {world.one.token}"},
        {"apikey": world.one.key, "Authorization": "Bearer expired"},
    ]:
        assert (await world.http.get(RECORDS, headers=headers)).status_code == 200, headers


async def test_a_record_has_every_column_and_a_second_one_is_409(world: World) -> None:
    row = await add(world, sesion_id=7)
    assert list(row) == COLUMNS
    assert (row["session_id"], row["sesion_id"], row["status"]) == ("a", 7, "pending")
    assert row["created_at"] == "2026-01-01T12:00:00.000Z"
    again = await world.http.post(RECORDS, json={"session_id": "a"}, headers=world.one.headers)
    assert again.status_code == 409
    read = await world.http.get(f"{RECORDS}/{row['id']}", headers=world.one.headers)
    assert read.json() == {"success": True, "data": row}


async def test_the_first_mention_of_a_parent_makes_it_in_this_organization(world: World) -> None:
    await add(world, "a", sesion_id=7)
    await add(world, "b", sesion_id=7)
    assert await parent(world, 7, world.one) == ("pendiente", None)
    assert await parent(world, 7, world.two) is None


async def test_a_session_made_by_contract_b_is_a_record_without_parent_that_can_be_claimed(
    world: World,
) -> None:
    made = await world.create("a")
    (row,) = (await world.http.get(RECORDS, headers=world.one.headers)).json()["data"]
    assert (row["id"], row["sesion_id"]) == (made["id"], None)
    assert (await add(world, sesion_id=3))["id"] == made["id"]
    assert len(world.backend.puts) == 1


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ({}, "session_id"),
        ({"session_id": ""}, "session_id"),
        ({"session_id": "a" * 101}, "session_id"),
        ({"session_id": "a\nb"}, "session_id"),
        ({"session_id": "a", "sesion_id": 2**31}, "sesion_id"),
        ({"session_id": "a", "sesion_id": "x"}, "sesion_id"),
        ({"session_id": "a", "sesion_id": 0}, "sesion_id"),
    ],
)
async def test_a_wrong_field_is_a_400_that_names_it(world: World, body: Any, names: str) -> None:
    answer = await world.http.post(RECORDS, json=body, headers=world.one.headers)
    assert (answer.status_code, answer.json()["success"]) == (400, False)
    assert answer.json()["message"].startswith(names)


async def test_a_session_may_have_any_printable_name(world: World) -> None:
    for name in ("Ana Pérez / caja 3", "12345", "日本"):
        assert (await add(world, name))["session_id"] == name


async def test_patch_changes_the_record_alone(world: World) -> None:
    row = await add(world)
    world.clock.pass_(minutes=1)
    body = {"status": "connected", "phone_number": "549", "last_seen": "2026-01-01T10:00:00", "other": 1}
    answer = await world.http.patch(f"{RECORDS}/{row['id']}", json=body, headers=world.one.headers)
    assert answer.json()["data"] == row | {
        "status": "connected",
        "phone_number": "549",
        "last_seen": "2026-01-01T10:00:00.000Z",
        "updated_at": "2026-01-01T12:01:00.000Z",
    }
    status = await world.http.get("/api/sessions/a/status", headers=world.one.headers)
    assert status.json()["data"]["status"] == "pending"
    empty = await world.http.patch(f"{RECORDS}/a", json={"phone_number": None}, headers=world.one.headers)
    assert empty.json()["data"]["phone_number"] is None
    await world.show_ready("a")
    again = await world.http.get(f"{RECORDS}/a", headers=world.one.headers)
    assert again.json()["data"]["phone_number"] == "5491100000001"


@pytest.mark.parametrize(
    "body",
    [
        {"status": "error"},
        {"status": None},
        {"phone_number": "1" * 21},
        {"last_seen": "soon"},
        {"server_port": -1},
    ],
)
async def test_a_patch_with_a_wrong_value_is_a_400(world: World, body: Any) -> None:
    await add(world)
    answer = await world.http.patch(f"{RECORDS}/a", json=body, headers=world.one.headers)
    assert (answer.status_code, answer.json()["success"]) == (400, False)


async def test_deleting_takes_record_and_session(world: World) -> None:
    row = await add(world)
    answer = await world.http.delete(f"{RECORDS}/{row['id']}", headers=world.one.headers)
    assert answer.json()["data"] == {"message": "Sesión de WhatsApp eliminada correctamente"}
    assert [each.retain for each in world.backend.deleted] == [True]
    assert (await world.http.get(f"{RECORDS}/{row['id']}", headers=world.one.headers)).status_code == 404


async def test_another_organizations_record_is_not_there(world: World) -> None:
    row = await add(world)
    for method in ("GET", "PATCH", "DELETE"):
        for id in (row["id"], "a"):
            answer = await world.http.request(
                method, f"{RECORDS}/{id}", json={"status": "expired"}, headers=world.two.headers
            )
            assert answer.status_code == 404
    answer = await world.http.post(
        f"{RECORDS}/new-session-connected", json=CONNECTED, headers=world.two.headers
    )
    assert answer.status_code == 404
    assert (await world.http.get(RECORDS, headers=world.two.headers)).json()["data"] == []


@pytest.mark.parametrize("by", ["key", "signature"])
async def test_a_connected_session_makes_its_parent_active_with_its_number(world: World, by: str) -> None:
    await add(world, sesion_id=7)
    path = f"{RECORDS}/new-session-connected"
    if by == "key":
        answer = await world.http.post(path, json=CONNECTED, headers=world.one.headers)
    else:
        answer = await world.callback(path, CONNECTED)
    assert answer.status_code == 200, answer.text
    assert answer.json()["data"].items() >= {
        "status": "connected", "phone_number": "5491100000001", "server_port": 3001,
        "auth_folder_path": "/data/cliente_1", "last_seen": "2026-01-01T12:00:00.000Z",
        "whatsapp_user_id": "5491100000001:1@s.whatsapp.net",
    }.items()  # fmt: skip
    assert await parent(world, 7, world.one) == ("activo", "5491100000001")
    repeated = await world.callback(path, CONNECTED)
    assert repeated.status_code == 200


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
async def test_a_wrong_method_for_new_session_connected_is_405(world: World, method: str) -> None:
    answer = await world.http.request(
        method, f"{RECORDS}/new-session-connected", json={}, headers=world.one.headers
    )
    assert (answer.status_code, answer.json()["success"]) == (405, False)
    assert "POST" in answer.headers["allow"]


async def generate(world: World) -> dict[str, Any]:
    asked = asyncio.create_task(world.http.get("/generate-qr", headers=world.one.headers))
    await world.watched()
    name = world.backend.puts[-1].session_id
    await world.show_qr(name, "1@code")
    answer = await asked
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    body: dict[str, Any] = answer.json()
    return body


async def test_generate_qr_starts_a_session_that_leaves_nothing_behind(world: World) -> None:
    body = await generate(world)
    data = body["data"]
    assert body == {"success": True, **data, "data": data}
    assert re.fullmatch(r"session_1767268800000_[a-z0-9]{9}", data["session_id"])
    assert data["qr_code"] == "1@code"
    assert data["qr_url"].startswith("data:image/png;base64,iVBOR")
    assert world.backend.puts[-1].retain is False


async def test_a_claimed_session_stays(world: World) -> None:
    name = (await generate(world))["session_id"]
    row = await add(world, name, sesion_id=1)
    assert row["sesion_id"] == 1
    assert world.backend.puts[-1].retain is True
    again = await world.http.post(RECORDS, json={"session_id": name}, headers=world.one.headers)
    assert again.status_code == 409
    world.clock.pass_(hours=1)
    await upkeep.once(world.services)
    assert (await world.http.get(f"{RECORDS}/{name}", headers=world.one.headers)).status_code == 200


async def test_never_claimed_it_is_removed_when_its_qr_expires(world: World) -> None:
    name = (await generate(world))["session_id"]
    world.clock.pass_(seconds=20)
    await upkeep.once(world.services)
    assert (await world.http.get(f"{RECORDS}/{name}", headers=world.one.headers)).status_code == 200
    await world.show_qr(name, "1@rotated")
    world.clock.pass_(seconds=1)
    await upkeep.once(world.services)
    assert (await world.http.get(f"{RECORDS}/{name}", headers=world.one.headers)).status_code == 404
    assert [each.retain for each in world.backend.deleted] == [False]


async def test_one_that_a_phone_has_scanned_is_not_removed(world: World) -> None:
    name = (await generate(world))["session_id"]
    world.clock.pass_(seconds=19)
    await world.show(name, State.INIT)
    world.clock.pass_(seconds=19)
    await upkeep.once(world.services)
    await world.show_ready(name)
    world.clock.pass_(hours=1)
    await upkeep.once(world.services)
    assert (await world.http.get(f"{RECORDS}/{name}", headers=world.one.headers)).status_code == 200


async def test_without_a_qr_nothing_is_left_behind(world: World) -> None:
    answer = await world.http.get("/generate-qr", headers=world.one.headers)
    assert (answer.status_code, answer.json()["success"]) == (503, False)
    assert len(world.backend.deleted) == 1
    assert (await world.http.get(RECORDS, headers=world.one.headers)).json()["data"] == []


async def test_twenty_may_wait_to_be_claimed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("whatsapp_hub.manager.UNCLAIMED_MOST", 1)
    await generate(world)
    answer = await world.http.get("/generate-qr", headers=world.one.headers)
    assert (answer.status_code, answer.json()["success"]) == (429, False)
    assert len(world.backend.puts) == 1
