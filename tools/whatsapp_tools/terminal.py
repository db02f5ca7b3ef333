"""Progress for a person: what runs, for how long, and how it ended.

Why: an image build or a cluster's first start takes minutes, and silence looks like a hang.
"""

from __future__ import annotations

import shlex
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

HEARTBEAT_SECONDS = 15.0


class ToolError(Exception):
    """A step failed; the text says what happened and, on a line of its own, the cure."""


@contextmanager
def step(what: str) -> Iterator[None]:
    """Print `what`, a line every 15 s while it runs, and the seconds it took."""
    started = time.monotonic()
    done = threading.Event()

    def beat() -> None:
        while not done.wait(HEARTBEAT_SECONDS):
            print(f"  … {what}: {time.monotonic() - started:.0f} s", flush=True)

    print(f"▸ {what}", flush=True)
    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
    print(f"  {what}: {time.monotonic() - started:.1f} s", flush=True)


def run(
    command: Sequence[str],
    *,
    log: Path | None = None,
    env: Mapping[str, str] | None = None,
    cure: str = "",
) -> str:
    """Run to the end and return standard output; a failure raises ToolError with its last lines."""
    if log is not None:
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("w") as out:
            result = subprocess.run(command, stdout=out, stderr=subprocess.STDOUT, text=True, env=env)
        said = log.read_text()
    else:
        result = subprocess.run(command, capture_output=True, text=True, env=env)
        said = result.stdout
    if result.returncode != 0:
        shown = "\n".join((said + (result.stderr or "")).splitlines()[-25:])
        where = f"\nThe whole log: {log}" if log else ""
        raise ToolError(
            f"{shlex.join(command)} ended with {result.returncode}:\n{shown}{where}"
            + (f"\n{cure}" if cure else "")
        )
    return said


def fail(error: ToolError) -> int:
    """Say it on standard error; the exit code of a failed tool."""
    print(f"\n{error}", file=sys.stderr)
    return 1
