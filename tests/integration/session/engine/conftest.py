"""`WebEngine` itself on the simulator, without a session around it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from integration.session.conftest import Phones
from integration.session.engine.driven import PATIENCE, Driven
from integration.simulator.processes import Simulator
from whatsapp_session import wa_js
from whatsapp_session.engine import profile, wa
from whatsapp_session.engine.web import Patience


@pytest.fixture
async def make_engine(
    simulator: Simulator, phones: Phones, tmp_path: Path
) -> AsyncIterator[Callable[..., Driven]]:
    """Makes engines on the simulator; they end with the test, and so do their browsers."""
    made: list[Driven] = []

    def make(patience: Patience = PATIENCE) -> Driven:
        login = tmp_path / f"login-{len(made)}"
        made.append(Driven(login, simulator.url, wa.script(wa_js.bundle()), phones, patience))
        return made[-1]

    yield make
    for one in made:
        await one.end()
        assert profile.browsers(one.login) == []


@pytest.fixture
async def driven(make_engine: Callable[..., Driven]) -> Driven:
    """An engine that is logged in."""
    made = make_engine()
    await made.ready()
    return made
