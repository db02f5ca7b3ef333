"""The command: exit codes and one clear line."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from typing import Any

import pytest

from whatsapp_operator import __main__ as command
from whatsapp_operator.lease import LeaseLost
from whatsapp_operator.settings import read


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "whatsapp_operator", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)


def test_wrong_settings_end_with_two_and_one_line() -> None:
    ended = run("--session-image", "x:1", "--port", "many")
    assert ended.returncode == 2
    assert ended.stderr == "whatsapp-operator: --port is 'many': set a whole number from 0 to 65535\n"


def test_help_names_every_flag() -> None:
    ended = run("--help")
    assert ended.returncode == 0
    for flag in ("--session-image", "--namespaces", "--whatsapp-url", "--lease-name", "--port"):
        assert flag in ended.stdout


def test_no_cluster_to_talk_to_ends_with_one() -> None:
    ended = run(
        "--session-image",
        "x:1",
        "--port",
        "0",
        "--log-format",
        "text",
        KUBECONFIG="/no/such/file",
        HOME="/no/such/folder",
    )
    assert ended.returncode == 1
    assert "leaving" in ended.stderr
    assert "KUBECONFIG" in ended.stderr


async def test_a_lost_lease_is_released_as_by_nobody_who_was_cancelled(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    released = []

    class Lost:
        def __init__(self, *_: Any, **__: Any) -> None: ...

        async def acquire(self) -> None: ...

        async def keep(self) -> None:
            raise LeaseLost("the lease could not be renewed in time")

        async def release(self) -> None:
            task = asyncio.current_task()
            assert task is not None
            released.append(task.cancelling())

    async def work_on(*_: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(command, "Lease", Lost)
    monkeypatch.setattr(command.Process, "_operate", work_on)
    process = command.Process(read(["--session-image", "x:1"], {}, fallback_identity="one"))
    with pytest.raises(LeaseLost):
        await process._work(None)  # type: ignore[arg-type]
    assert released == [0]
