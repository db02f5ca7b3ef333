"""A day's backlog at once: a session pod's own journal and webhooks, and a hub that comes back."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from integration.hub.hub_process import HubProcess
from integration.hub.pod import NAME, NOWHERE, OURS, Pod, stored, suspended
from integration.hub.postgres import asked
from integration.session.processes import eventually
from whatsapp_contracts.events import timestamp
from whatsapp_session.config import Webhook
from whatsapp_session.database import Database
from whatsapp_session.journal import Journal
from whatsapp_session.net.guard import Guard
from whatsapp_session.webhooks.dispatcher import Webhooks
from whatsapp_session.webhooks.orchestrator import Origin
from whatsapp_tools.children import port

MESSAGES, CHATS = 5000, 100
YESTERDAY = datetime.now(UTC) - timedelta(days=1)


def chat_of(number: int) -> str:
    """Who wrote the message: some write in bursts, some now and then."""
    return f"5491166600{(number // 3 if number % 2 else number * 7) % CHATS:03}"


def write(journal: Journal) -> None:
    """A day of messages, as the session's page brought them."""
    for number in range(MESSAGES):
        who, at = chat_of(number), timestamp(YESTERDAY + timedelta(seconds=number * 17))
        journal.append(
            id=f"event:{number}", type="message.received", time=datetime.now(UTC), session=NAME,
            data={
                "from": f"{who}@c.us", "to": f"{OURS}@c.us", "chatId": f"{who}@c.us", "type": "text",
                "text": f"n {number}", "timestamp": at, "messageId": f"false_{who}@c.us_{number}",
                "fromMe": False,
            },
        )  # fmt: skip


@contextlib.asynccontextmanager
async def delivering(folder: Path, url: str, secret: str) -> AsyncIterator[Webhooks]:
    """The pod's webhooks on its journal, from the moment on when its hub went away."""
    database = Database(folder / "journal.sqlite3")
    journal = Journal(database)
    webhooks = Webhooks(
        database=database, journal=journal, guard=Guard(["127.0.0.0/8"]),
        origin=lambda: Origin(server_port=1, auth_folder_path="/", phone=OURS),
    )  # fmt: skip
    journal.floor = webhooks.floor
    webhooks.configure([Webhook(name="hub", url=url, format="Orchestrator", secrets=(secret,))])
    await asyncio.to_thread(write, journal)
    work = asyncio.create_task(webhooks.run())
    try:
        yield webhooks
    finally:
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
        database.close()


@pytest.fixture
async def hub(tmp_path: Path, database_url: str) -> AsyncIterator[HubProcess]:
    """It is away; where it listens is known."""
    process = HubProcess(tmp_path / "hub", NOWHERE, DATABASE_URL=database_url)
    await process.create_admin()
    await suspended(database_url, NAME)
    process.listen_on(port(0))
    yield process
    await process.over()


async def test_a_days_backlog_arrives_whole_in_order_and_once(
    hub: HubProcess, database_url: str, tmp_path: Path
) -> None:
    pod = Pod(hub)
    async with delivering(tmp_path, hub.url, pod.secret) as webhooks:

        async def refused() -> bool:
            return bool((await webhooks.status())[0]["lastError"])

        async def only(left: int) -> bool:
            webhooks.try_now()  # as when the network is back: the test waits for no backoff
            return webhooks.pending()["hub"] <= left

        await eventually(refused, "the hub is missed")
        await hub.start()
        await eventually(lambda: only(MESSAGES * 2 // 3), "a third has arrived")
        await hub.end(signal.SIGKILL)
        await hub.start()
        for left in range(MESSAGES // 2, -1, -MESSAGES // 10):
            await eventually(lambda: only(left), f"only {left} are left")  # noqa: B023
        assert webhooks.dead() == {"hub": 0}

    people = len({chat_of(number) for number in range(MESSAGES)})
    assert await stored(database_url) == {
        "rows": MESSAGES, "messages": MESSAGES, "contacts": people, "chats": people,
    }  # fmt: skip
    rows = await asked(database_url, "SELECT chat_id, content->>'text', sent_at FROM mensajes ORDER BY id")
    by_chat: dict[int, list[int]] = {}
    for chat, text, sent_at in rows:
        number = int(text.removeprefix("n "))
        by_chat.setdefault(chat, []).append(number)
        assert timestamp(sent_at) == timestamp(YESTERDAY + timedelta(seconds=number * 17))
    assert all(numbers == sorted(numbers) for numbers in by_chat.values())
