"""The OpenAPI document: what it must say of every route; the framework's own shapes are not in it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from unit.hub.api.test_authorization import ADMIN, ANYBODY, MATRIX, PERSON, SIGNED
from unit.hub.api.test_authorization import OPEN as OPEN_TO_ALL
from unit.hub.api.test_fuzz import NOWHERE
from whatsapp_hub.api import app
from whatsapp_hub.api.describe import OPEN, REASONS

DOCUMENT: dict[str, Any] = app.framework(NOWHERE).openapi()
OPERATIONS = {
    f"{method.upper()} {path}": operation
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_route_says_what_it_is(name: str) -> None:
    operation = OPERATIONS[name]
    assert operation["summary"]
    assert operation["summary"] != operation["summary"].title()  # which the framework makes of a name
    assert operation["description"]
    assert len(operation["tags"]) == 1


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_route_shows_an_answer(name: str) -> None:
    (good,) = [answer for code, answer in OPERATIONS[name]["responses"].items() if code.startswith("2")]
    ((kind, content),) = good["content"].items()
    if kind == "application/json":
        assert content["example"]["success"] is True
        assert content["example"]["data"] is not None
    else:
        assert content["schema"]["format"] == "binary"


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_refusal_is_in_the_envelope_and_has_a_cure(name: str) -> None:
    refusals = {
        code: answer for code, answer in OPERATIONS[name]["responses"].items() if not code.startswith("2")
    }
    expected = {"401", "403", "503"} if name.split(" ")[1] not in OPEN else set()
    assert expected <= set(refusals)
    for code, answer in refusals.items():
        content = answer["content"]["application/json"]
        assert int(code) in REASONS
        assert content["schema"] == {"$ref": "#/components/schemas/Refusal"}
        assert content["example"]["success"] is False


@pytest.mark.parametrize("name", [each for each in OPERATIONS if "requestBody" in OPERATIONS[each]])
def test_a_body_has_an_example(name: str) -> None:
    content = OPERATIONS[name]["requestBody"]["content"]["application/json"]
    assert "example" in content or content["examples"]


def test_every_route_that_takes_a_body_says_so() -> None:
    without = {
        name
        for name in OPERATIONS
        if name.startswith(("PUT", "PATCH")) and "requestBody" not in OPERATIONS[name]
    }
    assert without == set()


def test_the_frameworks_own_error_shape_is_nowhere() -> None:
    text = json.dumps(DOCUMENT)
    assert "HTTPValidationError" not in text
    assert '"detail"' not in text


KEY: dict[str, list[str]] = {"key": []}
TOKEN: dict[str, list[str]] = {"bearer": []}
SIGNATURE: dict[str, list[str]] = {"signature": []}


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_route_says_how_it_is_opened(name: str) -> None:
    either = [KEY, TOKEN]
    said = {
        OPEN_TO_ALL: None,
        SIGNED: [SIGNATURE],
        PERSON: [TOKEN],
        ADMIN: [KEY | TOKEN],
        ANYBODY: either,
    }.get(MATRIX[name], either)
    if name == "POST /api/whatsapp_sessions/new-session-connected":
        said = [SIGNATURE, KEY]
    assert OPERATIONS[name].get("security") == said
