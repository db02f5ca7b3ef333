"""Deliveries, over real HTTP on loopback, to receivers that verify every call."""

from __future__ import annotations

import asyncio
import sqlite3
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import web

from unit.session.webhooks.stage import (
    OLD_SECRET,
    SECRET,
    Recorder,
    Stage,
    hang,
    receiver,
    status,
    until,
)
from whatsapp_contracts.events import MESSAGE_ACK, MESSAGE_SENT, SESSION_STATE
from whatsapp_session.webhooks.dispatcher import UnknownDeadLetter, UnknownWebhook
from whatsapp_session.webhooks.receiver import AT_ONCE


def seqs(crm: Recorder) -> list[int]:
    return [got.body["seq"] for got in crm.taken]


async def test_an_event_is_sent_whole_signed_and_under_its_own_id(stage: Stage, crm: Recorder) -> None:
    stage.start(receiver(crm, headers=(("X-Own", "mine"),)))
    event = stage.happen("a@c.us", text="hola ñ 👍")
    await until(lambda: len(crm.calls) == 1)
    (got,) = crm.calls
    assert got.body == event.to_json()
    assert got.id == event.id
    assert got.path == "/hook"
    assert got.headers["content-type"] == "application/json"
    assert got.headers["x-own"] == "mine"
    assert "x-api-key" not in got.headers
    assert "authorization" not in got.headers


async def test_two_secrets_make_two_signatures(stage: Stage, crm: Recorder) -> None:
    crm.secrets = (SECRET, OLD_SECRET)  # each must verify by itself
    stage.start(receiver(crm, secrets=(SECRET, OLD_SECRET)))
    stage.happen()
    await until(lambda: len(crm.calls) == 1)
    signatures = crm.calls[0].headers["webhook-signature"].split(" ")
    assert len(signatures) == 2
    assert all(each.startswith("v1,") for each in signatures)


async def test_without_a_secret_nothing_is_signed(stage: Stage, crm: Recorder) -> None:
    crm.secrets = ()
    stage.start(receiver(crm, secrets=()))
    stage.happen()
    await until(lambda: len(crm.calls) == 1)
    assert "webhook-signature" not in crm.calls[0].headers


async def test_a_receiver_gets_the_types_it_asks_for(stage: Stage, crm: Recorder) -> None:
    stage.start(receiver(crm, events=("message.*",)))
    stage.happen(None, SESSION_STATE)
    stage.happen("a@c.us", MESSAGE_SENT)
    stage.happen("a@c.us", MESSAGE_ACK)
    await until(lambda: len(crm.calls) == 2)
    assert [got.body["type"] for got in crm.calls] == [MESSAGE_SENT, MESSAGE_ACK]


async def test_a_new_receiver_begins_with_the_next_event(stage: Stage, crm: Recorder) -> None:
    stage.happen()
    stage.start(receiver(crm))
    after = stage.happen()
    await until(lambda: len(crm.calls) == 1)
    assert seqs(crm) == [after.seq]


@pytest.mark.parametrize("code", [400, 410, 413, 415, 422])
async def test_an_event_that_the_receiver_refuses_is_dead_at_once_and_the_chat_goes_on(
    stage: Stage, crm: Recorder, code: int
) -> None:
    stage.start(receiver(crm))
    crm.answer = lambda body, _: web.Response(status=code if body["data"]["text"] == "bad" else 200)
    bad = stage.happen("a@c.us", text="bad")
    good = stage.happen("a@c.us", text="good")
    await until(lambda: seqs(crm) == [good.seq])
    (letter,) = await stage.webhooks.dead_letters("crm", 10)
    assert letter["event"] == bad.to_json()
    assert (letter["seq"], letter["attempts"]) == (bad.seq, 1)
    assert letter["error"] == f"answered {code}."
    assert len(crm.calls) == 2


@pytest.mark.parametrize("code", [301, 302, 401, 403, 404, 408, 409, 429, 500, 502, 503])
async def test_any_other_answer_holds_that_chat_and_no_other(stage: Stage, crm: Recorder, code: int) -> None:
    stage.start(receiver(crm))
    crm.answer = lambda body, _: web.Response(
        status=code if body["data"]["chatId"] == "a@c.us" else 200, headers={"Location": "/elsewhere"}
    )
    held = [stage.happen("a@c.us"), stage.happen("a@c.us")]
    other = stage.happen("b@c.us")
    await until(lambda: seqs(crm) == [other.seq] and stage.held() == 1)
    (view,) = await stage.webhooks.status()
    assert view["lastError"] == f"answered {code}."
    crm.answer = status(200)
    stage.move(seconds=2)
    await until(lambda: len(crm.taken) == 3)
    assert seqs(crm) == [other.seq, *(event.seq for event in held)]
    assert {got.path for got in crm.calls} == {"/hook"}  # no redirect was followed


async def test_a_receiver_that_hangs_is_given_up_and_tried_again(crm: Recorder, tmp_path: Any) -> None:
    stage = Stage(tmp_path, timeout=0.05)
    crm.answer = hang
    stage.start(receiver(crm))
    event = stage.happen()
    await until(lambda: stage.book().progress.last_error is not None)
    (view,) = await stage.webhooks.status()
    assert view["lastError"] == "no answer within 0 s."
    assert view["pending"] == 1
    crm.answer = status(200)
    stage.move(seconds=2)
    await until(lambda: seqs(crm) == [event.seq])
    await stage.close()


async def test_an_answer_that_never_ends_counts_by_its_status(stage: Stage, crm: Recorder) -> None:
    stage.timeout = 0.2

    async def drip(body: Any, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(status=200)
        await response.prepare(request)
        await response.write(b"x")
        crm.answer = status(200)
        await asyncio.sleep(1000)
        return response

    crm.answer = drip
    stage.webhooks = stage._webhooks()
    stage.start(receiver(crm))
    first, second = stage.happen(), stage.happen()
    await until(lambda: seqs(crm) == [second.seq])
    (view,) = await stage.webhooks.status()
    assert view["failingSince"] is None
    assert first.seq < second.seq


async def test_delays_double_up_to_a_quarter_of_an_hour(stage: Stage, crm: Recorder) -> None:
    crm.answer = status(500)
    crm.tolerant = True
    stage.start(receiver(crm))
    stage.happen()
    waits = []
    for attempts in range(1, 14):
        await until(lambda: len(crm.calls) == attempts)  # noqa: B023
        book = stage.book()
        await until(lambda: book.next_moment() is not None)  # noqa: B023
        moment = book.next_moment()
        assert moment is not None
        waits.append(round((moment - stage.clock()).total_seconds()))
        stage.move(seconds=waits[-1] + 1)
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]


async def test_retry_after_is_kept_to(stage: Stage, crm: Recorder) -> None:
    crm.answer = status(429, Retry_After="120")
    stage.start(receiver(crm))
    stage.happen()
    book = stage.book()
    await until(lambda: book.next_moment() is not None)
    moment = book.next_moment()
    assert moment is not None
    assert round((moment - stage.clock()).total_seconds()) == 120
    stage.move(seconds=100)
    stage.happen("b@c.us")
    await until(lambda: len(crm.calls) == 2)
    assert [got.body["data"]["chatId"] for got in crm.calls] == ["a@c.us", "b@c.us"]


async def test_after_two_days_it_is_a_dead_letter_and_so_is_what_waited_as_long(
    stage: Stage, crm: Recorder
) -> None:
    crm.answer = status(500)
    crm.tolerant = True
    stage.start(receiver(crm))
    first, second = stage.happen(), stage.happen()
    await until(lambda: len(crm.calls) == 1)
    await until(lambda: stage.rows() == (2, 0))
    stage.move(hours=47.9)
    await until(lambda: len(crm.calls) == 2)
    await until(lambda: stage.book().next_moment() is not None)
    stage.move(hours=0.5)
    await until(lambda: stage.rows() == (0, 2))
    letters = await stage.webhooks.dead_letters("crm", 10)
    assert [letter["seq"] for letter in letters] == [first.seq, second.seq]
    assert [letter["attempts"] for letter in letters] == [3, 1]
    assert letters[0]["error"] == "answered 500, after 48 h of waiting."


async def test_the_order_within_a_chat_holds_whatever_the_receiver_answers(
    stage: Stage, crm: Recorder
) -> None:
    tries: Counter[int] = Counter()

    def moody(body: dict[str, Any], request: web.Request) -> web.StreamResponse:
        tries[body["seq"]] += 1
        return web.Response(status=500 if tries[body["seq"]] == 1 and body["seq"] % 3 == 0 else 200)

    crm.answer = moody
    crm.tolerant = True
    stage.start(receiver(crm))
    events = [stage.happen(f"{number % 7}@c.us") for number in range(300)]
    while len(crm.taken) < len(events):
        before = len(crm.calls)
        stage.move(seconds=1)
        await until(lambda: len(crm.calls) > before or len(crm.taken) == len(events))  # noqa: B023
    by_chat: dict[str, list[int]] = {}
    for got in crm.taken:
        by_chat.setdefault(got.body["data"]["chatId"], []).append(got.body["seq"])
    assert by_chat == {chat: sorted(found) for chat, found in by_chat.items()}
    assert sorted(seqs(crm)) == [event.seq for event in events]
    assert len({got.id for got in crm.taken}) == len(events)


async def test_many_chats_are_delivered_at_once_over_few_connections(stage: Stage, crm: Recorder) -> None:
    gate = asyncio.Event()

    async def wait(body: Any, request: web.Request) -> web.StreamResponse:
        await gate.wait()
        return web.Response()

    crm.answer = wait
    stage.write_every = 1000  # nothing but an ended attempt makes room for the next
    await stage.restart(receiver(crm))
    for number in range(100):
        stage.happen(f"{number}@c.us")
    await until(lambda: crm.at_once == AT_ONCE)
    gate.set()
    await until(lambda: len(crm.taken) == 100)
    assert crm.most_at_once == AT_ONCE
    assert len(crm.connections) <= AT_ONCE


async def test_a_receiver_that_is_gone_delays_no_other(stage: Stage, crm: Recorder) -> None:
    slow = Recorder(answer=hang)
    await slow.start()
    dead = receiver("http://127.0.0.1:9/", "dead")
    stage.start(dead, receiver(slow, "slow"), receiver(crm))
    for number in range(300):
        stage.happen(f"{number % 30}@c.us")
    await until(lambda: len(crm.taken) == 300)
    await until(lambda: stage.webhooks.pending() == {"dead": 300, "slow": 300, "crm": 0})
    await stage.stop()
    await slow.stop()


async def test_a_day_without_the_receiver_loses_nothing_and_costs_few_rows(
    stage: Stage, crm: Recorder
) -> None:
    crm.tolerant = True
    stage.start(receiver(crm))
    await crm.stop()
    events = []
    for hour in range(24):
        events += [stage.happen(f"{(hour * 10 + number) % 200}@c.us") for number in range(50)]
        stage.move(hours=1)
        await until(stage.idle)
    assert stage.webhooks.pending() == {"crm": len(events)}
    assert stage.rows()[0] < len(events) / 4
    assert stage.webhooks.floor() == events[0].seq
    await crm.start()
    stage.move(minutes=20)
    await until(lambda: len(crm.taken) == len(events))
    by_chat: dict[str, list[int]] = {}
    for got in crm.taken:
        by_chat.setdefault(got.body["data"]["chatId"], []).append(got.body["seq"])
    assert all(found == sorted(found) for found in by_chat.values())
    assert sorted(seqs(crm)) == [event.seq for event in events]
    await until(lambda: stage.webhooks.floor() == stage.journal.last_seq() + 1)
    assert stage.rows() == (0, 0)


async def test_when_it_answers_again_chats_that_wait_long_are_tried_at_once(
    stage: Stage, crm: Recorder
) -> None:
    crm.tolerant = True
    stage.start(receiver(crm))
    crm.answer = status(503)
    held = [stage.happen(f"{number}@c.us") for number in range(5)]
    for tries in range(1, 8):
        await until(lambda: len(crm.calls) == 5 * tries and stage.held() == 5)  # noqa: B023
        stage.move(seconds=80 if tries < 7 else 0)
    crm.answer = status(200)
    fresh = stage.happen("new@c.us")  # none of the others is due for a minute
    await until(lambda: len(crm.taken) == 6)
    assert seqs(crm)[0] == fresh.seq
    assert {event.seq for event in held} == set(seqs(crm)[1:])


async def test_a_chat_that_fails_alone_is_not_hurried_by_others(stage: Stage, crm: Recorder) -> None:
    crm.answer = lambda body, _: web.Response(status=500 if body["data"]["chatId"] == "a@c.us" else 200)
    stage.start(receiver(crm))
    stage.happen("a@c.us")
    await until(lambda: stage.held() == 1)
    for number in range(50):
        stage.happen(f"{number}@c.us")
    await until(lambda: len(crm.taken) == 50)
    await until(stage.idle)
    assert len(crm.calls) == 51


async def test_progress_survives_a_kill_and_nothing_comes_twice_once_it_is_written(
    stage: Stage, crm: Recorder
) -> None:
    stage.start(receiver(crm))
    crm.answer = lambda body, _: web.Response(status=500 if body["data"]["chatId"] == "a@c.us" else 200)
    held = [stage.happen("a@c.us") for _ in range(3)]
    for number in range(20):
        stage.happen(f"{number}@c.us")
    await until(lambda: len(crm.taken) == 20)
    await until(lambda: stage.rows() == (3, 0))
    await until(lambda: stage.webhooks._receivers["crm"].floor == held[0].seq)
    await until(lambda: stage.webhooks._store.progress("crm").cursor == stage.journal.last_seq())  # type: ignore[union-attr]
    crm.answer = status(200)
    await stage.restart(receiver(crm))
    stage.move(seconds=5)
    await until(lambda: len(crm.taken) == 23)
    assert seqs(crm)[20:] == [event.seq for event in held]


async def test_dead_letters_are_sent_again_or_dropped(stage: Stage, crm: Recorder) -> None:
    stage.start(receiver(crm))
    crm.answer = status(422)
    events = [stage.happen(f"{number}@c.us") for number in range(4)]
    await until(lambda: stage.rows() == (0, 4))
    with pytest.raises(UnknownDeadLetter):
        await stage.webhooks.retry("crm", 999)
    with pytest.raises(UnknownDeadLetter):
        await stage.webhooks.discard("crm", 999)
    for call in (stage.webhooks.retry, stage.webhooks.discard):
        with pytest.raises(UnknownWebhook):
            await call("nobody")
    page = await stage.webhooks.dead_letters("crm", 2)
    rest = await stage.webhooks.dead_letters("crm", 2, page[-1]["seq"])
    assert [letter["seq"] for letter in page + rest] == [event.seq for event in events]
    assert await stage.webhooks.discard("crm", events[0].seq) == 1
    crm.answer = status(200)
    assert await stage.webhooks.retry("crm", events[1].seq) == 1
    await until(lambda: seqs(crm) == [events[1].seq])
    assert await stage.webhooks.retry("crm") == 2
    await until(lambda: len(crm.taken) == 3)
    assert {got.id for got in crm.taken} == {event.id for event in events[1:]}
    await until(lambda: stage.rows() == (0, 0))
    assert await stage.webhooks.discard("crm") == 0


async def test_an_older_dead_letter_may_be_retried_while_a_younger_one_is(
    stage: Stage, crm: Recorder
) -> None:
    stage.start(receiver(crm))
    crm.answer = status(422)
    older, younger = stage.happen(), stage.happen()
    await until(lambda: stage.rows() == (0, 2))
    gate = asyncio.Event()

    async def wait(body: Any, request: web.Request) -> web.StreamResponse:
        await gate.wait()
        return web.Response()

    crm.answer = wait
    await stage.webhooks.retry("crm", younger.seq)
    await until(lambda: crm.at_once == 1)
    await stage.webhooks.retry("crm", older.seq)
    gate.set()
    await until(lambda: len(crm.taken) == 2)
    assert seqs(crm) == [younger.seq, older.seq]


async def test_a_dead_letter_outlives_its_event_in_the_journal_and_a_restart(
    stage: Stage, crm: Recorder
) -> None:
    stage.start(receiver(crm))
    crm.answer = status(422)
    event = stage.happen()
    await until(lambda: stage.rows() == (0, 1))
    with stage.database.transaction() as db:
        db.execute("DELETE FROM events")
    crm.answer = status(500)
    assert await stage.webhooks.retry("crm") == 1
    await until(lambda: len(crm.calls) == 2)
    await until(lambda: stage.book().next_moment() is not None)
    crm.answer = status(200)
    await stage.restart(receiver(crm))
    stage.move(seconds=5)
    await until(lambda: len(crm.taken) == 1)
    assert crm.taken[0].body == event.to_json()
    await until(lambda: stage.rows() == (0, 0))


async def test_an_event_that_left_the_journal_is_named_in_the_log_and_the_chat_goes_on(
    stage: Stage, crm: Recorder, caplog: pytest.LogCaptureFixture
) -> None:
    stage.start(receiver(crm))
    crm.answer = status(500)
    lost, kept = stage.happen(), stage.happen()
    await until(lambda: stage.rows() == (2, 0))
    with stage.database.transaction() as db:
        db.execute("DELETE FROM events WHERE seq = ?", (lost.seq,))
    crm.answer = status(200)
    stage.move(seconds=5)
    await until(lambda: seqs(crm) == [kept.seq])
    assert f"event {lost.seq} left the journal undelivered" in caplog.text
    await until(lambda: stage.rows() == (0, 0))


async def test_a_removed_receiver_is_forgotten_and_begins_anew_when_it_comes_back(
    stage: Stage, crm: Recorder
) -> None:
    stage.start(receiver(crm))
    crm.answer = status(500)
    stage.happen()
    await until(lambda: stage.rows() == (1, 0))
    stage.webhooks.configure(())
    assert await stage.webhooks.status() == []
    assert stage.rows() == (0, 0)
    assert stage.webhooks.floor() == stage.journal.last_seq() + 1
    crm.answer = status(200)
    stage.webhooks.configure((receiver(crm),))
    after = stage.happen()
    await until(lambda: len(crm.taken) == 1)
    assert seqs(crm) == [after.seq]


async def test_a_changed_url_and_secret_go_on_where_they_were_at_once(stage: Stage, crm: Recorder) -> None:
    old = receiver("http://127.0.0.1:9/", secrets=(OLD_SECRET,))
    stage.start(old)
    events = [stage.happen(), stage.happen("b@c.us")]
    await until(lambda: stage.rows() == (2, 0))
    stage.clock.move(seconds=-1)  # nothing is due
    stage.webhooks.configure((replace(old, url=crm.url, secrets=(SECRET,)),))
    await until(lambda: len(crm.taken) == 2)
    assert set(seqs(crm)) == {event.seq for event in events}


async def test_a_forbidden_address_is_not_called_and_waits(tmp_path: Any, crm: Recorder) -> None:
    stage = Stage(tmp_path, allowed=())
    stage.start(receiver(crm))
    stage.happen()
    book = stage.book()
    await until(lambda: book.progress.last_error is not None)
    (view,) = await stage.webhooks.status()
    assert "ALLOWED_NETWORKS" in view["lastError"]
    assert view["pending"] == 1
    assert crm.calls == []
    stage.clock.move(seconds=-1)  # nothing is due
    stage.guard.lend(["127.0.0.1"])
    stage.webhooks.try_now()
    await until(lambda: len(crm.taken) == 1)
    await stage.close()


async def test_a_volume_that_cannot_be_written_stops_no_delivery_and_loses_nothing(
    stage: Stage, crm: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.start(receiver(crm))
    events = [stage.happen(f"{number % 5}@c.us", text=f"{number}") for number in range(50)]
    full = sqlite3.OperationalError("database or disk is full")

    def refuse(changes: Any) -> None:
        raise full

    write = stage.webhooks._store.write
    monkeypatch.setattr(stage.webhooks._store, "write", refuse)
    crm.answer = lambda body, _: web.Response(status={0: 422, 1: 500}.get(int(body["data"]["text"]) % 5, 200))
    await until(lambda: len(crm.calls) >= 41)
    crm.answer = status(200)
    stage.move(seconds=5)
    await until(lambda: len(crm.taken) == 40)
    assert stage.webhooks._store.progress("crm").cursor < events[0].seq  # type: ignore[union-attr]
    assert stage.webhooks.floor() == events[0].seq
    monkeypatch.setattr(stage.webhooks._store, "write", write)
    await until(lambda: stage.rows() == (0, 10))
    await until(lambda: stage.webhooks.floor() == events[-1].seq + 1)


async def test_the_status_shows_no_query_and_no_secret(stage: Stage, crm: Recorder) -> None:
    stage.start(receiver(f"{crm.url}?token=hidden", headers=(("X-Own", "hidden"),)))
    stage.happen()
    await until(lambda: stage.book().progress.last_delivered_at is not None)
    (view,) = await stage.webhooks.status()
    assert "hidden" not in str(view)
    assert SECRET not in str(view)
    assert crm.calls[0].path == "/hook?token=hidden"
    delivered = datetime.fromisoformat(view.pop("lastDeliveredAt"))
    assert abs(delivered - datetime.now(UTC)) < timedelta(minutes=1)
    assert view == {
        "name": "crm",
        "url": crm.url,
        "format": "Standard",
        "events": [],
        "pending": 0,
        "deadLetters": 0,
        "failingSince": None,
        "lastError": None,
    }


async def test_the_log_has_no_text_number_url_or_secret(
    stage: Stage, crm: Recorder, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", logger="whatsapp_session")
    codes = iter([500, 422, 200])
    crm.answer = lambda body, _: web.Response(status=next(codes))
    stage.start(receiver(f"{crm.url}?token=hidden", secrets=(SECRET,)))
    stage.happen("5491122223333@c.us", text="secret words")
    await until(lambda: stage.held() == 1)
    stage.move(seconds=3)
    await until(lambda: stage.rows() == (0, 1))
    stage.happen("5491122223333@c.us", text="secret words")
    await until(lambda: len(crm.calls) == 3)
    assert "crm" in caplog.text
    for hidden in ("5491122223333", "secret words", "token", SECRET, SECRET[6:]):
        assert hidden not in caplog.text
