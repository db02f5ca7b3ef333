from __future__ import annotations

import json
import logging
import sys

from whatsapp_session.log import JsonLines, TextLines


def record(text: str, *, failed: bool = False) -> logging.LogRecord:
    error = None
    if failed:
        try:
            raise ValueError("broken")
        except ValueError:
            error = sys.exc_info()
    made = logging.LogRecord("whatsapp_session.session", logging.INFO, "f", 1, "%s", (text,), error)
    made.created = 1767268800.5
    return made


def test_a_json_line_has_the_session_and_the_message_alone() -> None:
    assert json.loads(JsonLines("cliente_51").format(record("[WhatsApp] Client is ready"))) == {
        "time": "2026-01-01T12:00:00.500Z",
        "level": "info",
        "logger": "whatsapp_session.session",
        "session": "cliente_51",
        "message": "[WhatsApp] Client is ready",
    }


def test_an_exception_stays_in_its_json_line() -> None:
    line = JsonLines("cliente_51").format(record("failed", failed=True))
    assert "\n" not in line
    assert "ValueError: broken" in json.loads(line)["exception"]


def test_a_text_line_begins_with_the_time() -> None:
    assert TextLines().format(record("hello")) == "2026-01-01T12:00:00.500Z INFO hello"
