"""`whatsapp-hub` as a process, for tests: started, asked, stopped, killed."""

from __future__ import annotations

import asyncio
import base64
import io
import os
import re
import signal
import sys
from pathlib import Path
from typing import Any

import httpx
import zxingcpp
from PIL import Image

from integration.session.processes import BOUND, eventually
from whatsapp_session.engine.profile import browsers

EMAIL = "admin@crm.example"


def code_in(png: str, least: int = 300) -> str:
    """The code in a picture (base64) of at least so many pixels, as a phone's camera has it."""
    picture = Image.open(io.BytesIO(base64.b64decode(png)))
    assert picture.width >= least
    (found,) = zxingcpp.read_barcodes(picture)
    return found.text


class HubProcess:
    """One data folder; `start` again after it ended is a restart."""

    def __init__(self, data_dir: Path, whatsapp_url: str, **settings: str) -> None:
        self.data_dir = data_dir
        self.log: list[str] = []
        self.url = ""
        self.environ = os.environ | {
            "DATA_DIR": str(data_dir), "PORT": "0", "WHATSAPP_URL": f"{whatsapp_url}/", **settings,
        }  # fmt: skip
        self.password = self.key = ""
        self.http = httpx.AsyncClient(timeout=BOUND)
        self._process: asyncio.subprocess.Process | None = None
        self._reading: asyncio.Task[None] | None = None

    async def create_admin(self) -> None:
        """The first organization, as its command prints it."""
        made = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "whatsapp_hub", "admin", "create", "--tenant", "crm", "--email", EMAIL,
            env=self.environ, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        said = (await asyncio.wait_for(made.communicate(), BOUND))[0].decode()
        assert made.returncode == 0, said
        self.password = re.findall(r"^password: +(\S+)$", said, re.MULTILINE)[0]
        self.key = re.findall(r"^API key: +(was_\S+)$", said, re.MULTILINE)[0]

    async def start(self) -> None:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "whatsapp_hub", "serve", env=self.environ,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        assert self._process.stdout
        begun = len(self.log)
        self._reading = asyncio.create_task(self._read(self._process.stdout))

        async def listening() -> bool:
            found = re.search(r"hub on (http://[0-9.:]+)", "\n".join(self.log[begun:]))
            assert found or (self._process and self._process.returncode is None), self.log[begun:]
            if found:
                self.url = found[1]
            return bool(found)

        await eventually(listening, "the hub listens")
        self.listen_on(int(self.url.rpartition(":")[2]))  # the same after a restart

    def listen_on(self, port: int) -> None:
        """The port from its next start on."""
        self.environ["PORT"], self.url = str(port), f"http://127.0.0.1:{port}"

    async def _read(self, stream: asyncio.StreamReader) -> None:
        while line := await stream.readline():
            self.log.append(line.decode().rstrip("\n"))

    async def end(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Ends it; the exit status."""
        assert self._process
        if self._process.returncode is None:
            self._process.send_signal(how)
        code = await asyncio.wait_for(self._process.wait(), BOUND)
        assert self._reading
        await self._reading
        return code

    @property
    def browsers(self) -> list[int]:
        """The browser processes of its sessions."""
        return [pid for folder in self.data_dir.glob("sessions/*/cliente_*") for pid in browsers(folder)]

    async def over(self) -> None:
        """End it for good, and see that nothing outlives it."""
        await self.end()
        await self.http.aclose()

        async def gone() -> bool:
            return not self.browsers

        await eventually(gone, "no browser outlives the hub")

    async def call(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        """As a program with its API key."""
        return await self.http.request(
            method, self.url + path, json=body, headers={"X-API-Key": self.key, **headers}
        )

    async def data(self, method: str, path: str, body: Any = None, status: int = 200) -> Any:
        answer = await self.call(method, path, body)
        assert answer.status_code == status, (answer.text, self.log[-15:])
        assert answer.json()["success"] is True
        return answer.json()["data"]

    async def reaches(self, session: str, status: str) -> list[str]:
        """Waits for a status; every status that was seen on the way, in order."""
        seen: list[str] = []

        async def there() -> bool:
            now = (await self.data("GET", f"/api/sessions/{session}/status"))["status"]
            if not seen or seen[-1] != now:
                seen.append(now)
            return now == status  # type: ignore[no-any-return]

        try:
            await eventually(there, f"{session} is {status}")
        except AssertionError as error:
            raise AssertionError(f"{error}; seen {seen}; log: {self.log[-20:]}") from None
        return seen
