"""The command itself: what cannot work ends with a status and a sentence that has the cure."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import httpx
import pytest

from integration.simulator.processes import START_SECONDS, Simulator


async def ended(*flags: str) -> tuple[int | None, str]:
    """Exit status and standard error of a run that ends by itself."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "whatsapp_simulator", *flags, stderr=asyncio.subprocess.PIPE
    )
    _, said = await asyncio.wait_for(process.communicate(), START_SECONDS)
    return process.returncode, said.decode()


async def test_a_port_that_is_taken_is_said(simulator: Simulator, tmp_path: Path) -> None:
    port = simulator.url.rpartition(":")[2]
    status, said = await ended("--port", port, "--data-dir", str(tmp_path / "other"))
    assert status == 1
    assert f"cannot listen on 127.0.0.1:{port}. Choose another --port." in said


@pytest.mark.parametrize("flags", [[], ["--reset"]])
async def test_a_folder_in_use_is_refused_and_left_alone(
    simulator: Simulator, http: httpx.AsyncClient, tmp_path: Path, flags: list[str]
) -> None:
    await http.post("/phones/5491100000001")
    status, said = await ended("--port", "0", "--data-dir", str(tmp_path / "simulator"), *flags)
    assert status == 1
    assert "Another simulator works in" in said
    assert len((await http.get("/phones")).json()) == 1


async def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    status, said = await ended("--port", "0", "--data-dir", str(tmp_path / "file" / "data"))
    assert status == 1
    assert "Choose a folder that can be written with --data-dir." in said


async def test_a_malformed_setting_ends_with_status_2() -> None:
    status, said = await ended("--port", "http")
    assert status == 2
    assert "'http' is no port" in said
