"""Processes of a run that end with it, and a folder that belongs to one run at a time.

Why a lock that the children hold too: a run that was killed cannot wait for them, and the next one must not
begin while a browser still writes its profile. Linux tells each child that the run ended; the lock is free
once the last of them is gone.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from whatsapp_tools.product import until
from whatsapp_tools.terminal import ToolError

END_SECONDS = 60.0
"""A hub ends its sessions, and each closes its browser within 20 s."""
PASSED = (
    "PATH", "HOME", "LANG", "TMPDIR", "CHROMIUM_PATH", "CHROMIUM_SANDBOX", "LD_LIBRARY_PATH", "VIRTUAL_ENV",
)  # fmt: skip
"""What a child has of this environment: a DATABASE_URL that is meant for something else is not for it."""


class Folder:
    """A folder that one run holds, from `hold` on, empty at first."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lock = -1

    @contextlib.contextmanager
    def hold(self) -> Iterator[None]:
        """Wait until the last run is over, and take its place; ToolError when it goes on."""
        self.path.mkdir(parents=True, exist_ok=True)
        self.lock = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            if not self._locked():
                self._wait()
            os.ftruncate(self.lock, 0)
            os.pwrite(self.lock, str(os.getpid()).encode(), 0)
            until("the files of the last run are removed", self._emptied, timeout=END_SECONDS)
            yield
        finally:
            os.close(self.lock)

    def _locked(self) -> bool:
        try:
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _wait(self) -> None:
        holder = os.pread(self.lock, 20, 0).decode() or "0"
        if _alive(int(holder)):
            raise ToolError(f"It runs already, as process {holder}.\nLook at its terminal, or: kill {holder}")
        cure = f"Find them with: fuser -v {self.path / 'lock'}"
        try:
            until("what the last run started to end", self._locked, timeout=END_SECONDS)
        except ToolError as error:
            raise ToolError(f"{error}\n{cure}") from None

    def _emptied(self) -> bool:
        """A process that just ends may still write: then once more."""
        for each in self.path.iterdir():
            if each.name == "lock":
                continue
            if each.is_dir() and not each.is_symlink():
                shutil.rmtree(each, ignore_errors=True)
            else:
                each.unlink(missing_ok=True)
        return [each.name for each in self.path.iterdir()] == ["lock"]


class Child:
    """A Python module as a process, whose output is a file. It ends with this process, however that ends."""

    def __init__(
        self, folder: Folder, name: str, arguments: Sequence[str], environ: Mapping[str, str]
    ) -> None:
        self.name = name
        self.log = folder.path / f"{name}.log"
        with self.log.open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "whatsapp_hub.backend.launch", str(os.getpid()),
                 sys.executable, "-m", *arguments],
                env=surroundings() | dict(environ), stdin=subprocess.DEVNULL, stdout=out,
                stderr=subprocess.STDOUT, pass_fds=[folder.lock], cwd=folder.path,
                start_new_session=True,  # Ctrl-C is for the run, which ends its children in order
            )  # fmt: skip

    def said(self) -> str:
        """Everything that it wrote."""
        return self.log.read_text("utf-8", "replace")

    def check(self) -> None:
        """ToolError with its last lines when it has ended."""
        code = self.process.poll()
        if code is not None:
            last = "\n".join(self.said().splitlines()[-15:])
            raise ToolError(f"The {self.name} ended with {code}:\n{last}\nThe whole log: {self.log}")

    def says(self, text: str, timeout: float) -> None:
        """Wait until `text` is in its log."""

        def there() -> bool:
            found = text in self.said()  # before the look at the process: its last words count
            if not found:
                self.check()
            return found

        until(f"“{text}” in the log of the {self.name}", there, timeout=timeout)

    def end(self) -> None:
        """End it in order, or after a while at all."""
        if self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def surroundings() -> dict[str, str]:
    """What every child has of this process's environment."""
    return {name: os.environ[name] for name in PASSED if name in os.environ} | {"PYTHONUNBUFFERED": "1"}


def port(preferred: int) -> int:
    """A port that is free now: `preferred` where it is."""
    for wish in (preferred, 0):
        with contextlib.suppress(OSError), socket.socket() as bound:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            bound.bind(("127.0.0.1", wish))
            return int(bound.getsockname()[1])
    raise ToolError("No port of 127.0.0.1 is free. End something that listens.")


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return pid > 0
