"""kill -9 at every moment of a send: a new process on the same file finds out what became of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from unit.session.conftest import Wait
from unit.session.doubles import Clock, FakeEngine
from unit.session.outbox.conftest import FRIEND, Pod, ready, text
from whatsapp_session.outbox.entries import Entry, Stage
from whatsapp_session.outbox.errors import OutcomeUnknown
from whatsapp_session.outgoing import Outgoing


class Moments:
    """Lets a send stand still at one moment, so that the process can die there."""

    def __init__(self, pod: Pod, engine: FakeEngine) -> None:
        self._pod, self._engine = pod, engine
        self.reached = asyncio.Event()

    async def _here(self, *_: object, **__: object) -> None:
        self.reached.set()
        await asyncio.Event().wait()

    def at(self, moment: str) -> None:
        """Stand still there."""
        pod, engine = self._pod, self._engine

        async def here(_: Outgoing) -> None:
            await self._here()

        match moment:
            case "the row is written, the number not asked for":
                self._hold(pod.sender._desk.numbers, "resolve")
            case "the number is known, nothing is written yet":
                self._hold(pod.sender._desk, "begin")
            case "it is written as sending, WhatsApp has not been called":
                engine.before = here
            case "WhatsApp has accepted it and nobody has heard":
                engine.after = here
            case "it is answered and not in the journal":
                self._hold(pod.sender._desk, "took")
            case "it is in the journal and the row says sending":
                self._hold(pod.sender._desk, "put")
            case _:
                raise ValueError(moment)

    def _hold(self, owner: object, name: str) -> None:
        setattr(owner, name, self._here)


MOMENTS = [
    "the row is written, the number not asked for",
    "the number is known, nothing is written yet",
    "it is written as sending, WhatsApp has not been called",
    "WhatsApp has accepted it and nobody has heard",
    "it is answered and not in the journal",
    "it is in the journal and the row says sending",
]
Dies = Callable[[str, Callable[[Pod], Awaitable[object]]], Awaitable[Pod]]


@pytest.fixture
def dies(folder: Path, pod: Pod, engine: FakeEngine, clock: Clock, until: Wait) -> Dies:
    """Begins something, kills the process at a moment of it, and gives the next process, not READY yet."""

    async def die(moment: str, work: Callable[[Pod], Awaitable[object]]) -> Pod:
        moments = Moments(pod, engine)
        moments.at(moment)
        begun = asyncio.ensure_future(work(pod))
        async with asyncio.timeout(10):
            await moments.reached.wait()
        await pod.die()
        await asyncio.gather(begun, return_exceptions=True)
        engine.before = engine.after = None
        successor = Pod(folder, engine, clock)
        await successor.start()
        return successor

    return die


@pytest.mark.parametrize("moment", MOMENTS)
async def test_a_queued_message_goes_out_once_and_is_told_once(
    dies: Dies, engine: FakeEngine, until: Wait, moment: str
) -> None:
    entries: list[Entry] = []

    async def work(pod: Pod) -> None:
        entries.append((await pod.sender.enqueue(text("one")))[0])
        entries.append((await pod.sender.enqueue(text("two")))[0])

    again = await dies(moment, work)
    await ready(again, until)
    shown: list[Entry] = []
    async with asyncio.timeout(10):
        while not shown or any(entry.state is not Stage.SENT for entry in shown):
            shown = list(await again.sender.list())
            await asyncio.sleep(0.001)
    assert [one.text for one in engine.sent.values()] == ["one", "two"]
    assert list(engine.sent) == [entry.bare_id for entry in entries]
    assert [event.data["text"] for event in again.events("message.sent")] == ["one", "two"]
    assert [entry.message_id for entry in shown] == [one.message_id for one in engine.sent.values()]
    await again.die()


@pytest.mark.parametrize("moment", MOMENTS)
async def test_a_call_with_a_key_is_answered_at_its_repetition_and_sent_once(
    dies: Dies, engine: FakeEngine, until: Wait, moment: str
) -> None:
    again = await dies(moment, lambda pod: pod.sender.send(text(), key="k", fingerprint="f"))
    await ready(again, until)
    sent = await again.sender.send(text(), key="k", fingerprint="f")
    assert len(engine.sent) == 1
    assert sent.message_id == next(iter(engine.sent.values())).message_id
    assert len(again.events("message.sent")) == 1
    once_more = await again.sender.send(text(), key="k", fingerprint="f")
    assert (once_more.message_id, once_more.replayed) == (sent.message_id, True)
    await again.die()


@pytest.mark.parametrize("moment", MOMENTS[2:])
async def test_a_call_with_a_key_whose_outcome_cannot_be_asked_for_yet_is_unknown(
    dies: Dies, engine: FakeEngine, moment: str
) -> None:
    again = await dies(moment, lambda pod: pod.sender.send(text(), key="k", fingerprint="f"))
    with pytest.raises(OutcomeUnknown, match="same key"):
        await again.sender.send(text(), key="k", fingerprint="f")
    await again.die()


async def test_a_call_with_a_key_that_was_lost_is_followed_without_anybody_asking(
    dies: Dies, engine: FakeEngine, until: Wait
) -> None:
    moment = "WhatsApp has accepted it and nobody has heard"
    again = await dies(moment, lambda pod: pod.sender.send(text(), key="k", fingerprint="f"))
    await ready(again, until)
    await until(lambda: len(again.events("message.sent")) == 1)
    await until(lambda: not again.sender._calls.lost)
    assert (await again.sender.send(text(), key="k", fingerprint="f")).replayed
    assert len(engine.handed_in) == 1
    await again.die()


async def test_a_call_without_a_key_is_never_sent_again(dies: Dies, engine: FakeEngine, until: Wait) -> None:
    again = await dies(
        "it is written as sending, WhatsApp has not been called", lambda pod: pod.sender.send(text())
    )
    await ready(again, until)
    await again.sender.send(text("next"))
    assert [one.text for one in engine.sent.values()] == ["next"]
    await again.die()


async def test_the_id_is_sent_again_where_whatsapps_store_has_forgotten_that_it_has_it(
    dies: Dies, engine: FakeEngine, until: Wait, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def forgotten(chat_id: str, bare_id: str, *, timeout: float) -> None:
        return None

    monkeypatch.setattr(engine, "find", forgotten)
    again = await dies(
        "WhatsApp has accepted it and nobody has heard", lambda pod: pod.sender.enqueue(text())
    )
    await ready(again, until)
    await until(lambda: again.sender.counts() == {"sent": 1})
    assert engine.handed_in == [next(iter(engine.sent))] * 2  # one message: WhatsApp takes an id once
    assert engine.resolved == [FRIEND]  # what was written down is used
    await again.die()
