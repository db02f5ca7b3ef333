"""Contract B's session routes. Each test says a sentence of `docs/contracts.md`."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from unit.hub.world import World
from whatsapp_contracts.states import Reason, State
from whatsapp_hub import intake
from whatsapp_hub.backend.protocol import Seen

ROUTES = [
    ("POST", "/api/sessions"),
    ("GET", "/api/sessions"),
    ("GET", "/api/sessions/cliente_1"),
    ("DELETE", "/api/sessions/cliente_1"),
    ("POST", "/api/sessions/cliente_1/connect"),
    ("POST", "/api/sessions/cliente_1/disconnect"),
    ("GET", "/api/sessions/cliente_1/qr"),
    ("GET", "/api/sessions/cliente_1/status"),
]


@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_a_session_route_needs_a_key_or_a_token(world: World, method: str, path: str) -> None:
    await world.create("cliente_1")
    for headers in [
        {},
        {"X-API-Key": "was_wrong"},
        {"X-API-Key": world.one.key[:-1] + ("A" if world.one.key[-1] != "A" else "B")},
        {"Authorization": "Bearer nonsense"},
        {"Authorization": f"Basic {world.one.token}"},
        {"X-API-Key": "was_wrong", "Authorization": f"Bearer {world.one.token}"},
    ]:
        answer = await world.http.request(method, path, json={"sessionId": "x"}, headers=headers)
        assert (answer.status_code, answer.json()["success"]) == (401, False), headers


@pytest.mark.parametrize("bearer", ["expired", "", "a.b.c"])
async def test_a_bearer_beside_a_good_key_never_makes_the_call_fail(world: World, bearer: str) -> None:
    headers = {**world.one.headers, "Authorization": f"Bearer {bearer}"}
    assert (await world.http.get("/api/sessions", headers=headers)).status_code == 200


async def test_a_token_alone_works_too(world: World) -> None:
    headers = {"Authorization": f"Bearer {world.one.token}"}
    answer = await world.http.post("/api/sessions", json={"sessionId": "a"}, headers=headers)
    assert answer.status_code == 201


@pytest.mark.parametrize(("method", "path"), ROUTES[2:])
async def test_another_organizations_session_is_not_there(world: World, method: str, path: str) -> None:
    made = await world.create("cliente_1")
    for each in (path, path.replace("cliente_1", str(made["id"]))):
        answer = await world.http.request(method, each, headers=world.two.headers)
        assert (answer.status_code, answer.json()["success"]) == (404, False)
    assert (await status(world, "cliente_1"))["status"] == "pending"
    listed = await world.http.get("/api/sessions", headers=world.two.headers)
    assert listed.json()["data"] == {"sessions": [], "total": 0}


async def test_create_answers_201_and_the_login_starts_at_once(world: World) -> None:
    data = await world.create("cliente_001", name="Ana", description="VIP", phoneNumber="+54 911-0000 0001")
    assert {name: data[name] for name in ("sessionId", "status", "qrCode", "name", "description")} == {
        "sessionId": "cliente_001", "status": "pending", "qrCode": None, "name": "Ana", "description": "VIP",
    }  # fmt: skip
    assert isinstance(data["id"], int)
    assert data["phoneNumber"] is None
    assert data["expectedPhoneNumber"] == "5491100000001"
    (put,) = world.backend.puts
    assert (put.session_id, put.cliente_id, put.operating_mode) == ("cliente_001", 1, "Connected")
    assert (put.phone_number, put.retain) == ("5491100000001", True)


async def test_a_second_session_of_the_name_is_409(world: World) -> None:
    await world.create("a")
    again = await world.http.post("/api/sessions", json={"sessionId": "a"}, headers=world.one.headers)
    assert again.status_code == 409
    assert again.json() == {"success": False, "message": "Session already exists"}
    assert (await world.create("a", world.two))["sessionId"] == "a"


async def test_of_many_creates_at_once_one_wins(world: World) -> None:
    async def create() -> int:
        answer = await world.http.post("/api/sessions", json={"sessionId": "a"}, headers=world.one.headers)
        return answer.status_code

    answers = await asyncio.gather(*(create() for _ in range(8)))
    assert sorted(answers) == [201] + [409] * 7
    assert len(world.backend.puts) == 1


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ({}, "sessionId"),
        ({"sessionId": ""}, "sessionId"),
        ({"sessionId": "123"}, "sessionId"),
        ({"sessionId": "a/b"}, "sessionId"),
        ({"sessionId": "ñ"}, "sessionId"),
        ({"sessionId": "a" * 101}, "sessionId"),
        ({"sessionId": 5}, "sessionId"),
        ({"sessionId": "a", "phoneNumber": "call me"}, "phoneNumber"),
        ({"sessionId": "a", "phoneNumber": "123"}, "phoneNumber"),
        ({"sessionId": "a", "phoneNumber": 5491100000001}, "phoneNumber"),
        ({"sessionId": "a", "name": "x\0y"}, "name"),
        ({"sessionId": "a", "description": "\ud800"}, "description"),
        ({"sessionId": "a", "clienteId": 2**31}, "clienteId"),
        ({"sessionId": "a", "clienteId": True}, "clienteId"),
    ],
)
async def test_a_wrong_field_is_a_400_that_names_it(world: World, body: Any, names: str) -> None:
    headers = {**world.one.headers, "Content-Type": "application/json"}
    answer = await world.http.post("/api/sessions", content=json.dumps(body), headers=headers)
    assert (answer.status_code, answer.json()["success"]) == (400, False)
    assert answer.json()["message"].startswith(names)
    assert world.backend.puts == []


@pytest.mark.parametrize("phone", [None, "", "  ", "+"])
async def test_no_phone_number_means_any(world: World, phone: str | None) -> None:
    assert (await world.create("a", phoneNumber=phone))["expectedPhoneNumber"] is None


@pytest.mark.parametrize(
    ("session_id", "given", "want"),
    [("cliente_51", None, 51), ("cliente_51", 7, 7), ("cliente_1767268800000", None, 1), ("ana", None, 1),
     ("cliente_0", None, 1)],
)  # fmt: skip
async def test_the_cliente_id_is_given_or_in_the_name_or_the_id(
    world: World, session_id: str, given: int | None, want: int
) -> None:
    data = await world.create(session_id, clienteId=given)
    assert data["clienteId"] == want


async def test_when_the_backend_refuses_nothing_was_created(world: World) -> None:
    world.backend.broken = "The cluster does not answer. Try again."
    answer = await world.http.post("/api/sessions", json={"sessionId": "a"}, headers=world.one.headers)
    assert (answer.status_code, answer.json()["message"]) == (503, world.backend.broken)
    world.backend.broken = None
    listed = await world.http.get("/api/sessions", headers=world.one.headers)
    assert listed.json()["data"]["total"] == 0


async def test_the_list_holds_every_session_without_paging(world: World) -> None:
    for number in range(60):
        await world.create(f"s{number}")
    data = (await world.http.get("/api/sessions", headers=world.one.headers)).json()["data"]
    assert [each["sessionId"] for each in data["sessions"]] == [f"s{number}" for number in range(60)]
    assert data["total"] == 60
    page = await world.http.get("/api/sessions?limit=2&offset=3", headers=world.one.headers)
    assert [each["sessionId"] for each in page.json()["data"]["sessions"]] == ["s3", "s4"]
    await world.show_ready("s5")
    ready = await world.http.get("/api/sessions?status=connected", headers=world.one.headers)
    assert [each["sessionId"] for each in ready.json()["data"]["sessions"]] == ["s5"]
    assert ready.json()["data"]["total"] == 1
    wrong = await world.http.get("/api/sessions?status=ready", headers=world.one.headers)
    assert wrong.status_code == 400


async def test_a_connected_session_shows_its_number_and_an_unconnected_one_none(world: World) -> None:
    await world.create("a", phoneNumber="5491100000001")
    await world.show_ready("a", "5491100000001")
    (listed,) = (await world.http.get("/api/sessions", headers=world.one.headers)).json()["data"]["sessions"]
    assert (listed["status"], listed["isConnected"], listed["phoneNumber"]) == (
        "connected", True, "5491100000001",
    )  # fmt: skip
    assert listed["qrCode"] is None
    await world.show("a", State.DISCONNECTED, Reason.LOGGED_OUT, logged_out_by="phone", message="Gone.")
    data = await status(world, "a")
    assert (data["status"], data["isConnected"], data["phoneNumber"]) == ("disconnected", False, None)
    assert (data["reason"], data["message"]) == ("LoggedOut", "Gone.")


async def test_digits_alone_are_always_the_id(world: World) -> None:
    data = await world.create("a")
    answer = await world.http.get(f"/api/sessions/{data['id']}/status", headers=world.one.headers)
    assert answer.json()["data"]["sessionId"] == "a"
    for nobody in ("99", "99999999999999999999", "0", "b", "%00", "a%ed%a0%80"):
        answer = await world.http.get(f"/api/sessions/{nobody}/status", headers=world.one.headers)
        assert answer.status_code == 404, nobody


async def test_connect_and_disconnect_take_an_empty_json_body(world: World) -> None:
    await world.create("a")
    for verb in ("disconnect", "connect"):
        answer = await world.http.post(
            f"/api/sessions/a/{verb}", headers={**world.one.headers, "Content-Type": "application/json"}
        )
        assert (answer.status_code, answer.json()["success"]) == (200, True)


@pytest.mark.parametrize("state", [State.INIT, State.QR_REQUIRED, State.READY])
async def test_connect_on_a_session_that_starts_shows_a_qr_or_is_connected_restarts_nothing(
    world: World, state: State
) -> None:
    await world.create("a")
    await world.show("a", state)
    answer = await world.http.post("/api/sessions/a/connect", headers=world.one.headers)
    assert answer.status_code == 200
    assert answer.json()["data"]["status"] in ("pending", "connected")
    assert len(world.backend.puts) == 1
    assert world.backend.logins == []


async def test_connect_starts_a_login_that_ended_and_stays_pending_until_it_is_heard(world: World) -> None:
    await world.create("a")
    await world.show("a", State.DISCONNECTED, Reason.QR_EXPIRED)
    assert (await status(world, "a"))["status"] == "disconnected"
    answer = await world.http.post("/api/sessions/a/connect", headers=world.one.headers)
    assert answer.json()["data"] | {"message": ""} == (await status(world, "a")) | {"message": ""}
    assert (answer.json()["data"]["sessionId"], answer.json()["data"]["status"]) == ("a", "pending")
    assert len(world.backend.logins) == 1
    await world.show("a", State.DISCONNECTED, Reason.QR_EXPIRED)  # an old view, told again
    assert (await status(world, "a"))["status"] == "pending"
    await world.http.post("/api/sessions/a/connect", headers=world.one.headers)
    assert len(world.backend.logins) == 1
    await world.show("a", State.INIT)
    await world.show_qr("a")
    assert (await status(world, "a"))["status"] == "pending"
    await world.show("a", State.DISCONNECTED, Reason.QR_EXPIRED)
    assert (await status(world, "a"))["status"] == "disconnected"


async def test_disconnect_sets_the_mode_and_connect_sets_it_back(world: World) -> None:
    await world.create("a")
    await world.show_ready("a")
    for _ in range(2):
        answer = await world.http.post("/api/sessions/a/disconnect", headers=world.one.headers)
        assert answer.json()["data"]["status"] == "disconnected"
    await world.show("a", State.DISCONNECTED, Reason.STOPPED)
    assert [put.operating_mode for put in world.backend.puts] == ["Connected", "Disconnected"]
    await world.http.post("/api/sessions/a/connect", headers=world.one.headers)
    assert [put.operating_mode for put in world.backend.puts][2:] == ["Connected"]
    assert [put.generation for put in world.backend.puts] == [1, 2, 3]
    assert (await status(world, "a"))["status"] == "pending"


async def test_a_pod_that_cannot_run_is_an_error_that_says_why_until_connect(world: World) -> None:
    await world.create("a")
    uid = (await world.row("a")).uid
    await intake.take_in(world.services, Seen(uid=uid, message="Chromium is missing.", ended=True))
    data = await status(world, "a")
    assert (data["status"], data["message"]) == ("error", "Chromium is missing.")
    await world.http.post("/api/sessions/a/connect", headers=world.one.headers)
    assert (await status(world, "a"))["status"] == "pending"


async def test_a_number_that_is_connected_elsewhere_makes_the_younger_session_an_error(world: World) -> None:
    await world.create("old", world.two)
    await world.create("young")
    await world.show_ready("old", org=world.two)
    await world.show_ready("young")
    data = await status(world, "young")
    assert data["status"] == "error"
    assert "another session" in data["message"]
    other = await world.http.get("/api/sessions/old/status", headers=world.two.headers)
    assert other.json()["data"]["status"] == "connected"


async def test_deleting_takes_row_and_session_and_the_name_is_free(world: World) -> None:
    first = await world.create("a")
    answer = await world.http.delete("/api/sessions/a", headers=world.one.headers)
    assert (answer.status_code, answer.json()["success"]) == (200, True)
    assert [each.session_id for each in world.backend.deleted] == ["a"]
    assert (await world.http.delete("/api/sessions/a", headers=world.one.headers)).status_code == 404
    assert (await world.create("a"))["id"] != first["id"]


async def test_polling_clients_are_never_throttled(world: World) -> None:
    await world.create("a")
    for _ in range(150):
        assert (await world.http.get("/api/sessions/a/status", headers=world.one.headers)).status_code == 200


async def status(world: World, name: str) -> dict[str, Any]:
    answer = await world.http.get(f"/api/sessions/{name}/status", headers=world.one.headers)
    assert answer.status_code == 200
    data: dict[str, Any] = answer.json()["data"]
    return data
