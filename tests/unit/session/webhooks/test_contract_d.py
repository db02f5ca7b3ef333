"""`format: Orchestrator` over real HTTP: paths, order, ids, retries; bodies exact, calls verified."""

from __future__ import annotations

from typing import Any

import pytest
from aiohttp import web

from unit.session.webhooks.shapes import BODIES, faults
from unit.session.webhooks.stage import Recorder, Stage, receiver, status, until
from unit.session.webhooks.test_orchestrator import QR, READY, WAITING, incoming
from whatsapp_contracts import callbacks
from whatsapp_contracts.events import MESSAGE_ACK, MESSAGE_RECEIVED, SESSION_QR, SESSION_STATE
from whatsapp_contracts.sessions import SessionView
from whatsapp_contracts.states import Reason, State
from whatsapp_session.config import ORCHESTRATOR, Webhook

STATUS, CONNECTED = callbacks.STATUS_UPDATE, callbacks.NEW_SESSION_CONNECTED


def orchestrator(to: Recorder, **fields: Any) -> Webhook:
    return receiver(to.base, format=ORCHESTRATOR, **fields)


def tell(stage: Stage, view: SessionView, type: str = SESSION_STATE) -> None:
    stage.write(type, view.to_json())


def told(crm: Recorder) -> list[str]:
    return [got.path for got in crm.taken]


async def test_a_login_and_a_message_are_contract_ds_calls_in_order(stage: Stage, crm: Recorder) -> None:
    stage.start(orchestrator(crm))
    tell(stage, SessionView(state=State.INIT))
    tell(stage, WAITING, SESSION_QR)
    tell(stage, WAITING, SESSION_QR)
    tell(stage, READY)
    await until(lambda: len(crm.taken) == 6)
    stage.happen("a@c.us", MESSAGE_ACK, ack=1)
    stage.write(MESSAGE_RECEIVED, incoming().data)
    tell(stage, SessionView(state=State.DISCONNECTED, reason=Reason.LOGGED_OUT, logged_out_by="phone"))
    await until(lambda: len(crm.taken) == 8)
    assert told(crm)[:6] == [STATUS, STATUS, callbacks.QR_UPDATE, callbacks.QR_UPDATE, STATUS, CONNECTED]
    assert set(told(crm)[6:]) == {callbacks.MESSAGE_RECEIVED, STATUS}
    assert [fault for got in crm.calls for fault in faults(got.body, BODIES[got.path])] == []
    statuses = [got.body["status"] for got in crm.calls if got.path == STATUS]
    assert statuses == ["pending", "pending", "connected", "expired"]
    assert crm.calls[2].body["qr_code"] == QR.code
    assert len({got.id for got in crm.calls}) == len(crm.calls)
    await until(lambda: stage.webhooks.pending() == {"crm": 0})


async def test_the_base_keeps_its_path_and_query(stage: Stage, crm: Recorder) -> None:
    stage.start(receiver(f"{crm.base}/x/?token=1", format=ORCHESTRATOR))
    tell(stage, SessionView(state=State.INIT))
    await until(lambda: len(crm.taken) == 1)
    assert told(crm) == [f"/x{STATUS}?token=1"]


async def test_a_retry_does_not_repeat_the_call_that_was_taken(stage: Stage, crm: Recorder) -> None:
    down = True
    crm.answer = lambda _, request: web.Response(status=500 if down and request.path == CONNECTED else 200)
    stage.start(orchestrator(crm))
    tell(stage, READY)
    await until(lambda: stage.rows() == (1, 0))
    down = False
    await stage.restart(orchestrator(crm))
    stage.move(seconds=5)
    await until(lambda: len(crm.taken) == 2)
    assert [got.path for got in crm.calls] == [STATUS, CONNECTED, CONNECTED]
    assert crm.calls[1].id == crm.calls[2].id
    assert crm.calls[1].raw == crm.calls[2].raw


async def test_the_same_state_is_not_told_again_after_a_restart(stage: Stage, crm: Recorder) -> None:
    stage.start(orchestrator(crm))
    tell(stage, READY)
    await until(lambda: len(crm.taken) == 2)
    await stage.restart(orchestrator(crm))
    tell(stage, READY)
    tell(stage, SessionView(state=State.DISCONNECTED, reason=Reason.STOPPED))
    await until(lambda: len(crm.taken) == 3)
    assert told(crm) == [STATUS, CONNECTED, STATUS]


async def test_an_unknown_session_is_tried_for_ten_minutes(stage: Stage, crm: Recorder) -> None:
    crm.tolerant = True
    crm.answer = status(404)
    stage.start(orchestrator(crm))
    tell(stage, SessionView(state=State.INIT))
    await until(lambda: stage.held() == 1)
    stage.move(minutes=9)
    await until(lambda: len(crm.calls) == 2 and stage.held() == 1)
    stage.move(minutes=2)
    await until(lambda: stage.rows() == (0, 1))
    (letter,) = await stage.webhooks.dead_letters("crm", 10)
    assert letter["error"] == "answered 404 for 10 min."
    assert letter["attempts"] == 3


async def test_the_ten_minutes_begin_with_the_first_404(stage: Stage, crm: Recorder) -> None:
    crm.tolerant = True
    crm.answer = status(503)
    stage.start(orchestrator(crm))
    tell(stage, SessionView(state=State.INIT))
    await until(lambda: stage.held() == 1)
    crm.answer = status(404)
    stage.move(hours=3)
    await until(lambda: len(crm.calls) == 2 and stage.held() == 1)
    crm.answer = status(200)
    stage.move(minutes=1)
    await until(lambda: len(crm.taken) == 1)
    assert stage.webhooks.dead() == {"crm": 0}


async def test_a_state_that_no_release_knows_is_a_dead_letter_and_the_next_goes_on(
    stage: Stage, crm: Recorder
) -> None:
    stage.start(orchestrator(crm))
    stage.happen(None, SESSION_STATE, state="MELTED")
    tell(stage, SessionView(state=State.INIT))
    await until(lambda: len(crm.taken) == 1)
    (letter,) = await stage.webhooks.dead_letters("crm", 10)
    assert letter["error"] == "an error of the session: ValueError."


async def test_another_format_begins_the_waiting_event_anew(stage: Stage, crm: Recorder) -> None:
    crm.answer = lambda _, request: web.Response(status=500 if request.path == CONNECTED else 200)
    stage.start(orchestrator(crm))
    tell(stage, READY)
    await until(lambda: stage.held() == 1)
    stage.webhooks.configure((receiver(crm),))
    await until(lambda: len(crm.taken) == 2)
    assert crm.taken[1].path == "/hook"
    assert crm.taken[1].body["type"] == SESSION_STATE


@pytest.mark.parametrize("event_type", ["session.*", "message.*"])
def test_contract_d_goes_through_the_filter_too(event_type: str) -> None:
    from whatsapp_session.webhooks.book import Book
    from whatsapp_session.webhooks.receiver import Receiver
    from whatsapp_session.webhooks.store import Progress

    made = Receiver(
        Webhook(name="crm", url="http://x/", format=ORCHESTRATOR, events=(event_type,)),
        Book("crm", Progress(cursor=0)),
        around=None,  # type: ignore[arg-type]
    )
    assert made.wants("session.state") is (event_type == "session.*")
    assert made.wants("message.received") is (event_type == "message.*")
    assert not made.wants("message.ack")
