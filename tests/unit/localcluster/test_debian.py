from __future__ import annotations

import io
from pathlib import Path

import pytest

from localcluster import debian
from localcluster.errors import ClusterError
from localcluster.progress import Progress


def test_elsewhere_the_exact_command_is_said_and_nothing_is_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    needs = (debian.Need("made-up-package", str(tmp_path / "missing")), debian.Need("coreutils", "true"))
    with pytest.raises(ClusterError) as refused:
        debian.ensure(needs, Progress(io.StringIO()), tmp_path / "apt.log")
    assert refused.value.message == "this machine has no made-up-package (Debian's package names)"
    assert refused.value.cure == "sudo apt-get update && sudo apt-get install -y made-up-package"
    assert not (tmp_path / "apt.log").exists()


def test_a_machine_that_has_everything_is_left_alone(tmp_path: Path) -> None:
    out = io.StringIO()
    debian.ensure((debian.Need("coreutils", "true"),), Progress(out), tmp_path / "apt.log")
    assert out.getvalue() == ""


def test_only_what_is_absent_is_asked_for_in_order() -> None:
    needs = tuple(debian.Need(name, name) for name in "abc")
    assert debian.absent(needs, lambda proof: proof == "b") == ["a", "c"]
