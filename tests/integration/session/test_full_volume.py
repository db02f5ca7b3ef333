"""A volume that is full to the last block while messages flow both ways: a small tmpfs, for real."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sqlite3
import subprocess
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from integration.session.conftest import FRIEND, PHONE, Phones
from integration.session.processes import SessionProcess, eventually
from integration.simulator.processes import Simulator

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="a tmpfs is mounted by root only")
StartSession = Callable[..., Awaitable[SessionProcess]]


class Volume:
    """A tmpfs of 160 MiB, and a file that fills what is left of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._filler = folder / "filler"

    def fill(self) -> None:
        with self._filler.open("ab", buffering=0) as file:
            for size in (2**20, 2**12, 1):
                try:
                    while True:
                        file.write(b"\0" * size)
                except OSError:
                    continue

    def make_room(self) -> None:
        self._filler.unlink()

    def make_little_room(self) -> None:
        """Half a MiB: writes succeed again, and the volume still counts as full."""
        os.truncate(self._filler, self._filler.stat().st_size - 2**19)


@pytest.fixture
def volume(tmp_path: Path) -> Iterator[Volume]:
    folder = tmp_path / "volume"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=160m", "tmpfs", str(folder)], check=True)
    yield Volume(folder)
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


async def test_sends_go_on_nothing_corrupts_and_what_was_missed_is_taken_in_once_there_is_room(
    volume: Volume, simulator: Simulator, start_session: StartSession, phones: Phones
) -> None:
    session = await start_session(simulator.url, SESSIONS_DIR=str(volume.folder / "sessions"))
    view = await session.reaches("QR_REQUIRED")
    await phones.scan(view["qr"]["code"])
    await session.reaches("READY")
    await session.configure(pacing={"messagesPerMinute": 10_000, "burst": 1_000})
    await asyncio.to_thread(volume.fill)

    async def pressure(wanted: bool) -> None:
        async def seen() -> bool:
            return (await session.view())["storagePressure"] is wanted

        await eventually(seen, f"storagePressure is {wanted}")

    await pressure(True)
    texts = []
    for number in range(10):
        await phones.send(f"in {number}")
        await asyncio.to_thread(volume.fill)
        assert (await session.send(FRIEND, f"plain {number}")).status_code == 200
        texts.append(f"plain {number}")
        queued = await session.post("/messages", {"to": FRIEND, "text": f"queued {number}", "async": True})
        assert queued.status_code in {202, 507}
        if queued.status_code == 202:
            texts.append(f"queued {number}")
        else:
            assert queued.json()["error"] == "storage_full"
    await asyncio.to_thread(volume.make_room)
    await pressure(False)

    def all_in(got: list[dict[str, Any]]) -> bool:
        return len(got) == 10

    told = await session.events_until(all_in, "after=0&types=message.received")
    assert [event["data"]["text"] for event in told] == [f"in {number}" for number in range(10)]

    async def all_out() -> bool:
        rows = [row for row in await phones.get("/ledger?after=0") if row["owner"] == PHONE]
        return sorted(str(row["text"]) for row in rows) == sorted(texts)

    await eventually(all_out, "what was promised is sent, once")
    await session.reaches("READY")
    await session.end()
    database = sqlite3.connect(volume.folder / "sessions" / "journal-cliente_51.sqlite3")
    assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    database.close()
    await session.start()
    await session.reaches("READY")


@pytest.mark.parametrize("room_first", [True, False], ids=["after writes went on", "while it is full"])
async def test_the_login_outlives_a_kill_of_everything_on_a_volume_that_was_full(
    volume: Volume, simulator: Simulator, start_session: StartSession, phones: Phones, room_first: bool
) -> None:
    session = await start_session(simulator.url, SESSIONS_DIR=str(volume.folder / "sessions"))
    view = await session.reaches("QR_REQUIRED")
    await phones.scan(view["qr"]["code"])
    await session.reaches("READY")
    await asyncio.to_thread(volume.fill)
    for number in range(10):
        await phones.send(f"in {number}")
        await asyncio.to_thread(volume.fill)
        assert (await session.send(FRIEND, f"out {number}")).status_code == 200
    if room_first:
        await asyncio.to_thread(volume.make_little_room)
        for number in range(10, 15):
            assert (await session.send(FRIEND, f"out {number}")).status_code == 200
    for pid in session.browsers:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    await session.end(signal.SIGKILL)
    await asyncio.to_thread(volume.make_room)
    await session.start()
    await session.reaches("READY")
    assert await phones.devices() == 1


async def test_the_browser_is_renewed_without_a_qr_once_there_is_room(
    volume: Volume, simulator: Simulator, start_session: StartSession, phones: Phones
) -> None:
    session = await start_session(simulator.url, SESSIONS_DIR=str(volume.folder / "sessions"))
    view = await session.reaches("QR_REQUIRED")
    await phones.scan(view["qr"]["code"])
    await session.reaches("READY")
    await asyncio.to_thread(volume.fill)

    async def pressed() -> bool:
        return bool((await session.view())["storagePressure"])

    await eventually(pressed, "storage pressure")
    await phones.send("in")
    assert (await session.send(FRIEND, "out")).status_code == 200
    await asyncio.to_thread(volume.make_room)

    async def renewed() -> bool:
        return any("The volume was full" in line for line in session.log)

    await eventually(renewed, "the browser is renewed")
    await session.reaches("READY")
    assert await phones.devices() == 1
