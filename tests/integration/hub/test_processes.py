"""The hub with `HUB_BACKEND=processes`: real sessions, Chromium and wa-js behind contract B."""

from __future__ import annotations

import os
import signal
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx

from integration.hub.hub_process import EMAIL, HubProcess, code_in
from integration.session.conftest import FRIEND, PHONE, Phones
from integration.session.processes import eventually


async def connected(hub: HubProcess, phones: Phones, session: str = "cliente_51") -> list[str]:
    await hub.data("POST", "/api/sessions", {"sessionId": session}, status=201)
    qr = await hub.data("GET", f"/api/sessions/{session}/qr")
    assert qr["status"] == "pending", hub.log
    await phones.scan(code_in(qr["qrCode"]))
    return await hub.reaches(session, "connected")


def stored(hub: HubProcess, query: str) -> list[Any]:
    with closing(sqlite3.connect(hub.data_dir / "hub.sqlite3")) as database:
        return [row[0] for row in database.execute(query)]


async def test_a_crm_logs_in_creates_scans_sends_and_receives(hub: HubProcess, phones: Phones) -> None:
    login = await hub.http.post(
        f"{hub.url}/api/auth/login", json={"identifier": EMAIL, "password": hub.password}
    )
    assert login.json()["data"]["accessToken"]

    assert set(await connected(hub, phones)) <= {"pending", "connected"}
    (listed,) = (await hub.data("GET", "/api/sessions"))["sessions"]
    assert (listed["phoneNumber"], listed["isConnected"], listed["qrCode"]) == (PHONE, True, None)

    sent = await hub.call(
        "POST",
        "/api/sessions/cliente_51/messages",
        {"to": FRIEND, "text": "hola"},
        **{"Idempotency-Key": "1"},
    )
    assert sent.status_code == 200, sent.text
    assert sent.json()["data"]["state"] == "sent"
    repeated = await hub.call(
        "POST",
        "/api/sessions/cliente_51/messages",
        {"to": FRIEND, "text": "hola"},
        **{"Idempotency-Key": "1"},
    )
    assert repeated.json() == sent.json()
    assert repeated.headers["idempotent-replayed"] == "true"
    assert await phones.received() == ["hola"]

    await phones.send("buen día")

    async def arrived() -> bool:
        return len(stored(hub, "SELECT content FROM mensajes")) == 1

    await eventually(arrived, "the message is in mensajes")
    assert "buen d" in stored(hub, "SELECT content FROM mensajes")[0]
    assert stored(hub, "SELECT phone FROM contacts") == [FRIEND]
    (record,) = await hub.data("GET", "/api/whatsapp_sessions?session_id=eq.cliente_51")
    assert (record["status"], record["phone_number"]) == ("connected", PHONE)
    assert record["server_port"] > 0

    await hub.data("POST", "/api/sessions/cliente_51/disconnect")
    assert await hub.reaches("cliente_51", "disconnected") == ["disconnected"]
    await hub.data("POST", "/api/sessions/cliente_51/connect")
    assert set(await hub.reaches("cliente_51", "connected")) <= {"pending", "connected"}
    assert await phones.devices() == 1, "connect brought the same login back"
    secrets = (PHONE, FRIEND, "hola", "buen", hub.key, hub.password)
    assert not [line for line in hub.log for secret in secrets if secret in line]


async def test_a_hub_that_is_killed_takes_no_login_with_it(hub: HubProcess, phones: Phones) -> None:
    await connected(hub, phones)
    await hub.end(signal.SIGKILL)

    async def gone() -> bool:
        return not hub.browsers

    await eventually(gone, "the session ends with its hub")
    await phones.send("while the hub was away")
    await hub.start()
    seen = await hub.reaches("cliente_51", "connected")
    assert set(seen) <= {"pending", "connected"}
    assert await phones.devices() == 1

    async def arrived() -> bool:
        return len(stored(hub, "SELECT id FROM mensajes")) == 1

    await eventually(arrived, "what came while it was away is in mensajes")


async def test_a_session_that_is_killed_is_pending_until_it_is_back(hub: HubProcess, phones: Phones) -> None:
    await connected(hub, phones)
    (pid,) = _sessions(hub)
    os.kill(pid, signal.SIGKILL)

    async def replaced() -> bool:
        return _sessions(hub) not in ([], [pid])

    await eventually(replaced, "it is started again")
    seen = await hub.reaches("cliente_51", "connected")
    assert set(seen) <= {"pending", "connected"}


def _sessions(hub: HubProcess) -> list[int]:
    """The session processes of this hub."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            arguments = (process / "cmdline").read_bytes().split(b"\0")
            environ = (process / "environ").read_bytes()
        except OSError:
            continue
        if b"whatsapp_session" in arguments and str(hub.data_dir).encode() in environ:
            found.append(int(process.name))
    return found


async def test_an_unclaimed_session_leaves_nothing_behind(hub: HubProcess) -> None:
    made = await hub.call("GET", "/generate-qr")
    assert made.status_code == 200, (made.text, hub.log)
    name = made.json()["session_id"]
    assert list(hub.data_dir.glob(f"sessions/*{name}*"))
    await hub.data("DELETE", f"/api/whatsapp_sessions/{name}")

    async def gone() -> bool:
        return not list(hub.data_dir.glob(f"sessions/*{name}*"))

    await eventually(gone, "its folder is removed")


async def test_a_call_to_a_session_that_is_gone_is_404(hub: HubProcess) -> None:
    answer: httpx.Response = await hub.call("POST", "/api/sessions/nobody/messages", {"to": "1", "text": "x"})
    assert (answer.status_code, answer.json()["success"]) == (404, False)
