"""The parts of a run: simulator, session, receiver, volume; and what each fault does to them."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from chaos.receiver import Receiver
from chaos.schedule import Fault, Kind
from integration.session.processes import SessionProcess
from integration.simulator.processes import Simulator

NUMBER = "5491100000001"
VOLUME_MIB = 512


def can_mount() -> bool:
    """Whether this machine lets us make a small volume (root, with CAP_SYS_ADMIN)."""
    return os.geteuid() == 0


@dataclass
class Stage:
    """Everything that runs."""

    folder: Path
    simulator: Simulator
    session: SessionProcess
    receiver: Receiver
    volume: Path | None
    restarts: int = 0
    killing: bool = False
    _keeping: asyncio.Task[None] | None = field(default=None)

    async def keep(self) -> None:
        """Starts the session again whenever it has ended, as Kubernetes does with a container."""
        while True:
            try:
                await self.session.exited()
            except TimeoutError:
                continue  # it lives
            self.restarts += 1
            with contextlib.suppress(AssertionError):  # it ended again before it answered
                await self.session.start()

    def begin(self) -> None:
        self._keeping = asyncio.create_task(self.keep(), name="keeper")

    async def end(self) -> None:
        """Everything this run started."""
        if self._keeping:
            self._keeping.cancel()
            await asyncio.wait({self._keeping})
        for kill in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(AssertionError, TimeoutError):
                await self.session.end(kill)
        await self.session.http.aclose()
        for pid in self.session.browsers:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        await self.receiver.stop()
        await self.simulator.stop()
        if self.volume:  # for whoever looks into a failed run: the volume goes
            for file in self.session.sessions_dir.glob("journal-*"):
                shutil.copy(file, self.folder)

    async def post(self, path: str, body: object, *, put: bool = False) -> None:
        """One call of the simulator's control API."""
        async with httpx.AsyncClient(timeout=30) as http:
            answer = await http.request("PUT" if put else "POST", self.simulator.url + path, json=body)
            assert answer.is_success, f"{path}: {answer.status_code} {answer.text}"

    async def strike(self, fault: Fault) -> None:
        """The fault, from its beginning to its end."""
        match fault.kind:
            case Kind.PROCESS_KILL:
                if pid := self.session.pid:
                    os.kill(pid, signal.SIGKILL)
            case Kind.BROWSER_KILL:
                for pid in self.session.browsers:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
            case Kind.RECEIVER_DOWN:
                await self.receiver.stop()
                await asyncio.sleep(fault.seconds)
                await self.receiver.start()
            case Kind.RECEIVER_FAILS:
                self.receiver.fails = True
                await asyncio.sleep(fault.seconds)
                self.receiver.fails = False
            case Kind.RECEIVER_HANGS:
                self.receiver.answers.clear()
                await asyncio.sleep(fault.seconds)
                self.receiver.answers.set()
            case Kind.CONNECTION_CUT:
                await self.post(f"/phones/{NUMBER}/cut", {"seconds": fault.seconds})
                await asyncio.sleep(fault.seconds)
            case Kind.NETWORK_DOWN:
                await self.post("/network", {"down": True})
                await asyncio.sleep(fault.seconds)
                await self.post("/network", {"down": False})
            case Kind.ACKS_SLOW:
                await self.post(f"/phones/{NUMBER}/faults", {"ackDelaySeconds": fault.seconds / 2}, put=True)
                await asyncio.sleep(fault.seconds)
                await self.post(f"/phones/{NUMBER}/faults", {}, put=True)
            case Kind.ACKS_LOST:
                await self.post(
                    f"/phones/{NUMBER}/faults", {"loseAcks": True, "loseReceipts": True}, put=True
                )
                await asyncio.sleep(fault.seconds)
                await self.post(f"/phones/{NUMBER}/faults", {}, put=True)
            case Kind.VOLUME_FULL:
                await self._fill(fault.seconds)

    async def _fill(self, seconds: float) -> None:
        """Every byte of the volume is taken for a while."""
        assert self.volume
        ballast = self.volume / "ballast"

        def fill() -> None:
            with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
                while True:
                    file.write(bytes(64 * 1024))

        await asyncio.to_thread(fill)
        await asyncio.sleep(seconds)
        ballast.unlink()


def emptied(folder: Path) -> Path:
    """`folder` without what a run before left there, the volume of a killed one included."""
    subprocess.run(["umount", "-l", str(folder / "volume")], check=False, capture_output=True)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


@contextlib.contextmanager
def small_volume(folder: Path) -> Iterator[Path | None]:
    """A volume of VOLUME_MIB that can be filled; unmounted at the end."""
    folder.mkdir(parents=True)
    if not can_mount():
        yield None
        return
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={VOLUME_MIB}m", "chaos", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)
