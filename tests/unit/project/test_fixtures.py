"""What release 0.1.0 said on its event stream is still understood."""

from __future__ import annotations

import json
from pathlib import Path

from whatsapp_contracts.events import TYPES, Event
from whatsapp_contracts.sessions import SessionView
from whatsapp_contracts.states import Reason, State

STREAM = Path(__file__).parents[2] / "fixtures" / "event-stream-0.1.0.jsonl"
EVENTS = [Event.from_json(json.loads(line)) for line in STREAM.read_text().splitlines()]


def test_every_type_of_that_release_was_recorded_and_is_still_known() -> None:
    recorded = {event.type for event in EVENTS}
    assert recorded <= set(TYPES)
    assert recorded == {
        "session.snapshot", "session.state", "session.qr", "message.received", "message.sent", "message.ack",
    }  # fmt: skip


def test_every_recorded_session_view_is_read_and_ends_where_the_recording_ended() -> None:
    views = [SessionView.from_json(e.data) for e in EVENTS if e.type.startswith("session.")]
    assert {view.state for view in views} == set(State)
    assert (views[-1].state, views[-1].reason) == (State.DISCONNECTED, Reason.STOPPED)
    assert any(view.qr for view in views)
    assert any(view.account and view.account.phone for view in views)


def test_the_recorded_positions_grow_and_no_event_has_the_id_of_another() -> None:
    stored = [event for event in EVENTS if event.type != "session.snapshot"]
    assert [event.seq for event in stored] == sorted({event.seq for event in stored})
    assert len({event.id for event in EVENTS}) == len(EVENTS)
