"""Webhooks on a fresh folder, and a receiver on loopback."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from unit.session.webhooks.stage import Recorder, Stage


@pytest.fixture
async def crm() -> AsyncIterator[Recorder]:
    """A receiver that takes everything; every call verified."""
    made = Recorder()
    await made.start()
    yield made
    await made.stop()
    assert made.forged == []


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    made = Stage(tmp_path)
    yield made
    await made.close()
