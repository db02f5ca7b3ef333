from __future__ import annotations

import fcntl
import io
import threading
import time
from ipaddress import IPv4Network
from pathlib import Path

import pytest

from localcluster import record
from localcluster.errors import UsageError
from localcluster.progress import Progress
from localcluster.settings import Settings, settings


@pytest.fixture
def chosen(tmp_path: Path) -> Settings:
    (tmp_path / "s").mkdir()
    return settings({"LOCALCLUSTER_NETWORK": "10.7.0.0/16"}, name="demo", state=str(tmp_path / "s"))


def test_a_folder_with_something_else_in_it_is_refused(chosen: Settings) -> None:
    (chosen.state / "thesis.odt").touch()
    with pytest.raises(UsageError, match="holds something else than a cluster"):
        record.write(chosen, {})
    assert [path.name for path in chosen.state.iterdir()] == ["thesis.odt"]


def test_another_network_is_refused_since_etcd_holds_addresses(chosen: Settings) -> None:
    record.write(chosen, {})
    moved = Settings(**{**chosen.__dict__, "network": IPv4Network("10.8.0.0/16")})
    with pytest.raises(
        UsageError, match=r"made for the network 10\.7\.0\.0/16, not 10\.8\.0\.0/16"
    ) as refused:
        record.write(moved, {})
    assert "down --purge" in str(refused.value.cure)


def test_other_commands_speak_of_the_cluster_that_was_started(chosen: Settings) -> None:
    record.write(chosen, {"etcd": Path("/bins/etcd")})
    asked = settings({}, name="demo", state=str(chosen.state), port="7000")
    assert record.read(asked) == chosen
    assert record.bins(chosen.state) == {"etcd": Path("/bins/etcd")}


def test_a_damaged_record_is_written_anew(chosen: Settings) -> None:
    (chosen.state / record.FILE).write_text("{half")
    assert record.read(chosen) == chosen
    record.write(chosen, {"etcd": Path("/bins/etcd")})
    assert record.bins(chosen.state) == {"etcd": Path("/bins/etcd")}


def test_a_second_command_says_for_whom_it_waits_and_then_goes_on(chosen: Settings) -> None:
    out, entered = io.StringIO(), threading.Event()

    def second() -> None:
        with record.lock(chosen.state, Progress(out)):
            entered.set()

    thread = threading.Thread(target=second)
    with (chosen.state / "lock").open("w") as first:
        first.write("4711")
        first.flush()
        fcntl.flock(first, fcntl.LOCK_EX)
        thread.start()
        deadline = time.monotonic() + 20
        while "waiting for another localcluster command (pid 4711)" not in out.getvalue():
            assert time.monotonic() < deadline
        assert not entered.is_set()
    thread.join(20)
    assert entered.is_set()
