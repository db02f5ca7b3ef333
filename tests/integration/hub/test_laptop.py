"""`make demo-laptop`: it plays to its end, and nothing that it started outlives it, however it ends."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
import pytest

from integration.session.processes import BOUND, eventually
from whatsapp_tools.showing import OURS


class Run:
    """One run of it; `said` grows."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.said = ""
        self.process: asyncio.subprocess.Process
        self._reading: asyncio.Task[None]

    async def start(self, *flags: str) -> None:
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "whatsapp_tools.laptop", "--folder", str(self.folder), "--port", "0",
            *flags, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        assert self.process.stdout
        async for line in self.process.stdout:
            self.said += line.decode()

    async def says(self, text: str) -> None:
        async def said() -> bool:
            assert text in self.said or self.process.returncode is None, self.said
            return text in self.said

        await eventually(said, text)

    async def ended(self, how: signal.Signals | None = None) -> int:
        """Waits for its end, after a signal or by itself; the exit status."""
        if how and self.process.returncode is None:
            self.process.send_signal(how)
        code = await asyncio.wait_for(self.process.wait(), 2 * BOUND)
        await self._reading
        return code

    def after(self, word: str) -> str:
        """What stands behind a word of the last lines."""
        return self.said.rpartition(word)[2].split()[0]


def left(folder: Path) -> list[str]:
    """Processes that were started for this folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes()
            about = command + (process / "environ").read_bytes()
        except OSError:
            continue
        if str(folder).encode() in about and b"whatsapp_tools.laptop" not in command:
            found.append(command.replace(b"\0", b" ").decode("utf-8", "replace")[:200])
    return found


async def all_ended(folder: Path) -> None:
    async def none() -> bool:
        return not left(folder)

    await eventually(none, f"nothing of {folder} runs on: {left(folder)}")


@pytest.fixture
async def laptop(bundle: str, tmp_path: Path) -> AsyncIterator[Callable[[], Run]]:
    runs: list[Run] = []

    def make() -> Run:
        runs.append(Run(tmp_path / "laptop"))
        return runs[-1]

    yield make
    for run in runs:
        await run.ended(signal.SIGTERM)
    await all_ended(tmp_path / "laptop")


async def test_ctrl_c_before_anything_is_shown_ends_what_was_started(laptop: Callable[[], Run]) -> None:
    run = laptop()
    await run.start()
    await run.says("First administrator")
    assert left(run.folder), "the simulator"
    assert await run.ended(signal.SIGINT) == 0
    assert "Ended, with everything that it started." in run.said
    assert left(run.folder) == []


async def test_a_run_that_is_killed_is_no_obstacle_for_the_next(laptop: Callable[[], Run]) -> None:
    first = laptop()
    await first.start()
    await first.says("Ctrl-C ends it all")
    async with httpx.AsyncClient(timeout=BOUND) as http:
        log_in = {"identifier": first.after("log in as"), "password": first.after("password")}
        assert (await http.post(first.after("dashboard:") + "api/auth/login", json=log_in)).status_code == 200
        assert OURS in (await http.get(first.after("phones:").removesuffix("/phone") + "/phones")).text

    second = laptop()
    await second.start("--check")
    assert await second.ended() == 1
    assert f"It runs already, as process {first.process.pid}" in second.said
    assert first.process.returncode is None

    await first.ended(signal.SIGKILL)
    third = laptop()
    await third.start("--check")
    assert await third.ended() == 0, third.said
    for shown in (f"connected, {OURS}", "“Hello from the hub”", "'Hello back'", "scan → connected", "was_"):
        assert shown in third.said
    assert left(third.folder) == []
