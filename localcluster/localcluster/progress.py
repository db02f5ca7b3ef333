"""What a person sees while work goes on: one line a step with its seconds, and a sign of life in long ones.

Why standard error: `kubeconfig` and `bin` print a path for a shell to take, and progress must not be in it.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

HEARTBEAT = 15.0  # seconds of silence that a person is asked to bear


class Progress:
    """Lines of `  12.3 s  text`, counted from this object's making."""

    def __init__(self, out: TextIO | None = None) -> None:
        self._out = out or sys.stderr
        self._began = time.monotonic()

    def say(self, text: str) -> None:
        print(f"{time.monotonic() - self._began:6.1f} s  {text}", file=self._out, flush=True)

    @contextmanager
    def step(self, text: str) -> Iterator[None]:
        """Says what is done once it is done; a failure speaks for itself."""
        began = time.monotonic()
        yield
        self.say(f"{text} ({time.monotonic() - began:.1f} s)")


def run_long(command: list[str], *, what: str, progress: Progress, log: Path, **popen: object) -> int:
    """Runs `command` with its output in `log` and a line every HEARTBEAT seconds; gives its exit code.

    An interruption kills the command's whole process group: a Go build has many children.
    """
    # Held back until the command can be killed: an interruption inside Popen would leave it running.
    held = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT, signal.SIGTERM))
    try:
        with log.open("wb") as sink:
            process = subprocess.Popen(  # type: ignore[call-overload]
                command, stdin=subprocess.DEVNULL, stdout=sink, stderr=sink, process_group=0, **popen
            )
    except BaseException:
        signal.pthread_sigmask(signal.SIG_SETMASK, held)
        raise
    began = time.monotonic()
    try:
        signal.pthread_sigmask(signal.SIG_SETMASK, held)
        while True:
            try:
                return int(process.wait(timeout=HEARTBEAT))
            except subprocess.TimeoutExpired:
                last = last_lines(log, 1).strip()
                seconds = time.monotonic() - began
                progress.say(f"{what}: still at it after {seconds:.0f} s{f' ({last[:90]})' if last else ''}")
    except BaseException:
        kill_group(process.pid)
        process.wait()
        raise


def kill_group(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)


def last_lines(file: Path, count: int) -> str:
    """The end of a log, read from its last 16 KiB; empty when there is none."""
    try:
        with file.open("rb") as log:
            log.seek(0, 2)
            log.seek(max(0, log.tell() - 16384))
            return "\n".join(log.read().decode(errors="replace").splitlines()[-count:])
    except FileNotFoundError:
        return ""
