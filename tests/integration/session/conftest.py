"""Real processes: the simulator, `whatsapp-session`, Chromium with the real wa-js."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import httpx
import pytest

from integration.session.processes import SessionProcess, eventually
from integration.simulator.processes import Simulator

PHONE = "5491100000001"
FRIEND = "5491100000002"


class Phones:
    """The simulator's phones, by its HTTP API."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self.http = httpx.AsyncClient(timeout=30)

    async def post(self, path: str, body: object = None) -> dict[str, object]:
        answer = await self.http.post(self._simulator.url + path, json=body)
        assert answer.is_success, answer.text
        return answer.json()  # type: ignore[no-any-return]

    async def get(self, path: str) -> list[dict[str, object]]:
        answer = await self.http.get(self._simulator.url + path)
        assert answer.is_success, answer.text
        return answer.json()  # type: ignore[no-any-return]

    async def put(self, path: str, body: object) -> dict[str, object]:
        answer = await self.http.put(self._simulator.url + path, json=body)
        assert answer.is_success, answer.text
        return answer.json()  # type: ignore[no-any-return]

    async def scan(self, code: str, number: str = PHONE) -> None:
        await self.post(f"/phones/{number}/scan", {"code": code})

    async def send(self, text: str, to: str = PHONE, number: str = FRIEND) -> None:
        await self.post(f"/phones/{number}/send", {"to": to, "text": text})

    async def received(self, number: str = FRIEND) -> list[str]:
        messages = await self.get(f"/phones/{number}/messages")
        return [str(one["text"]) for one in messages if not one["fromMe"]]

    async def devices(self, number: str = PHONE) -> int:
        phone = (await self.http.get(f"{self._simulator.url}/phones/{number}")).json()
        return len(phone["devices"])


@pytest.fixture
async def phones(simulator: Simulator) -> AsyncIterator[Phones]:
    made = Phones(simulator)
    await made.post(f"/phones/{FRIEND}")
    yield made
    await made.http.aclose()


@pytest.fixture
async def start_session(tmp_path: Path) -> AsyncIterator[Callable[..., Awaitable[SessionProcess]]]:
    """Starts a session on a page with settings; it ends with the test, and so does its browser."""
    started: list[SessionProcess] = []

    async def start(url: str, **settings: str) -> SessionProcess:
        process = SessionProcess(tmp_path / "sessions", url, **settings)
        started.append(process)
        await process.start()
        return process

    yield start
    for process in started:
        await process.end()
        await process.http.aclose()

        async def gone(process: SessionProcess = process) -> bool:
            return not process.browsers

        await eventually(gone, "no browser outlives its process")


@pytest.fixture
async def session(
    simulator: Simulator, start_session: Callable[..., Awaitable[SessionProcess]]
) -> SessionProcess:
    return await start_session(simulator.url)


@pytest.fixture
async def ready(session: SessionProcess, phones: Phones) -> SessionProcess:
    """A session that was logged in by a scan."""
    view = await session.reaches("QR_REQUIRED")
    await phones.scan(view["qr"]["code"])
    await session.reaches("READY")
    return session
