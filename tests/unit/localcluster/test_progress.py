from __future__ import annotations

import io
import os
import re
import threading
import time
from pathlib import Path

import pytest

from localcluster import progress
from localcluster.progress import Progress, last_lines, run_long


def test_a_step_is_said_with_its_seconds_once_it_is_done() -> None:
    out = io.StringIO()
    with Progress(out).step("etcd is ready"):
        assert out.getvalue() == ""
    assert re.fullmatch(r" +\d+\.\d s  etcd is ready \(\d+\.\d s\)\n", out.getvalue())


def test_a_failed_step_is_not_said_to_be_done() -> None:
    out = io.StringIO()
    with pytest.raises(ZeroDivisionError), Progress(out).step("etcd is ready"):
        raise ZeroDivisionError
    assert out.getvalue() == ""


def test_a_silent_command_shows_a_sign_of_life_and_its_last_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "HEARTBEAT", 0.05)
    fifo, out = tmp_path / "fifo", io.StringIO()
    os.mkfifo(fifo)
    command = ["sh", "-c", f"echo compiling; cat {fifo}; exit 3"]
    codes: list[int] = []
    worker = threading.Thread(
        target=lambda: codes.append(
            run_long(command, what="build", progress=Progress(out), log=tmp_path / "log")
        )
    )
    worker.start()
    deadline = time.monotonic() + 20
    while "build: still at it" not in out.getvalue() or "(compiling)" not in out.getvalue():
        assert time.monotonic() < deadline
    fifo.write_text("")  # lets the command end
    worker.join(20)
    assert codes == [3]


def test_the_end_of_a_log_is_given_and_a_missing_one_is_empty(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("\n".join(f"line {number}" for number in range(10_000)))
    assert last_lines(tmp_path / "log", 2) == "line 9998\nline 9999"
    assert last_lines(tmp_path / "none", 2) == ""
