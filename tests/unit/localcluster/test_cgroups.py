from __future__ import annotations

from pathlib import Path

import pytest

from localcluster import cgroups
from localcluster.cgroups import Cgroups
from localcluster.errors import ClusterError

V2 = "cgroup2 /sys/fs/cgroup cgroup2 rw,nosuid 0 0\n"
V1 = (
    "tmpfs /sys/fs/cgroup tmpfs rw,mode=755 0 0\n"
    "cgroup /sys/fs/cgroup/memory cgroup rw,relatime,memory 0 0\n"
    "cgroup /sys/fs/cgroup/cpu cgroup rw,relatime,cpu 0 0\n"
)
HYBRID = V1 + "cgroup2 /sys/fs/cgroup/unified cgroup2 rw,relatime 0 0\n"
SYSTEMD_ONLY = "cgroup /sys/fs/cgroup/systemd cgroup rw,name=systemd 0 0\n"

FOUND = {
    "version 2 alone": (V2, 2, ["/sys/fs/cgroup"]),
    "version 1 alone": (V1, 1, ["/sys/fs/cgroup/memory", "/sys/fs/cgroup/cpu"]),
    "version 1 with an empty version 2 beside it": (
        HYBRID,
        1,
        ["/sys/fs/cgroup/memory", "/sys/fs/cgroup/cpu", "/sys/fs/cgroup/unified"],
    ),
    "version 2 with systemd's named hierarchy": (SYSTEMD_ONLY + V2, 2, ["/sys/fs/cgroup"]),
}


@pytest.mark.parametrize("mounts", ["", "proc /proc proc rw 0 0\n", SYSTEMD_ONLY])
def test_a_machine_without_a_memory_controller_is_refused(mounts: str) -> None:
    with pytest.raises(ClusterError, match="no cgroup memory controller"):
        cgroups.detect(mounts)


@pytest.mark.parametrize(("mounts", "version", "roots"), FOUND.values(), ids=FOUND)
def test_the_version_is_that_of_the_controllers(mounts: str, version: int, roots: list[str]) -> None:
    assert cgroups.detect(mounts) == Cgroups(version=version, roots=tuple(map(Path, roots)))


def test_on_version_1_a_new_group_inherits_the_cpus_that_the_kernel_leaves_empty(tmp_path: Path) -> None:
    (tmp_path / "cpuset.cpus").write_text("0-1\n")
    (tmp_path / "cpuset.mems").write_text("0\n")
    for name in ("lc-a", "lc-a/node1"):  # the kernel makes these files with the folder
        (tmp_path / name).mkdir()
        (tmp_path / name / "cpuset.cpus").write_text("")
        (tmp_path / name / "cpuset.mems").write_text("")
    cgroups.make(Cgroups(version=1, roots=(tmp_path,)), "/lc-a/node1")
    assert (tmp_path / "lc-a/node1/cpuset.cpus").read_text() == "0-1\n"
    assert (tmp_path / "lc-a/node1/cpuset.mems").read_text() == "0\n"


def test_on_version_2_every_level_passes_on_the_controllers_that_there_are(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "lc-a", tmp_path / "lc-a/node1"):
        folder.mkdir(exist_ok=True)
        (folder / "cgroup.controllers").write_text("cpuset cpu io memory pids rdma\n")
        (folder / "cgroup.subtree_control").write_text("")
    (tmp_path / "cgroup.subtree_control").write_text("cpuset cpu io memory pids\n")
    cgroups.make(Cgroups(version=2, roots=(tmp_path,)), "/lc-a/node1")
    assert (tmp_path / "cgroup.subtree_control").read_text() == "cpuset cpu io memory pids\n"
    for name in ("lc-a", "lc-a/node1"):
        assert (tmp_path / name / "cgroup.subtree_control").read_text() == "+cpuset +cpu +io +memory +pids"


def test_removing_takes_every_hierarchy_and_leaves_other_groups(tmp_path: Path) -> None:
    roots = (tmp_path / "memory", tmp_path / "cpu")
    for root in roots:
        (root / "lc-a/node1/kubepods/pod1").mkdir(parents=True)
        (root / "lc-ab").mkdir()
    cgroups.remove(Cgroups(version=1, roots=roots), "lc-a")
    assert [path.name for root in roots for path in root.iterdir()] == ["lc-ab", "lc-ab"]


def test_a_group_that_still_holds_a_process_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cgroups, "REMOVE_SECONDS", 0)
    (tmp_path / "lc-a").mkdir()
    (tmp_path / "lc-a/cgroup.procs").touch()  # a folder that cannot be removed
    with pytest.raises(ClusterError, match=f"{tmp_path}/lc-a"):
        cgroups.remove(Cgroups(version=2, roots=(tmp_path,)), "lc-a")
