from __future__ import annotations

import os
import signal

import httpx

from integration.session.conftest import FRIEND, Phones
from integration.session.processes import SessionProcess, eventually


async def no_new_qr(session: SessionProcess, before: int) -> None:
    """Since `before` no QR was shown."""
    told = await session.events_until(
        lambda got: got[-1]["data"]["state"] == "READY", f"after={before}&types=session.*"
    )
    assert "session.qr" not in [event["type"] for event in told]


async def last_seq(session: SessionProcess) -> int:
    return int((await session.events(1, "types=session.snapshot"))[0]["seq"])


async def test_sigterm_ends_cleanly_and_a_restart_is_ready_without_a_qr(
    ready: SessionProcess, phones: Phones
) -> None:
    before = await last_seq(ready)
    assert await ready.end(signal.SIGTERM) == 0
    assert ready.browsers == []
    await ready.start()
    await ready.reaches("READY")
    await no_new_qr(ready, before)
    assert await phones.devices() == 1
    assert (await ready.send(FRIEND, "after the restart")).status_code == 200


async def test_sigterm_at_once_after_the_scan_keeps_the_login(
    session: SessionProcess, phones: Phones
) -> None:
    view = await session.reaches("QR_REQUIRED")
    await phones.scan(view["qr"]["code"])
    await session.reaches("READY")
    assert await session.end(signal.SIGTERM) == 0
    await session.start()
    await session.reaches("READY")


async def test_kill_9_of_the_process_leaves_no_second_browser_and_no_new_qr(
    ready: SessionProcess, phones: Phones
) -> None:
    before = await last_seq(ready)
    old = set(ready.browsers)
    assert await ready.end(signal.SIGKILL) == -signal.SIGKILL
    await ready.start()
    await ready.reaches("READY")
    await no_new_qr(ready, before)
    assert not old & set(ready.browsers)
    assert len(await phones.get("/connections?open=true")) == 1


async def test_messages_of_the_time_away_are_told_once_after_the_restart(
    ready: SessionProcess, phones: Phones
) -> None:
    await phones.send("before")
    await ready.events(1, "after=0&types=message.received")
    await ready.end(signal.SIGKILL)
    for number in range(5):
        await phones.send(f"missed {number}")
    await ready.start()
    await ready.reaches("READY")
    await phones.send("after")
    want = ["before", *(f"missed {number}" for number in range(5)), "after"]
    told = await ready.events(len(want), "after=0&types=message.received")
    assert [event["data"]["text"] for event in told] == want
    await ready.end(signal.SIGTERM)
    await ready.start()
    await ready.reaches("READY")
    await phones.send("last")
    told = await ready.events_until(
        lambda got: got[-1]["data"]["text"] == "last", "after=0&types=message.received"
    )
    assert [event["data"]["text"] for event in told] == [*want, "last"]


async def test_events_keep_their_numbers_over_a_restart(ready: SessionProcess) -> None:
    before = await ready.events(4, "after=0")
    await ready.end(signal.SIGKILL)
    await ready.start()
    await ready.reaches("READY")
    assert (await ready.events(6, "after=0"))[:4] == before
    seqs = [event["seq"] for event in await ready.events(6, "after=0")]
    assert seqs == [1, 2, 3, 4, 5, 6]


async def test_a_follower_goes_on_where_it_was(ready: SessionProcess, phones: Phones) -> None:
    seq = await last_seq(ready)
    await ready.end(signal.SIGTERM)
    await phones.send("meanwhile")
    await ready.start()
    told = await ready.events_until(lambda got: got[-1]["type"] == "message.received", f"after={seq}")
    assert [event["seq"] for event in told] == list(range(seq + 1, seq + 1 + len(told)))


async def test_a_second_sigterm_does_not_wait_for_a_browser_that_hangs(
    ready: SessionProcess, phones: Phones
) -> None:
    for pid in ready.browsers:
        os.kill(pid, signal.SIGSTOP)
    assert ready.pid
    os.kill(ready.pid, signal.SIGTERM)

    async def stopping() -> bool:
        try:
            await ready.http.get(f"{ready.url}/healthz", timeout=1)  # a call that nobody takes any more hangs
        except httpx.TransportError:
            return True
        return False

    await eventually(stopping, "no new calls")
    assert await ready.end(signal.SIGTERM) == 0
    assert any("asked again to stop" in line for line in ready.log)
    assert ready.browsers == []
    await ready.start()
    await ready.reaches("READY")


async def test_sigterm_while_the_browser_starts_ends_cleanly(session: SessionProcess) -> None:
    assert await session.end(signal.SIGTERM) == 0

    async def gone() -> bool:
        return session.browsers == []

    await eventually(gone, "the browser ended too")
