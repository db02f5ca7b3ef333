from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from integration.session.processes import BOUND, SessionProcess
from integration.simulator.processes import Simulator


async def outcome(environ: dict[str, str]) -> tuple[int, str]:
    """Exit status and standard error of a command that ends by itself."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "whatsapp_session", env=os.environ | environ,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    _, said = await asyncio.wait_for(process.communicate(), BOUND)
    assert process.returncode is not None
    return process.returncode, said.decode()


@pytest.mark.parametrize(
    ("environ", "says"),
    [
        ({"CLIENTE_ID": ""}, "Set it to the client's number, such as: CLIENTE_ID=51"),
        ({"CLIENTE_ID": "x"}, "is not a whole number"),
        ({"HOST": "0.0.0.0"}, "Set API_KEY_FILE"),
        ({"CHROMIUM_PATH": "/nonexistent"}, "apt-get install chromium-headless-shell"),
        ({"API_KEY_FILE": "/nonexistent"}, "Put one key per line there"),
    ],
)
async def test_a_wrong_setting_ends_with_2_and_one_line(
    tmp_path: Path, environ: dict[str, str], says: str
) -> None:
    code, said = await outcome({"CLIENTE_ID": "51", "SESSIONS_DIR": str(tmp_path)} | environ)
    assert code == 2
    assert says in said
    assert said.count("\n") == 1


async def test_a_second_process_on_the_same_login_is_refused_and_the_first_is_unharmed(
    session: SessionProcess,
) -> None:
    await session.reaches("QR_REQUIRED")
    browsers = session.browsers
    environ = {
        "CLIENTE_ID": "51",
        "SESSIONS_DIR": str(session.sessions_dir),
        "PORT": "0",
        "METRICS_PORT": "0",
    }
    code, said = await outcome(environ)
    assert code == 2
    assert f"in use by process {session.pid} on " in said
    assert said.count("\n") == 1
    assert session.browsers == browsers
    assert (await session.view())["state"] == "QR_REQUIRED"


async def test_with_a_key_nothing_but_the_probes_answers_without_it(
    simulator: Simulator, start_session: Callable[..., Awaitable[SessionProcess]], tmp_path: Path
) -> None:
    keys = tmp_path / "api-keys"
    keys.write_text("the-key\n")
    session = await start_session(simulator.url, API_KEY_FILE=str(keys), HOST="127.0.0.1")
    assert (await session.get("/status")).status_code == 401
    assert (await session.get("/events")).status_code == 401
    assert (await session.get("/health")).status_code == 200
    session.http.headers["X-API-Key"] = "the-key"
    await session.reaches("QR_REQUIRED")
    keys.write_text("another-key\n")
    assert (await session.get("/status")).status_code == 401
