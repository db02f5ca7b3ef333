"""Pid 1 of a node, run inside fresh mount, pid, network, ipc and uts namespaces: `python -m
localcluster.node_init FILE`.

Why a pid 1 of our own: when it dies, by `down` or by kill -9, the kernel ends every process of the node, and
with the last one go its mounts, network and firewall rules. No unmount code, and a real power cut for tests.
It starts nothing: the node's parts are sent in from outside, each by itself. It only reaps what they orphan
(containerd's shims).

FILE is JSON: `hostname`, `folder` (what stays over a power cut), `resolv_conf` (text), `machine_id`.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

# Written to the node's own /run when all is set; see `READY` as seen from the host in `node`.
READY = Path("/run/localcluster-ready")
# What stays over a power cut, each in the node's folder.
KEPT = ("/var/lib/kubelet", "/var/lib/containerd", "/var/lib/cni", "/var/log", "/etc/cni")
SYSCTLS = ("net/ipv4/ip_forward", "net/bridge/bridge-nf-call-iptables")


def main() -> None:
    config = json.loads(Path(sys.argv[1]).read_text())
    folder = Path(config["folder"])
    # Blocked before any child exists, so that no end of one is missed.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
    socket.sethostname(config["hostname"])
    _mounts(folder, config["resolv_conf"], config["machine_id"])
    for name in SYSCTLS:
        (Path("/proc/sys") / name).write_text("1\n")
    READY.touch()
    while True:
        signal.sigwait({signal.SIGCHLD})
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            pass


def _mounts(folder: Path, resolv_conf: str, machine_id: str) -> None:
    _mount("--make-rprivate", "/")
    _mount("-t", "proc", "proc", "/proc")
    resolver = Path(os.path.realpath("/etc/resolv.conf"))  # on many machines a link into /run
    # Empty at each start, as after a boot: network namespaces, shim sockets, address leases, locks.
    _mount("-t", "tmpfs", "-o", "mode=755", "tmpfs", "/run")
    Path("/run/lock").mkdir()
    for path in KEPT:
        inside = folder / "fs" / path.lstrip("/")
        inside.mkdir(parents=True, exist_ok=True)
        _mount("--bind", str(inside), path)
    _cover(resolver, folder / "resolv.conf", resolv_conf)
    _cover(Path("/etc/machine-id"), folder / "machine-id", machine_id + "\n")


def _cover(target: Path, source: Path, text: str) -> None:
    """Lays a file of the node's own over one of the machine's. One that is missing stays so."""
    source.write_text(text)
    if target.is_relative_to("/run"):  # which is empty now
        target.parent.mkdir(parents=True, exist_ok=True)
        target.touch()
    if target.exists():
        _mount("--bind", str(source), str(target))


def _mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True)


if __name__ == "__main__":
    main()
