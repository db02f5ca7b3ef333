from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from localcluster import down, network, record
from localcluster.errors import ClusterError
from localcluster.plan import Plan
from localcluster.processes import Process

MOUNTS = """proc /proc proc rw 0 0
tmpfs /state/node1/a tmpfs rw 0 0
tmpfs /state/node1/a/b\\040c tmpfs rw 0 0
tmpfs /state2/x tmpfs rw 0 0
"""


def test_only_mounts_within_the_folder_are_taken_deepest_first() -> None:
    assert down.mounts_below(MOUNTS, Path("/state")) == [Path("/state/node1/a/b c"), Path("/state/node1/a")]


def test_a_folder_that_is_no_clusters_is_not_purged(one: Plan, tmp_path: Path) -> None:
    (tmp_path / "volumes").mkdir()
    with pytest.raises(ClusterError, match="nothing was removed"):
        down.purge(dataclasses.replace(one, state=tmp_path))
    assert (tmp_path / "volumes").is_dir()


def test_purging_removes_the_clusters_data_and_nothing_that_lies_beside_it(one: Plan, tmp_path: Path) -> None:
    for name in ("pki", "etcd", "node1/fs", "volumes/pvc-1"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / record.FILE).write_text("{}")
    (tmp_path / "mine.txt").touch()
    down.purge(dataclasses.replace(one, state=tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_purging_what_was_never_there_is_no_error(one: Plan, tmp_path: Path) -> None:
    down.purge(dataclasses.replace(one, state=tmp_path / "never"))
    assert not (tmp_path / "never").exists()


def test_a_living_cluster_of_the_same_name_in_another_folder_is_spared(
    one: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    living = Process(pid=1, part="etcd", program="etcd", is_init=False)
    monkeypatch.setattr(network, "owner", lambda plan: Path("/elsewhere"))
    monkeypatch.setattr(down, "scan", lambda state: [living] if state == Path("/elsewhere") else [])
    ended: list[str] = []
    monkeypatch.setattr(down, "end_all", lambda look: ended.append("all"))
    with pytest.raises(
        ClusterError, match="another cluster of the name demo runs, with its data in /elsewhere"
    ):
        down.down(one)
    assert ended == []
