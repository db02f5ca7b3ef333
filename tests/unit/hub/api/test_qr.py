"""`GET /api/sessions/{id}/qr`: waited for on the server, never a code that is about to go."""

from __future__ import annotations

import asyncio
import base64
import io

import zxingcpp
from PIL import Image

from unit.hub.world import World
from whatsapp_contracts.states import Reason, State

NOTHING = {"qrCode": None, "qrCodeDataURL": None, "expiresAt": None}


async def test_the_qr_is_a_png_that_scans_in_three_spellings(world: World) -> None:
    await world.create("a")
    await world.show_qr("a", "2@" + "x" * 230)
    answer = await world.http.get("/api/sessions/a/qr", headers=world.one.headers)
    data = answer.json()["data"]
    assert answer.headers["cache-control"] == "no-store"
    assert len(data["qrCode"]) < 65_535
    assert data["qrCodeDataURL"] == "data:image/png;base64," + data["qrCode"]
    assert (data["expiresAt"], data["status"]) == ("2026-01-01T12:00:20.000Z", "pending")
    picture = Image.open(io.BytesIO(base64.b64decode(data["qrCode"])))
    assert picture.width >= 300
    assert [each.text for each in zxingcpp.read_barcodes(picture)] == ["2@" + "x" * 230]
    (listed,) = (await world.http.get("/api/sessions", headers=world.one.headers)).json()["data"]["sessions"]
    assert listed["qrCode"] == data["qrCode"]
    status = await world.http.get("/api/sessions/a/status", headers=world.one.headers)
    assert status.json()["data"]["hasQR"] is True


async def test_asking_right_after_create_waits_for_the_qr(world: World) -> None:
    await world.create("a")
    asked = asyncio.create_task(world.http.get("/api/sessions/a/qr", headers=world.one.headers))
    await world.watched()
    await world.show("a", State.INIT)
    assert not asked.done()
    await world.show_qr("a")
    assert (await asked).json()["data"]["qrCode"]


async def test_a_code_with_less_than_five_seconds_left_is_not_handed_out(world: World) -> None:
    await world.create("a")
    await world.show_qr("a", "1@old", seconds=4.9)
    asked = asyncio.create_task(world.http.get("/api/sessions/a/qr", headers=world.one.headers))
    await world.watched()
    await world.show_qr("a", "1@new", seconds=20)
    assert (await asked).json()["data"]["expiresAt"] == "2026-01-01T12:00:20.000Z"


async def test_without_a_qr_in_time_it_is_pending_with_nulls(world: World) -> None:
    await world.create("a")
    data = (await world.http.get("/api/sessions/a/qr", headers=world.one.headers)).json()["data"]
    assert data.items() >= (NOTHING | {"status": "pending"}).items()


async def test_a_login_that_was_restored_instead_is_connected_with_nulls(world: World) -> None:
    await world.create("a")
    await world.show_ready("a")
    data = (await world.http.get("/api/sessions/a/qr", headers=world.one.headers)).json()["data"]
    assert data.items() >= (NOTHING | {"status": "connected"}).items()


async def test_after_the_rotations_ran_out_it_is_410_and_connect_is_the_cure(world: World) -> None:
    await world.create("a")
    await world.show_qr("a")
    await world.show("a", State.DISCONNECTED, Reason.QR_EXPIRED)
    answer = await world.http.get("/api/sessions/a/qr", headers=world.one.headers)
    assert (answer.status_code, answer.json()["success"]) == (410, False)
    assert answer.json()["message"].startswith("QR Code expired")
    await world.http.post("/api/sessions/a/connect", headers=world.one.headers)
    await world.show("a", State.INIT)
    await world.show_qr("a", "1@second")
    assert (await world.http.get("/api/sessions/a/qr", headers=world.one.headers)).status_code == 200


async def test_a_session_that_was_disconnected_has_none_and_is_not_waited_for(world: World) -> None:
    await world.create("a")
    await world.http.post("/api/sessions/a/disconnect", headers=world.one.headers)
    data = (await world.http.get("/api/sessions/a/qr", headers=world.one.headers)).json()["data"]
    assert data.items() >= (NOTHING | {"status": "disconnected"}).items()
    assert "Connect it" in data["message"]


async def test_a_used_or_expired_qr_is_shown_nowhere(world: World) -> None:
    await world.create("a")
    await world.show_qr("a")
    await world.show("a", State.INIT)
    (listed,) = (await world.http.get("/api/sessions", headers=world.one.headers)).json()["data"]["sessions"]
    assert (listed["qrCode"], listed["status"]) == (None, "pending")
    await world.show_qr("a", "1@next")
    world.clock.pass_(seconds=20)
    (listed,) = (await world.http.get("/api/sessions", headers=world.one.headers)).json()["data"]["sessions"]
    assert listed["qrCode"] is None


async def test_a_session_that_is_deleted_while_waited_for_is_404(world: World) -> None:
    await world.create("a")
    asked = asyncio.create_task(world.http.get("/api/sessions/a/qr", headers=world.one.headers))
    await world.watched()
    await world.http.delete("/api/sessions/a", headers=world.one.headers)
    assert (await asked).status_code == 404
