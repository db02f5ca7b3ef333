from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from localcluster import processes
from localcluster.errors import ClusterError
from localcluster.plan import PART_MARK, STATE_MARK
from localcluster.processes import Process, end_all, environment, main_process, rank, scan, spawn

STATE = Path("/state/was")


def fake(proc: Path, pid: int, *, state: Path = STATE, part: str, argv: list[str], ns: str = "") -> None:
    folder = proc / str(pid)
    folder.mkdir(parents=True)
    environ = {"PATH": "/bin", **environment(state, part)}
    (folder / "environ").write_bytes(b"".join(f"{key}={value}\0".encode() for key, value in environ.items()))
    (folder / "cmdline").write_bytes(b"".join(f"{word}\0".encode() for word in argv))
    (folder / "status").write_text(f"Name:\tx\nNSpid:\t{pid}{ns}\n")


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    fake(tmp_path, 11, part="etcd", argv=["/cache/etcd", "--data-dir=x"])
    fake(tmp_path, 12, part="node1", argv=["/usr/bin/unshare", "--pid"])
    fake(tmp_path, 13, part="node1", argv=["/venv/bin/python", "-m", "localcluster.node_init"], ns="\t1")
    fake(tmp_path, 14, part="containerd-node1", argv=["/usr/bin/nsenter", "-t", "13"])
    fake(tmp_path, 15, part="containerd-node1", argv=["/cache/containerd"], ns="\t2")
    fake(tmp_path, 16, part="containerd-node1", argv=["/cache/containerd-shim-runc-v2"], ns="\t9")
    fake(tmp_path, 20, state=Path("/state/was2"), part="etcd", argv=["/cache/etcd"])
    fake(tmp_path, 21, state=Path("/state"), part="etcd", argv=["/cache/etcd"])
    (tmp_path / "30").mkdir()  # a process that is gone by the time it is read
    (tmp_path / "self").mkdir()
    zombie = tmp_path / "31"
    zombie.mkdir()
    for name in ("environ", "cmdline"):
        (zombie / name).write_bytes(b"")
    return tmp_path


def test_a_cluster_of_another_folder_a_zombie_and_a_vanished_process_are_not_seen(proc: Path) -> None:
    assert [process.pid for process in scan(STATE, proc)] == [11, 12, 13, 14, 15, 16]


PARTS = {
    "a host's part is its program": ("etcd", "etcd", 11),
    "a node is its pid 1, not what made the namespace": ("node1", None, 13),
    "a node's part is neither the way in nor a shim": ("containerd-node1", "containerd", 15),
    "a part that does not run is none": ("kubelet-node1", "kubelet", None),
}


@pytest.mark.parametrize(("part", "program", "pid"), PARTS.values(), ids=PARTS)
def test_a_part_is_found_by_its_mark_and_program(
    proc: Path, part: str, program: str | None, pid: int | None
) -> None:
    found = main_process(scan(STATE, proc), part, program)
    assert (found.pid if found else None) == pid


def test_who_starts_others_ends_first_and_etcd_last(proc: Path) -> None:
    names = (
        "etcd",
        "kube-apiserver",
        "node1",
        "kube-scheduler",
        "containerd-node1",
        "local-path-provisioner",
    )
    ranks = {name: rank(Process(pid=1, part=name, program="x", is_init=False)) for name in names}
    assert ranks == {
        "local-path-provisioner": 0,
        "kube-scheduler": 0,
        "node1": 1,
        "containerd-node1": 2,
        "kube-apiserver": 2,
        "etcd": 3,
    }


@pytest.fixture
def sleeper(tmp_path: Path) -> Iterator[int]:
    """A real marked process that ignores SIGTERM."""
    log = tmp_path / "log/etcd.log"
    code = "from signal import *; signal(SIGTERM, SIG_IGN); print('set', flush=True); pause()"
    pid = spawn([sys.executable, "-c", code], environ=environment(tmp_path, "etcd"), log=log)
    deadline = time.monotonic() + 20
    while "set" not in log.read_text():
        assert time.monotonic() < deadline
        os.sched_yield()
    yield pid
    for process in scan(tmp_path):
        os.kill(process.pid, signal.SIGKILL)


def test_a_started_process_is_found_and_ended_though_it_ignores_sigterm(
    sleeper: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "POLITE_SECONDS", 0.1)
    assert [process.pid for process in scan(tmp_path)] == [sleeper]
    end_all(lambda: scan(tmp_path))
    assert scan(tmp_path) == []


def test_a_process_that_does_not_die_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = subprocess.Popen(["true"])
    ended.wait()
    stuck = Process(pid=ended.pid, part="kubelet-node1", program="kubelet", is_init=False)
    seconds = iter(range(0, 1000, 5))
    with pytest.raises(ClusterError, match=rf"kubelet-node1 \(pid {ended.pid}\)"):
        end_all(lambda: [stuck], clock=lambda: next(seconds))


def test_a_program_that_is_not_there_is_named_with_the_cure(tmp_path: Path) -> None:
    with pytest.raises(ClusterError, match="/missing/etcd did not start") as refused:
        spawn(["/missing/etcd"], environ={}, log=tmp_path / "etcd.log")
    assert refused.value.cure == "localcluster build"


def test_a_part_inherits_nothing_of_the_persons_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy")
    assert set(environment(STATE, "etcd")) == {"PATH", "HOME", STATE_MARK, PART_MARK}
