"""A Docker engine to build with: the machine's own, or one of ours for as long as the build takes.

Why our own: a bare machine has none running, and one that is left running would keep rules
and bridges of its own. Ours has no bridge and writes no iptables rule; builds use the host's network.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from whatsapp_tools.terminal import ToolError, run, step

RUN = Path("/run/whatsapp-session-operator")
START_SECONDS = 60.0


def cache_dir() -> Path:
    """Where everything slow to make is kept, outside the checkout."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "whatsapp-session-operator"


def client() -> str:
    """Debian's client has BuildKit built in; a newer one earlier on PATH may lack buildx."""
    return "/usr/bin/docker" if Path("/usr/bin/docker").exists() else "docker"


def _answers(env: dict[str, str]) -> bool:
    try:
        return subprocess.run([client(), "info"], env=env, capture_output=True, timeout=30).returncode == 0
    except (FileNotFoundError, subprocess.TimeoutExpired):
        return False


def _clear_dead(data: Path, pid_file: Path) -> None:
    """A dockerd that was killed leaves its pid file and the mounts of what it was building."""
    pid_file.unlink(missing_ok=True)
    mounts = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()]
    for mount in sorted((m for m in mounts if m.startswith((f"{data}/", f"{RUN}/"))), reverse=True):
        subprocess.run(["umount", "-l", mount], check=False)


def _orphans() -> list[int]:
    """Processes of an engine of ours that outlived their tool: they name our run folder."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                line = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if str(RUN).encode() in line and line.split(b"\0", 1)[0].rsplit(b"/", 1)[-1] in (
                b"dockerd",
                b"containerd",
                b"runc",
            ):
                found.append(int(entry.name))
    return found


@contextmanager
def engine() -> Iterator[dict[str, str]]:
    """Yield the environment for `docker` commands; an engine of ours is ended afterwards."""
    env = {**os.environ, "DOCKER_BUILDKIT": "1"}
    if _answers(env):
        yield env
        return
    if os.geteuid() != 0:
        raise ToolError(
            "No Docker engine answers.\nStart one (sudo systemctl start docker), or run this as root."
        )
    run([str(Path(__file__).parents[1] / "ensure-packages"), "docker.io"])
    socket, pid_file = RUN / "docker.sock", RUN / "docker.pid"
    data = cache_dir() / "docker"
    env["DOCKER_HOST"] = f"unix://{socket}"
    for pid in _orphans():
        os.kill(pid, signal.SIGKILL)
    RUN.mkdir(parents=True, exist_ok=True)
    data.mkdir(parents=True, exist_ok=True)
    _clear_dead(data, pid_file)
    log_path = cache_dir() / "dockerd.log"
    with step("Docker engine of our own"), log_path.open("w") as log:
        daemon = subprocess.Popen(
            [
                "/usr/sbin/dockerd",
                f"--data-root={data}",
                f"--exec-root={RUN}/exec",
                f"--pidfile={pid_file}",
                f"--host=unix://{socket}",
                "--bridge=none",
                "--iptables=false",
                "--ip-forward=false",
            ],
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        until = time.monotonic() + START_SECONDS
        while not _answers(env):
            if daemon.poll() is not None or time.monotonic() > until:
                daemon.kill()
                tail = "\n".join(log_path.read_text().splitlines()[-15:])
                raise ToolError(f"dockerd did not start:\n{tail}\nThe whole log: {log_path}")
            time.sleep(0.2)
    try:
        yield env
    finally:
        daemon.terminate()
        try:
            daemon.wait(30)
        except subprocess.TimeoutExpired:
            daemon.kill()
            daemon.wait()
