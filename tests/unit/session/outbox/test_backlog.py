from __future__ import annotations

import asyncio
import sqlite3
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from unit.session.conftest import Wait
from unit.session.doubles import ACCOUNT, NOW, Clock, FakeEngine, sent_message
from unit.session.outbox.conftest import FRIEND, OTHER, Pod, ready, text
from whatsapp_session import facts
from whatsapp_session.config import Pacing
from whatsapp_session.engine.protocol import (
    CheckFailed,
    EngineError,
    NotConnected,
    NotFound,
    NotOnWhatsApp,
    SendFailed,
    SendRefused,
)
from whatsapp_session.outbox import backlog, calls
from whatsapp_session.outbox.entries import Stage
from whatsapp_session.outbox.errors import EntryNotFound, KeyReused, RateLimited, StorageFull, TooLate
from whatsapp_session.outgoing import Media, Outgoing

SLOW = Pacing(messages_per_minute=1, burst=1)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backlog, "BACKOFF", (0.001,))


def words(engine: FakeEngine) -> list[str]:
    return [one.text for one in engine.sent.values()]


async def ended(pod: Pod, id: str) -> str:
    async with asyncio.timeout(10):
        while (entry := await pod.sender.get(id)).state in {Stage.QUEUED, Stage.SENDING}:  # noqa: ASYNC110
            await asyncio.sleep(0.001)
    return entry.state.value


@pytest.mark.parametrize(
    ("method", "error", "code"),
    [
        ("resolve", NotOnWhatsApp("It is not on WhatsApp."), "not_on_whatsapp"),
        ("resolve", NotFound("The account is not in this group."), "chat_not_found"),
        ("send", SendRefused("The picture cannot be read."), "send_failed"),
        ("send", NotFound("There is no such chat."), "chat_not_found"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, EngineError) else None,
)
async def test_what_will_never_be_sent_fails_with_its_reason_and_the_next_one_goes(
    pod: Pod, engine: FakeEngine, until: Wait, method: str, error: EngineError, code: str
) -> None:
    engine.fails[method] = error
    entry, _ = await pod.sender.enqueue(text("never"))
    assert await ended(pod, entry.id) == "failed"
    engine.fails.clear()
    shown = (await pod.sender.get(entry.id)).to_json()
    assert (shown["error"], shown["message"], shown["messageId"]) == (code, str(error), None)
    await until(lambda: len(pod.events("message.failed")) == 1)
    (event,) = pod.events("message.failed")
    assert event.data == {
        "id": entry.id, "messageId": None, "to": FRIEND, "error": code, "message": str(error),
    }  # fmt: skip


async def test_a_reply_to_what_is_gone_says_that_the_message_is_missing(pod: Pod, engine: FakeEngine) -> None:
    engine.fails["send"] = NotFound("There is no such message.")
    reply = Outgoing(to=FRIEND, content=text().content, reply_to="false_x_1")
    entry, _ = await pod.sender.enqueue(reply)
    assert await ended(pod, entry.id) == "failed"
    assert (await pod.sender.get(entry.id)).error == "message_not_found"


@pytest.mark.parametrize(
    ("method", "error"), [("resolve", CheckFailed("who knows")), ("send", NotConnected("starting"))]
)
async def test_what_can_be_tried_again_is_until_it_succeeds(
    pod: Pod, engine: FakeEngine, until: Wait, method: str, error: EngineError
) -> None:
    engine.fails[method] = error
    entry, _ = await pod.sender.enqueue(text())
    await until(lambda: len(engine.resolved) > 0)
    assert (await pod.sender.get(entry.id)).state in {Stage.QUEUED, Stage.SENDING}
    engine.fails.clear()
    assert await ended(pod, entry.id) == "sent"


async def test_a_queued_message_waits_for_ready_and_goes_then(
    pod: Pod, engine: FakeEngine, until: Wait
) -> None:
    engine.tell(facts.NetworkWentAway(because="no network."))
    await until(lambda: pod.session.view.reason is not None)
    entry, replayed = await pod.sender.enqueue(text())
    assert (entry.state, replayed) == (Stage.QUEUED, False)
    assert entry.id.startswith("out_")
    await ready(pod, until)
    assert await ended(pod, entry.id) == "sent"
    shown = await pod.sender.get(entry.id)
    assert shown.message_id == sent_message(entry.bare_id, f"{FRIEND}@c.us", "").message_id


async def test_order_holds_in_a_chat_between_calls_and_queued_messages(
    pod: Pod, engine: FakeEngine, until: Wait
) -> None:
    going, go = asyncio.Event(), asyncio.Event()

    async def hold(_: Outgoing) -> None:
        going.set()
        await go.wait()

    engine.before = hold
    await pod.sender.enqueue(text("1"))
    await going.wait()
    await pod.sender.enqueue(text("2"))
    call = asyncio.create_task(pod.sender.send(text("3", to=f"{FRIEND}@c.us")))
    await until(lambda: pod.sender._desk.lanes.ahead(f"{FRIEND}@c.us") == 3)
    last, _ = await pod.sender.enqueue(text("4"))
    go.set()
    await call
    await ended(pod, last.id)
    assert words(engine) == ["1", "2", "3", "4"]


async def test_a_chat_that_is_stuck_holds_up_no_other_one(pod: Pod, engine: FakeEngine) -> None:
    going = asyncio.Event()

    async def stuck(outgoing: Outgoing) -> None:
        if outgoing.to == FRIEND:
            going.set()
            await asyncio.Event().wait()

    engine.before = stuck
    await pod.sender.enqueue(text("stuck"))
    await going.wait()
    other, _ = await pod.sender.enqueue(text("queued", to=OTHER))
    assert await ended(pod, other.id) == "sent"
    assert (await pod.sender.send(text("call", to=OTHER))).message_id
    assert words(engine) == ["queued", "call"]


async def test_no_more_than_a_few_chats_are_served_at_once(pod: Pod, engine: FakeEngine, until: Wait) -> None:
    at_once, most, go = 0, 0, asyncio.Event()

    async def count(_: Outgoing) -> None:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        await go.wait()
        at_once -= 1

    engine.before = count
    for number in range(20):
        await pod.sender.enqueue(text(to=f"54911000{number:05}"))
    await until(lambda: at_once == backlog.AT_ONCE)
    go.set()
    await until(lambda: len(engine.sent) == 20)
    assert most == backlog.AT_ONCE


async def test_a_call_behind_a_stuck_chat_is_told_when_to_come_again(
    pod: Pod, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls, "PATIENCE", 0.01)
    going = asyncio.Event()

    async def stuck(_: Outgoing) -> None:
        going.set()
        await asyncio.Event().wait()

    engine.before = stuck
    await pod.sender.enqueue(text("stuck"))
    await going.wait()
    with pytest.raises(RateLimited) as caught:
        await pod.sender.send(text("call"), key="k")
    assert caught.value.retry_after >= 1


async def test_pacing_delays_and_a_call_that_would_wait_too_long_is_refused_at_once(
    folder: Path, engine: FakeEngine, clock: Clock, until: Wait
) -> None:
    pod = Pod(folder, engine, clock, pacing=SLOW)
    await pod.start()
    await ready(pod, until)
    await pod.sender.send(text("the burst"))
    with pytest.raises(RateLimited) as caught:
        await pod.sender.send(text("too fast"))
    assert 50 <= caught.value.retry_after <= 60
    entry, _ = await pod.sender.enqueue(text("queued"))
    await until(lambda: len(engine.resolved) == 1)
    pod.sender.configure(Pacing(messages_per_minute=100_000, burst=10))  # heard by who waits already
    assert await ended(pod, entry.id) == "sent"
    assert words(engine) == ["the burst", "queued"]
    await pod.die()


async def test_a_scheduled_message_goes_out_when_it_is_due_also_over_a_restart_and_a_late_one_at_once(
    folder: Path, pod: Pod, engine: FakeEngine, clock: Clock, until: Wait
) -> None:
    soon, _ = await pod.sender.enqueue(text("soon"), send_at=NOW + timedelta(hours=1))
    later, _ = await pod.sender.enqueue(text("later"), send_at=NOW + timedelta(days=3))
    await pod.sender.send(text("now"))
    assert words(engine) == ["now"]
    await pod.die()
    clock.move(hours=2)
    again = Pod(folder, engine, clock)
    await again.start()
    await ready(again, until)
    assert await ended(again, soon.id) == "sent"
    between, _ = await again.sender.enqueue(text("between"))  # in the same chat, behind what is due
    assert await ended(again, between.id) == "sent"
    assert (await again.sender.get(later.id)).state is Stage.QUEUED
    clock.move(days=3)
    again.sender._desk.bell.ring()  # a minute later at the latest
    assert await ended(again, later.id) == "sent"
    assert words(engine) == ["now", "soon", "between", "later"]
    assert (await again.sender.get(later.id)).to_json()["sendAt"] == "2026-01-04T12:00:00.000Z"
    await again.die()


async def test_a_queued_message_can_be_cancelled_and_one_that_has_gone_cannot(
    pod: Pod, engine: FakeEngine
) -> None:
    entry, _ = await pod.sender.enqueue(text("never"), send_at=NOW + timedelta(hours=1))
    assert (await pod.sender.cancel(entry.id)).state is Stage.CANCELLED
    with pytest.raises(TooLate, match="cancelled"):
        await pod.sender.cancel(entry.id)
    sent, _ = await pod.sender.enqueue(text("sent"))
    await ended(pod, sent.id)
    with pytest.raises(TooLate, match="sent"):
        await pod.sender.cancel(sent.id)
    with pytest.raises(EntryNotFound):
        await pod.sender.cancel("out_none")
    assert words(engine) == ["sent"]


async def test_a_cancelled_message_lets_the_chat_go_on(pod: Pod, engine: FakeEngine, until: Wait) -> None:
    engine.tell(facts.NetworkWentAway(because="no network."))
    await until(lambda: pod.session.view.reason is not None)
    first, _ = await pod.sender.enqueue(text("first"))
    second, _ = await pod.sender.enqueue(text("second"))
    await pod.sender.cancel(first.id)
    await ready(pod, until)
    assert await ended(pod, second.id) == "sent"
    assert words(engine) == ["second"]


async def test_a_key_makes_one_entry_and_another_request_none(pod: Pod) -> None:
    first, _ = await pod.sender.enqueue(text(), key="k", fingerprint="f")
    await ended(pod, first.id)
    again, replayed = await pod.sender.enqueue(text(), key="k", fingerprint="f")
    assert (again.id, replayed) == (first.id, True)
    with pytest.raises(KeyReused):
        await pod.sender.enqueue(text("other"), key="k", fingerprint="g")
    with pytest.raises(KeyReused):
        await pod.sender.send(text(), key="k", fingerprint="f")
    assert len(await pod.sender.list()) == 1


async def test_the_key_of_a_message_that_is_still_to_go_is_not_forgotten(pod: Pod, clock: Clock) -> None:
    first, _ = await pod.sender.enqueue(text(), key="k", send_at=NOW + timedelta(days=3))
    clock.move(hours=30)
    again, replayed = await pod.sender.enqueue(text(), key="k", send_at=NOW + timedelta(days=3))
    assert (again.id, replayed) == (first.id, True)


async def test_a_full_volume_takes_no_new_message_and_keeps_the_old_ones(
    pod: Pod, engine: FakeEngine, until: Wait, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = pod.sender._store.write

    def full(*_: object, **__: object) -> bool:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(pod.sender._store, "write", full)
    entry, _ = await pod.sender.enqueue(text())
    await until(lambda: bool(engine.resolved))
    monkeypatch.setattr(pod.sender._store, "add", full)
    with pytest.raises(StorageFull):
        await pod.sender.enqueue(text())
    assert engine.handed_in == []  # what cannot be written down is not begun
    monkeypatch.setattr(pod.sender._store, "write", write)
    assert await ended(pod, entry.id) == "sent"


async def test_a_message_that_the_page_holds_is_waited_for_and_then_handed_in_under_the_same_id(
    pod: Pod, engine: FakeEngine, until: Wait, monkeypatch: pytest.MonkeyPatch
) -> None:
    pending = sent_message("", f"{FRIEND}@c.us", "", ack=0)

    async def holds(chat_id: str, bare_id: str, *, timeout: float) -> object:
        engine.did.append("find")
        return pending

    monkeypatch.setattr(engine, "find", holds)
    engine.fails["answer"] = SendFailed("The page went away.")
    entry, _ = await pod.sender.enqueue(text())
    await until(lambda: engine.did.count("find") > 3)
    assert len(engine.handed_in) == 1
    monkeypatch.setattr(backlog, "PENDING_PATIENCE", 0.0)
    engine.fails.clear()
    assert await ended(pod, entry.id) == "sent"
    assert set(engine.handed_in) == {entry.bare_id}
    assert len(engine.sent) == 1


async def test_a_message_that_brings_down_the_page_each_time_is_given_up(
    pod: Pod, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backlog, "MAX_TRIES", 3)
    engine.fails["send"] = SendFailed("The page crashed.")
    entry, _ = await pod.sender.enqueue(text())
    assert await ended(pod, entry.id) == "failed"
    assert (await pod.sender.get(entry.id)).message == (
        "3 attempts came to nothing. Look at the log, then send it anew."
    )


async def test_a_file_is_let_go_of_when_its_message_has_ended_and_not_before(
    pod: Pod, engine: FakeEngine, until: Wait
) -> None:
    def picture(path: str) -> Outgoing:
        media = Media(kind="image", path=path, mime_type="image/png", file_name="a.png", size=1, sha256="00")
        return Outgoing(to=FRIEND, content=media)

    going, go = asyncio.Event(), asyncio.Event()

    async def hold(_: Outgoing) -> None:
        going.set()
        await go.wait()

    engine.before = hold
    await pod.sender.enqueue(picture("/media/one"))
    cancelled, _ = await pod.sender.enqueue(picture("/media/two"))
    await going.wait()
    assert pod.sender.files_in_use() == {"/media/one", "/media/two"}
    await pod.sender.cancel(cancelled.id)
    assert pod.released == ["/media/two"]
    go.set()
    await until(lambda: pod.released == ["/media/two", "/media/one"])
    assert pod.sender.files_in_use() == set()


async def test_the_outbox_is_listed_in_pages_by_state_without_calls(pod: Pod, clock: Clock) -> None:
    await pod.sender.send(text(), key="k")
    ids = [(await pod.sender.enqueue(text(str(n)), send_at=NOW + timedelta(days=1)))[0].id for n in range(5)]
    page = [entry.id for entry in await pod.sender.list(["queued"], limit=2)]
    rest = [entry.id for entry in await pod.sender.list(["queued"], limit=10, after=page[-1])]
    assert page + rest == ids
    assert await pod.sender.list(["sent"]) == []
    assert pod.sender.counts() == {"queued": 5}
    with pytest.raises(ValueError, match="unknown"):
        await pod.sender.list(["unknown"])
    with pytest.raises(EntryNotFound):
        await pod.sender.list(after="out_none")


async def test_ended_entries_are_shown_for_a_day(pod: Pod, clock: Clock) -> None:
    entry, _ = await pod.sender.enqueue(text())
    await ended(pod, entry.id)
    clock.move(hours=23)
    pod.sender._store.sweep(clock())
    assert await pod.sender.get(entry.id)
    clock.move(hours=2)
    pod.sender._store.sweep(clock())
    with pytest.raises(EntryNotFound):
        await pod.sender.get(entry.id)


async def test_a_failure_whose_event_was_lost_in_a_crash_is_told_at_the_next_start_and_once(
    folder: Path, pod: Pod, engine: FakeEngine, clock: Clock, until: Wait
) -> None:
    engine.fails["resolve"] = NotOnWhatsApp("no")
    entry, _ = await pod.sender.enqueue(text())
    await until(lambda: len(pod.events("message.failed")) == 1)
    with pod.database.transaction() as db:  # as if the process had died between the two
        db.execute("DELETE FROM events WHERE type = 'message.failed'")
        db.execute("DELETE FROM ids WHERE id LIKE 'failed:%'")
    for _ in range(2):
        await pod.die()
        pod = Pod(folder, engine, clock)
        await pod.start()
        await until(lambda pod=pod: len(pod.events("message.failed")) == 1)  # type: ignore[misc]
    assert pod.events("message.failed")[0].id == f"failed:{entry.id}"
    await pod.die()


async def test_a_stop_waits_for_what_is_on_its_way_and_begins_nothing(
    pod: Pod, engine: FakeEngine, until: Wait
) -> None:
    going, go = asyncio.Event(), asyncio.Event()

    async def hold(_: Outgoing) -> None:
        going.set()
        await go.wait()

    engine.before = hold
    first, _ = await pod.sender.enqueue(text("on its way"))
    await going.wait()
    await pod.sender.enqueue(text("next"))
    closing = asyncio.create_task(pod.sender.close(10))
    await until(lambda: pod.sender._desk.closing)
    go.set()
    await closing
    assert await ended(pod, first.id) == "sent"
    assert words(engine) == ["on its way"]


async def test_what_was_queued_for_one_number_never_goes_out_from_another(
    folder: Path, engine: FakeEngine, clock: Clock, until: Wait
) -> None:
    first = Pod(folder, engine, clock)
    await first.start()
    await first.sender.enqueue(text("before any login"))
    await ready(first, until)
    await until(lambda: words(engine) == ["before any login"])
    later, _ = await first.sender.enqueue(text("mine"), send_at=NOW + timedelta(hours=1))
    await first.die()

    second = Pod(folder, engine, clock)
    await second.start()
    away, _ = await second.sender.enqueue(text("mine too"))  # nobody is logged in now: it is the last one's
    other = replace(ACCOUNT, phone="5491100000009")
    engine.tell(facts.LoggedOut(because="by the phone"))
    await until(lambda: second.session.view.reason is not None)
    await second.session.login()
    engine.tell(facts.Synced(account=other))
    await until(lambda: len(second.events("message.failed")) == 1)
    clock.move(hours=2)
    second.sender._desk.bell.ring()  # a minute later at the latest
    await until(lambda: len(second.events("message.failed")) == 2)
    assert words(engine) == ["before any login"]
    for id in (away.id, later.id):
        found = await second.sender.get(id)
        assert (found.state, found.error) == (Stage.FAILED, "send_failed")
        assert "Another number" in str(found.message)
    await second.die()
