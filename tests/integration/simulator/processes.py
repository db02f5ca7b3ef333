"""The simulator as a process, for tests: started, stopped, killed and started again on the same port."""

from __future__ import annotations

import asyncio
import contextlib
import re
import signal
import sys
from pathlib import Path

START_SECONDS = 30


class Simulator:
    """One data folder; `url` stays the same over restarts."""

    def __init__(self, data_dir: Path, *flags: str, log: Path | None = None) -> None:
        """`log`: the file of what it says on standard error; none: the test's own."""
        self._data_dir = data_dir
        self._log = log
        self._flags = flags
        self._port = "0"
        self._process: asyncio.subprocess.Process | None = None
        self.url = ""

    async def start(self) -> None:
        with contextlib.ExitStack() as stack:
            log = stack.enter_context(self._log.open("ab")) if self._log else None
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "whatsapp_simulator", "--port", self._port, "--data-dir",
                str(self._data_dir), *self._flags, stdout=asyncio.subprocess.PIPE, stderr=log,
            )  # fmt: skip
        assert self._process.stdout
        said = (await asyncio.wait_for(self._process.stdout.readline(), START_SECONDS)).decode()
        found = re.search(r"(http://\S+:(\d+))/", said)
        assert found, f"the simulator did not say where it listens: {said!r}"
        self.url, self._port = found[1], found[2]

    async def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Ends it; the exit status. Nothing happens when it was ended before."""
        assert self._process
        if self._process.returncode is None:
            self._process.send_signal(how)
        return await asyncio.wait_for(self._process.wait(), START_SECONDS)
