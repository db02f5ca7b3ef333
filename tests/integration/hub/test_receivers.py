"""An organization's own receivers and the modes of a session, on real parts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
from aiohttp import web
from standardwebhooks import Webhook, WebhookVerificationError

from integration.hub.hub_process import HubProcess
from integration.hub.test_processes import connected
from integration.session.conftest import FRIEND, Phones
from integration.session.processes import eventually

SESSION = "/api/sessions/cliente_51"
CRM = f"{SESSION}/webhooks/crm"


@dataclass
class Receiver:
    """A CRM's own server: what was posted to it; `status` is what it answers."""

    url: str = ""
    status: int = 200
    calls: list[tuple[dict[str, str], str]] = field(default_factory=list)

    async def take(self, request: web.Request) -> web.Response:
        self.calls.append(
            ({name.lower(): value for name, value in request.headers.items()}, await request.text())
        )
        return web.Response(status=self.status)

    async def has(self, text: str) -> tuple[dict[str, str], str]:
        """Waits for the call with this text in it."""

        async def there() -> bool:
            return any(text in body for _, body in self.calls)

        await eventually(there, f"{text} arrives")
        return next(call for call in self.calls if text in call[1])


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    made = Receiver()
    application = web.Application()
    application.router.add_post("/hooks", made.take)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    assert site._server
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hooks"
    yield made
    await runner.cleanup()


def signed_by(secret: str, call: tuple[dict[str, str], str]) -> bool:
    try:
        Webhook(secret).verify(call[1], call[0])
    except WebhookVerificationError:
        return False
    return True


async def test_a_receiver_gets_messages_signed_with_its_secret_and_dead_letters_go_again(
    hub: HubProcess, phones: Phones, receiver: Receiver
) -> None:
    await connected(hub, phones)
    body = {"url": receiver.url, "events": ["message.received"], "headers": {"X-Gateway": "pass"}}
    first = (await hub.data("PUT", CRM, body, status=201))["secret"]

    async def in_force() -> bool:
        found = (await hub.data("GET", f"{SESSION}/webhooks"))["webhooks"]
        return any(each["name"] == "crm" and each["pending"] is not None for each in found)

    await eventually(in_force, "the session has the receiver")
    await phones.send("uno")
    call = await receiver.has("uno")
    assert signed_by(first, call)
    assert call[0]["x-gateway"] == "pass"

    second = (await hub.data("POST", f"{CRM}/rotate"))["secret"]

    async def rotated() -> bool:
        receiver.calls.clear()
        await phones.send("dos")
        return signed_by(second, await receiver.has("dos"))

    await eventually(rotated, "calls are signed by the new secret")
    call = await receiver.has("dos")
    assert signed_by(second, call)
    assert signed_by(first, call)

    receiver.status = 410
    await phones.send("tres")
    letters: list[str] = []

    async def dead() -> bool:
        found = (await hub.data("GET", f"{CRM}/dead-letters"))["deadLetters"]
        letters[:] = [each["event"]["data"]["text"] for each in found]
        return letters == ["tres"]

    await eventually(dead, "what was refused is a dead letter")
    receiver.status = 200
    receiver.calls.clear()
    assert await hub.data("POST", f"{CRM}/dead-letters/retry") == {"retried": 1}
    await receiver.has("tres")

    await hub.data("DELETE", CRM)
    assert [
        each["name"] for each in (await hub.data("GET", f"{SESSION}/webhooks"))["webhooks"] if each["own"]
    ] == []


async def test_a_suspended_session_has_no_process_keeps_its_settings_and_comes_back_without_a_qr(
    hub: HubProcess, phones: Phones
) -> None:
    await connected(hub, phones)
    assert await hub.data("GET", f"{SESSION}/contacts/{FRIEND}") == {"exists": True, "id": f"{FRIEND}@c.us"}
    assert (await hub.data("GET", f"{SESSION}/groups"))["next"] is None
    stolen = {"to": FRIEND, "type": "document", "media": {"url": f"{hub.url}/healthz"}}
    refused = await hub.call("POST", f"{SESSION}/messages", stolen)
    assert (refused.status_code, refused.json()["success"]) == (400, False)

    suspended = await hub.data("POST", f"{SESSION}/suspend")
    assert suspended["status"] == "disconnected"

    async def quiet() -> bool:
        return not hub.browsers

    await eventually(quiet, "its browser has ended")

    async def states() -> list[str]:
        return [each["state"] for each in (await hub.data("GET", f"{SESSION}/history"))["changes"]]

    async def told() -> bool:
        return (await states())[0] == "DISCONNECTED"

    await eventually(told, "its history says that it was closed")
    assert "QR_REQUIRED" in await states()
    await hub.data("PUT", CRM, {"url": "https://crm.example/hooks"}, status=201)
    listed = await hub.data("GET", f"{SESSION}/webhooks")
    assert (listed["heard"], listed["webhooks"][0]["url"]) == (False, "https://crm.example/hooks")
    assert (await hub.call("GET", f"{SESSION}/chats")).status_code == 503

    await hub.data("POST", f"{SESSION}/connect")
    assert set(await hub.reaches("cliente_51", "connected")) <= {"pending", "connected"}
    since = (await states())[: (await states()).index("DISCONNECTED")]
    assert since[0] == "READY"
    assert "QR_REQUIRED" not in since
