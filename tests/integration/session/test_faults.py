from __future__ import annotations

import json
import os
import shutil
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from integration.session.conftest import FRIEND, PHONE, Phones
from integration.session.processes import SessionProcess
from integration.simulator.processes import Simulator


def children(pid: int) -> list[int]:
    """All processes below `pid`."""
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in map(int, (task / "children").read_text().split()):
            found += [child, *children(child)]
    return found


def renderers(session: SessionProcess) -> list[int]:
    return [
        pid
        for browser in session.browsers
        for pid in children(browser)
        if b"--type=renderer" in Path(f"/proc/{pid}/cmdline").read_bytes()
    ]


async def healed(session: SessionProcess, phones: Phones, pid: int | None, seq: int) -> None:
    """READY again in the same process, without a QR, and able to send."""
    told = await session.events_until(
        lambda got: got[-1]["data"]["state"] == "READY", f"after={seq}&types=session.*"
    )
    assert [event["type"] for event in told] == ["session.state"] * len(told)
    assert session.pid == pid
    answer = await session.send(FRIEND, "healed")
    assert answer.status_code == 200, answer.text
    assert (await phones.received())[-1] == "healed"
    assert await phones.devices() == 1


async def seq_of(session: SessionProcess) -> int:
    return int((await session.events(1, "types=session.snapshot"))[0]["seq"])


@pytest.mark.parametrize("what", ["browser", "renderer", "driver"])
async def test_what_is_killed_is_healed_in_the_same_process_without_a_qr(
    ready: SessionProcess, phones: Phones, what: str
) -> None:
    pid, seq = ready.pid, await seq_of(ready)
    assert pid
    victims = {
        "browser": lambda: ready.browsers[:1],
        "renderer": lambda: renderers(ready),
        "driver": lambda: children(pid)[:1],
    }[what]()
    assert victims
    for victim in victims:
        os.kill(victim, signal.SIGKILL)
    await healed(ready, phones, pid, seq)


async def test_a_renderer_that_hangs_is_found_and_healed(ready: SessionProcess, phones: Phones) -> None:
    pid, seq = ready.pid, await seq_of(ready)
    stopped = renderers(ready)
    for renderer in stopped:
        os.kill(renderer, signal.SIGSTOP)
    await healed(ready, phones, pid, seq)


async def test_messages_that_come_while_the_browser_is_healed_are_told_once(
    ready: SessionProcess, phones: Phones
) -> None:
    await phones.send("first")
    os.kill(ready.browsers[0], signal.SIGKILL)
    await phones.send("second")
    await ready.reaches("READY")
    await phones.send("third")
    told = await ready.events(3, "after=0&types=message.received")
    assert [event["data"]["text"] for event in told] == ["first", "second", "third"]


async def test_whatsapp_away_is_network_lost_and_comes_back_by_itself(
    simulator: Simulator, ready: SessionProcess, phones: Phones
) -> None:
    pid, seq = ready.pid, await seq_of(ready)
    await simulator.stop()
    view = await ready.reaches("DISCONNECTED", "NetworkLost")
    assert "It connects again by itself." in view["message"]
    assert (await ready.send(FRIEND, "no")).status_code == 409
    await simulator.start()
    await healed(ready, phones, pid, seq)


async def test_the_same_login_opened_elsewhere_is_a_conflict_until_a_login_is_asked_for(
    simulator: Simulator,
    ready: SessionProcess,
    start_session: Callable[..., Awaitable[SessionProcess]],
    tmp_path: Path,
) -> None:
    await ready.end()
    shutil.copytree(ready.sessions_dir, tmp_path / "copy")
    await ready.start()
    await ready.reaches("READY")
    other = await start_session(simulator.url, SESSIONS_DIR=str(tmp_path / "copy"))
    view = await ready.reaches("DISCONNECTED", "Conflict")
    assert "POST /session-manager/login" in view["message"]
    assert (await other.reaches("READY"))["account"]["phone"] == PHONE
    await other.end()
    await ready.post("/session-manager/login")
    await ready.reaches("READY")


async def test_a_site_that_cannot_be_reached_at_the_start_is_tried_until_it_can(
    simulator: Simulator, start_session: Callable[..., Awaitable[SessionProcess]]
) -> None:
    await simulator.stop()
    session = await start_session(simulator.url)
    view = await session.reaches("DISCONNECTED", "NetworkLost")
    assert simulator.url in view["message"]
    await simulator.start()
    await session.reaches("QR_REQUIRED")


async def test_a_restart_while_whatsapp_is_away_is_ready_when_it_is_back(
    simulator: Simulator, ready: SessionProcess, phones: Phones
) -> None:
    await simulator.stop()
    await ready.end(signal.SIGKILL)
    await ready.start()
    await ready.reaches("DISCONNECTED", "NetworkLost")
    await simulator.start()
    await ready.reaches("READY")
    assert await phones.devices() == 1


async def test_a_browser_that_cannot_start_ends_the_process_and_after_five_it_stays_up(
    simulator: Simulator, start_session: Callable[..., Awaitable[SessionProcess]], tmp_path: Path
) -> None:
    broken = tmp_path / "broken-browser"
    broken.write_text("#!/bin/sh\n[ \"$1\" = --version ] && echo 'Chromium 156.0.0.0' && exit 0\nexit 9\n")
    broken.chmod(0o755)
    session = await start_session(simulator.url, CHROMIUM_PATH=str(broken))
    assert await session.exited() == 1
    assert any("The browser could not be started" in line for line in session.log)
    starts = session.sessions_dir / "starts-cliente_51.json"
    kept = json.loads(starts.read_text())
    assert len(kept["starts"]) == 1
    starts.write_text(json.dumps(kept | {"starts": kept["starts"] * 5}))
    await session.start()
    view = await session.reaches("DISCONNECTED", "BrowserFailed")
    assert "POST /session-manager/login" in view["message"]
    assert (await session.get("/health")).status_code == 200
    assert session.pid
