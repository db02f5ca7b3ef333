"""The database or the hub fails while callbacks come and clients poll: nothing is lost or doubled."""

from __future__ import annotations

import asyncio
import contextlib
import random
import signal
from collections import Counter
from collections.abc import AsyncIterator

import pytest

from integration.hub.hub_process import HubProcess
from integration.hub.pod import NAME, Pod, side_by_side, stored
from integration.hub.postgres import PostgreSQL, asked
from integration.session.processes import eventually

PEOPLE, CHATS, LINES = 5, 5, 30
MESSAGES = 600


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


@contextlib.asynccontextmanager
async def traffic(hub: HubProcess, pod: Pod) -> AsyncIterator[Poller]:
    """MESSAGES come in LINES lines at once, and a client polls; at the end all are taken."""
    poller = Poller(hub)

    async def line(first: int) -> None:
        await pod.tell(list(range(first, MESSAGES, LINES)), person)

    async with asyncio.timeout(240), asyncio.TaskGroup() as group:
        polling = group.create_task(poller.run())
        sending = group.create_task(side_by_side(LINES, line))
        yield poller
        await sending
        polling.cancel()


async def taken(pod: Pod, count: int) -> None:
    async def enough() -> bool:
        return len(pod.data) >= count

    await eventually(enough, f"{count} messages are taken")


async def all_once(database_url: str, pod: Pod) -> None:
    assert await stored(database_url) == {
        "rows": MESSAGES, "messages": MESSAGES, "contacts": PEOPLE, "chats": CHATS,
    }  # fmt: skip
    assert [len(each) for each in pod.data.values()] == [1] * MESSAGES


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT], ids=["restarted", "crashed"])
async def test_a_database_that_is_away_is_said_at_once_and_nothing_is_lost(
    hub: HubProcess, database_url: str, postgresql: PostgreSQL, how: signal.Signals
) -> None:
    pod = Pod(hub)
    async with traffic(hub, pod) as poller:
        await poller.sees(200)
        await taken(pod, 50)
        await asyncio.to_thread(postgresql.stop, how)
        await poller.sees(503)
        assert (await hub.call("GET", "/healthz")).status_code == 200
        assert (await hub.call("GET", "/readyz")).status_code == 503
        assert len(pod.data) < MESSAGES, "it was away while messages came"
        await asyncio.to_thread(postgresql.start)
        await poller.sees(200)
    await all_once(database_url, pod)
    assert set(pod.answers) == {200, 503}


async def test_a_database_that_stops_answering_makes_no_call_hang(
    hub: HubProcess, database_url: str, postgresql: PostgreSQL
) -> None:
    pod = Pod(hub)
    async with traffic(hub, pod) as poller:
        await taken(pod, 50)
        with postgresql.frozen():
            await poller.sees(503, 1)
        await poller.sees(200)
    await all_once(database_url, pod)


async def test_a_hub_that_is_killed_while_it_stores_stores_each_message_once(
    hub: HubProcess, database_url: str
) -> None:
    pod = Pod(hub)

    async def line(first: int) -> None:
        await pod.tell(list(range(first, MESSAGES, LINES)), person)

    async with asyncio.timeout(240), asyncio.TaskGroup() as group:
        sending = group.create_task(side_by_side(LINES, line))
        for share in (6, 2):
            await taken(pod, MESSAGES // share)
            await hub.end(signal.SIGKILL)
            assert len(pod.data) < MESSAGES, "it was killed while messages came"
            await hub.start()
        await sending
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
