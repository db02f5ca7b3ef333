from __future__ import annotations

import io
import re
from collections.abc import Awaitable, Callable

import pytest
import zxingcpp
from PIL import Image

from integration.session.conftest import PHONE, Phones
from integration.session.processes import SessionProcess, eventually
from integration.simulator.processes import Simulator

StartSession = Callable[..., Awaitable[SessionProcess]]
StartSimulator = Callable[..., Awaitable[Simulator]]


async def test_the_qr_is_the_same_on_every_route_and_rotates(
    start_simulator: StartSimulator, start_session: StartSession
) -> None:
    simulator = await start_simulator("--qr-first-seconds", "4", "--qr-rotation-seconds", "4")
    session = await start_session(simulator.url)
    await session.reaches("QR_REQUIRED")

    async def same() -> bool:  # one that rotates in between is asked for again
        code = (await session.get("/qr-code")).json()["qr_code"]
        picture = Image.open(io.BytesIO((await session.get("/session-manager/qr")).content))
        view = await session.view()
        assert picture.width >= 300
        return [one.text for one in zxingcpp.read_barcodes(picture)] == [code] == [view["qr"]["code"]]

    await eventually(same, "both routes and the stream show one code")
    assert (await session.get("/session-manager/state")).json() == {"state": "qr", "hasQR": True}
    shown = await session.events(3, "after=0&types=session.qr")
    assert [event["data"]["qr"]["attempt"] for event in shown] == [1, 2, 3]
    assert len({event["data"]["qr"]["code"] for event in shown}) == 3


async def test_a_qr_that_whatsapp_stops_rotating_is_asked_for_again(
    start_simulator: StartSimulator, start_session: StartSession
) -> None:
    flags = ("--qr-first-seconds", "1", "--qr-rotation-seconds", "1", "--qr-rotations", "2")
    simulator = await start_simulator(*flags)
    session = await start_session(simulator.url)
    shown = await session.events(5, "after=0&types=session.qr")
    assert len({event["data"]["qr"]["code"] for event in shown}) == 5


async def test_a_scan_leads_over_init_to_ready_with_the_account(
    session: SessionProcess, phones: Phones
) -> None:
    view = await session.reaches("QR_REQUIRED")
    assert (await session.get("/account-info")).status_code == 409
    await phones.scan(view["qr"]["code"])
    view = await session.reaches("READY")
    assert view["account"] == {
        "phone": PHONE, "platform": "android", "pushName": "Phone 0001",
        "whatsappUserId": f"{PHONE}:1@s.whatsapp.net",
    }  # fmt: skip
    states = [event["data"]["state"] for event in await session.events(4, "after=0&types=session.*")]
    assert states == ["INIT", "QR_REQUIRED", "INIT", "READY"]
    assert (await session.get("/qr-code")).status_code == 404
    assert (await session.get("/status")).json() == {"cliente_id": 51, "connected": True, "state": "READY"}
    assert (await session.get("/account-info")).json() == {
        "phone": PHONE, "platform": "android", "pushname": "Phone 0001",
    }  # fmt: skip


async def test_the_log_says_ready_once_and_holds_no_code_and_no_number(ready: SessionProcess) -> None:
    (shown,) = await ready.events(1, "after=0&types=session.qr")
    assert [line for line in ready.log if line.endswith(" INFO [WhatsApp] Client is ready")]
    text = "\n".join(ready.log)
    assert shown["data"]["qr"]["code"] not in text
    assert PHONE not in text


@pytest.mark.parametrize(("setting", "drawn"), [("always", True), ("auto", False)])
async def test_the_terminals_qr_is_drawn_when_asked_for(
    simulator: Simulator, start_session: StartSession, setting: str, drawn: bool
) -> None:
    session = await start_session(simulator.url, QR_TERMINAL=setting)
    await session.reaches("QR_REQUIRED")

    async def seen() -> bool:
        return any(re.search("[▀▄█]{5}", line) for line in session.log) or not drawn

    await eventually(seen, "the QR is drawn")
    assert any(re.search("[▀▄█]{5}", line) for line in session.log) == drawn


async def test_the_login_folder_holds_the_login_and_the_rest_lies_beside_it(ready: SessionProcess) -> None:
    await ready.end()
    beside = sorted(entry.name for entry in ready.sessions_dir.iterdir())
    assert beside == [
        "cliente_51", "journal-cliente_51.sqlite3", "lock-cliente_51", "reserve-cliente_51",
        "starts-cliente_51.json",
    ]  # fmt: skip


async def test_a_deleted_login_folder_is_a_new_qr_and_no_old_login_comes_back(ready: SessionProcess) -> None:
    await ready.end()
    ready.login_dir.rename(ready.sessions_dir / "moved-away")
    await ready.start()
    await ready.reaches("QR_REQUIRED")
