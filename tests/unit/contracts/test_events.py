"""Events on the wire, and which of them `types=` selects."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from whatsapp_contracts.events import TYPES, Event, selected, timestamp

EVENT = Event(
    id="e1",
    seq=7,
    type="message.received",
    time="2026-01-01T12:00:00.000Z",
    session="a",
    data={"text": "á\n"},
)
SELECTIONS = {
    "nothing asked is everything": ((), "message.ack", True),
    "the type itself": (("session.qr",), "session.qr", True),
    "a glob": (("session.*",), "session.snapshot", True),
    "a glob of another family": (("session.*",), "message.received", False),
    "one of several": (("session.qr", "message.*"), "message.sent", True),
    "a prefix is no glob": (("session",), "session.qr", False),
    "case counts": (("Session.*",), "session.qr", False),
}


@pytest.mark.parametrize(("patterns", "kind", "want"), SELECTIONS.values(), ids=SELECTIONS)
def test_types_selects(patterns: tuple[str, ...], kind: str, want: bool) -> None:
    assert selected(kind, patterns) is want


def test_an_event_without_a_key_is_refused() -> None:
    data = EVENT.to_json()
    del data["seq"]
    with pytest.raises(KeyError, match="seq"):
        Event.from_json(data)


def test_an_event_is_one_sse_message_whatever_its_text_holds() -> None:
    head, kind, data, end = EVENT.to_sse().split("\n", 3)
    assert (head, kind, end) == ("id: 7", "event: message.received", "\n")
    assert Event.from_json(json.loads(data.removeprefix("data: "))) == EVENT


def test_times_are_utc_with_milliseconds_and_z() -> None:
    moment = datetime(2026, 1, 1, 9, 0, 0, 1500, tzinfo=timezone(timedelta(hours=-3)))
    assert timestamp(moment) == "2026-01-01T12:00:00.001Z"
    assert timestamp(datetime(2026, 1, 1, tzinfo=UTC)) == "2026-01-01T00:00:00.000Z"


@pytest.mark.parametrize("kind", TYPES)
def test_every_type_stands_in_the_document(kind: str) -> None:
    assert f"`{kind}`" in (Path(__file__).parents[3] / "docs" / "contracts.md").read_text()
