"""Log lines."""

from __future__ import annotations

import json
import logging

from whatsapp_operator.logs import JsonFormatter, TextFormatter


def record(**extra: str) -> logging.LogRecord:
    line = logging.LogRecord("whatsapp_operator.x", logging.INFO, "f.py", 1, "made pod %s", ("p",), None)
    for name, value in extra.items():
        setattr(line, name, value)
    return line


def test_a_line_about_a_session_names_it() -> None:
    line = json.loads(JsonFormatter().format(record(namespace="crm", session="demo")))
    assert line.pop("time").endswith("Z")
    assert line == {
        "level": "info",
        "logger": "whatsapp_operator.x",
        "message": "made pod p",
        "namespace": "crm",
        "session": "demo",
    }


def test_a_line_about_none_has_no_empty_fields() -> None:
    line = json.loads(JsonFormatter().format(record()))
    assert set(line) == {"time", "level", "logger", "message"}


def test_people_read_the_same() -> None:
    assert "crm/demo" in TextFormatter().format(record(namespace="crm", session="demo"))
