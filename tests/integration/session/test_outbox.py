"""The outbox over crashes; what WhatsApp has is read from the simulator's ledger, never from the session."""

from __future__ import annotations

import asyncio
import os
import signal
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from integration.session.conftest import FRIEND, PHONE, Phones
from integration.session.processes import SessionProcess, eventually
from whatsapp_contracts.events import timestamp

OTHER = "5491100000003"
FAST: dict[str, Any] = {"pacing": {"messagesPerMinute": 10_000, "burst": 1_000}}


async def ledger(phones: Phones) -> list[dict[str, Any]]:
    """What the session's number sent, in WhatsApp's order."""
    return [row for row in await phones.get("/ledger?after=0") if row["owner"] == PHONE]


async def queue(session: SessionProcess, to: str, text: str, **more: Any) -> str:
    answer = await session.post("/messages", {"to": to, "text": text, "async": True, **more})
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])


async def keyed(session: SessionProcess, text: str, key: str) -> httpx.Response:
    return await session.http.post(
        f"{session.url}/messages", json={"to": FRIEND, "text": text}, headers={"Idempotency-Key": key}
    )


async def all_sent(session: SessionProcess, ids: list[str]) -> None:
    async def sent() -> bool:
        found = [(await session.get(f"/outbox/{id}")).json()["entry"]["state"] for id in ids]
        assert "failed" not in found
        return set(found) == {"sent"}

    await eventually(sent, "every queued message is sent")


@pytest.mark.parametrize("ack_delay", [0.0, 2.0], ids=["at once", "while acks are late"])
async def test_kill_9_in_the_middle_of_sends_loses_nothing_doubles_nothing_and_keeps_the_order(
    ready: SessionProcess, phones: Phones, ack_delay: float
) -> None:
    await phones.post(f"/phones/{OTHER}")
    await ready.configure(**FAST)
    await phones.put(f"/phones/{PHONE}/faults", {"ackDelaySeconds": ack_delay})
    ids = []
    for number in range(6):
        ids.append(await queue(ready, FRIEND, f"a{number}"))
        ids.append(await queue(ready, OTHER, f"b{number}"))
    call = asyncio.create_task(keyed(ready, "call", "the-key"))

    async def begun() -> bool:
        return len(await ledger(phones)) >= 2

    await eventually(begun, "WhatsApp has the first messages")
    await ready.end(signal.SIGKILL)
    await asyncio.gather(call, return_exceptions=True)
    await phones.put(f"/phones/{PHONE}/faults", {})
    await ready.start()
    await ready.reaches("READY")

    async def answered() -> bool:
        return (await keyed(ready, "call", "the-key")).status_code == 200

    await eventually(answered, "the key is answered")
    await all_sent(ready, ids)
    texts = [row["text"] for row in await ledger(phones)]
    assert sorted(texts) == sorted([f"{chat}{n}" for chat in "ab" for n in range(6)] + ["call"])
    for chat in "ab":
        assert [text for text in texts if text.startswith(chat)] == [f"{chat}{n}" for n in range(6)]
    again = await keyed(ready, "call", "the-key")
    assert again.headers["Idempotent-Replayed"] == "true"

    def told_all(got: list[dict[str, Any]]) -> bool:
        return len({event["data"]["text"] for event in got}) == len(texts)

    told = await ready.events_until(told_all, "after=0&types=message.sent")
    assert len(told) == len(texts)


async def test_a_browser_that_is_killed_under_sends_loses_nothing_and_doubles_nothing(
    ready: SessionProcess, phones: Phones
) -> None:
    await ready.configure(**FAST)
    ids = [await queue(ready, FRIEND, f"{number}") for number in range(8)]

    async def begun() -> bool:
        return len(await ledger(phones)) >= 2

    await eventually(begun, "WhatsApp has the first messages")
    os.kill(ready.browsers[0], signal.SIGKILL)
    await all_sent(ready, ids)
    assert [row["text"] for row in await ledger(phones)] == [f"{number}" for number in range(8)]


async def test_what_is_queued_while_disconnected_and_scheduled_goes_out_after_a_restart(
    ready: SessionProcess, phones: Phones
) -> None:
    assert (await ready.post("/disconnect")).status_code == 200
    later = timestamp(datetime.now(UTC) + timedelta(hours=1))
    soon = timestamp(datetime.now(UTC) + timedelta(seconds=2))
    waiting = [await queue(ready, FRIEND, "now"), await queue(ready, FRIEND, "soon", sendAt=soon)]
    scheduled = await queue(ready, FRIEND, "in an hour", sendAt=later)
    cancelled = await queue(ready, FRIEND, "never", sendAt=later)
    assert (await ready.http.delete(f"{ready.url}/outbox/{cancelled}")).status_code == 200
    assert await ledger(phones) == []
    await ready.end(signal.SIGKILL)
    await ready.start()
    await ready.reaches("READY")
    await all_sent(ready, waiting)
    assert [row["text"] for row in await ledger(phones)] == ["now", "soon"]
    entry = (await ready.get(f"/outbox/{scheduled}")).json()["entry"]
    assert (entry["state"], entry["sendAt"]) == ("queued", later)
    assert (await ready.get(f"/outbox/{cancelled}")).json()["entry"]["state"] == "cancelled"


async def test_a_number_without_whatsapp_fails_by_an_event(ready: SessionProcess) -> None:
    id = await queue(ready, "5491199999999", "nobody")
    (failed,) = await ready.events(1, "after=0&types=message.failed")
    assert (failed["data"]["id"], failed["data"]["error"]) == (id, "not_on_whatsapp")


async def test_a_connection_that_is_lost_under_sends_is_waited_for(
    ready: SessionProcess, phones: Phones
) -> None:
    await ready.configure(**FAST)
    ids = [await queue(ready, FRIEND, "0")]
    await all_sent(ready, ids)
    await phones.post(f"/phones/{PHONE}/cut", {"seconds": 5})
    ids += [await queue(ready, FRIEND, f"{number}") for number in range(1, 5)]
    await all_sent(ready, ids)
    assert [row["text"] for row in await ledger(phones)] == [f"{number}" for number in range(5)]
