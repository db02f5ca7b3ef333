"""The real list of modules and the real go.mod files, with a shell script in Go's place."""

from __future__ import annotations

import fcntl
import io
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from localcluster.build import build, go_environment, missing
from localcluster.errors import ClusterError
from localcluster.modules import MODULES, cache_folder
from localcluster.progress import Progress

GO = """#!/bin/sh
[ "$1" = version ] && { echo go version go1.26.8 linux/amd64; exit; }
while [ "$1" != -o ]; do shift; done
echo "$2" >> "$CALLS"
case "$2" in *"/$FAIL") echo "undefined: x"; exit 1;; esac
echo program > "$2"
"""


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "bin").mkdir()
    go = tmp_path / "bin/go"
    go.write_text(GO)
    go.chmod(0o755)
    monkeypatch.setenv("PATH", f"{go.parent}:{os.environ['PATH']}")
    monkeypatch.setenv("CALLS", str(tmp_path / "calls"))
    monkeypatch.setenv("FAIL", "nothing")
    return tmp_path / "calls"


def built(calls: Path) -> list[str]:
    return [Path(line).name for line in calls.read_text().splitlines()]


def test_a_failed_build_shows_the_compilers_words_and_leaves_no_half_entry(
    calls: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAIL", "ctr")
    with pytest.raises(ClusterError, match="building ctr of modules/containerd failed") as failed:
        build(tmp_path / "cache", Progress(io.StringIO()))
    assert failed.value.detail == "undefined: x"
    whole = cache_folder(MODULES[0], tmp_path / "cache").name
    entries = sorted(path.name for path in (tmp_path / "cache").iterdir() if path.is_dir())
    assert entries == [whole]
    monkeypatch.setenv("FAIL", "nothing")
    assert "etcd" not in [module.name for module in missing(tmp_path / "cache")]
    build(tmp_path / "cache", Progress(io.StringIO()))
    assert built(calls).count("etcd") == 1
    assert built(calls).count("ctr") == 2


def test_a_terminated_build_ends_its_compiler_and_leaves_no_half_entry(
    calls: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go = tmp_path / "bin/go"
    go.write_text(GO.replace("echo program", f"echo $$ > {tmp_path}/pid; sleep 600; echo program"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    main = f"cli.main(['--state', '{tmp_path}/s', 'build'])"
    no_apt = "cli.debian.ensure = lambda *_: None"
    command = [sys.executable, "-c", f"import sys; from localcluster import cli; {no_apt}; sys.exit({main})"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as running:
        deadline = time.monotonic() + 60
        while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text():
            assert time.monotonic() < deadline
        running.terminate()
        said = running.communicate(timeout=60)[1]
    assert running.returncode == 130
    assert "localcluster: interrupted" in said
    compiler = int((tmp_path / "pid").read_text())
    while Path(f"/proc/{compiler}/environ").exists() and Path(f"/proc/{compiler}/environ").read_bytes():
        assert time.monotonic() < deadline, "the compiler still runs"
    assert not any(path.is_dir() for path in (tmp_path / "home").glob("*/*/*"))


def test_every_program_is_built_once_and_a_second_time_nothing(calls: Path, tmp_path: Path) -> None:
    programs = build(tmp_path / "cache", Progress(io.StringIO()))
    assert all(path.read_text() == "program\n" for path in programs.values())
    out = io.StringIO()
    assert build(tmp_path / "cache", Progress(out)) == programs
    assert out.getvalue() == ""
    assert sorted(built(calls)) == sorted(programs)


def test_what_an_interrupted_build_left_is_cleared(calls: Path, tmp_path: Path) -> None:
    key = cache_folder(MODULES[0], tmp_path / "cache").name
    half = tmp_path / "cache" / f".{key}.building-1"
    half.mkdir(parents=True)
    (half / "etcd").write_text("half")
    programs = build(tmp_path / "cache", Progress(io.StringIO()))
    assert programs["etcd"].read_text() == "program\n"
    assert not half.exists()


def test_a_second_build_waits_and_takes_what_the_first_made(calls: Path, tmp_path: Path) -> None:
    done = cache_folder(MODULES[0], tmp_path / "cache")
    done.parent.mkdir()
    out = io.StringIO()
    thread = threading.Thread(target=build, args=(tmp_path / "cache", Progress(out)))
    with (done.parent / f".{done.name}.lock").open("w") as first:
        fcntl.flock(first, fcntl.LOCK_EX)
        thread.start()
        deadline = time.monotonic() + 20
        while "waiting for another build of kubernetes" not in out.getvalue():
            assert time.monotonic() < deadline
        done.mkdir()
    thread.join(60)
    assert not thread.is_alive()
    assert "etcd" not in built(calls)
    assert "containerd" in built(calls)


def test_a_persons_flags_do_not_change_what_is_built_but_their_proxy_is_used() -> None:
    found = go_environment({"GOFLAGS": "-race", "GOOS": "darwin", "GOPROXY": "https://proxy"}, cgo=False)
    assert found == {"GOPROXY": "https://proxy", "CGO_ENABLED": "0", "GOWORK": "off", "GOFLAGS": ""}
