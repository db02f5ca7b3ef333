from __future__ import annotations

import asyncio
import sqlite3
from datetime import timedelta

import pytest

from unit.session.conftest import Wait
from unit.session.doubles import Clock, FakeEngine
from unit.session.outbox.conftest import FRIEND, OTHER, Pod, text
from whatsapp_session import facts
from whatsapp_session.engine.protocol import (
    CheckFailed,
    EngineError,
    NotConnected,
    NotFound,
    NotOnWhatsApp,
    PageLost,
    SendFailed,
    SendRefused,
)
from whatsapp_session.outbox import calls
from whatsapp_session.outbox.errors import (
    KeyInProgress,
    KeyReused,
    OutcomeUnknown,
    RateLimited,
    StillNotOnWhatsApp,
    StorageFull,
)
from whatsapp_session.outgoing import Outgoing, Reaction
from whatsapp_session.session import NotReady

REACTION = Outgoing(to=f"{FRIEND}@c.us", content=Reaction(message_id="false_x_1", emoji="👍"))


async def keyed(pod: Pod, words: str = "hello", *, key: str = "k", fingerprint: str = "f") -> str | None:
    return (await pod.sender.send(text(words), key=key, fingerprint=fingerprint)).message_id


async def test_a_call_before_ready_is_refused_and_its_key_is_free(
    pod: Pod, engine: FakeEngine, until: Wait
) -> None:
    engine.tell(facts.NetworkWentAway(because="no network."))
    await until(lambda: pod.session.view.reason is not None)
    for key in (None, "k"):
        with pytest.raises(NotReady, match="DISCONNECTED"):
            await pod.sender.send(text(), key=key)
    assert engine.handed_in == []


async def test_a_call_into_a_page_that_is_being_healed_is_not_ready(pod: Pod, engine: FakeEngine) -> None:
    engine.fails["send"] = NotConnected("The browser is starting.")
    with pytest.raises(NotReady, match="browser is starting"):
        await pod.sender.send(text())


@pytest.mark.parametrize("error", [SendRefused("no"), NotFound("no such message"), CheckFailed("who knows")])
async def test_what_was_certainly_not_sent_is_no_event_and_the_same_key_may_try_again(
    pod: Pod, engine: FakeEngine, error: EngineError
) -> None:
    engine.fails["resolve" if isinstance(error, CheckFailed) else "send"] = error
    with pytest.raises(type(error)):
        await keyed(pod)
    engine.fails.clear()
    assert pod.events("message.sent") == []
    assert pod.events("message.failed") == []
    assert await keyed(pod)
    assert len(engine.sent) == 1


async def test_a_sent_message_is_in_the_journal_before_the_answer(pod: Pod) -> None:
    sent = await pod.sender.send(text())
    assert [event.data["messageId"] for event in pod.events("message.sent")] == [sent.message_id]
    assert (sent.id, sent.replayed) == (None, False)


async def test_a_change_is_neither_paced_nor_looked_up(pod: Pod, engine: FakeEngine) -> None:
    sent = await pod.sender.send(REACTION, key="k", fingerprint="f")
    assert sent.message_id == "false_x_1"
    assert engine.changed == [REACTION]
    assert engine.resolved == []
    again = await pod.sender.send(REACTION, key="k", fingerprint="f")
    assert (again.message_id, again.replayed) == ("false_x_1", True)
    assert len(engine.changed) == 1


async def test_the_same_key_with_the_same_request_gives_the_first_answer_also_when_not_ready(
    pod: Pod, engine: FakeEngine, until: Wait
) -> None:
    first = await keyed(pod)
    engine.tell(facts.NetworkWentAway(because="no network."))
    await until(lambda: pod.session.view.reason is not None)
    again = await pod.sender.send(text(), key="k", fingerprint="f")
    assert (again.message_id, again.replayed) == (first, True)
    assert len(engine.handed_in) == 1


async def test_the_same_key_with_another_request_is_refused_also_while_the_first_is_under_way(
    pod: Pod, engine: FakeEngine
) -> None:
    going, go = asyncio.Event(), asyncio.Event()

    async def hold(_: Outgoing) -> None:
        going.set()
        await go.wait()

    engine.before = hold
    first = asyncio.create_task(keyed(pod))
    await going.wait()
    with pytest.raises(KeyInProgress):
        await keyed(pod)
    with pytest.raises(KeyReused):
        await keyed(pod, fingerprint="another")
    go.set()
    assert await first
    with pytest.raises(KeyReused):
        await keyed(pod, fingerprint="another")
    assert len(engine.handed_in) == 1


async def test_that_a_number_has_no_account_is_a_final_answer(pod: Pod, engine: FakeEngine) -> None:
    engine.fails["resolve"] = NotOnWhatsApp("5491100000002 is not on WhatsApp.")
    with pytest.raises(NotOnWhatsApp):
        await keyed(pod)
    engine.fails.clear()
    with pytest.raises(StillNotOnWhatsApp, match="not on WhatsApp"):
        await keyed(pod)
    assert pod.events("message.failed") == []  # that is of queued messages


@pytest.mark.parametrize(("hours", "known"), [(23, True), (25, False)])
async def test_a_key_is_known_for_24_hours_after_its_answer(
    pod: Pod, engine: FakeEngine, clock: Clock, hours: int, known: bool
) -> None:
    first = await keyed(pod)
    clock.move(hours=hours)
    again = await pod.sender.send(text(), key="k", fingerprint="f")
    assert again.replayed is known
    assert (again.message_id == first) is known  # a new message has a new id, or WhatsApp would drop it
    assert len(engine.sent) == (1 if known else 2)


async def test_a_send_that_nobody_saw_end_is_found_in_whatsapps_store(
    pod: Pod, engine: FakeEngine, until: Wait
) -> None:
    engine.fails["answer"] = SendFailed("The page went away.")
    assert await keyed(pod)
    assert (await pod.sender.send(text("plain"))).message_id
    assert len(pod.events("message.sent")) == 2
    assert len(engine.handed_in) == 2


async def test_a_send_that_never_arrived_is_an_error_and_its_key_is_free(
    pod: Pod, engine: FakeEngine
) -> None:
    engine.fails["send"] = SendFailed("The page went away.")
    with pytest.raises(SendFailed):
        await keyed(pod)
    with pytest.raises(SendFailed):
        await pod.sender.send(text("plain"))
    engine.fails.clear()
    assert await keyed(pod)
    assert [one.text for one in engine.sent.values()] == ["hello"]


async def test_a_send_that_cannot_be_looked_up_is_unknown_until_it_can(
    pod: Pod, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch, until: Wait
) -> None:
    monkeypatch.setattr(calls, "SETTLE", 0.0)
    engine.fails |= {"answer": SendFailed("The page went away."), "find": PageLost("The page crashed.")}
    with pytest.raises(OutcomeUnknown, match="same key"):
        await keyed(pod)
    with pytest.raises(OutcomeUnknown):
        await keyed(pod)
    with pytest.raises(SendFailed):
        await pod.sender.send(text("plain"))
    engine.fails.clear()
    again = await pod.sender.send(text(), key="k", fingerprint="f")
    assert again.replayed
    assert len(engine.handed_in) == 2


async def test_a_bug_in_the_engine_makes_no_second_message(pod: Pod, engine: FakeEngine) -> None:
    engine.fails["answer"] = RuntimeError("nobody foresaw this")
    assert await keyed(pod)
    assert len(engine.handed_in) == 1


async def test_a_caller_that_goes_away_does_not_end_the_attempt(
    pod: Pod, engine: FakeEngine, until: Wait
) -> None:
    going, go = asyncio.Event(), asyncio.Event()

    async def hold(_: Outgoing) -> None:
        going.set()
        await go.wait()

    engine.before = hold
    call = asyncio.create_task(keyed(pod))
    await going.wait()
    call.cancel()
    await asyncio.gather(call, return_exceptions=True)
    go.set()
    await until(lambda: not pod.sender._calls._active)
    assert (await pod.sender.send(text(), key="k", fingerprint="f")).replayed
    assert len(pod.events("message.sent")) == 1


async def test_a_full_volume_refuses_a_key_and_sends_without_one(
    pod: Pod, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(pod.sender._store, "add", full)
    monkeypatch.setattr(pod.journal, "append_all", full)
    with pytest.raises(StorageFull, match="Make room"):
        await keyed(pod)
    assert (await pod.sender.send(text("plain"))).message_id
    assert [one.text for one in engine.sent.values()] == ["plain"]


async def test_a_volume_that_becomes_full_during_a_send_keeps_the_key_in_memory(
    pod: Pod, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = pod.sender._store.write

    def full(*_: object, **__: object) -> bool:
        raise sqlite3.OperationalError("database or disk is full")

    async def fill(_: Outgoing) -> None:
        monkeypatch.setattr(pod.sender._store, "write", full)

    engine.after = fill
    first = await keyed(pod)
    again = await pod.sender.send(text(), key="k", fingerprint="f")
    assert (again.message_id, again.replayed) == (first, True)
    monkeypatch.setattr(pod.sender._store, "write", write)
    await pod.sender._desk.catch_up()
    assert not pod.sender._desk.behind
    assert len(engine.handed_in) == 1


async def test_the_number_is_asked_for_once_a_day_and_a_missing_one_again_after_ten_minutes(
    pod: Pod, engine: FakeEngine, clock: Clock
) -> None:
    await pod.sender.send(text())
    await pod.sender.send(text(to=f"{FRIEND}@c.us"))
    assert engine.resolved == [FRIEND]
    clock.move(days=1, seconds=1)
    await pod.sender.send(text())
    assert engine.resolved == [FRIEND] * 2
    engine.fails["resolve"] = NotOnWhatsApp("no")
    for _ in range(2):
        with pytest.raises(NotOnWhatsApp):
            await pod.sender.send(text(to=OTHER))
    assert engine.resolved == [FRIEND, FRIEND, OTHER]
    engine.fails.clear()
    clock.now += timedelta(minutes=10, seconds=1)
    await pod.sender.send(text(to=OTHER))
    assert engine.resolved == [FRIEND, FRIEND, OTHER, OTHER]


async def test_calls_that_find_every_place_taken_are_told_to_come_again(
    pod: Pod, engine: FakeEngine, until: Wait, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy, go = 0, asyncio.Event()

    async def hold(_: Outgoing) -> None:
        nonlocal busy
        busy += 1
        await go.wait()

    engine.before = hold
    taken = [
        asyncio.create_task(pod.sender.send(text(to=f"54911000{number:05}")))
        for number in range(calls.AT_ONCE)
    ]
    await until(lambda: busy == calls.AT_ONCE)
    monkeypatch.setattr(calls, "PATIENCE", 0.05)
    with pytest.raises(RateLimited):
        await pod.sender.send(text())
    go.set()
    await asyncio.gather(*taken)
    monkeypatch.undo()
    assert (await pod.sender.send(text())).message_id


async def test_what_a_key_has_come_to_is_known_before_the_request_is_made_again(
    pod: Pod, engine: FakeEngine, clock: Clock
) -> None:
    assert await pod.sender.answered("k", "f") is None
    engine.fails["send"] = SendRefused("no")
    with pytest.raises(SendRefused):
        await keyed(pod)
    assert await pod.sender.answered("k", "f") is None  # nothing that is final
    del engine.fails["send"]
    sent = await keyed(pod)
    found = await pod.sender.answered("k", "f")
    assert found is not None
    assert (found.call, found.message_id) == (True, sent)
    assert await pod.sender.answered("k", "another request") is None
    entry, _ = await pod.sender.enqueue(text(), key="q", fingerprint="f")
    queued = await pod.sender.answered("q", "f")
    assert queued is not None
    assert (queued.call, queued.id) == (False, entry.id)
    clock.move(hours=25)
    assert await pod.sender.answered("k", "f") is None
