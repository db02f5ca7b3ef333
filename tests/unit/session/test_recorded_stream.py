"""Streams that released versions told: whatever reads events today must read those too."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from whatsapp_contracts.events import TYPES, Event
from whatsapp_contracts.sessions import SessionView

RECORDED = sorted((Path(__file__).parents[2] / "fixtures").glob("event-stream-*.jsonl"))


def test_the_first_release_is_recorded() -> None:
    assert "event-stream-0.1.0.jsonl" in [path.name for path in RECORDED]


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
def test_every_event_of_an_older_release_is_understood(path: Path) -> None:
    told = [Event.from_json(json.loads(line)) for line in path.read_text("utf-8").splitlines()]
    assert {event.type for event in told} <= set(TYPES)
    assert [event.seq for event in told[1:]] == list(range(1, len(told)))
    assert len({event.id for event in told}) == len(told)
    shown = [event for event in told if event.type.startswith("session.")]
    for event in shown:
        view = SessionView.from_json(event.data).to_json()
        assert {key: view[key] for key in event.data} == event.data
    assert shown[-1].data["message"]
