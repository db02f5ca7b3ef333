from __future__ import annotations

import asyncio
import errno
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from whatsapp_session.engine import profile
from whatsapp_session.engine.profile import Lock, LoginInUse

Process = asyncio.subprocess.Process


@pytest.fixture
async def beside(tmp_path: Path) -> AsyncIterator[Callable[..., Awaitable[Process]]]:
    """Starts Python processes that say a line when they are up and then wait; they end with the test."""
    started: list[Process] = []

    async def start(code: str, *arguments: str) -> Process:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", f"{code}\nprint('up', flush=True)\nimport signal; signal.pause()",
            *arguments, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        started.append(process)
        assert process.stdout
        assert await asyncio.wait_for(process.stdout.readline(), 20) == b"up\n"
        return process

    yield start
    for process in started:
        if process.returncode is None:
            process.kill()
        await process.wait()


HOLD = """
import sys
from pathlib import Path
from whatsapp_session.engine.profile import Lock
lock = Lock(Path(sys.argv[1]))
"""


async def test_a_second_process_is_refused_and_told_who_holds_the_login(
    tmp_path: Path, beside: Callable[..., Awaitable[Process]]
) -> None:
    holder = await beside(HOLD, str(tmp_path / "lock"))
    with pytest.raises(LoginInUse) as caught:
        Lock(tmp_path / "lock")
    assert f"process {holder.pid} on {socket.gethostname()}" in str(caught.value)
    assert "Stop that process, or set another CLIENTE_ID or SESSIONS_DIR." in str(caught.value)


async def test_the_lock_ends_with_its_process_however_that_ends(
    tmp_path: Path, beside: Callable[..., Awaitable[Process]]
) -> None:
    holder = await beside(HOLD, str(tmp_path / "lock"))
    holder.send_signal(signal.SIGKILL)
    await holder.wait()
    with Lock(tmp_path / "lock"):
        pass


def test_a_full_volume_does_not_keep_a_process_from_its_login(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with Lock(tmp_path / "lock"), pytest.raises(LoginInUse):
        Lock(tmp_path / "lock")


def test_a_released_lock_can_be_taken_again(tmp_path: Path) -> None:
    for _ in range(2):
        with Lock(tmp_path / "lock"):
            pass


def test_a_refusal_leaves_the_holder_in_the_file(tmp_path: Path) -> None:
    with Lock(tmp_path / "lock"):
        for _ in range(2):
            with pytest.raises(LoginInUse, match=f"process {os.getpid()} on"):
                Lock(tmp_path / "lock")


async def test_a_browser_that_outlived_its_process_is_ended_and_others_are_not(
    tmp_path: Path, beside: Callable[..., Awaitable[Process]]
) -> None:
    ours = await beside("", f"--user-data-dir={tmp_path / 'cliente_5'}", "--no-sandbox")
    other = await beside("", f"--user-data-dir={tmp_path / 'cliente_51'}", "--no-sandbox")
    assert profile.browsers(tmp_path / "cliente_5") == [ours.pid]
    clearing = asyncio.create_task(profile.clear(tmp_path / "cliente_5", patience=0))
    assert await asyncio.wait_for(ours.wait(), 20) == -signal.SIGKILL
    await clearing
    assert other.returncode is None


async def test_a_browser_that_ends_by_itself_is_waited_for_and_not_killed(
    tmp_path: Path, beside: Callable[..., Awaitable[Process]]
) -> None:
    closing = await beside("", f"--user-data-dir={tmp_path}")
    clearing = asyncio.create_task(profile.clear(tmp_path, patience=60))
    closing.terminate()
    assert await asyncio.wait_for(closing.wait(), 20) == -signal.SIGTERM
    await asyncio.wait_for(clearing, 20)


def test_stale_marks_of_full_chromium_are_removed_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "SingletonLock").symlink_to("other-host-1234")
    (tmp_path / "SingletonCookie").symlink_to("1")
    (tmp_path / "Default").mkdir()
    asyncio.run(profile.clear(tmp_path))
    assert [entry.name for entry in tmp_path.iterdir()] == ["Default"]


async def test_clearing_what_is_not_there_is_no_error(tmp_path: Path) -> None:
    await profile.clear(tmp_path / "none")
    profile.forget(tmp_path / "none")
