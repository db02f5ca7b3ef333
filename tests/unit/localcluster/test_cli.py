from __future__ import annotations

from pathlib import Path

import pytest

from localcluster.cli import main


@pytest.fixture(autouse=True)
def _folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "c"))
    monkeypatch.setenv("LOCALCLUSTER_STATE", str(tmp_path / "s"))
    for name in ("NAME", "PORT", "NETWORK"):
        monkeypatch.delenv(f"LOCALCLUSTER_{name}", raising=False)


REFUSED = {
    "a bad name": (["--name", "Bad", "status"], 2, "'Bad'", "LOCALCLUSTER_NAME=was"),
    "a bad port": (["--port", "x", "up"], 2, "'x'", "LOCALCLUSTER_PORT=6443"),
    "a kubeconfig before the first start": (["kubeconfig"], 1, "was never up", "localcluster up"),
    "logs before the first start": (["logs", "etcd"], 2, "'etcd' names none of the parts", "localcluster up"),
    "an unknown program": (["bin", "docker"], 2, "'docker' is no program", "one of etcd"),
    "a program before the build": (["bin", "kubectl"], 1, "kubectl is not built yet", "localcluster build"),
}


@pytest.mark.parametrize(("argv", "code", "said", "cure"), REFUSED.values(), ids=REFUSED)
def test_a_mistake_is_one_line_with_a_cure_and_an_exit_code(
    argv: list[str], code: int, said: str, cure: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(argv) == code
    out, err = capsys.readouterr()
    assert out == ""
    first, second = err.splitlines()
    assert first.startswith("localcluster: ")
    assert said in first
    assert second.startswith("cure: ")
    assert cure in second


def test_images_are_not_loaded_into_a_cluster_that_is_down(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    (tmp_path / "s").mkdir()
    (tmp_path / "s/kubeconfig").touch()
    assert main(["load", "x.tar"]) == 1
    assert capsys.readouterr().err == "localcluster: cluster was is not running\ncure: localcluster up\n"


@pytest.mark.parametrize("command", ["up", "down", "status", "load x"])
def test_without_root_nothing_is_tried(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert main(command.split()) == 1
    assert "this needs root" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("argv", [[], ["explode"], ["load"], ["logs"]])
def test_a_wrong_command_line_exits_with_2(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(argv)
    assert ended.value.code == 2
    assert "usage: localcluster" in capsys.readouterr().err


def test_a_log_is_named_by_its_part_or_an_unambiguous_beginning(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "s/log"
    folder.mkdir(parents=True)
    for name in ("kube-scheduler", "kube-apiserver", "kubelet-node1"):
        (folder / f"{name}.log").write_text(f"first\n{name} speaks\n")
    assert main(["logs", "kubelet", "-n", "1"]) == 0
    assert capfd.readouterr().out == "kubelet-node1 speaks\n"
    assert main(["logs", "kube-"]) == 2
    assert "'kube-' names 2 of the parts" in capfd.readouterr().err
