"""An independent witness: the unmodified whatsapp-web.js works on the simulator at WhatsApp's own address."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import httpx
import pytest

from integration.simulator.foreign import Foreign, Https, certificate
from integration.simulator.processes import Simulator
from integration.simulator.wa_page import CHROMIUM

ANA, BEA = "5491100000001", "5491100000002"


@pytest.fixture
async def simulator(start_simulator: Callable[..., Awaitable[Simulator]]) -> Simulator:
    """Its pages sync for seconds, as the real one: whatsapp-web.js waits for ever if it hooks in too late."""
    return await start_simulator("--sync-seconds", "5")


@pytest.fixture
async def https(simulator: Simulator, tmp_path: Path) -> AsyncIterator[Https]:
    made = Https(int(simulator.url.rpartition(":")[2]), certificate(tmp_path))
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def client(https: Https, tmp_path: Path) -> AsyncIterator[Foreign]:
    """Started, not logged in."""
    made = Foreign(tmp_path / "foreign", CHROMIUM, https.port)
    await made.start()
    yield made
    await made.stop()


async def test_it_logs_in_sends_receives_and_is_restored_after_a_restart_without_a_code(
    client: Foreign, http: httpx.AsyncClient
) -> None:
    await http.post(f"/phones/{BEA}", json={"name": "Bea"})
    (shown, *_) = await client.hear("qr")
    answer = await http.post(f"/phones/{ANA}/scan", json={"code": shown["code"]})
    assert answer.status_code == 200, answer.text
    (ready,) = await client.hear("ready")
    assert ready["me"] == f"{ANA}@c.us"

    sent = await client.order("send", to=f"{BEA}@c.us", text="hola from elsewhere")
    acks = await client.hear("ack", 3)
    assert [(one["id"], one["ack"]) for one in acks] == [(sent["id"], ack) for ack in (1, 2, 3)]
    (received,) = (await http.get(f"/phones/{BEA}/messages")).json()
    assert (received["from"], received["text"]) == (ANA, "hola from elsewhere")

    await http.post(f"/phones/{BEA}/send", json={"to": ANA, "text": "hello back"})
    (message,) = await client.hear("message")
    assert (message["from"], message["body"], message["type"]) == (f"{BEA}@c.us", "hello back", "chat")

    picture = (
        await http.post(f"/phones/{BEA}/send", json={"to": ANA, "type": "image", "text": "look"})
    ).json()
    message = (await client.hear("message", 2))[-1]
    assert (message["type"], message["body"], message["hasMedia"]) == ("image", "look", True)
    media = await client.order("media", id=message["id"])
    assert (media["mimetype"], media["size"]) == (picture["media"]["mimeType"], picture["media"]["size"])
    assert await client.order("chats") == {
        "event": "done",
        "order": "chats",
        "chats": [[f"{BEA}@c.us", "Bea"]],
    }

    await client.stop()
    await http.post(f"/phones/{BEA}/send", json={"to": ANA, "text": "while you were away"})
    await client.start()
    (ready,) = await client.hear("ready")
    assert ready["me"] == f"{ANA}@c.us"
    assert client.said("qr") == []
    assert (await client.order("history", chat=f"{BEA}@c.us"))["bodies"][-1] == "while you were away"
    assert (await client.order("send", to=f"{BEA}@c.us", text="still here"))["fromMe"] is True
    await client.hear("ack", 3)


async def test_it_logs_in_by_a_pairing_code(client: Foreign, http: httpx.AsyncClient) -> None:
    await client.hear("qr")
    code = (await client.order("pair", phone=ANA))["code"]
    answer = await http.post(f"/phones/{ANA}/pair", json={"code": code})
    assert answer.status_code == 200, answer.text
    (ready,) = await client.hear("ready")
    assert ready["me"] == f"{ANA}@c.us"
