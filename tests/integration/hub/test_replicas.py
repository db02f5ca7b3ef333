"""Two replicas on one PostgreSQL.

What it proves: rows, logins, callbacks and live updates need no memory of one replica. With children as
sessions the browser of a session is the replica's that made it; in Kubernetes neither has it.
"""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx_sse
import pytest

from integration.hub.hub_process import EMAIL, HubProcess, code_in
from integration.hub.pod import NAME, NOWHERE, Pod, side_by_side, stored, suspended
from integration.session.conftest import FRIEND, PHONE, Phones
from integration.session.processes import BOUND, eventually
from integration.simulator.processes import Simulator
from whatsapp_contracts import callbacks as d

Replicas = tuple[HubProcess, HubProcess]


async def two(tmp_path: Path, database_url: str, whatsapp_url: str, *names: str) -> Replicas:
    """With one master key and one API key."""
    made = [
        HubProcess(
            tmp_path / name,
            whatsapp_url,
            DATABASE_URL=database_url,
            MASTER_KEY_FILE=str(tmp_path / "master.key"),
        )
        for name in ("one", "other")
    ]
    await made[0].create_admin()
    await suspended(database_url, *names)
    made[1].key, made[1].password = made[0].key, made[0].password
    await asyncio.gather(*(each.start() for each in made))
    return made[0], made[1]


@pytest.fixture
async def replicas(tmp_path: Path, database_url: str) -> AsyncIterator[Replicas]:
    """With one session that nothing runs for."""
    made = await two(tmp_path, database_url, NOWHERE, NAME)
    yield made
    for each in made:
        await each.over()


@pytest.fixture
async def real_replicas(simulator: Simulator, tmp_path: Path, database_url: str) -> AsyncIterator[Replicas]:
    made = await two(tmp_path, database_url, simulator.url)
    yield made
    for each in made:
        await each.over()


@dataclass
class Told:
    """What a live stream says."""

    events: list[tuple[str, dict[str, Any]]]
    task: asyncio.Task[None]

    def messages(self) -> list[str]:
        return [data["messageId"] for event, data in self.events if event == "message"]

    async def until(self, count: int) -> None:
        async def enough() -> bool:
            assert not self.task.done(), "the stream ended"
            return len(self.messages()) >= count

        await eventually(enough, f"{count} messages are told live, of {len(self.messages())}")


async def watching(hub: HubProcess, session: str) -> Told:
    """A watcher of a session, once it is told what is."""
    events: list[tuple[str, dict[str, Any]]] = []

    async def follow() -> None:
        headers = {"X-API-Key": hub.key}
        url = f"{hub.url}/api/sessions/{session}/events"
        async with httpx_sse.aconnect_sse(hub.http, "GET", url, headers=headers) as source:
            async for event in source.aiter_sse():
                events.append((event.event, json.loads(event.data)))

    told = Told(events, asyncio.create_task(follow()))

    async def begun() -> bool:
        return bool(events)

    await eventually(begun, "the stream begins")
    return told


async def test_what_one_replica_stores_many_at_once_is_told_by_the_other(
    replicas: Replicas, database_url: str
) -> None:
    one, other = replicas
    pods = Pod(one), Pod(other)
    told = [await watching(each, NAME) for each in replicas]

    async def line(number: int) -> None:
        await pods[number % 2].tell(
            [number * 10 + each for each in range(10)], lambda n: f"54911555500{n % 5:02}"
        )

    await side_by_side(20, line)
    for each in told:
        await each.until(200)
        assert len(set(each.messages())) == len(each.messages()) == 200
        each.task.cancel()
    assert (await stored(database_url))["rows"] == 200


async def test_the_same_callback_to_both_at_once_is_stored_once(
    replicas: Replicas, database_url: str
) -> None:
    pods = [Pod(each) for each in replicas]

    async def repeat(number: int) -> None:
        pod = pods[number % 2]
        await pod.until_taken(
            d.MESSAGE_RECEIVED, pod.message(number // 4, "5491155550000"), f"evt_{number // 4}"
        )

    await side_by_side(120, repeat)
    assert await stored(database_url) == {"rows": 30, "messages": 30, "contacts": 1, "chats": 1}
    for number in range(30):
        answers = set().union(*(pod.data[f"evt_{number}"] for pod in pods))
        assert len(answers) == 1


async def test_a_replica_that_is_killed_leaves_the_other_at_work(
    replicas: Replicas, database_url: str
) -> None:
    one, other = replicas
    told = await watching(other, NAME)
    pod = Pod(one)

    async def line(first: int) -> None:
        await pod.tell(list(range(first, 100, 10)), lambda n: "5491155550000")

    async with asyncio.timeout(2 * BOUND), asyncio.TaskGroup() as group:
        sending = group.create_task(side_by_side(10, line))

        async def begun() -> bool:
            return len(pod.data) > 20

        await eventually(begun, "messages come")
        await one.end(signal.SIGKILL)
        assert len(pod.data) < 100
        pod.turn_to(other)  # as a Service does
        await sending
    assert await stored(database_url) == {"rows": 100, "messages": 100, "contacts": 1, "chats": 1}
    await told.until(80)
    told.task.cancel()
    login = {"identifier": EMAIL, "password": other.password}
    assert (await other.http.post(f"{other.url}/api/auth/login", json=login)).status_code == 200


async def test_a_session_made_in_one_is_scanned_and_followed_in_the_other(
    real_replicas: Replicas, phones: Phones
) -> None:
    one, other = real_replicas
    login = await one.http.post(
        f"{one.url}/api/auth/login", json={"identifier": EMAIL, "password": one.password}
    )
    token = login.json()["data"]["accessToken"]
    await one.data("POST", "/api/sessions", {"sessionId": "cliente_51"}, status=201)
    by_token = await other.http.get(f"{other.url}/api/sessions", headers={"Authorization": f"Bearer {token}"})
    assert [each["sessionId"] for each in by_token.json()["data"]["sessions"]] == ["cliente_51"]
    told = await watching(other, "cliente_51")
    qr = await other.data("GET", "/api/sessions/cliente_51/qr")
    await phones.scan(code_in(qr["qrCode"]))
    assert set(await other.reaches("cliente_51", "connected")) <= {"pending", "connected"}
    await phones.send("buen día")
    await told.until(1)
    told.task.cancel()
    assert {data["qrCode"] for event, data in told.events if event == "qr"} >= {qr["qrCode"]}
    states = [data["status"] for event, data in told.events if event == "state"]
    assert states[-1] == "connected"
    sent = await one.call("POST", "/api/sessions/cliente_51/messages", {"to": FRIEND, "text": "hola"})
    assert sent.status_code == 200, sent.text
    (listed,) = (await other.data("GET", "/api/sessions"))["sessions"]
    assert listed["phoneNumber"] == PHONE
