"""A short chaos run with a fixed seed; `make chaos` makes the long ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from chaos.run import run
from chaos.schedule import Kind


@pytest.mark.timeout(600)
async def test_nothing_is_lost_or_doubled_while_everything_fails_once(bundle: str, tmp_path: Path) -> None:
    outcome = await run(20261121, faults=len(Kind), messages=200, folder=tmp_path)
    assert outcome.problems == []
    assert outcome.struck == len(Kind)
    assert outcome.in_flight * 2 >= outcome.struck
