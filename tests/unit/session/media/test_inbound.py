"""The worker with a real session and journal, a fake engine, and a clock that a test moves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from unit.session.conftest import Bring, Wait
from unit.session.doubles import NOW, Clock, FakeEngine, message
from whatsapp_contracts.events import Event
from whatsapp_contracts.states import State
from whatsapp_session.engine.protocol import EngineError, EngineStuck, NotConnected, NotFound, Stage
from whatsapp_session.facts import ChatMessage, MediaInfo
from whatsapp_session.intake import message_data
from whatsapp_session.media import inbound
from whatsapp_session.media.ids import media_id
from whatsapp_session.media.inbound import Inbound
from whatsapp_session.media.index import FileState
from whatsapp_session.media.store import MediaStore
from whatsapp_session.session import Session


def picture(number: int = 1, *, size: int | None = 4) -> ChatMessage:
    return replace(message(number), kind="image", media=MediaInfo(mime_type="image/png", size=size))


ID = media_id(picture().message_id)


@pytest.fixture
def worker(session: Session, media: MediaStore, clock: Clock) -> Inbound:
    return Inbound(session, media, clock=lambda: clock().timestamp())


@asynccontextmanager
async def working(worker: Inbound) -> AsyncIterator[None]:
    task = asyncio.create_task(worker.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def media_events(told: list[Event]) -> list[dict[str, Any]]:
    return [event.data["media"] for event in told if event.type == "message.media"]


async def receive(
    engine: FakeEngine, worker: Inbound, told: list[Event], until: Wait, *messages: ChatMessage
) -> None:
    """Messages come in and are journaled; the worker hears of it as the process tells it."""
    before = len([event for event in told if event.type == "message.received"])
    engine.tell(*messages)
    await until(
        lambda: len([event for event in told if event.type == "message.received"]) == before + len(messages)
    )
    for event in told:
        worker.saw(event)


async def test_a_file_is_fetched_stored_and_told(
    session: Session, engine: FakeEngine, worker: Inbound, media: MediaStore, bring: Bring, told: list[Event],
    until: Wait,
) -> None:  # fmt: skip
    await bring(State.READY)
    async with working(worker):
        await receive(engine, worker, told, until, picture())
        await until(lambda: bool(media_events(told)))
        file = await worker.wanted(ID, 10)
    assert media_events(told) == [
        message_data(picture())["media"] | {"state": "stored", "size": 4, "mimeType": "image/jpeg"}
    ]
    assert file is not None
    assert file.state is FileState.STORED
    with media.open(file) or pytest.fail("gone") as stored:
        assert stored.read() == b"file"


@pytest.mark.parametrize(
    ("error", "state", "reason"),
    [
        (NotFound("gone"), FileState.FAILED, "does not have the file"),
        (ValueError("larger"), FileState.TOO_LARGE, "MEDIA_MAX_MB"),
        (OSError(28, "No space left on device"), FileState.FAILED, "volume is full"),
    ],
)
async def test_what_will_not_come_is_told_at_once_with_its_reason(
    engine: FakeEngine, worker: Inbound, bring: Bring, told: list[Event], until: Wait, media: MediaStore,
    error: Exception, state: FileState, reason: str,
) -> None:  # fmt: skip
    await bring(State.READY)
    engine.fails["download"] = error
    async with working(worker):
        await receive(engine, worker, told, until, picture())
        file = await worker.wanted(ID, 10)
    assert media_events(told)[0]["state"] == state.value
    assert file is not None
    assert reason in file.reason
    assert list(media.part("x").parent.glob("*")) == []


async def test_a_file_that_says_it_is_too_large_is_not_even_fetched(
    engine: FakeEngine, worker: Inbound, bring: Bring, told: list[Event], until: Wait
) -> None:
    await bring(State.READY)
    async with working(worker):
        await receive(engine, worker, told, until, picture(size=101))
        await until(lambda: bool(media_events(told)))
    assert media_events(told)[0]["state"] == "tooLarge"
    assert not [did for did in engine.did if did.startswith("download")]


async def test_a_failure_is_tried_again_with_growing_pauses_and_then_told(
    engine: FakeEngine, worker: Inbound, bring: Bring, told: list[Event], until: Wait, media: MediaStore,
    clock: Clock, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(inbound, "IDLE", 0.01)
    await bring(State.READY)
    engine.fails["download"] = EngineStuck(Stage.DOWNLOAD, 120)
    waits: list[float] = []
    async with working(worker):
        await receive(engine, worker, told, until, picture())
        for tries in range(1, inbound.TRIES):
            await until(lambda tries=tries: (file := media.index.get(ID)) is not None and file.tries == tries)  # type: ignore[misc]
            file = media.index.get(ID)
            assert file is not None
            waits.append(file.next_try - clock().timestamp())
            clock.move(seconds=waits[-1])
        await until(lambda: bool(media_events(told)))
    assert waits == [5, 10, 20, 40, 80]
    assert media_events(told)[0]["state"] == "failed"


async def test_a_try_that_succeeds_later_is_a_stored_file(
    engine: FakeEngine, worker: Inbound, bring: Bring, told: list[Event], until: Wait, media: MediaStore,
    clock: Clock, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(inbound, "IDLE", 0.01)
    await bring(State.READY)
    engine.fails["download"] = EngineError("The page crashed.")
    async with working(worker):
        await receive(engine, worker, told, until, picture())
        await until(lambda: (file := media.index.get(ID)) is not None and file.tries == 1)
        del engine.fails["download"]
        clock.move(seconds=5)
        await until(lambda: bool(media_events(told)))
    assert media_events(told)[0]["state"] == "stored"


async def test_a_page_that_is_away_costs_no_try(
    engine: FakeEngine, worker: Inbound, bring: Bring, told: list[Event], until: Wait, media: MediaStore
) -> None:
    await bring(State.READY)
    engine.fails["download"] = NotConnected("There is no page.")
    async with working(worker):
        await receive(engine, worker, told, until, picture())
        await until(lambda: (file := media.index.get(ID)) is not None and file.next_try > 0)
    file = media.index.get(ID)
    assert file is not None
    assert (file.state, file.tries) == (FileState.PENDING, 0)


async def test_a_crash_loses_no_file_and_tells_it_once(
    session: Session, engine: FakeEngine, worker: Inbound, bring: Bring, told: list[Event], until: Wait,
    media: MediaStore, clock: Clock, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    await bring(State.READY)
    await receive(engine, worker, told, until, picture(1), picture(2))  # no worker runs: it died before
    dies = media.index.put

    def die(file: object) -> None:
        raise RuntimeError("the process ends here")

    monkeypatch.setattr(media.index, "put", die)
    async with working(worker):
        await until(lambda: len(media_events(told)) == 2)  # told, and not written down
    monkeypatch.setattr(media.index, "put", dies)
    async with working(Inbound(session, media, clock=lambda: clock().timestamp())):
        await until(
            lambda: all(
                (file := media.index.get(media_id(picture(n).message_id))) is not None
                and file.state is FileState.STORED
                for n in (1, 2)
            )
        )
    assert [each["state"] for each in media_events(told)] == ["stored", "stored"]


async def test_under_pressure_nothing_is_stored_until_it_is_asked_for_with_room(
    engine: FakeEngine, worker: Inbound, bring: Bring, told: list[Event], until: Wait, media: MediaStore
) -> None:
    await bring(State.READY)
    await media.sweep(NOW, True)
    async with working(worker):
        await receive(engine, worker, told, until, picture())
        await until(lambda: bool(media_events(told)))
        asked = await worker.wanted(ID, 10)
        assert asked is not None
        assert (asked.state, "volume is full" in asked.reason) == (FileState.FAILED, True)
        await media.sweep(NOW, False)
        found = await worker.wanted(ID, 10)
    assert found is not None
    assert found.state is FileState.STORED
    assert [each["state"] for each in media_events(told)] == ["failed", "stored"]


async def test_an_id_that_no_message_has_is_none(worker: Inbound) -> None:
    assert await worker.wanted("med_" + "0" * 32, 10) is None


async def test_who_asks_before_the_worker_has_looked_gets_the_file(
    engine: FakeEngine, worker: Inbound, bring: Bring, told: list[Event], until: Wait, media: MediaStore
) -> None:
    await bring(State.READY)
    await receive(engine, worker, told, until, picture())
    assert media.index.get(ID) is None
    asking = asyncio.create_task(worker.wanted(ID, 10))
    await until(lambda: media.index.get(ID) is not None)
    async with working(worker):
        file = await asking
    assert file is not None
    assert file.state is FileState.STORED


async def test_who_asks_waits_no_longer_than_is_bound(
    session: Session, engine: FakeEngine, worker: Inbound, bring: Bring, until: Wait, media: MediaStore
) -> None:
    await bring(State.READY)
    await worker.states([message_data(picture())])
    file = await worker.wanted(ID, 0.01)  # no worker runs
    assert file is not None
    assert file.state is FileState.PENDING


async def test_the_file_of_an_old_message_is_fetched_only_when_asked_for(
    engine: FakeEngine, worker: Inbound, bring: Bring, told: list[Event], media: MediaStore
) -> None:
    await bring(State.READY)
    listed = [message_data(picture()), message_data(message(2))]
    async with working(worker):
        await worker.states(listed)
        assert listed[0]["media"]["state"] == "removed"
        assert not [did for did in engine.did if did.startswith("download")]
        file = await worker.wanted(ID, 10)
    assert file is not None
    assert file.state is FileState.STORED
    await worker.states(listed)
    assert listed[0]["media"]["state"] == "stored"


async def test_a_stored_file_that_somebody_removed_is_fetched_again(
    engine: FakeEngine, worker: Inbound, bring: Bring, told: list[Event], until: Wait, media: MediaStore
) -> None:
    await bring(State.READY)
    async with working(worker):
        await receive(engine, worker, told, until, picture())
        await until(lambda: bool(media_events(told)))
        (media.part(ID).parent / ID).unlink()
        file = await worker.wanted(ID, 10)
    assert file is not None
    assert file.state is FileState.STORED
    assert media.here(file)


async def test_a_name_that_somebody_sent_is_no_path(
    engine: FakeEngine, worker: Inbound, bring: Bring, told: list[Event], until: Wait, media: MediaStore,
    tmp_path: Path,
) -> None:  # fmt: skip
    await bring(State.READY)
    info = MediaInfo(mime_type="text/html", file_name="../../../evil.html")
    async with working(worker):
        await receive(engine, worker, told, until, replace(picture(), media=info))
        await until(lambda: bool(media_events(told)))
    assert [path.name for path in (tmp_path / "media").rglob("*") if path.is_file()] == [ID]
