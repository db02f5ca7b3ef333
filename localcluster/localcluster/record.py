"""What a state folder remembers of its cluster: the settings it was made with, and the lock of its commands.

Why: `status`, `load` and `down` must speak of the cluster that runs, not of what the environment happens to
say now; and two commands at once would start what the other takes away.
"""

from __future__ import annotations

import dataclasses
import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

from localcluster.errors import UsageError
from localcluster.progress import Progress
from localcluster.settings import Settings

FILE = "cluster.json"


def read(settings: Settings) -> Settings:
    """The settings that the cluster in this folder was last started with; unchanged where there is none."""
    known = _load(settings.state)
    if not known:
        return settings
    return dataclasses.replace(settings, port=int(known["port"]), network=IPv4Network(known["network"]))


def bins(state: Path) -> dict[str, Path]:
    """The programs it was last started with; empty where there is none."""
    return {name: Path(path) for name, path in _load(state).get("bins", {}).items()}


def write(settings: Settings, programs: Mapping[str, Path]) -> None:
    """Raises UsageError where the folder is another's, or etcd holds the addresses of another network."""
    state, known = settings.state, _load(settings.state)
    if known and known["network"] != str(settings.network):
        raise UsageError(
            f"the cluster in {state} was made for the network {known['network']}, not {settings.network}",
            cure=f"LOCALCLUSTER_NETWORK={known['network']}, or: localcluster down --purge",
        )
    if is_foreign(state):
        raise UsageError(
            f"the state folder {state} holds something else than a cluster",
            cure="LOCALCLUSTER_STATE=<a new folder>",
        )
    content = {
        "name": settings.name,
        "port": settings.port,
        "network": str(settings.network),
        "bins": {name: str(path) for name, path in programs.items()},
    }
    half = state / f"{FILE}.half"
    half.write_text(json.dumps(content, indent=1))
    half.rename(state / FILE)


def is_foreign(state: Path) -> bool:
    """The folder holds something, and no cluster ever wrote its record there."""
    if not state.is_dir() or (state / FILE).exists():
        return False
    return any(path.name not in ("lock", f"{FILE}.half") for path in state.iterdir())


def _load(state: Path) -> dict[str, Any]:
    """A damaged record counts as none: the next `up` writes it anew, and `down` looks at the machine."""
    try:
        known = json.loads((state / FILE).read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


@contextmanager
def lock(state: Path, progress: Progress) -> Iterator[None]:
    """One command at a time; a second waits and says for whom. The kernel frees it however a command ends."""
    state.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (state / "lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            progress.say(f"waiting for another localcluster command (pid {file.read().strip() or 'unknown'})")
            fcntl.flock(file, fcntl.LOCK_EX)
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
