"""One process at a time on a login: the lock, what a dead browser left, and a browser that outlived us.

Why our own lock: chromium-headless-shell has none, and two browsers on one profile ruin it. Only the holder
may touch what else lies there. The lock is `flock`, so it ends with its process, however that ends.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import fcntl
import json
import logging
import os
import shutil
import signal
import socket
import time
from pathlib import Path
from types import TracebackType

log = logging.getLogger(__name__)

LEAVING = 5.0
"""Seconds for a browser whose process died to end by itself: its driver closes it, which flushes it."""


class LoginInUse(Exception):
    """Another process has this login; the text names it."""


class Lock:
    """The login's lock, held until `release` or the end of the process."""

    def __init__(self, path: Path) -> None:
        """Take the lock at `path`; raises LoginInUse, or OSError when the folder cannot be written."""
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = _holder(path)
            os.close(descriptor)
            if error.errno not in {errno.EWOULDBLOCK, errno.EACCES}:
                raise
            raise LoginInUse(
                f"this login is in use by {holder} (lock {path}). "
                "Stop that process, or set another CLIENTE_ID or SESSIONS_DIR."
            ) from None
        self._descriptor = descriptor
        os.ftruncate(descriptor, 0)
        with contextlib.suppress(OSError):  # a full volume: who holds it is for people, the lock holds
            os.write(descriptor, json.dumps({"pid": os.getpid(), "host": socket.gethostname()}).encode())

    def __enter__(self) -> Lock:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    def release(self) -> None:
        """Let others have the login."""
        os.close(self._descriptor)


def _holder(path: Path) -> str:
    try:
        who = json.loads(path.read_text("utf-8"))
        return f"process {int(who['pid'])} on {who['host']}"
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"


def browsers(profile: Path, proc: Path = Path("/proc")) -> list[int]:
    """The processes that run on `profile`, found by their command line."""
    wanted = f"--user-data-dir={profile}".encode()
    found = []
    for entry in proc.iterdir():
        if not entry.name.isdigit():
            continue
        with contextlib.suppress(OSError):  # it ended meanwhile
            if wanted in (entry / "cmdline").read_bytes().split(b"\0"):
                found.append(int(entry.name))
    return found


async def clear(profile: Path, *, patience: float = LEAVING) -> None:
    """Make sure that no browser runs on `profile`, then remove the marks of one that did.

    Call it with the lock held: then a browser that is found has no process of ours any more.
    """
    until = time.monotonic() + patience
    while left := browsers(profile):
        if time.monotonic() >= until:
            log.warning("ending %d browser process(es) that a dead process left on this login", len(left))
            for pid in left:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        await asyncio.sleep(0.05)
    remove_marks(profile)


def remove_marks(profile: Path) -> None:
    """Remove full Chromium's own lock, which names a host that may be gone and makes it exit 21."""
    for stale in profile.glob("Singleton*"):
        with contextlib.suppress(OSError):
            stale.unlink()


def kill(profile: Path) -> None:
    """End the browser on `profile` at once, for a stop that must hurry."""
    for pid in browsers(profile):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def forget(profile: Path) -> None:
    """Delete the login. Nothing else in this project does."""
    shutil.rmtree(profile, ignore_errors=True)
