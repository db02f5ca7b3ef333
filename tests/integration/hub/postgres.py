"""A real PostgreSQL as a process, for tests: in a folder of its own, under a user that is not root.

Without fsync: its crash loses nothing that it wrote, because the machine goes on.

Never the machine's own server: this one listens on a socket in its folder and on a free port, and ends with
the tests.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg

START_SECONDS = 60
MISSING = "PostgreSQL is missing. Run: tools/ensure-packages postgresql"


def programs() -> Path:
    """Debian keeps them outside PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    if found:
        return found[-1].parent
    on_path = shutil.which("postgres")
    assert on_path, MISSING
    return Path(on_path).parent


class PostgreSQL:
    """One server; `restart` keeps folder and port."""

    def __init__(self) -> None:
        self._user = "postgres" if os.geteuid() == 0 else None  # it refuses to run as root
        self._folder = Path(tempfile.mkdtemp(prefix="hub-postgres-"))
        self._log = (self._folder / "log").open("wb")
        if self._user:
            shutil.chown(self._folder, self._user)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self._process: subprocess.Popen[bytes] | None = None
        self._run("initdb", "--pgdata", str(self._folder / "data"), "--username=hub", "--auth=trust",
                  "--encoding=UTF8", "--no-locale", "--no-sync")  # fmt: skip
        self.start()

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [str(programs() / program), *arguments],
            user=self._user, cwd="/", check=True, stdout=self._log, stderr=self._log,
            env={"LANG": "C.UTF-8", "PATH": os.environ["PATH"]},
        )  # fmt: skip

    def start(self) -> None:
        """Start, and wait until it answers."""
        self._process = subprocess.Popen(
            [str(programs() / "postgres"), "-D", str(self._folder / "data"), "-p", str(self.port),
             "-k", str(self._folder), "-c", "listen_addresses=127.0.0.1", "-c", "max_connections=200",
             "-c", "fsync=off"],
            user=self._user, cwd="/", stdout=self._log, stderr=self._log,
            env={"LANG": "C.UTF-8", "PATH": os.environ["PATH"]},
        )  # fmt: skip
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                self._run("pg_isready", "--host=127.0.0.1", f"--port={self.port}", "--quiet")
                return
            except subprocess.CalledProcessError:
                assert time.monotonic() < deadline, (self._folder / "log").read_text()
                assert self._process.poll() is None, (self._folder / "log").read_text()
                time.sleep(0.1)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """End it: connections are cut."""
        assert self._process
        self._process.send_signal(how)
        self._process.wait(START_SECONDS)

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """It holds every connection and answers nothing, as a network that swallows packets looks."""
        assert self._process
        everyone = [self._process.pid, *_children(self._process.pid)]
        for pid in everyone:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in everyone:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)

    def database(self, name: str, template: str = "template1") -> str:
        """A new database; its address."""
        self._run("createdb", "--host=127.0.0.1", f"--port={self.port}", "--username=hub",
                  f"--template={template}", name)  # fmt: skip
        return self.url(name)

    def drop(self, name: str) -> None:
        """Remove a database, whoever is connected; a server that a test left stopped is started."""
        if self._process and self._process.poll() is not None:
            self.start()
        self._run("dropdb", "--host=127.0.0.1", f"--port={self.port}", "--username=hub", "--force", name)

    def url(self, name: str) -> str:
        return f"postgresql+asyncpg://hub@127.0.0.1:{self.port}/{name}"

    def end(self) -> None:
        """Stop, and leave nothing behind."""
        self.stop()
        self._log.close()
        shutil.rmtree(self._folder)


def _children(pid: int) -> list[int]:
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


async def asked(url: str, query: str, *values: Any) -> list[tuple[Any, ...]]:
    """The rows of a query, past the hub."""
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    try:
        return [tuple(row) for row in await connection.fetch(query, *values)]
    finally:
        await connection.close()
