"""Server-sent events, line by line."""

from __future__ import annotations

import pytest

from whatsapp_operator.sse import MAX_EVENT, Parser, ServerEvent, TooLong


def parsed(text: str) -> list[ServerEvent]:
    parser = Parser()
    return [event for line in text.split("\n") if (event := parser.line(line)) is not None]


def test_an_event_that_never_ends_is_refused() -> None:
    parser = Parser()
    parser.line("data: " + "x" * MAX_EVENT)
    with pytest.raises(TooLong):
        parser.line("data: x")


def test_half_an_event_is_none() -> None:
    assert parsed("event: a\ndata: 1") == []


def test_comments_and_empty_events_are_nothing() -> None:
    assert parsed(": keepalive\n\nevent: a\n\n\n") == []


def test_events_are_read_with_type_id_and_data() -> None:
    assert parsed("id: 7\nevent: session.qr\ndata: {}\n\n") == [ServerEvent("session.qr", "{}", "7")]


def test_several_data_lines_are_one_text() -> None:
    assert parsed("data: a\ndata:b\nretry: 5\n\n") == [ServerEvent("message", "a\nb")]


def test_the_type_does_not_stick_to_the_next_event() -> None:
    assert [event.type for event in parsed("event: a\ndata: 1\n\ndata: 2\n\n")] == ["a", "message"]
