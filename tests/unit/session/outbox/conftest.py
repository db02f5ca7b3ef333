"""An outbox on a session that is READY, with a fake engine, over one database file that outlives it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from unit.session.conftest import Wait
from unit.session.doubles import NOW, SYNCED, Clock, FakeEngine
from whatsapp_contracts.events import Event
from whatsapp_contracts.states import State
from whatsapp_session.attempts import Attempts
from whatsapp_session.config import Pacing
from whatsapp_session.database import Database
from whatsapp_session.journal import Journal
from whatsapp_session.outbox.sender import Sender
from whatsapp_session.outgoing import Outgoing, Text
from whatsapp_session.session import Session

FRIEND, OTHER = "5491100000002", "5491100000003"
FAST = Pacing(messages_per_minute=100_000, burst=100_000)


def text(words: str = "hello", to: str = FRIEND) -> Outgoing:
    return Outgoing(to=to, content=Text(text=words))


class Pod:
    """One process on a volume: session and outbox. `die` is kill -9: nothing is put in order."""

    def __init__(self, folder: Path, engine: FakeEngine, clock: Clock, *, pacing: Pacing = FAST) -> None:
        self.told: list[Event] = []
        self.released: list[str] = []
        self.engine = engine
        self.database = Database(folder / "journal.sqlite3")
        self.journal = Journal(self.database)
        self.session = Session(
            name="cliente_51",
            journal=self.journal,
            engine=engine,
            attempts=Attempts(folder / "starts.json", restarted_at=""),
            clock=clock,
            told=self.told.append,
        )
        self.sender = Sender(
            session=self.session,
            database=self.database,
            pacing=pacing,
            clock=clock,
            release=self.released.append,
        )
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        self._tasks = [asyncio.create_task(self.session.run()), asyncio.create_task(self.sender.run())]
        await self.session.start()

    async def die(self) -> None:
        tasks = {task for task in asyncio.all_tasks() if task is not asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self.database.close()

    def events(self, kind: str) -> list[Event]:
        return [event for event in self.journal.after(0, limit=10_000) if event.type == kind]


Start = Callable[..., "asyncio.Future[Pod]"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
async def pod(folder: Path, engine: FakeEngine, clock: Clock, until: Wait) -> AsyncIterator[Pod]:
    made = Pod(folder, engine, clock)
    await made.start()
    await ready(made, until)
    yield made
    await made.die()


async def ready(pod: Pod, until: Wait) -> None:
    """Brings the session to READY the way a restored login does."""
    compared = len(pod.engine.since)
    pod.engine.tell(SYNCED)
    await until(lambda: pod.session.view.state is State.READY and len(pod.engine.since) > compared)


__all__ = ["FRIEND", "NOW", "OTHER", "Pod", "ready", "text"]
