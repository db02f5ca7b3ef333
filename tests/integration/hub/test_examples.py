"""The example clients of contract B, unchanged, against a listening hub, in both orders of calls."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

from unit.hub.world import PASSWORD, World
from whatsapp_hub.api import app
from whatsapp_hub.serving import Server

EXAMPLES = Path(__file__).parents[3] / "examples"
BOUND = 60
ORDERS = ["create, qr, status", "create, connect, qr, status"]


class Listening:
    """A hub on a port; a phone scans every QR that is shown."""

    def __init__(self, world: World, url: str) -> None:
        self.world, self.url = world, url

    async def run(self, *command: str, **settings: str) -> tuple[int, str]:
        """Run an example; its exit status and what it printed."""
        program = shutil.which(command[0])
        assert program, f"{command[0]} is missing. Run: tools/ensure-packages nodejs php-cli"
        process = await asyncio.create_subprocess_exec(
            program, *command[1:],
            env=os.environ | {
                "HUB_URL": self.url, "HUB_EMAIL": self.world.one.email, "HUB_PASSWORD": PASSWORD,
                "HUB_API_KEY": self.world.one.key, "POLL_SECONDS": "0.05", "CHECK_ONCE": "1", **settings,
            },
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        said, _ = await asyncio.wait_for(process.communicate(), BOUND)
        assert process.returncode is not None
        return process.returncode, said.decode()

    async def sessions(self) -> list[dict[str, Any]]:
        async with httpx.AsyncClient() as http:
            answer = await http.get(f"{self.url}/api/sessions", headers=self.world.one.headers)
        sessions: list[dict[str, Any]] = answer.json()["data"]["sessions"]
        return sessions

    async def scan(self) -> None:
        """Show a QR to whoever waits for one, then connect."""
        await self.world.watched()
        name = self.world.backend.puts[-1].session_id
        await self.world.show_qr(name)
        async with asyncio.timeout(BOUND):
            while self.world.services.live.watched:  # noqa: ASYNC110 - until the QR was handed out
                await asyncio.sleep(0.01)
        await self.world.show_ready(name)


@pytest.fixture
async def listening(world: World) -> AsyncIterator[Listening]:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        server = Server(uvicorn.Config(app.build(world.services), log_config=None, lifespan="off"))
        serving = asyncio.create_task(server.serve(sockets=[bound]))
        yield Listening(world, f"http://127.0.0.1:{bound.getsockname()[1]}")
        server.should_exit = True
        await serving


@pytest.mark.parametrize("order", [(), ("--connect",)], ids=ORDERS)
async def test_the_javascript_client_connects_a_session(listening: Listening, order: tuple[str, ...]) -> None:
    scanning = asyncio.create_task(listening.scan())
    script = str(EXAMPLES / "whatsapp-session-manager.mjs")
    code, said = await listening.run("node", script, "cliente_001", *order, DISCONNECT_AT_END="1")
    await scanning
    assert (code, said.splitlines()) == (
        0, ["scan before 2026-01-01T12:00:20.000Z", "cliente_001: connected 5491100000001"],
    )  # fmt: skip
    assert [each["status"] for each in await listening.sessions()] == ["disconnected"]
    assert listening.world.backend.logins == []


@pytest.mark.parametrize("order", [(), ("connect",)], ids=ORDERS)
async def test_the_php_client_creates_and_checks_sessions(
    listening: Listening, order: tuple[str, ...]
) -> None:
    scanning = asyncio.create_task(listening.scan())
    script = str(EXAMPLES / "whatsapp-sessions.php")
    code, said = await listening.run("php", script, "create", "Ana Pérez", *order)
    await scanning
    (session,) = await listening.sessions()
    assert (code, said) == (0, f"{session['sessionId']} scan the QR\n")
    assert session["name"] == "WhatsApp Ana Pérez"
    assert await listening.run("php", script, "check") == (0, f"{session['sessionId']}: connected\n")


async def test_a_refused_client_says_why(listening: Listening) -> None:
    for command in (
        ("node", str(EXAMPLES / "whatsapp-session-manager.mjs"), "a"),
        ("php", str(EXAMPLES / "whatsapp-sessions.php"), "check"),
    ):
        assert await listening.run(*command, HUB_PASSWORD="wrong") == (1, "Authentication failed\n")
