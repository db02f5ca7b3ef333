"""The database or the hub fails while callbacks come and clients poll: nothing is lost or doubled."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import signal
from collections import Counter
from collections.abc import AsyncIterator

import httpx_sse
import pytest

from integration.hub.hub_process import HubProcess
from integration.hub.pod import NAME, Pod, side_by_side, stored
from integration.hub.postgres import PostgreSQL, asked
from integration.session.processes import eventually

PEOPLE, CHATS, LINES = 5, 5, 30
SOME = 100
"""Messages that are taken before and after each fault."""


def person(number: int) -> str:
    return f"54911555500{number % PEOPLE:02}"


@pytest.fixture
def hub(quiet_hub: HubProcess) -> HubProcess:
    return quiet_hub


class Poller:
    """A CRM that asks for list and status over and over; `answers` by status."""

    def __init__(self, hub: HubProcess) -> None:
        self._hub = hub
        self.answers: Counter[int] = Counter()

    async def run(self) -> None:
        while True:
            for path in ("/api/sessions", f"/api/sessions/{NAME}/status"):
                answer = await self._hub.call("GET", path)
                assert answer.status_code in (200, 503), answer.text
                assert answer.json()["success"] is (answer.status_code == 200)
                assert (answer.status_code == 503) == ("retry-after" in answer.headers)
                self.answers[answer.status_code] += 1

    async def sees(self, status: int, more: int = 5) -> None:
        wanted = self.answers[status] + more

        async def seen() -> bool:
            return self.answers[status] >= wanted

        await eventually(seen, f"the polling client sees {status}")


class Follower:
    """A page that follows the session live, and connects anew as a browser does; `heard` are messages."""

    def __init__(self, hub: HubProcess) -> None:
        self._hub = hub
        self.heard: set[str] = set()
        self.streams = 0

    async def run(self) -> None:
        url, headers = f"{self._hub.url}/api/sessions/{NAME}/events", {"X-API-Key": self._hub.key}
        while True:
            async with httpx_sse.aconnect_sse(self._hub.http, "GET", url, headers=headers) as source:
                if source.response.status_code == 200:
                    self.streams += 1
                    await self._hear(source)
                else:
                    assert source.response.status_code == 503

    async def _hear(self, source: httpx_sse.EventSource) -> None:
        async for event in source.aiter_sse():
            if event.event == "message":
                self.heard.add(json.loads(event.data)["messageId"])

    async def hears(self, more: int = 1) -> None:
        wanted = len(self.heard) + more

        async def enough() -> bool:
            return len(self.heard) >= wanted

        await eventually(enough, f"{more} more messages are told live")


@contextlib.asynccontextmanager
async def messages(pod: Pod) -> AsyncIterator[None]:
    """They come in LINES lines at once for as long as the block takes; after it all of them are taken."""
    over = asyncio.Event()

    async def line(number: int) -> None:
        while not over.is_set():
            await pod.tell([number], person)
            number += LINES

    async with asyncio.timeout(240), asyncio.TaskGroup() as group:
        group.create_task(side_by_side(LINES, line))
        yield
        over.set()


@contextlib.asynccontextmanager
async def traffic(hub: HubProcess, pod: Pod) -> AsyncIterator[tuple[Poller, Follower]]:
    """Messages come, a client polls, and a page follows. What is told of the fault is told in lines."""
    poller, follower = Poller(hub), Follower(hub)
    async with asyncio.TaskGroup() as group:
        clients = [group.create_task(each.run()) for each in (poller, follower)]
        async with messages(pod):
            yield poller, follower
        for client in clients:
            client.cancel()
    assert "Traceback" not in "\n".join(hub.log)


async def taken(pod: Pod, more: int = SOME) -> None:
    wanted = len(pod.data) + more

    async def enough() -> bool:
        return len(pod.data) >= wanted

    await eventually(enough, f"{more} more messages are taken")


async def all_once(database_url: str, pod: Pod) -> None:
    assert await stored(database_url) == {
        "rows": len(pod.data), "messages": len(pod.data), "contacts": PEOPLE, "chats": CHATS,
    }  # fmt: skip
    assert [len(each) for each in pod.data.values()] == [1] * len(pod.data)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT], ids=["restarted", "crashed"])
async def test_a_database_that_is_away_is_said_at_once_and_nothing_is_lost(
    hub: HubProcess, database_url: str, postgresql: PostgreSQL, how: signal.Signals
) -> None:
    pod = Pod(hub)
    async with traffic(hub, pod) as (poller, follower):
        await poller.sees(200)
        await follower.hears()
        await taken(pod)
        await asyncio.to_thread(postgresql.stop, how)
        await poller.sees(503)
        assert (await hub.call("GET", "/healthz")).status_code == 200
        assert (await hub.call("GET", "/readyz")).status_code == 503
        await asyncio.to_thread(postgresql.start)
        await poller.sees(200)
        await taken(pod)
        await follower.hears(SOME)
    await all_once(database_url, pod)
    assert pod.answers[503], "it was told to the pod too"


async def test_a_database_that_stops_answering_makes_no_call_hang(
    hub: HubProcess, database_url: str, postgresql: PostgreSQL
) -> None:
    pod = Pod(hub)
    async with traffic(hub, pod) as (poller, follower):
        await taken(pod)
        with postgresql.frozen():
            await poller.sees(503, 1)
        await poller.sees(200)
        await taken(pod)
        await follower.hears(SOME)
    await all_once(database_url, pod)


async def test_a_hub_that_is_killed_while_it_stores_stores_each_message_once(
    hub: HubProcess, database_url: str
) -> None:
    pod = Pod(hub)
    async with messages(pod):
        for _ in range(2):
            await taken(pod)
            await hub.end(signal.SIGKILL)
            await hub.start()
        await taken(pod)
    assert pod.answers[0] > 0, "calls were cut"
    await all_once(database_url, pod)


async def test_repeats_in_any_order_change_nothing(hub: HubProcess, database_url: str) -> None:
    pod = Pod(hub)
    numbers = [number for number in range(200) for _ in range(3)]
    random.Random(5).shuffle(numbers)

    async def line(first: int) -> None:
        await pod.tell(numbers[first::LINES], person)

    await side_by_side(LINES, line)
    assert await stored(database_url) == {"rows": 200, "messages": 200, "contacts": PEOPLE, "chats": CHATS}
    assert all(len(each) == 1 for each in pod.data.values()), "a repeat is answered as the first was"
    rows = await asked(
        database_url, "SELECT content->>'text', sender, sent_at FROM mensajes ORDER BY sent_at"
    )
    assert [(text, sender) for text, sender, _ in rows] == [(f"n {n}", person(n)) for n in range(200)]
