"""Ends a cluster and takes away all that it made on the machine; its data stays unless purged.

Why it trusts nothing: it is what cleans up after crashes, interrupted starts and helpful strangers, so it
looks at the machine (processes by their mark, devices, chains and groups by the cluster's name) and looks
again at the end.
"""

from __future__ import annotations

import shutil
import time
from contextlib import suppress
from pathlib import Path

from localcluster import cgroups, network, record, shared
from localcluster.errors import ClusterError
from localcluster.machine import run
from localcluster.plan import Plan
from localcluster.processes import end_all, scan
from localcluster.progress import Progress

MOUNTS = Path("/proc/self/mounts")
# All that a cluster keeps in its folder: `purge` removes these and nothing that a person put beside them.
KEPT = ("pki", "config", "etcd", "volumes", "log", "kubeconfig", record.FILE, f"{record.FILE}.half", "lock")
SETTLE_SECONDS = 10.0


def down(plan: Plan) -> None:
    """Safe to repeat and after any crash. Raises ClusterError with what would not go."""
    _refuse_a_namesake(plan)
    deadline = time.monotonic() + SETTLE_SECONDS
    _clear(plan)
    while left := leftovers(plan):
        if time.monotonic() > deadline:
            raise ClusterError(
                f"cluster {plan.name} left something on this machine",
                detail="\n".join(left),
                cure="localcluster down",
            )
        time.sleep(0.05)
        _clear(plan)
    shared.release()


def _clear(plan: Plan) -> None:
    end_all(lambda: scan(plan.state))
    for mount in mounts_below(MOUNTS.read_text(), plan.state):
        run(["umount", "-l", str(mount)])
    network.down(plan)
    cgroups.remove(cgroups.detect(cgroups.MOUNTS.read_text()), plan.cgroup)


def _refuse_a_namesake(plan: Plan) -> None:
    """Devices and chains are found by name, so a living cluster of this name elsewhere must be spared."""
    owner = network.owner(plan)
    if owner is not None and owner != plan.state and scan(owner):
        raise ClusterError(
            f"another cluster of the name {plan.name} runs, with its data in {owner}",
            cure=f"LOCALCLUSTER_NAME=<another>, or: LOCALCLUSTER_STATE={owner} localcluster down",
        )


def leftovers(plan: Plan) -> list[str]:
    """Everything of this cluster on the machine outside its folder, a line each; empty after `down`."""
    found = [f"process: {process.part} (pid {process.pid})" for process in scan(plan.state)]
    found += [f"mount: {mount}" for mount in mounts_below(MOUNTS.read_text(), plan.state)]
    found += [f"network device: {link}" for link in network.links(plan)]
    found += [f"route: {route}" for route in network.routes(plan)]
    found += [f"firewall: {line}" for line in network.chain_lines(plan)]
    groups = cgroups.groups(cgroups.detect(cgroups.MOUNTS.read_text()), plan.cgroup)
    return found + [f"cgroup: {group}" for group in groups]


def purge(plan: Plan) -> None:
    """Removes the cluster's data. Raises ClusterError where the folder is no cluster's."""
    if not plan.state.is_dir():
        return
    if record.is_foreign(plan.state):
        raise ClusterError(
            f"{plan.state} is not a cluster's folder: nothing was removed",
            cure=f"look, then: rm -r {plan.state}",
        )
    nodes = [path.name for path in plan.state.glob("node*")]
    for name in (*nodes, *KEPT):
        path = plan.state / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    with suppress(OSError):  # a person keeps something of their own there
        plan.state.rmdir()


def say_down(plan: Plan, progress: Progress) -> None:
    was_there = bool(leftovers(plan))
    down(plan)
    progress.say(f"cluster {plan.name} is down" if was_there else f"cluster {plan.name} was not running")


def mounts_below(mounts: str, folder: Path) -> list[Path]:
    """The mount points in `folder`, deepest first, from the text of /proc/mounts (with its octal escapes)."""
    points = [Path(line.split()[1].encode().decode("unicode_escape")) for line in mounts.splitlines() if line]
    return sorted((point for point in points if point.is_relative_to(folder)), reverse=True)
