"""Configuration, webhooks and refusals by HTTP to a real process."""

from __future__ import annotations

from integration.session.processes import SessionProcess

SECRET = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz"
HOOK = {"name": "crm", "url": "http://127.0.0.1:9/hook?token=hidden", "secrets": [SECRET]}


async def test_a_configuration_is_put_shown_without_secrets_and_outlives_the_process(
    session: SessionProcess,
) -> None:
    await session.reaches("QR_REQUIRED")
    body = {"revision": "7", "pacing": {"burst": 5}, "webhooks": [HOOK]}
    answer = await session.http.put(f"{session.url}/config", json=body)
    assert (answer.status_code, answer.json()) == (200, {"ok": True, "revision": "7"})
    (hook,) = (await session.get("/webhooks")).json()["webhooks"]
    assert (hook["name"], hook["url"], hook["deadLetters"]) == ("crm", "http://127.0.0.1:9/hook", 0)
    letters = await session.get("/webhooks/crm/dead-letters")
    assert letters.json() == {"ok": True, "deadLetters": [], "next": None}
    assert (await session.get("/webhooks/other/dead-letters")).json()["error"] == "webhook_not_found"
    await session.end()
    await session.start()
    shown = (await session.get("/config")).json()["config"]
    assert (shown["revision"], shown["pacing"]["burst"]) == ("7", 5)
    assert shown["webhooks"][0]["secrets"] == ["***"]


async def test_operating_mode_disconnected_closes_whatsapp_and_refuses_a_login(
    session: SessionProcess,
) -> None:
    await session.reaches("QR_REQUIRED")
    await session.http.put(f"{session.url}/config", json={"operatingMode": "Disconnected"})
    await session.reaches("DISCONNECTED", "Stopped")
    answer = await session.post("/session-manager/login")
    assert (answer.status_code, answer.json()["error"]) == (409, "operating_mode")
    await session.http.put(f"{session.url}/config", json={})
    await session.reaches("QR_REQUIRED")
    for format, begin in (("png", b"\x89PNG"), ("svg", b"<?xml"), ("text", "█".encode())):
        assert (await session.get(f"/session-manager/qr?format={format}")).content.startswith(begin)


async def test_a_pairing_code_login_shows_its_code(session: SessionProcess) -> None:
    await session.reaches("QR_REQUIRED")
    body = {"phoneNumber": "5491100000001", "login": {"method": "PairingCode"}}
    answer = await session.http.put(f"{session.url}/config", json=body)
    assert answer.status_code == 200, answer.text
    await session.post("/session-manager/login")
    events = await session.events_until(
        lambda got: bool(got and got[-1]["data"]["pairingCode"]), "types=session.*"
    )
    code = (await session.get("/pairing-code")).json()
    assert code["pairing_code"] == events[-1]["data"]["pairingCode"]["code"]
    assert (await session.get("/qr-code")).json()["error"] == "qr_not_available"
