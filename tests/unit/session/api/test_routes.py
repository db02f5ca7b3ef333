"""Over all routes of the application: whatever is wrong is a refusal in the envelope, never a failure."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from unit.session.api.calls import CALLS, Call
from unit.session.api.doubles import FakeSender
from unit.session.conftest import Bring
from unit.session.doubles import FakeEngine
from whatsapp_contracts.errors import HTTP_STATUS, ErrorCode
from whatsapp_contracts.states import State
from whatsapp_session.api import app
from whatsapp_session.api.services import Services
from whatsapp_session.keys import OPEN_PATHS

WITH_BODY = [call for call in CALLS if call.body is not None]
WITH_ID = [call for call in CALLS if "{" in call.template]
BODIES = {
    "nothing": b"",
    "no JSON": b"to=1&text=2",
    "half of JSON": b'{"to":',
    "invalid UTF-8": b'{"to":"\xff\xfe","text":"\xc3\x28","message":"\xff","emoji":"\xff","state":"\xff"}',
    "UTF-16": '{"to":"5491100000002"}'.encode("utf-16"),
    "a list": b"[]",
    "null": b"null",
    "a number": b"1",
    "a text": b'"to"',
    "a deep nest": b"[" * 100_000,
    "a deep object": b'{"a":' * 100_000,
    "a huge number": b'{"to":' + b"9" * 10_000 + b"}",
    "NUL": b"\x00" * 100,
}
TRICKS = {
    "up": "..%2F..%2Fetc%2Fpasswd",
    "up, twice escaped": "%252e%252e%252f",
    "a slash": "a%2Fb",
    "a backslash": "..%5C..%5Cboot.ini",
    "NUL": "true_5491100000002@c.us_3EB0%00.png",
    "a line break": "5491100000002@c.us%0d%0aX-Header:%20x",
    "invalid UTF-8": "%ff%fe",
    "half of an escape": "%",
    "SQL": "x'%20OR%20'1'='1",
    "JavaScript": "');alert(1);//",
    "other digits": "%D9%A5%D9%A4%D9%A9%D9%A1%D9%A1%D9%A0%D9%A0",
    "a space": "%20",
    "a dot": "%2e",
    "very long": "9" * 5000,
    "a trailing line break": "5491100000002%0a",
}


def envelope(answer: httpx.Response) -> str:
    """The error's code; the answer is a refusal in the contract's shape."""
    body = answer.json()
    assert set(body) == {"ok", "error", "message"}, body
    assert body["ok"] is False
    assert body["message"].endswith(".")
    assert HTTP_STATUS[ErrorCode(body["error"])] == answer.status_code
    assert answer.headers["content-type"] == "application/json"
    return str(body["error"])


def test_every_route_of_the_application_has_a_call_here(services: Services) -> None:
    paths = app.application(services).openapi()["paths"]
    have = {(method.upper(), path) for path, methods in paths.items() for method in methods}
    assert have == {(call.method, call.template) for call in CALLS}


async def test_every_good_call_is_answered_without_a_failure(
    http: httpx.AsyncClient, bring: Bring, services: Services
) -> None:
    await bring(State.READY)
    ends = {"/disconnect", "/session-manager/logout"}
    answers = {}
    for call in sorted(CALLS, key=lambda call: call.template in ends):
        headers = {"Accept": "application/json"} if call.template == "/events" else {}
        answer = await http.request(call.method, call.path, json=call.body, headers=headers)
        answers[f"{call.method} {call.template}"] = answer.status_code
    absent = {
        "GET /qr-code", "GET /pairing-code", "GET /session-manager/qr", "GET /media/{mediaId}",
        "GET /groups/{groupId}", "GET /chats/{chatId}/messages",
    }  # fmt: skip
    assert {route for route, status in answers.items() if status != 200} == absent
    assert {answers[route] for route in absent} == {404}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
async def test_a_body_that_is_none_is_refused_on_every_route_that_needs_one(
    http: httpx.AsyncClient, sender: FakeSender, body: bytes
) -> None:
    for call in WITH_BODY:
        answer = await http.request(call.method, call.path, content=body)
        assert envelope(answer) == "invalid_request", call
    assert sender.calls == []


@pytest.mark.parametrize("value", [1, 1.5, True, [], {}, "", None, ["x"], {"x": 1}, -1, "\ud800"], ids=repr)
async def test_a_field_of_a_wrong_type_is_refused_by_its_name(
    http: httpx.AsyncClient, sender: FakeSender, value: Any
) -> None:
    for call in WITH_BODY:
        if call.template == "/config":
            continue  # its fields are tested where they are read
        for field in call.body:
            if field == "emoji" and value == "":
                continue  # takes it back
            content = json.dumps(call.body | {field: value})
            answer = await http.request(call.method, call.path, content=content)
            assert envelope(answer) == "invalid_request", (call, field)
            assert field in answer.json()["message"]
    assert sender.calls == []


@pytest.mark.parametrize("trick", TRICKS.values(), ids=TRICKS)
async def test_a_path_that_is_a_trick_reaches_nothing(
    http: httpx.AsyncClient, bring: Bring, engine: FakeEngine, sender: FakeSender, trick: str
) -> None:
    await bring(State.READY)
    did = list(engine.did)
    for call in WITH_ID:
        name = call.template[call.template.index("{") : call.template.index("}") + 1]
        path = call.template.replace(name, trick).replace("{seq}", "7")
        answer = await http.request(call.method, path, json=call.body)
        assert envelope(answer) in {"invalid_request", "not_found", "method_not_allowed"}, (call, path)
    assert (engine.did, sender.calls) == (did, [])


QUERIES = ["limit=0", "limit=501", "limit=x", "limit=-1", "limit=1e3", "limit=" + "9" * 5000, "after=%ff%00"]
PAGED = ["/outbox", "/chats", "/contacts", "/groups", "/webhooks/crm/dead-letters", "/events"]


@pytest.mark.parametrize("query", QUERIES)
async def test_a_page_that_is_none_is_refused(http: httpx.AsyncClient, bring: Bring, query: str) -> None:
    await bring(State.READY)
    for path in (*PAGED, "/chats/5491100000002@c.us/messages"):
        answer = await http.get(f"{path}?{query}", headers={"Accept": "application/json"})
        if query.startswith("after") and path in {"/chats", "/contacts", "/groups"}:
            assert answer.status_code == 200  # any text may be a place in these lists
        else:
            assert envelope(answer) == "invalid_request", path


@pytest.mark.parametrize("state", [State.INIT, State.QR_REQUIRED])
async def test_what_asks_whatsapp_is_409_before_ready(
    http: httpx.AsyncClient, bring: Bring, state: State
) -> None:
    await bring(state)
    asking = [call for call in CALLS if call.path.startswith(("/chats", "/groups", "/contacts"))]
    for call in asking:
        if call.template == "/contacts/{number}":
            continue  # the sender's
        answer = await http.request(call.method, call.path, json=call.body)
        assert envelope(answer) == "session_not_ready", call
        assert state.value in answer.json()["message"]


def test_every_operation_is_described_with_its_errors_and_examples(services: Services) -> None:
    document = app.application(services).openapi()
    assert set(document["components"]["securitySchemes"]) == {"key", "bearer"}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            where = f"{method} {path}"
            assert operation["summary"], where
            assert operation["description"], where
            assert {"200", "400", "401", "413"} <= set(operation["responses"]), where
            assert operation.get("security", document["security"]) == (
                [] if path in OPEN_PATHS else [{"key": []}, {"bearer": []}]
            )
            for status, response in operation["responses"].items():
                for content in response["content"].values():
                    if int(status) >= 400:
                        assert content["schema"] == {"$ref": "#/components/schemas/Error"}, where
                        for code, example in content["examples"].items():
                            assert example["value"]["error"] == code
                            assert HTTP_STATUS[ErrorCode(code)] == int(status)


def test_a_call_that_needs_no_body_takes_none(services: Services) -> None:
    document = app.application(services).openapi()
    for call in CALLS:
        described = "requestBody" in document["paths"][call.template][call.method.lower()]
        assert described == (call.body is not None), call


def example(call: Call, services: Services) -> list[Any]:
    """The examples of a call's body in the document."""
    content = app.application(services).openapi()["paths"][call.template][call.method.lower()]["requestBody"]
    given = content["content"]["application/json"]
    return (
        [given["example"]] if "example" in given else [each["value"] for each in given["examples"].values()]
    )


async def test_every_example_of_a_body_is_taken(
    http: httpx.AsyncClient, bring: Bring, services: Services
) -> None:
    await bring(State.READY)
    for call in WITH_BODY:
        for body in example(call, services):
            if "url" in body.get("media", {}):
                continue  # leads to the internet
            answer = await http.request(call.method, call.path, json=body)
            assert answer.status_code in {200, 202}, (call, body, answer.text)
