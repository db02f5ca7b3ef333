from __future__ import annotations

import httpx
import pytest
from starlette.types import Message

from unit.session.api.doubles import FakeSender
from whatsapp_session.api import app
from whatsapp_session.api.services import Services


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/no-such-route", 404, "not_found"),
        ("GET", "/status/", 404, "not_found"),
        ("GET", "/../etc/passwd", 404, "not_found"),
        ("POST", "/status", 405, "method_not_allowed"),
        ("GET", "/send", 405, "method_not_allowed"),
        ("DELETE", "/session-manager/login", 405, "method_not_allowed"),
        ("OPTIONS", "/send", 405, "method_not_allowed"),
        ("GET", "/events?after=x", 400, "invalid_request"),
    ],
)
async def test_every_refusal_is_the_envelope(
    http: httpx.AsyncClient, method: str, path: str, status: int, code: str
) -> None:
    answer = await http.request(method, path)
    body = answer.json()
    assert answer.status_code == status
    assert set(body) == {"ok", "error", "message"}
    assert (body["ok"], body["error"]) == (False, code)
    assert body["message"]


async def test_a_wrong_method_names_the_right_one(http: httpx.AsyncClient) -> None:
    answer = await http.get("/send")
    assert answer.headers["allow"] == "POST"
    assert "Use POST." in answer.json()["message"]


async def test_a_caller_that_goes_away_in_its_body_is_no_bug_of_ours(services: Services) -> None:
    application = app.build(services)
    scope: dict[str, object] = {
        "type": "http", "method": "POST", "path": "/send", "query_string": b"", "headers": [],
        "http_version": "1.1", "scheme": "http", "server": None, "client": None, "root_path": "",
    }  # fmt: skip
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    await application(scope, receive, send)  # raises what the server would log as a bug
    assert sent[0]["status"] == 400


async def test_a_bug_of_ours_is_the_envelope_and_shows_nothing_of_it(
    services: Services, sender: FakeSender
) -> None:
    sender.fails = RuntimeError("secret detail")
    transport = httpx.ASGITransport(app.build(services), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        answer = await client.post("/send", json={"to": "5491100000002", "message": "Hello"})
    assert (answer.status_code, answer.json()["error"]) == (500, "internal_error")
    assert "secret" not in answer.text
