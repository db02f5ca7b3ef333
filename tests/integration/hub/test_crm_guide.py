"""What a CRM's programmer does, with nothing but httpx, on real parts: PostgreSQL, sessions, Chromium, wa-js.

Contract B in both orders of calls, and contract C.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import httpx
import httpx_sse
import pytest

from integration.hub.hub_process import EMAIL, HubProcess, code_in
from integration.hub.postgres import asked
from integration.session.conftest import FRIEND, PHONE, Phones
from integration.session.processes import BOUND, eventually

Data = dict[str, Any]


class Crm:
    """A CRM's back end: its API key, and a token that it gets by logging in."""

    def __init__(self, hub: HubProcess) -> None:
        self.http = httpx.AsyncClient(base_url=hub.url, timeout=BOUND, headers={"X-API-Key": hub.key})
        self._hub = hub

    async def log_in(self) -> None:
        body = {"identifier": EMAIL, "password": self._hub.password}
        login = await self.http.post("/api/auth/login", json=body)
        assert login.status_code == 200, login.text
        self.http.headers["Authorization"] = f"Bearer {login.json()['data']['accessToken']}"

    async def call(self, method: str, path: str, body: Any = None, status: int = 200, key: str = "") -> Any:
        headers = {"Idempotency-Key": key} if key else {}
        answer = await self.http.request(method, path, json=body, headers=headers)
        assert answer.status_code == status, (answer.text, self._hub.log[-15:])
        assert answer.json()["success"] is True
        return answer.json()["data"]

    async def reaches(self, session: str, status: str) -> Data:
        """Polls as existing clients do; on the way nothing but `pending` may be seen. The status then."""
        now: Data = {}

        async def there() -> bool:
            now.update(await self.call("GET", f"/api/sessions/{session}/status"))
            assert now["status"] in ("pending", status), (now, self._hub.log[-15:])
            return bool(now["status"] == status)

        await eventually(there, f"{session} is {status}")
        return now


@pytest.fixture
async def crm(postgresql_hub: HubProcess) -> AsyncIterator[Crm]:
    made = Crm(postgresql_hub)
    yield made
    await made.http.aclose()


async def shown(crm: Crm, session: str) -> str:
    """The code that a person sees in the CRM."""
    qr = await crm.call("GET", f"/api/sessions/{session}/qr")
    assert qr["status"] == "pending"
    assert qr["qrCodeDataURL"] == "data:image/png;base64," + qr["qrCode"]
    assert datetime.fromisoformat(qr["expiresAt"]) > datetime.now(UTC)
    return code_in(qr["qrCode"])


async def test_the_guide_from_log_in_to_delete(crm: Crm, phones: Phones, database_url: str) -> None:
    await crm.log_in()
    made = await crm.call("POST", "/api/sessions", {"sessionId": "cliente_001", "name": "Ana"}, 201)
    assert (made["sessionId"], made["status"], made["qrCode"]) == ("cliente_001", "pending", None)

    code = await shown(crm, "cliente_001")
    (listed,) = (await crm.call("GET", "/api/sessions"))["sessions"]
    assert listed["status"] == "pending"
    await phones.scan(code)
    connected = await crm.reaches("cliente_001", "connected")
    assert (connected["phoneNumber"], connected["isConnected"]) == (PHONE, True)
    (listed,) = (await crm.call("GET", "/api/sessions"))["sessions"]
    assert (listed["phoneNumber"], listed["qrCode"], listed["name"]) == (PHONE, None, "Ana")

    messages = "/api/sessions/cliente_001/messages"
    sent = await crm.call("POST", messages, {"to": FRIEND, "text": "hola"}, key="1")
    again = await crm.call("POST", messages, {"to": FRIEND, "text": "hola"}, key="1")
    assert (sent["state"], again) == ("sent", sent)
    assert await phones.received() == ["hola"]

    await hears_a_message(crm, phones)
    (contact,) = (await crm.call("GET", "/api/contacts"))["contacts"]
    assert contact["phone"] == FRIEND
    (kept,) = (await crm.call("GET", f"/api/contacts/{contact['id']}/messages"))["messages"]
    assert (kept["from"], kept["to"], kept["content"]) == (
        FRIEND,
        PHONE,
        {"type": "text", "text": "buen día"},
    )
    assert await asked(database_url, "SELECT count(*) FROM chats") == [(1,)]

    await crm.call("POST", "/api/sessions/cliente_001/disconnect")
    gone = await crm.call("GET", "/api/sessions/cliente_001/status")
    assert (gone["status"], gone["phoneNumber"], gone["isConnected"]) == ("disconnected", None, False)
    await crm.call("POST", "/api/sessions/cliente_001/connect")
    await crm.reaches("cliente_001", "connected")
    assert await phones.devices() == 1, "connect brought the same login back"

    await crm.call("DELETE", "/api/sessions/cliente_001")
    assert await crm.call("GET", "/api/sessions") == {"sessions": [], "total": 0}


async def hears_a_message(crm: Crm, phones: Phones) -> None:
    """A friend writes; the one who watches the session live is told."""
    async with (
        asyncio.timeout(BOUND),
        httpx_sse.aconnect_sse(crm.http, "GET", "/api/sessions/cliente_001/events") as source,
    ):
        told = source.aiter_sse()
        state = await anext(told)  # it watches from here on
        assert (state.event, json.loads(state.data)["status"]) == ("state", "connected")
        await phones.send("buen día")
        async for event in told:
            if event.event == "message":
                break
    message = json.loads(event.data)
    assert (message["from"], message["content"]) == (FRIEND, {"type": "text", "text": "buen día"})


async def test_connect_before_the_qr_restarts_nothing(crm: Crm, phones: Phones) -> None:
    await crm.log_in()
    await crm.call("POST", "/api/sessions", {"sessionId": "cliente_002", "phoneNumber": f"+{PHONE}"}, 201)
    assert (await crm.call("POST", "/api/sessions/cliente_002/connect"))["status"] == "pending"
    await crm.log_in()  # some clients do, before every QR
    await phones.scan(await shown(crm, "cliente_002"))
    assert (await crm.reaches("cliente_002", "connected"))["phoneNumber"] == PHONE
    assert (await crm.call("POST", "/api/sessions/cliente_002/connect"))["status"] == "connected"
    qr = await crm.call("GET", "/api/sessions/cliente_002/qr")
    assert (qr["status"], qr["qrCode"], qr["qrCodeDataURL"], qr["expiresAt"]) == ("connected", *[None] * 3)
    assert len(await phones.get("/connections?open=true")) == 1


async def test_a_crm_that_keeps_records_claims_what_it_showed(
    crm: Crm, phones: Phones, database_url: str
) -> None:
    made = await crm.call("GET", "/generate-qr")
    name = made["session_id"]
    code = code_in(made["qr_url"].removeprefix("data:image/png;base64,"))
    assert code == made["qr_code"]
    row = await crm.call("POST", "/api/whatsapp_sessions", {"session_id": name, "sesion_id": 7}, 201)
    assert (row["session_id"], row["sesion_id"], row["status"]) == (name, 7, "pending")
    await phones.scan(code)

    async def connected() -> bool:
        found = await crm.call("GET", f"/api/whatsapp_sessions?session_id=eq.{name}&status=eq.connected")
        return len(found) == 1 and found[0]["server_port"] is not None

    await eventually(connected, "the record is connected")
    row = await crm.call("GET", f"/api/whatsapp_sessions/{row['id']}")
    assert (row["phone_number"], row["whatsapp_user_id"]) == (PHONE, f"{PHONE}:1@s.whatsapp.net")
    parents = await asked(database_url, "SELECT id, estado, phone_number FROM sesiones")
    assert parents == [(7, "activo", PHONE)]

    gone = await crm.call("DELETE", f"/api/whatsapp_sessions/{name}")
    assert gone == {"message": "Sesión de WhatsApp eliminada correctamente"}
    assert await crm.call("GET", "/api/whatsapp_sessions") == []
