"""Logging in on the page with the unmodified wa-js: QR, scan, restore, unlink, logout, who is refused."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx

from integration.simulator.processes import Simulator
from integration.simulator.wa_page import SERVICE_NAME, WaPage
from whatsapp_contracts import npm
from whatsapp_session import wa_js

ANA, BEA = "5491100000001", "5491100000002"
OpenPage = Callable[..., Awaitable[WaPage]]
StartSimulator = Callable[..., Awaitable[Simulator]]


async def refused(http: httpx.AsyncClient, number: str, code: str) -> tuple[int, str]:
    answer = await http.post(f"/phones/{number}/scan", json={"code": code})
    return answer.status_code, answer.json()["error"]


async def connections(http: httpx.AsyncClient, *, only_open: bool = True) -> list[str]:
    answer = await http.get("/connections", params={"open": only_open})
    return [connection["id"] for connection in answer.json()]


def test_the_bundle_is_the_file_of_the_package_with_npms_integrity_hash(bundle: str) -> None:
    lock = wa_js.read_lock()
    with tempfile.TemporaryDirectory() as folder:
        tarball = npm.pack(lock, Path(folder), npm.npm_command())
    assert npm.extract(lock, tarball) == bundle.encode()


async def test_an_old_and_a_used_code_are_refused(
    simulator: Simulator, http: httpx.AsyncClient, open_page: OpenPage
) -> None:
    page = await open_page(simulator)
    old = await page.qr()
    await page.run("WPP.conn.refreshQR()")
    used = await page.qr()
    assert await refused(http, ANA, old) == (410, "qr_expired")
    await page.link(http, ANA)
    assert await refused(http, BEA, used) == (410, "qr_used")


async def test_a_fifth_device_is_refused_and_the_page_keeps_waiting(
    simulator: Simulator, http: httpx.AsyncClient, open_page: OpenPage
) -> None:
    for number in range(4):
        page = await open_page(simulator, f"profile-{number}")
        await page.link(http, ANA)
        await page.close()
    fifth = await open_page(simulator, "fifth")
    code = await fifth.qr()
    assert await refused(http, ANA, code) == (409, "too_many_devices")
    assert await fifth.qr() == code
    await http.post(f"/phones/{ANA}/unlink", json={"device": "1"})
    await fifth.link(http, ANA)


async def test_codes_rotate_then_the_page_is_idle_until_it_is_asked_again(
    start_simulator: StartSimulator, open_page: OpenPage
) -> None:
    simulator = await start_simulator(
        "--qr-first-seconds", "1", "--qr-rotation-seconds", "0.5", "--qr-rotations", "3"
    )
    page = await open_page(simulator)
    await page.heard("conn.qrcode_idle")
    assert await page.run("[WPP.conn.isIdle(), WPP.whatsapp.Conn.ref === undefined]") == [True, True]
    page.events.clear()
    fresh = await page.run("WPP.conn.refreshQR()")
    await page.heard("conn.qrcode_idle")
    *shown, none = await page.heard("conn.auth_code_change", 4)
    codes = [code["fullCode"] for code in shown]
    assert (codes[0], len(set(codes)), none) == (fresh["fullCode"], 3, None)
    assert len({code.partition(",")[2] for code in codes}) == 1  # the page's keys stay, the ref rotates


async def test_a_scan_links_the_page_which_then_reloads_and_is_usable(
    simulator: Simulator, http: httpx.AsyncClient, open_page: OpenPage
) -> None:
    page = await open_page(simulator)
    await page.heard("conn.require_auth")
    await page.until("() => document.getElementById('qr-box').dataset.ref")
    assert await page.run("WPP.conn.isAuthenticated()") is False
    assert await connections(http, only_open=False) == []
    picture = await page.page.locator("#qr").screenshot()
    answer = await http.post(f"/phones/{ANA}/scan", content=picture, headers={"content-type": "image/png"})
    assert answer.json()["device"]["name"] == "Chrome (Linux)"
    await page.ready()
    assert await page.heard("conn.authenticated") == [None]
    await page.heard("conn.main_ready", 2)  # on the QR screen, and after the reload
    assert (await page.heard("conn.stream_mode_changed", 3))[:2] == ["QR", "SYNCING"]
    about = await page.run(
        "[String(WPP.conn.getMyUserId()), String(WPP.whatsapp.UserPrefs.getMaybeMeDevicePn()),"
        " WPP.conn.getPlatform(), WPP.whatsapp.Conn.pushname,"
        " WPP.whatsapp.Socket.state, WPP.conn.getStreamData().info]"
    )
    assert about == [f"{ANA}@c.us", f"{ANA}:1@c.us", "android", "Phone 0001", "CONNECTED", "NORMAL"]
    assert await page.run("WPP.conn.getAuthCode()") is None
    assert len(await connections(http)) == 1


async def test_under_a_service_name_without_a_secure_context_it_works_too(
    simulator: Simulator, http: httpx.AsyncClient, open_page: OpenPage
) -> None:
    await http.post(f"/phones/{BEA}")
    page = await open_page(simulator, host=SERVICE_NAME)
    assert await page.run("[isSecureContext, typeof crypto.subtle]") == [False, "undefined"]
    await page.link(http, ANA)
    sent = await page.send(BEA, "from the cluster")
    assert sent["sendMsgResult"]["messageSendResult"] == "OK"


async def test_a_login_is_restored_without_a_code_from_the_profile_or_its_copy_and_from_nothing_else(
    simulator: Simulator, http: httpx.AsyncClient, open_page: OpenPage, tmp_path: Path
) -> None:
    first = await open_page(simulator)
    await first.link(http, ANA)
    await first.close()
    shutil.copytree(tmp_path / "profile", tmp_path / "copy")
    for profile in ("profile", "copy"):
        page = await open_page(simulator, profile)
        await page.ready()
        assert [value for value in await page.heard("conn.auth_code_change") if value] == []
        assert "conn.require_auth" not in dict(page.events)
        await page.close()
    assert len(await connections(http, only_open=False)) == 3
    assert await connections(http) == []
    shutil.rmtree(tmp_path / "profile")
    wiped = await open_page(simulator)
    await wiped.qr()


async def test_the_same_login_opened_twice_stops_the_first_until_it_takes_over(
    simulator: Simulator, http: httpx.AsyncClient, open_page: OpenPage, tmp_path: Path
) -> None:
    first = await open_page(simulator)
    await first.link(http, ANA)
    await first.close()
    shutil.copytree(tmp_path / "profile", tmp_path / "copy")
    first = await open_page(simulator)
    await first.ready()
    second = await open_page(simulator, "copy")
    await second.ready()
    await first.until("() => WPP.conn.getStreamData().mode === 'CONFLICT'")
    assert await first.run("WPP.whatsapp.Socket.state") == "CONFLICT"
    assert len(await connections(http)) == 1
    await first.run("WPP.whatsapp.Socket.takeover()")
    await second.until("() => WPP.conn.getStreamData().mode === 'CONFLICT'")
    await first.until("() => WPP.whatsapp.Socket.state === 'CONNECTED'")


async def test_unlinking_on_the_phone_logs_the_page_out_to_a_new_code(
    simulator: Simulator, http: httpx.AsyncClient, open_page: OpenPage
) -> None:
    page = await open_page(simulator)
    await page.link(http, ANA)
    assert (await http.post(f"/phones/{ANA}/unlink")).status_code == 200
    await page.heard("conn.logout")
    assert await page.heard("conn.logout_reason") == ["unlinked_by_phone"]
    await page.qr()
    assert await page.run("WPP.conn.isAuthenticated()") is False
    assert "post_logout=1" in page.page.url
    await page.link(http, ANA)


async def test_a_device_unlinked_while_it_was_away_is_logged_out_when_it_comes_back(
    simulator: Simulator, http: httpx.AsyncClient, open_page: OpenPage
) -> None:
    page = await open_page(simulator)
    await page.link(http, ANA)
    await page.close()
    await http.post(f"/phones/{ANA}/unlink")
    page = await open_page(simulator)
    await page.qr()
    assert "post_logout=1" in page.page.url


async def test_logging_out_on_the_page_removes_the_device_from_the_phone(
    simulator: Simulator, http: httpx.AsyncClient, open_page: OpenPage
) -> None:
    page = await open_page(simulator)
    await page.link(http, ANA)
    assert await page.run("WPP.conn.logout()") is True
    assert (await http.get(f"/phones/{ANA}")).json()["devices"] == []
    await page.qr()
    assert await page.run("Object.keys(localStorage).filter((key) => key.startsWith('last-wid'))") == []
