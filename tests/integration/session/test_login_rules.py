"""What the configuration says of a login, and what WhatsApp does to one, on the real thing."""

from __future__ import annotations

import json
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path

from integration.session.conftest import FRIEND, PHONE, Phones
from integration.session.processes import SessionProcess, eventually
from integration.simulator.processes import Simulator

StartSession = Callable[..., Awaitable[SessionProcess]]
StartSimulator = Callable[..., Awaitable[Simulator]]


async def no_browser(session: SessionProcess) -> None:
    async def gone() -> bool:
        return session.browsers == []

    await eventually(gone, "no browser runs")


async def test_the_allowed_rotations_end_and_a_login_begins_anew(
    start_simulator: StartSimulator, start_session: StartSession, tmp_path: Path
) -> None:
    simulator = await start_simulator("--qr-first-seconds", "1", "--qr-rotation-seconds", "1")
    file = tmp_path / "config.json"
    file.write_text(json.dumps({"login": {"maxQRRotations": 2}}), "utf-8")
    session = await start_session(simulator.url, CONFIG_FILE=str(file))
    view = await session.reaches("DISCONNECTED", "QRExpired")
    assert "2 codes were shown" in view["message"]
    assert "POST /session-manager/login" in view["message"]
    await no_browser(session)
    assert len(await session.events(2, "after=0&types=session.qr")) == 2
    assert (await session.post("/session-manager/login")).status_code == 200
    await session.reaches("QR_REQUIRED")


async def test_another_number_than_the_one_that_is_expected_is_unlinked_and_never_ready(
    session: SessionProcess, phones: Phones
) -> None:
    await session.configure(phoneNumber=FRIEND)
    view = await session.reaches("QR_REQUIRED")
    await phones.scan(view["qr"]["code"])
    view = await session.reaches("DISCONNECTED", "PhoneMismatch")
    assert PHONE not in view["message"]
    assert FRIEND not in view["message"]
    await no_browser(session)
    assert await phones.devices() == 0
    states = [
        event["data"]["state"]
        for event in await session.events_until(
            lambda got: got[-1]["data"]["reason"] == "PhoneMismatch", "after=0&types=session.*"
        )
    ]
    assert "READY" not in states
    await session.post("/session-manager/login")
    view = await session.reaches("QR_REQUIRED")
    await phones.scan(view["qr"]["code"], FRIEND)
    assert (await session.reaches("READY"))["account"]["phone"] == FRIEND


async def test_a_number_that_becomes_wrong_while_ready_is_unlinked(
    ready: SessionProcess, phones: Phones
) -> None:
    await ready.configure(phoneNumber=FRIEND, revision="2")
    view = await ready.reaches("DISCONNECTED", "PhoneMismatch")
    assert view["configRevision"] == "2"

    async def unlinked() -> bool:
        return await phones.devices() == 0

    await eventually(unlinked, "the device is unlinked")


async def test_the_mode_disconnected_lasts_through_restarts_and_connected_brings_the_login_back(
    ready: SessionProcess, phones: Phones
) -> None:
    await ready.configure(operatingMode="Disconnected", revision="off")
    view = await ready.reaches("DISCONNECTED", "Stopped")
    assert view["configRevision"] == "off"
    await no_browser(ready)
    refused = await ready.post("/session-manager/login")
    assert (refused.status_code, refused.json()["error"]) == (409, "operating_mode")
    await ready.end(signal.SIGKILL)
    await ready.start()
    await ready.reaches("DISCONNECTED", "Stopped")
    assert ready.browsers == []
    await ready.configure(operatingMode="Connected", revision="on")
    await ready.reaches("READY")
    assert await phones.devices() == 1


async def test_a_pairing_code_links_the_expected_number(session: SessionProcess, phones: Phones) -> None:
    await session.configure(phoneNumber=PHONE, login={"method": "PairingCode"})

    async def shown() -> bool:
        return (await session.view())["pairingCode"] is not None

    await phones.post(f"/phones/{PHONE}")
    await eventually(shown, "a pairing code is shown")
    view = await session.view()
    assert (view["state"], view["qr"]) == ("QR_REQUIRED", None)
    code = (await session.get("/pairing-code")).json()["pairing_code"]
    await phones.post(f"/phones/{PHONE}/pair", {"code": code})
    view = await session.reaches("READY")
    assert (view["account"]["phone"], view["pairingCode"]) == (PHONE, None)


async def test_a_conflict_and_a_ban_are_told_by_their_names(ready: SessionProcess, phones: Phones) -> None:
    await phones.post(f"/phones/{PHONE}/conflict")
    await ready.reaches("DISCONNECTED", "Conflict")
    await no_browser(ready)
    await ready.post("/session-manager/login")
    await ready.reaches("READY")
    await phones.post(f"/phones/{PHONE}/ban")
    await ready.reaches("DISCONNECTED", "Banned")
    await no_browser(ready)
    await phones.post(f"/phones/{PHONE}/unban")
    await ready.post("/session-manager/login")
    await ready.reaches("READY")
