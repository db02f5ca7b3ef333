"""Finds and ends a cluster's processes by a mark in their environment.

Why not pid files: after a crash they name strangers. Every process that a cluster starts carries
LC_STATE=<folder> and LC_PART=<part>; children inherit both, and the kernel keeps the first environment
readable for as long as they live. Containers have an environment of their own; they end with their node's pid
1.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from localcluster.errors import ClusterError
from localcluster.machine import PATH
from localcluster.plan import PART_MARK, STATE_MARK

PROC = Path("/proc")
END_SECONDS = 15.0
MARK_SECONDS = 1.0
POLITE_SECONDS = 2.0  # for etcd, which closes its files on SIGTERM


@dataclass(frozen=True, kw_only=True)
class Process:
    """`program` is the base name of its argv[0]; `is_init`: it is pid 1 of a pid namespace below this one."""

    pid: int
    part: str
    program: str
    is_init: bool


def environment(state: Path, part: str, extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """A part's whole environment: nothing of the person's own but what is named."""
    return {"PATH": PATH, "HOME": "/root", STATE_MARK: str(state), PART_MARK: part, **(extra or {})}


def scan(state: Path, proc: Path = PROC) -> list[Process]:
    """Every living process of the cluster in `state`. A zombie has no environment and is not among them."""
    mark = f"{STATE_MARK}={state}".encode()
    found = []
    for folder in proc.iterdir():
        if folder.name.isdigit():
            process = _read(folder, mark)
            if process:
                found.append(process)
    return sorted(found, key=lambda process: process.pid)


def _read(folder: Path, mark: bytes) -> Process | None:
    try:
        environ = (folder / "environ").read_bytes().split(b"\0")
        if mark not in environ:
            return None
        argv = (folder / "cmdline").read_bytes().split(b"\0")
        status = (folder / "status").read_text(errors="replace")
    except OSError:  # it ended while we looked, or belongs to a person whose processes we may not read
        return None
    part = next((item for item in environ if item.startswith(f"{PART_MARK}=".encode())), b"=?")
    pids = next((line.split()[1:] for line in status.splitlines() if line.startswith("NSpid:")), [])
    return Process(
        pid=int(folder.name),
        part=part.split(b"=", 1)[1].decode(errors="replace"),
        program=Path(os.fsdecode(argv[0])).name,
        is_init=len(pids) > 1 and pids[-1] == "1",
    )


def main_process(found: Iterable[Process], part: str, program: str | None) -> Process | None:
    """The process that is the part itself, not a wrapper or child; `program` None asks for a node's pid 1."""
    for process in found:
        if process.part == part and (process.is_init if program is None else process.program == program):
            return process
    return None


def spawn(argv: list[str], *, environ: Mapping[str, str], log: Path) -> int:
    """Starts a process of its own session with both outputs appended to `log`; gives its pid.

    It outlives us, so it is no child to wait for (subprocess.Popen would warn of it).
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    try:
        pid = os.posix_spawn(
            argv[0],
            argv,
            environ,
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0),
                (os.POSIX_SPAWN_OPEN, 1, str(log), flags, 0o644),
                (os.POSIX_SPAWN_DUP2, 1, 2),
            ],
            setsid=True,
        )
    except OSError as error:
        raise ClusterError(f"{argv[0]} did not start: {error}", cure="localcluster build") from error
    _until_marked(pid)
    return pid


def _until_marked(pid: int) -> None:
    """The kernel comes back a moment before the new environment can be read, and `scan` must not miss it."""
    deadline = time.monotonic() + MARK_SECONDS
    while time.monotonic() < deadline:
        try:
            if (PROC / str(pid) / "environ").read_bytes() or os.waitpid(pid, os.WNOHANG)[0]:
                return
        except OSError:
            return  # it has ended already; whoever waits for it will see and say so
        time.sleep(0.001)


def rank(process: Process) -> int:
    """The order of `end_all`: who starts others first, etcd last (its clients never exit without it)."""
    if process.part in ("local-path-provisioner", "kube-controller-manager", "kube-scheduler"):
        return 0
    if process.part.startswith("node"):
        return 1
    return 3 if process.part == "etcd" else 2


def end_all(look: Callable[[], list[Process]], *, clock: Callable[[], float] = time.monotonic) -> None:
    """Ends what `look` sees until it sees nothing; etcd may close its files, the others need not.

    Raises ClusterError naming what would not die within END_SECONDS.
    """
    for wanted in range(3):
        _signal([process for process in look() if rank(process) == wanted], signal.SIGKILL)
    deadline = clock() + END_SECONDS
    polite_until = clock() + POLITE_SECONDS
    _signal([process for process in look() if rank(process) == 3], signal.SIGTERM)
    while left := look():
        if clock() > deadline:
            names = ", ".join(f"{process.part} (pid {process.pid})" for process in left)
            raise ClusterError(f"these processes do not end on SIGKILL: {names}", cure="dmesg | tail")
        impolite = [process for process in left if rank(process) < 3 or clock() > polite_until]
        _signal(impolite, signal.SIGKILL)
        _reap()
        time.sleep(0.02)


def _signal(processes: list[Process], number: signal.Signals) -> None:
    for process in processes:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, number)


def _reap() -> None:
    """Parts that this very process started are its zombies until it looks."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass
