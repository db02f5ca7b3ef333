"""Runs the machine's own short commands (ip, iptables, ctr), bounded, with an error a person can read."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence

from localcluster.errors import ClusterError

# sbin is not on every person's PATH, and iptables lives there.
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def run(command: Sequence[str], *, stdin: str | None = None, timeout: float = 30) -> str:
    """Runs a short system command; gives its output, raises ClusterError with what it said."""
    environ = {**os.environ, "PATH": PATH, "LC_ALL": "C"}
    try:
        done = subprocess.run(
            list(command), input=stdin, capture_output=True, text=True, timeout=timeout, env=environ
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ClusterError(f"`{' '.join(command)}` did not run: {error}") from error
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip()
        raise ClusterError(f"`{' '.join(command)}` failed with exit code {done.returncode}: {said}")
    return done.stdout
