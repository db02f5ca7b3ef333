"""What every integration test stands on: the real wa-js, and the simulator as a process."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from integration.simulator.processes import Simulator
from integration.simulator.wa_page import CHROMIUM
from whatsapp_session import wa_js

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.integration)


@pytest.fixture(scope="session")
def bundle() -> str:
    """The locked wa-js; without it the error says which command fetches it."""
    assert CHROMIUM.exists(), "Chromium is missing. Run: make browser"
    return wa_js.bundle()


@pytest.fixture
async def start_simulator(bundle: str, tmp_path: Path) -> AsyncIterator[Callable[..., Awaitable[Simulator]]]:
    """Starts a simulator with flags; it ends with the test."""
    started: list[Simulator] = []

    async def start(*flags: str) -> Simulator:
        simulator = Simulator(tmp_path / "simulator", *flags)
        started.append(simulator)
        await simulator.start()
        return simulator

    yield start
    for simulator in started:
        await simulator.stop()


@pytest.fixture
async def simulator(start_simulator: Callable[..., Awaitable[Simulator]]) -> Simulator:
    return await start_simulator()
