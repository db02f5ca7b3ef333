"""The control groups of a cluster: which version the machine has, made before the kubelet, removed after.

Why by hand: the kubelet wants its root to exist, with CPUs in it on version 1 and controllers switched on on
version 2. Version 1 was run; version 2 is written after the kernel's rules (an inner group has no processes
of its own: here only the kubelet's pod groups hold any).
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from localcluster.errors import ClusterError

MOUNTS = Path("/proc/mounts")
CONTROLLERS = ("cpuset", "cpu", "io", "memory", "hugetlb", "pids")
REMOVE_SECONDS = 5.0


@dataclass(frozen=True, kw_only=True)
class Cgroups:
    """`version` 1 or 2; `roots`: every hierarchy's mount point, for version 2 the one."""

    version: int
    roots: tuple[Path, ...]


def detect(mounts: str) -> Cgroups:
    """From the text of /proc/mounts. A machine with version 1 controllers is version 1, even with a version 2
    hierarchy beside them ("hybrid"): the controllers decide what the kubelet can use."""
    rows = [line.split() for line in mounts.splitlines()]
    first = [Path(row[1]) for row in rows if len(row) > 3 and row[2] == "cgroup"]
    second = [Path(row[1]) for row in rows if len(row) > 3 and row[2] == "cgroup2"]
    if any("memory" in row[3].split(",") for row in rows if len(row) > 3 and row[2] == "cgroup"):
        return Cgroups(version=1, roots=tuple(dict.fromkeys(first + second)))
    if second:
        return Cgroups(version=2, roots=(second[0],))
    raise ClusterError(
        "this machine has no cgroup memory controller mounted, which the kubelet needs",
        cure="mount | grep cgroup   (in a container: run it with its own cgroups, or on the host)",
    )


def make(cgroups: Cgroups, group: str) -> None:
    """Makes `/a/b` in every hierarchy, usable by a kubelet."""
    for root in cgroups.roots:
        folder = root
        for piece in group.strip("/").split("/"):
            if cgroups.version == 2:
                _switch_on(folder)
            parent, folder = folder, folder / piece
            folder.mkdir(exist_ok=True)
            if cgroups.version == 1:
                for file in ("cpuset.cpus", "cpuset.mems"):
                    if (folder / file).exists():
                        (folder / file).write_text((parent / file).read_text())
        if cgroups.version == 2:
            _switch_on(folder)


def _switch_on(folder: Path) -> None:
    here = (folder / "cgroup.controllers").read_text().split()
    on = (folder / "cgroup.subtree_control").read_text().split()
    wanted = [controller for controller in CONTROLLERS if controller in here and controller not in on]
    if not wanted:
        return
    try:
        (folder / "cgroup.subtree_control").write_text(" ".join(f"+{controller}" for controller in wanted))
    except OSError as error:
        raise ClusterError(
            f"the cgroup controllers {', '.join(wanted)} cannot be switched on in {folder}: {error}",
            cure="run localcluster on the host, or in a container with its own cgroup namespace",
        ) from error


def groups(cgroups: Cgroups, name: str) -> Iterator[Path]:
    """The cluster's group in each hierarchy that has one."""
    return (root / name for root in cgroups.roots if (root / name).is_dir())


def remove(cgroups: Cgroups, name: str) -> None:
    """Removes the groups, deepest first. A killed container's group empties a moment later: hence tries."""
    deadline = time.monotonic() + REMOVE_SECONDS
    while found := list(groups(cgroups, name)):
        for group in found:
            for folder in sorted((path for path in group.rglob("*") if path.is_dir()), reverse=True):
                _rmdir(folder)
            _rmdir(group)
        if time.monotonic() > deadline:
            raise ClusterError(f"these cgroups still hold processes: {', '.join(map(str, found))}")
        if any(group.is_dir() for group in found):
            time.sleep(0.05)


def _rmdir(folder: Path) -> None:
    with contextlib.suppress(OSError):
        folder.rmdir()
