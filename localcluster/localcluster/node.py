"""Starts a node: its namespaces with a pid 1, its control group, its network cable.

Why from outside: pid 1 stays small and starts nothing, so each part of the node can be started, watched and
killed by itself, as on a real machine.
"""

from __future__ import annotations

import hashlib
import json
import sys
import time
from pathlib import Path

from localcluster import cgroups, network, node_init, shared
from localcluster.errors import ClusterError
from localcluster.plan import Node, Plan
from localcluster.processes import Process, environment, main_process, scan, spawn
from localcluster.progress import last_lines

START_SECONDS = 15.0


def start(plan: Plan, node: Node) -> None:
    """Comes back when the node's pid 1 is set and its cable is in."""
    found = cgroups.detect(cgroups.MOUNTS.read_text())
    cgroups.make(found, node.cgroup)
    shared.claim(node_init.KEPT)
    node.folder.mkdir(parents=True, exist_ok=True)
    config = node.folder / "init.json"
    config.write_text(json.dumps(init_config(plan, node), indent=1))
    namespaces = ["--mount", "--pid", "--net", "--ipc", "--uts", "--fork", "--kill-child"]
    source = {"PYTHONPATH": str(Path(__file__).resolve().parent.parent)}
    spawn(
        ["/usr/bin/unshare", *namespaces, "--", sys.executable, "-m", "localcluster.node_init", str(config)],
        environ=environment(plan.state, node.name, source),
        log=plan.log(node.name),
    )
    deadline = time.monotonic() + START_SECONDS
    while not ready(plan, node):
        if time.monotonic() > deadline:
            raise ClusterError(
                f"{node.name}'s pid 1 was not ready after {START_SECONDS:g} s",
                detail=last_lines(plan.log(node.name), 10),
            )
        time.sleep(0.02)
    init = pid1(plan, node)
    assert init is not None, f"{node.name} ended right after its start"
    network.plug(plan, node, init.pid)


def init_config(plan: Plan, node: Node) -> dict[str, str]:
    """What pid 1 is told. Its resolver is the cluster's DNS on the bridge, which passes on what is not its
    own, so that a machine whose resolver listens on loopback needs no exception.
    """
    return {
        "hostname": node.name,
        "folder": str(node.folder),
        "resolv_conf": f"nameserver {plan.gateway}\n",
        "machine_id": hashlib.md5(f"{plan.state} {node.name}".encode(), usedforsecurity=False).hexdigest(),
    }


def pid1(plan: Plan, node: Node) -> Process | None:
    return main_process(scan(plan.state), node.name, None)


def ready(plan: Plan, node: Node) -> bool:
    """Looks through /proc at the file that pid 1 leaves in its own /run."""
    init = pid1(plan, node)
    return init is not None and Path(f"/proc/{init.pid}/root{node_init.READY}").exists()


def enter(pid: int, argv: list[str]) -> list[str]:
    """The command that runs `argv` inside the node whose pid 1 has `pid` on the host."""
    return ["/usr/bin/nsenter", "-t", str(pid), "-m", "-n", "-p", "-u", "-i", "--", *argv]
