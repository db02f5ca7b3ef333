"""What the machine itself must have: installed by apt as root on Debian, elsewhere named as a command.

Why probes of files: they hold on every distribution, however its packages are called.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from localcluster.errors import ClusterError
from localcluster.machine import PATH
from localcluster.progress import Progress, last_lines, run_long

CNI_FOLDER = "/usr/lib/cni"
BUSYBOX = "/bin/busybox"


@dataclass(frozen=True)
class Need:
    """A Debian package and the file that proves it: an absolute path, or a command's name."""

    package: str
    proof: str


RUN = (
    Need("containernetworking-plugins", f"{CNI_FOLDER}/bridge"),
    Need("iptables", "iptables"),
    Need("iproute2", "ip"),
    Need("busybox-static", BUSYBOX),
    Need("util-linux", "nsenter"),
    Need("mount", "mount"),
)
BUILD = (
    Need("gcc", "gcc"),
    Need("libc6-dev", "/usr/include/stdlib.h"),
    Need("libseccomp-dev", "/usr/include/seccomp.h"),
    Need("pkg-config", "pkg-config"),
    Need("ca-certificates", "/etc/ssl/certs/ca-certificates.crt"),
)


def absent(needs: Sequence[Need], has: Callable[[str], bool]) -> list[str]:
    """The packages whose proof is not there, in order."""
    return [need.package for need in needs if not has(need.proof)]


def machine_has(proof: str) -> bool:
    return Path(proof).exists() if proof.startswith("/") else shutil.which(proof, path=PATH) is not None


def ensure(needs: Sequence[Need], progress: Progress, log: Path) -> None:
    """Installs what is absent; raises ClusterError with the exact command where it may not."""
    packages = absent(needs, machine_has)
    if not packages:
        return
    command = [
        "apt-get",
        "install",
        "-y",
        "--no-install-recommends",
        "-o",
        "DPkg::Lock::Timeout=300",
        *packages,
    ]
    if os.geteuid() != 0 or shutil.which("apt-get", path=PATH) is None:
        raise ClusterError(
            f"this machine has no {', '.join(packages)} (Debian's package names)",
            cure=f"sudo apt-get update && sudo apt-get install -y {' '.join(packages)}",
        )
    progress.say(f"installing {' '.join(packages)}")
    log.parent.mkdir(parents=True, exist_ok=True)
    environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "PATH": PATH}
    update = ["apt-get", "update", "-o", "DPkg::Lock::Timeout=300"]
    # A machine that never ran `update` knows no packages; one that did need not wait for it.
    for attempt in (command, update, command):
        code = run_long(attempt, what=" ".join(attempt[:2]), progress=progress, log=log, env=environ)
        if code == 0 and attempt is command:
            break
    left = absent(needs, machine_has)
    if left:
        raise ClusterError(
            f"apt-get could not install {', '.join(left)}",
            detail=last_lines(log, 8),
            cure=f"apt-get update && apt-get install -y {' '.join(left)}",
        )
