"""A session on a fresh folder with a fake engine, and its API without a network."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from unit.session.doubles import QR, SYNCED, Clock, FakeEngine
from whatsapp_contracts.events import Event
from whatsapp_contracts.states import State
from whatsapp_session.attempts import Attempts
from whatsapp_session.database import Database
from whatsapp_session.facts import Fact, Scanned
from whatsapp_session.journal import Journal
from whatsapp_session.session import Session

BOUND = 10.0
"""Seconds that a test waits for what must come at once."""


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database(tmp_path / "journal.sqlite3")
    yield opened
    opened.close()


@pytest.fixture
def journal(database: Database) -> Journal:
    return Journal(database)


@pytest.fixture
def attempts(tmp_path: Path) -> Attempts:
    return Attempts(tmp_path / "starts.json", restarted_at="")


@pytest.fixture
def told() -> list[Event]:
    """Every event that the session told, in order."""
    return []


@pytest.fixture
async def session(
    journal: Journal, engine: FakeEngine, attempts: Attempts, clock: Clock, told: list[Event]
) -> AsyncIterator[Session]:
    """A session that follows its engine and was not started yet."""
    made = Session(
        name="cliente_51",
        journal=journal,
        engine=engine,
        attempts=attempts,
        clock=clock,
        told=told.append,
    )
    following = asyncio.create_task(made.run())
    yield made
    following.cancel()
    await made.stop()


Wait = Callable[[Callable[[], bool]], Awaitable[None]]


@pytest.fixture
def until() -> Wait:
    """Waits for a condition, bounded."""

    async def wait(condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(BOUND):
            while not condition():  # noqa: ASYNC110 - any condition, not one event
                await asyncio.sleep(0.001)

    return wait


Bring = Callable[[State], Awaitable[None]]


@pytest.fixture
def bring(session: Session, engine: FakeEngine, until: Wait, told: list[Event]) -> Bring:
    """Starts the session and brings it to a state the way a phone does, until that is told."""
    ways: dict[State, tuple[Fact, ...]] = {
        State.INIT: (),
        State.QR_REQUIRED: (QR,),
        State.READY: (QR, Scanned(), SYNCED),
    }

    async def to(state: State) -> None:
        await session.start()
        engine.tell(*ways[state])
        await until(lambda: len(told) >= 1 + len(ways[state]))
        await until(lambda: state is not State.READY or bool(engine.since))

    return to
