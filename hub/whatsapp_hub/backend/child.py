"""One session as a child process: started, followed, started again, told what changed, ended.

Its life: `_run` starts it and waits for its end, for ever, as `restarts` decides; beside it `_follow` hears
its stream and `_obey` tells it what it should be. All that others learn goes through `tell`.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import re
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp

from whatsapp_contracts.sessions import SessionView
from whatsapp_contracts.states import Reason, State
from whatsapp_hub.backend import restarts
from whatsapp_hub.backend.pod_client import PodClient
from whatsapp_hub.backend.pod_config import file_config, put_config
from whatsapp_hub.backend.protocol import (
    CONNECTED,
    SUSPENDED,
    Answer,
    BackendError,
    Call,
    Seen,
    Wanted,
)

log = logging.getLogger(__name__)

END_SECONDS = 30.0
"""A session closes its browser within 20 s."""
AGAIN_SECONDS = 1.0
LISTENS = re.compile(r"API on (http://\S+)")
NOT_RUNNING = "The session is not running now. Connect it, or try again in a moment."


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What every child shares."""

    callback_url: str
    environ: Mapping[str, str]
    starts: asyncio.Semaphore
    http: aiohttp.ClientSession
    tell: Callable[[Seen], None]


class Child:
    """A session. `put` says what it should be; `end` ends it."""

    def __init__(self, wanted: Wanted, folder: Path, key: str, secret: str, around: Surroundings) -> None:
        self.wanted = wanted
        self._folder = folder
        self._key = key
        self._secret = secret
        self._around = around
        self._view: SessionView | None = None
        self._client: PodClient | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._ends: list[datetime] = []
        self._said = ""
        self._changed = asyncio.Event()
        self._again = asyncio.Event()
        self._login = False
        self._told_mode = CONNECTED
        self._work: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin."""
        self._write()
        self._work = asyncio.create_task(self._run(), name=f"session {self.wanted.session_id}")

    def put(self, wanted: Wanted) -> None:
        """What it should be from now on."""
        self.wanted = wanted
        self._write()
        self._ends.clear()
        self._changed.set()
        self._again.set()

    def login(self) -> None:
        """Begin the login again, once it is what it should be, where it has ended."""
        self._login = True
        self._changed.set()

    async def end(self, *, remove: bool) -> None:
        """End it; with `remove` nothing of it stays."""
        if self._work:
            self._work.cancel()
            await asyncio.gather(self._work, return_exceptions=True)
        if remove:
            await asyncio.to_thread(shutil.rmtree, self._folder, ignore_errors=True)

    async def call(self, call: Call) -> Answer:
        """A call to its API; raises BackendError."""
        if self._client is None:
            raise BackendError(NOT_RUNNING)
        return await self._client.call(call)

    async def _run(self) -> None:
        while True:
            self._again.clear()
            if self.wanted.operating_mode == SUSPENDED:
                self._see(SessionView(state=State.DISCONNECTED, reason=Reason.STOPPED, message="Suspended."))
                await self._again.wait()
                continue
            code = await self._once()
            if self.wanted.operating_mode == SUSPENDED:
                continue
            self._see(SessionView(state=State.INIT, message="The session's process is started again."))
            now = datetime.now(UTC)
            self._ends.append(now)
            step = restarts.after_exit(self._ends, code, self._said, now)
            log.warning("session %s ended with code %d", self.wanted.session_id, code)
            if isinstance(step, restarts.GiveUp):
                self._around.tell(Seen(uid=self.wanted.uid, message=step.because, ended=True))
                await self._again.wait()
            else:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._again.wait(), step.seconds)

    async def _once(self) -> int:
        """One process from its start to its end; its exit code."""
        beside: list[asyncio.Task[Any]] = []
        try:
            async with self._around.starts:
                self._see(SessionView(state=State.INIT, message="The session's process starts."))
                process = await self._spawn()
                listening = asyncio.Event()
                reading = asyncio.create_task(self._read(process, listening))
                heard = asyncio.create_task(listening.wait())
                beside += [reading, heard]
                await asyncio.wait({reading, heard}, return_when=asyncio.FIRST_COMPLETED)
            if self._client:
                beside += [asyncio.create_task(self._follow()), asyncio.create_task(self._obey())]
            return await process.wait()
        finally:
            self._client = None
            await self._stop_process()
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)

    async def _spawn(self) -> asyncio.subprocess.Process:
        self._said, self._login, self._told_mode = "", False, self.wanted.operating_mode
        self._changed.clear()
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "whatsapp_hub.backend.launch", str(os.getpid()),
            sys.executable, "-m", "whatsapp_session",
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT, cwd=self._folder, env=self._environ(),
        )  # fmt: skip
        return self._process

    async def _stop_process(self) -> None:
        process = self._process
        if process is None or process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), END_SECONDS)
        except (TimeoutError, asyncio.CancelledError):
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    async def _read(self, process: asyncio.subprocess.Process, listening: asyncio.Event) -> None:
        """Its log into ours (it holds no text, number or QR), and where it listens."""
        assert process.stdout
        async for raw in process.stdout:
            line = raw.decode("utf-8", "replace").rstrip()
            self._said = line[-300:]
            log.info("session %s: %s", self.wanted.session_id, line)
            if self._client is None and (found := LISTENS.search(line)):
                self._client = PodClient(self._around.http, found[1], self._key)
                listening.set()

    async def _follow(self) -> None:
        while self._client:
            try:
                async for view in self._client.views():
                    self._see(view)
            except BackendError as error:
                log.info("session %s: %s", self.wanted.session_id, error)
            await asyncio.sleep(AGAIN_SECONDS)

    async def _obey(self) -> None:
        """Tell it what changed, until it has taken it."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            if self.wanted.operating_mode == SUSPENDED:
                await self._stop_process()
                return
            try:
                mode = self.wanted.operating_mode
                reopened = self._told_mode != mode  # it begins the login that the mode had ended by itself
                config = put_config(self.wanted, self._around.callback_url, self._secret)
                body = json.dumps(config).encode()
                headers = {"Content-Type": "application/json"}
                await self._asked(Call(method="PUT", path="/config", headers=headers, body=body))
                self._told_mode = mode
                if self._login and not reopened and self._view and self._view.state is State.DISCONNECTED:
                    await self._asked(Call(method="POST", path="/session-manager/login"))
                self._login = False
            except BackendError as error:
                log.info("session %s: %s", self.wanted.session_id, error)
                self._changed.set()
                await asyncio.sleep(AGAIN_SECONDS)

    async def _asked(self, call: Call) -> None:
        answer = await self.call(call)
        if answer.status == 503 or answer.status == 401:
            raise BackendError(f"{call.path} answered {answer.status}.")
        if answer.status != 200:
            log.error("session %s: %s answered %d", self.wanted.session_id, call.path, answer.status)

    def _see(self, view: SessionView) -> None:
        self._view = view
        self._around.tell(Seen(uid=self.wanted.uid, view=view))

    def _write(self) -> None:
        """Key and configuration, for its start."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        _replace(self._folder / "api-key", self._key + "\n")
        file = file_config(self.wanted, self._around.callback_url, self._secret)
        _replace(self._folder / "config.json", json.dumps(file))

    def _environ(self) -> dict[str, str]:
        passed = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
        return {
            **passed,
            **self._around.environ,
            "CLIENTE_ID": str(self.wanted.cliente_id),
            "SESSION_ID": self.wanted.session_id,
            "SESSIONS_DIR": str(self._folder),
            "API_KEY_FILE": str(self._folder / "api-key"),
            "CONFIG_FILE": str(self._folder / "config.json"),
            "HOST": "127.0.0.1",
            "PORT": "0",
            "METRICS_PORT": "0",
            "LOG_FORMAT": "text",
            "QR_TERMINAL": "never",
        }


def _replace(path: Path, text: str) -> None:
    """Whole or not at all, readable by its owner only."""
    draft = path.with_name(f".{path.name}.new")
    draft.touch(mode=0o600)
    draft.write_text(text)
    draft.replace(path)
