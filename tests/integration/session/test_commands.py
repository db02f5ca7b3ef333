from __future__ import annotations

from integration.session.conftest import FRIEND, PHONE, Phones
from integration.session.processes import SessionProcess, eventually


async def test_disconnect_closes_the_page_and_login_brings_it_back_without_a_qr(
    ready: SessionProcess, phones: Phones
) -> None:
    answer = await ready.post("/disconnect")
    assert answer.json() == {"ok": True, "message": "WhatsApp session disconnected successfully"}
    view = await ready.view()
    assert (view["state"], view["reason"]) == ("DISCONNECTED", "Stopped")
    assert ready.browsers == []

    async def closed() -> bool:
        return await phones.get("/connections?open=true") == []

    await eventually(closed, "the connection is closed")
    assert await phones.devices() == 1  # the login is kept
    assert (await ready.send(FRIEND, "no")).status_code == 409
    assert (await ready.post("/session-manager/login")).json() == {"message": "login iniciado"}
    await ready.reaches("READY")
    shown = await ready.events_until(
        lambda got: got[-1]["data"]["state"] == "READY", "after=5&types=session.*"
    )
    assert "session.qr" not in [event["type"] for event in shown]
    assert (await ready.send(FRIEND, "back")).status_code == 200


async def test_a_stopped_session_connects_again_after_a_restart_of_the_process(ready: SessionProcess) -> None:
    await ready.post("/disconnect")
    await ready.end()
    await ready.start()
    await ready.reaches("READY")


async def test_logout_unlinks_the_device_and_the_next_login_needs_a_scan(
    ready: SessionProcess, phones: Phones
) -> None:
    assert (await ready.post("/session-manager/logout")).json() == {"message": "logout iniciado"}
    view = await ready.reaches("DISCONNECTED", "LoggedOut")
    assert view["account"] is None
    assert await phones.devices() == 0

    async def forgotten() -> bool:
        return not ready.login_dir.exists()

    await eventually(forgotten, "the login is deleted")
    await ready.post("/session-manager/login")
    view = await ready.reaches("QR_REQUIRED")
    await phones.scan(view["qr"]["code"])
    await ready.reaches("READY")


async def test_logout_of_a_stopped_session_unlinks_it_too(ready: SessionProcess, phones: Phones) -> None:
    await ready.post("/disconnect")
    await ready.post("/session-manager/logout")
    await ready.reaches("DISCONNECTED", "LoggedOut")
    assert await phones.devices() == 0


async def test_unlinked_by_the_phone_is_logged_out_and_shows_no_qr_until_asked(
    ready: SessionProcess, phones: Phones
) -> None:
    await phones.post(f"/phones/{PHONE}/unlink", {})
    view = await ready.reaches("DISCONNECTED", "LoggedOut")
    assert "POST /session-manager/login" in view["message"]
    assert view["loggedOutBy"] == "phone"

    async def closed() -> bool:
        return ready.browsers == []

    await eventually(closed, "the browser is closed")
    assert (await ready.get("/qr-code")).status_code == 404
    await ready.post("/session-manager/login")
    view = await ready.reaches("QR_REQUIRED")
    assert view["qr"]["attempt"] == 1


async def test_unlinked_while_the_process_is_down_asks_for_a_scan_at_the_start(
    ready: SessionProcess, phones: Phones
) -> None:
    await ready.end()
    await phones.post(f"/phones/{PHONE}/unlink", {})
    await ready.start()
    await ready.reaches("QR_REQUIRED")


async def test_login_in_ready_changes_nothing(ready: SessionProcess, phones: Phones) -> None:
    before = await phones.get("/connections?open=true")
    assert (await ready.post("/session-manager/login")).json() == {"message": "login iniciado"}
    assert await phones.get("/connections?open=true") == before
    assert (await ready.view())["state"] == "READY"
