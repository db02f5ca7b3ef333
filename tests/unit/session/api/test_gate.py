from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.types import Message

from unit.session.api.calls import CALLS, CLOSED, OPEN, Call
from whatsapp_contracts.errors import ErrorCode
from whatsapp_session.api import app, gate
from whatsapp_session.api.gate import MAX_BODY, mismatch
from whatsapp_session.api.services import Services
from whatsapp_session.keys import Keys
from whatsapp_session.media.store import MediaStore

NOWHERE = Call("GET", "/no-such-route", "/no-such-route")
DOCUMENT = Call("GET", "/openapi.json", "/openapi.json")


@pytest.fixture
def guarded(services: Services, tmp_path: Path) -> httpx.AsyncClient:
    """The API with a key, called without one."""
    file = tmp_path / "api-keys"
    file.write_text("the-key\n")
    transport = httpx.ASGITransport(app.build(replace(services, keys=Keys(file))))
    return httpx.AsyncClient(transport=transport, base_url="http://session")


@pytest.mark.parametrize("headers", [{}, {"X-API-Key": "wrong"}, {"Authorization": "Bearer wrong"}], ids=str)
async def test_no_route_passes_without_the_key(guarded: httpx.AsyncClient, headers: dict[str, str]) -> None:
    for call in (*CLOSED, DOCUMENT, NOWHERE):
        answer = await guarded.request(call.method, call.path, headers=headers, json=call.body)
        assert answer.status_code == 401, call
        assert answer.json()["ok"] is False
        assert answer.json()["error"] == "unauthorized"
        assert "X-API-Key" in answer.json()["message"]


async def test_a_caller_without_the_key_has_its_body_not_read(services: Services, tmp_path: Path) -> None:
    (tmp_path / "api-keys").write_text("the-key\n")
    application = app.build(replace(services, keys=Keys(tmp_path / "api-keys")))
    sent: list[Message] = []

    async def receive() -> Message:
        raise AssertionError("read")

    async def send(message: Message) -> None:
        sent.append(message)

    scope = asgi("POST", "/messages", [(b"content-length", b"104857600")])
    await application(scope, receive, send)
    assert sent[0]["status"] == 401
    assert (b"connection", b"close") in sent[0]["headers"]


@pytest.mark.parametrize("path", OPEN)
async def test_probes_need_no_key(guarded: httpx.AsyncClient, path: str) -> None:
    assert (await guarded.get(path)).status_code == 200


@pytest.mark.parametrize("headers", [{"X-API-Key": "the-key"}, {"Authorization": "Bearer the-key"}], ids=str)
async def test_the_key_passes_in_either_header(guarded: httpx.AsyncClient, headers: dict[str, str]) -> None:
    assert (await guarded.get("/status", headers=headers)).status_code == 200


async def test_another_clients_call_is_refused_on_every_route(http: httpx.AsyncClient) -> None:
    for call in (*CALLS, NOWHERE):
        answer = await http.request(call.method, call.path, params={"cliente_id": "52"}, json=call.body)
        assert answer.status_code == 400, call
        assert answer.json() == {
            "ok": False,
            "error": "cliente_id_mismatch",
            "message": "This is the session of client 51, not of 52. Call that client's session.",
        }


@pytest.mark.parametrize(
    ("query", "want"),
    [
        ("", None),
        ("cliente_id=51", None),
        ("cliente_id=051", None),
        ("other=52", None),
        ("cliente_id=52", ErrorCode.CLIENTE_ID_MISMATCH),
        ("cliente_id=51&cliente_id=52", ErrorCode.CLIENTE_ID_MISMATCH),
        ("cliente_id=", ErrorCode.INVALID_REQUEST),
        ("cliente_id=abc", ErrorCode.INVALID_REQUEST),
        ("cliente_id=-51", ErrorCode.INVALID_REQUEST),
        ("cliente_id=" + "9" * 9999, ErrorCode.INVALID_REQUEST),
        ("cliente_id=%D9%A5%D9%A1", ErrorCode.INVALID_REQUEST),
    ],
)
def test_which_queries_are_for_client_51(query: str, want: ErrorCode | None) -> None:
    found = mismatch(query, 51)
    assert (found[0] if found else None) == want


def asgi(method: str, path: str, headers: list[tuple[bytes, bytes]]) -> dict[str, Any]:
    return {
        "type": "http", "method": method, "path": path, "query_string": b"", "headers": headers,
        "http_version": "1.1", "scheme": "http", "server": None, "client": None, "root_path": "",
    }  # fmt: skip


class Upload:
    """A body of 100 MB that comes in pieces of 64 KiB, as long as it is read."""

    def __init__(
        self, size: int = 100 * 1024 * 1024, *, begin: bytes = b"", piece: bytes = b"x" * 65_536
    ) -> None:
        self.read = 0
        self._size, self._next, self._piece = size, begin, piece

    async def receive(self) -> Message:
        body, self._next = self._next or self._piece, b""
        self.read += len(body)
        return {"type": "http.request", "body": body, "more_body": self.read < self._size}


@pytest.mark.parametrize("declared", [True, False], ids=["declared", "chunked"])
async def test_a_body_of_100_mb_is_refused_and_not_read_whole(services: Services, declared: bool) -> None:
    application = app.build(services)
    headers = [(b"content-length", b"104857600")] if declared else [(b"transfer-encoding", b"chunked")]
    for call in CALLS:
        upload, sent = Upload(), list[Message]()

        async def send(message: Message, sent: list[Message] = sent) -> None:
            sent.append(message)

        await application(asgi(call.method, call.path, headers), upload.receive, send)
        assert sent[0]["status"] == 413, call
        assert (b"connection", b"close") in sent[0]["headers"]
        assert json.loads(sent[1]["body"])["error"] == "payload_too_large"
        assert upload.read == 0 if declared else upload.read <= MAX_BODY + 65_536


LARGE = {
    "one text": (b'{"to":"5491100000002","type":"image","media":{"data":"', b"A" * 65_536),
    "many texts": (b'{"mentions":[""', b',"5491100000002"' * 4096),
    "a text that is not base64": (b'{"text":"', b"\xc3\xa4" * 32_768),
    "only spaces": (b"", b" " * 65_536),
    "only brackets": (b"", b"[" * 65_536),
    "only backslashes": (b'{"text":"', b"\\" * 65_535),
}


@pytest.mark.parametrize(("begin", "piece"), LARGE.values(), ids=LARGE)
async def test_a_message_of_100_mb_of_json_is_refused_and_not_read_whole(
    services: Services, media: MediaStore, begin: bytes, piece: bytes
) -> None:
    upload, sent = Upload(begin=begin, piece=piece), list[Message]()

    async def send(message: Message) -> None:
        sent.append(message)

    await app.build(services)(asgi("POST", "/messages", []), upload.receive, send)
    assert sent[0]["status"] in {400, 413}
    assert upload.read < 2 * media.max_bytes
    assert not any(media.staging.folder.glob("*"))


async def test_a_body_that_comes_too_slowly_is_given_up(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "SILENCE", 0.01)
    application = app.build(services)
    for call in CALLS:
        sent: list[Message] = []

        async def receive() -> Message:
            await asyncio.Event().wait()
            raise AssertionError

        async def send(message: Message, sent: list[Message] = sent) -> None:
            sent.append(message)

        async with asyncio.timeout(10):
            await application(asgi(call.method, call.path, []), receive, send)
        assert sent[0]["status"] == 400, call
        assert b"too slowly" in sent[1]["body"]
