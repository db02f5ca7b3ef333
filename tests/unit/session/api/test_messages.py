"""What a call to send becomes for the sender, and what the sender says becomes for the caller."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from unit.session.api.calls import GROUP, MESSAGE, OWN
from unit.session.api.conftest import MEDIA_MAX
from unit.session.api.doubles import ENTRY, MESSAGE_ID, FakeSender
from whatsapp_session.api import app
from whatsapp_session.api.services import Services
from whatsapp_session.engine.protocol import (
    CheckFailed,
    NotConnected,
    NotFound,
    NotOnWhatsApp,
    SendFailed,
    SendRefused,
)
from whatsapp_session.media.store import MediaStore
from whatsapp_session.net.guard import Guard
from whatsapp_session.outbox.entries import Sent
from whatsapp_session.outbox.errors import (
    KeyInProgress,
    KeyReused,
    OutcomeUnknown,
    RateLimited,
    StillNotOnWhatsApp,
    StorageFull,
)
from whatsapp_session.outgoing import Deletion, Edit, Forward, Media, Outgoing, Reaction, Text

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 16
LARGE = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8000
"""More than a body may have, and than a text is kept in memory."""
TO = {"to": "5491100000002"}
IMAGE = TO | {"type": "image", "text": "Look"}


def left(media: MediaStore) -> list[Path]:
    return list(media.staging.folder.glob("*"))


def media_of(sender: FakeSender) -> Media:
    content = sender.calls[-1].outgoing.content
    assert isinstance(content, Media)
    return content


async def test_a_text_is_sent_and_answered_with_its_id(http: httpx.AsyncClient, sender: FakeSender) -> None:
    answer = await http.post("/messages", json=TO | {"text": "Hello", "replyTo": MESSAGE})
    assert answer.status_code == 200
    assert answer.json() == {"ok": True, "messageId": MESSAGE_ID, "id": None, "state": "sent"}
    (call,) = sender.calls
    assert call.outgoing == Outgoing(to="5491100000002", content=Text(text="Hello"), reply_to=MESSAGE)
    assert call.key is None


def plain(data: bytes) -> str:
    return json.dumps(IMAGE | {"media": {"data": base64.b64encode(data).decode()}})


def data_url(data: bytes) -> str:
    text = "data:image/png;base64," + base64.b64encode(data).decode()
    return json.dumps(IMAGE | {"media": {"data": text}})


def php(data: bytes) -> str:
    return plain(data).replace("/", "\\/")


def dot_net(data: bytes) -> str:
    return plain(data).replace("+", "\\u002B")


def with_lines(data: bytes) -> str:
    return json.dumps(IMAGE | {"media": {"data": base64.encodebytes(data).decode()}})


def without_padding(data: bytes) -> str:
    return json.dumps(IMAGE | {"media": {"data": base64.b64encode(data).decode().rstrip("=")}})


@pytest.mark.parametrize("written", [plain, data_url, php, dot_net, with_lines, without_padding])
@pytest.mark.parametrize("content", [PNG, LARGE, LARGE + b"1", LARGE + b"12"], ids=len)
async def test_base64_arrives_byte_for_byte_however_it_is_written(
    http: httpx.AsyncClient, sender: FakeSender, media: MediaStore, written: Any, content: bytes
) -> None:
    answer = await http.post("/messages", content=written(content))
    assert answer.status_code == 200, answer.text
    assert sender.calls[0].file == content
    found = media_of(sender)
    assert (found.kind, found.mime_type, found.caption) == ("image", "image/png", "Look")
    assert found.size == len(content)
    assert left(media) == []


@pytest.mark.parametrize("content", [PNG, LARGE], ids=len)
@pytest.mark.parametrize("file_first", [True, False])
async def test_a_form_arrives_byte_for_byte_in_either_order(
    http: httpx.AsyncClient, sender: FakeSender, media: MediaStore, content: bytes, file_first: bool
) -> None:
    parts: list[tuple[str, Any]] = [
        ("file", ("../../etc/päss.png", content, "image/png")),
        ("message", (None, json.dumps(IMAGE))),
    ]
    answer = await http.post("/messages", files=parts if file_first else parts[::-1])
    assert answer.status_code == 200, answer.text
    assert sender.calls[0].file == content
    found = media_of(sender)
    assert (found.file_name, found.mime_type) == ("päss.png", "image/png")
    assert Path(found.path).parent == media.staging.folder
    assert left(media) == []


async def test_a_form_without_a_file_is_a_plain_message(http: httpx.AsyncClient, sender: FakeSender) -> None:
    text = json.dumps(TO | {"text": "Hello"})
    answer = await http.post("/messages", files={"message": (None, text)})
    assert answer.status_code == 200, answer.text
    assert sender.calls[0].outgoing.content == Text(text="Hello")


FORMS: dict[str, tuple[Any, str]] = {
    "no message": ([("file", ("a.png", PNG))], "no part message"),
    "two messages": ([("message", (None, "{}")), ("message", (None, "{}"))], "the part message twice"),
    "two files": ([("file", ("a", PNG)), ("file", ("b", PNG))], "the part file twice"),
    "another part": ([("to", (None, "5491100000002"))], "a part 'to'"),
    "a message that is no JSON": ([("message", (None, "to=1"))], "The body is not JSON"),
    "a file for a text": (
        [("file", ("a.png", PNG)), ("message", (None, json.dumps(TO | {"text": "Hello"})))],
        "the part file is not for type text",
    ),
    "an empty file": (
        [("file", ("a.png", b"")), ("message", (None, json.dumps(IMAGE)))],
        "the file is empty",
    ),
    "a file of another type": (
        [("file", ("a.pdf", b"%PDF-")), ("message", (None, json.dumps(IMAGE)))],
        "application/pdf, which a message of type image cannot carry",
    ),
}


@pytest.mark.parametrize(("files", "says"), FORMS.values(), ids=FORMS)
async def test_a_wrong_form_is_refused_and_leaves_nothing(
    http: httpx.AsyncClient, sender: FakeSender, media: MediaStore, files: Any, says: str
) -> None:
    answer = await http.post("/messages", files=files)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
    assert says in answer.json()["message"]
    assert answer.json()["message"].endswith(".")
    assert sender.calls == []
    assert left(media) == []


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data", b"--x\r\n"),
        ("multipart/form-data; boundary=", b"--x\r\n"),
        ("multipart/form-data; boundary=x", b""),
        ("multipart/form-data; boundary=x", b"no form"),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="message"\r\n\r\n{}',
        ),
        ("multipart/form-data; boundary=x", b"--x\r\n" + b"A" * 100_000 + b": b\r\n\r\n"),
        ("multipart/form-data; boundary=" + "x" * 10_000, b"--x\r\n"),
    ],
)
async def test_a_form_that_is_none_is_refused(http: httpx.AsyncClient, kind: str, body: bytes) -> None:
    answer = await http.post("/messages", content=body, headers={"Content-Type": kind})
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


NOT_BASE64 = {
    "a word": "no base64!",
    "one character": "A",
    "padding in the middle": "AA==AAAA" * 4,
    "half of an escape": "AAA\\",
    "another alphabet": "__--" * 300_000,
    "a long word": "ä" * 500_000,
    "a prefix that is none": "data:image/png," + "A" * 400,
}


@pytest.mark.parametrize("data", NOT_BASE64.values(), ids=NOT_BASE64)
async def test_what_is_not_base64_is_refused_and_leaves_nothing(
    http: httpx.AsyncClient, media: MediaStore, data: str
) -> None:
    answer = await http.post("/messages", json=IMAGE | {"media": {"data": data}})
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
    assert "media.data is not base64" in answer.json()["message"]
    assert left(media) == []


async def test_a_long_text_that_is_not_the_file_is_refused(
    http: httpx.AsyncClient, media: MediaStore
) -> None:
    answer = await http.post("/messages", json=TO | {"text": "AAAA" * 250_000})
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
    assert "not media.data" in answer.json()["message"]
    assert left(media) == []


async def test_a_long_text_of_pairs_is_still_a_text(http: httpx.AsyncClient, sender: FakeSender) -> None:
    text = "😀" * 65_536  # 786,432 bytes, each escaped as a pair
    answer = await http.post("/messages", content=json.dumps(TO | {"text": text}))
    assert answer.status_code == 200
    assert sender.calls[0].outgoing.content == Text(text=text)


@pytest.mark.parametrize("way", ["base64", "form"])
async def test_a_file_beyond_the_bound_is_413_and_leaves_nothing(
    http: httpx.AsyncClient, sender: FakeSender, media: MediaStore, way: str
) -> None:
    content = PNG + bytes(MEDIA_MAX)
    if way == "base64":
        answer = await http.post("/messages", content=plain(content))
    else:
        answer = await http.post(
            "/messages", files={"message": (None, json.dumps(IMAGE)), "file": ("a.png", content)}
        )
    assert (answer.status_code, answer.json()["error"]) == (413, "payload_too_large")
    assert "MEDIA_MAX_MB" in answer.json()["message"]
    assert sender.calls == []
    assert left(media) == []


async def test_a_full_volume_is_507_and_leaves_nothing(
    http: httpx.AsyncClient, media: MediaStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("whatsapp_session.media.staging._sync", full)
    answer = await http.post("/messages", content=plain(PNG))
    assert (answer.status_code, answer.json()["error"]) == (507, "storage_full")
    assert left(media) == []


@pytest.fixture
async def site() -> AsyncIterator[TestServer]:
    async def picture(request: web.Request) -> web.Response:
        return web.Response(body=PNG, content_type="image/png")

    async def large(request: web.Request) -> web.Response:
        return web.Response(body=PNG + bytes(MEDIA_MAX), content_type="image/png")

    site = web.Application()
    site.router.add_get("/dot.png", picture)
    site.router.add_get("/large.png", large)
    server = TestServer(site)
    await server.start_server()
    yield server
    await server.close()


@pytest.fixture
async def allowed(services: Services) -> AsyncIterator[httpx.AsyncClient]:
    """The API of a session that may reach loopback."""
    transport = httpx.ASGITransport(app.build(replace(services, guard=Guard(["127.0.0.0/8"]))))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        yield client


async def test_a_file_comes_from_a_url_with_its_name(
    allowed: httpx.AsyncClient, site: TestServer, sender: FakeSender, media: MediaStore
) -> None:
    url = str(site.make_url("/dot.png"))
    answer = await allowed.post("/messages", json=IMAGE | {"media": {"url": url}})
    assert answer.status_code == 200, answer.text
    assert sender.calls[0].file == PNG
    assert (media_of(sender).file_name, media_of(sender).mime_type) == ("dot.png", "image/png")
    assert left(media) == []


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1/", "http://[::1]/", "http://169.254.169.254/latest", "http://10.0.0.1/", "ftp://e/a"],
)
async def test_a_url_that_leads_inside_is_forbidden(
    http: httpx.AsyncClient, sender: FakeSender, url: str
) -> None:
    answer = await http.post("/messages", json=IMAGE | {"media": {"url": url}})
    assert (answer.status_code, answer.json()["error"]) == (400, "forbidden_address")
    assert sender.calls == []


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [("/none.png", 400, "media_fetch_failed"), ("/large.png", 413, "payload_too_large")],
)
async def test_a_file_that_does_not_come_is_an_error_of_its_own(
    allowed: httpx.AsyncClient, site: TestServer, media: MediaStore, path: str, status: int, code: str
) -> None:
    url = str(site.make_url(path))
    answer = await allowed.post("/messages", json=IMAGE | {"media": {"url": url}})
    assert (answer.status_code, answer.json()["error"]) == (status, code)
    assert left(media) == []


@pytest.mark.parametrize(("call", "status"), [(True, 200), (False, 202)], ids=["sent", "queued"])
async def test_a_repeat_whose_url_has_died_gets_the_first_answer(
    http: httpx.AsyncClient, sender: FakeSender, call: bool, status: int
) -> None:
    sender.earlier = replace(ENTRY, call=call, message_id=MESSAGE_ID)
    body = IMAGE | {"media": {"url": "https://example.invalid/gone.png"}} | ({} if call else {"async": True})
    answer = await http.post("/messages", json=body, headers={"Idempotency-Key": "k"})
    assert (answer.status_code, answer.headers["idempotent-replayed"]) == (status, "true")
    assert answer.json()["messageId"] == (MESSAGE_ID if call else None)
    assert (sender.calls, sender.queued) == ([], [])
    assert sender.asked[0][:2] == ("answered", "k")


@pytest.mark.parametrize("late", [{"async": True}, {"sendAt": "2026-01-01T12:00:00Z"}], ids=str)
async def test_a_queued_message_is_202_and_keeps_its_file(
    http: httpx.AsyncClient, sender: FakeSender, media: MediaStore, late: dict[str, Any]
) -> None:
    data = base64.b64encode(PNG).decode()
    answer = await http.post("/messages", json=IMAGE | {"media": {"data": data}} | late)
    assert answer.status_code == 202
    assert answer.json() == {"ok": True, "messageId": None, "id": "out_1", "state": "queued"}
    (call,) = sender.queued
    assert call.send_at == (datetime(2026, 1, 1, 12, tzinfo=UTC) if "sendAt" in late else None)
    assert isinstance(call.outgoing.content, Media)
    assert [str(path) for path in left(media)] == [call.outgoing.content.path]


async def test_a_queued_message_that_was_there_already_keeps_no_second_file(
    http: httpx.AsyncClient, sender: FakeSender, media: MediaStore
) -> None:
    sender.replayed = True
    data = base64.b64encode(PNG).decode()
    answer = await http.post(
        "/messages",
        json=IMAGE | {"media": {"data": data}, "async": True},
        headers={"Idempotency-Key": "one"},
    )
    assert (answer.status_code, answer.headers["idempotent-replayed"]) == (202, "true")
    assert left(media) == []


CHANGES: dict[str, tuple[str, str, Any, Outgoing]] = {
    "reaction": (
        "PUT", f"/messages/{MESSAGE}/reaction", {"emoji": "👍"},
        Outgoing(to="5491100000002@c.us", content=Reaction(message_id=MESSAGE, emoji="👍")),
    ),
    "no reaction": (
        "PUT", f"/messages/{MESSAGE}/reaction", {"emoji": ""},
        Outgoing(to="5491100000002@c.us", content=Reaction(message_id=MESSAGE, emoji="")),
    ),
    "edit": (
        "PATCH", f"/messages/{OWN}", {"text": "Hello"},
        Outgoing(to="5491100000002@c.us", content=Edit(message_id=OWN, text="Hello")),
    ),
    "delete": (
        "DELETE", f"/messages/{OWN}", None,
        Outgoing(to="5491100000002@c.us", content=Deletion(message_id=OWN)),
    ),
    "delete in a group": (
        "DELETE", f"/messages/true_{GROUP}_3EB0AA_5491100000001@c.us", None,
        Outgoing(to=GROUP, content=Deletion(message_id=f"true_{GROUP}_3EB0AA_5491100000001@c.us")),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("method", "path", "body", "want"), CHANGES.values(), ids=CHANGES)
async def test_a_change_goes_to_the_chat_of_its_message(
    http: httpx.AsyncClient, sender: FakeSender, method: str, path: str, body: Any, want: Outgoing
) -> None:
    sender.answer = Sent(message_id=None)
    answer = await http.request(method, path, json=body)
    assert answer.status_code == 200, answer.text
    assert answer.json()["messageId"] == path.split("/")[2]
    assert sender.calls[0].outgoing == want


async def test_a_forward_is_a_message_of_its_own(http: httpx.AsyncClient, sender: FakeSender) -> None:
    answer = await http.post(f"/messages/{MESSAGE}/forward", json={"to": GROUP})
    assert answer.json()["messageId"] == MESSAGE_ID
    assert sender.calls[0].outgoing == Outgoing(to=GROUP, content=Forward(message_id=MESSAGE))


CALLS = [("POST", "/send", TO | {"message": "Hello"}), ("POST", "/messages", TO | {"text": "Hello"})] + [
    (method, path, body) for method, path, body, _ in CHANGES.values()
]


@pytest.mark.parametrize("given", [["a b"], [""], ["x" * 256], ["ä"], ["a\x7f"], ["a", "a"], ["a", "b"]])
async def test_a_key_that_is_none_is_refused(
    http: httpx.AsyncClient, sender: FakeSender, given: list[str]
) -> None:
    headers = [(b"Idempotency-Key", key.encode("latin-1")) for key in given]
    for method, path, body in CALLS:
        answer = await http.request(method, path, json=body, headers=headers)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request"), path
        assert "Idempotency-Key" in answer.json()["message"]
    assert sender.calls == []


async def test_a_key_is_passed_on_and_a_replay_is_marked(http: httpx.AsyncClient, sender: FakeSender) -> None:
    sender.answer = Sent(message_id=MESSAGE_ID, replayed=True)
    for method, path, body in CALLS:
        answer = await http.request(method, path, json=body, headers={"Idempotency-Key": "!" + "~" * 254})
        assert (answer.status_code, answer.headers["idempotent-replayed"]) == (200, "true"), path
    assert {call.key for call in sender.calls} == {"!" + "~" * 254}
    assert len({call.fingerprint for call in sender.calls}) == len(CALLS)


SAME = {
    "spelling": (
        '{"to":"5491100000002","text":"é"}',
        '{ "text": "\\u00e9", "type": "text", "to": "5491100000002"}',
    ),
    "a file, as base64 and with line breaks": (plain(PNG), with_lines(PNG)),
}
OTHER = {
    "another text": ('{"to":"5491100000002","text":"a"}', '{"to":"5491100000002","text":"b"}'),
    "another person": ('{"to":"5491100000002","text":"a"}', '{"to":"5491100000003","text":"a"}'),
    "another file": (plain(PNG), plain(PNG + b"x")),
    "another caption": (plain(PNG), plain(PNG).replace("Look", "See")),
}


async def prints(http: httpx.AsyncClient, sender: FakeSender, *bodies: str) -> list[str]:
    for body in bodies:
        assert (await http.post("/messages", content=body)).status_code == 200
    return [call.fingerprint for call in sender.calls]


@pytest.mark.parametrize(("one", "two"), SAME.values(), ids=SAME)
async def test_the_same_request_has_the_same_fingerprint(
    http: httpx.AsyncClient, sender: FakeSender, one: str, two: str
) -> None:
    assert len(set(await prints(http, sender, one, two))) == 1


@pytest.mark.parametrize(("one", "two"), OTHER.values(), ids=OTHER)
async def test_another_request_has_another_fingerprint(
    http: httpx.AsyncClient, sender: FakeSender, one: str, two: str
) -> None:
    assert len(set(await prints(http, sender, one, two))) == 2


async def test_a_queued_request_has_another_fingerprint(http: httpx.AsyncClient, sender: FakeSender) -> None:
    await http.post("/messages", json=TO | {"text": "a"})
    await http.post("/messages", json=TO | {"text": "a", "async": True})
    assert sender.calls[0].fingerprint != sender.queued[0].fingerprint


REFUSALS: list[tuple[Exception, int, str]] = [
    (NotConnected("There is no page."), 409, "session_not_ready"),
    (NotOnWhatsApp("5491100000002 is not on WhatsApp."), 400, "not_on_whatsapp"),
    (CheckFailed("Nobody could say."), 503, "number_check_failed"),
    (KeyInProgress("Wait."), 409, "idempotency_in_progress"),
    (OutcomeUnknown("Ask again."), 409, "outcome_unknown"),
    (KeyReused("Choose another."), 422, "idempotency_key_reused"),
    (RateLimited(31), 429, "rate_limited"),
    (StorageFull(), 507, "storage_full"),
    (SendRefused("WhatsApp refused."), 500, "send_failed"),
    (SendFailed("Not known."), 500, "send_failed"),
]


@pytest.mark.parametrize(("error", "status", "code"), REFUSALS, ids=[code for _, _, code in REFUSALS])
async def test_every_refusal_has_its_code_on_every_door(
    http: httpx.AsyncClient, sender: FakeSender, error: Exception, status: int, code: str
) -> None:
    sender.fails = error
    for method, path, body in CALLS:
        answer = await http.request(method, path, json=body)
        assert answer.status_code == status, path
        assert answer.json() == {"ok": False, "error": code, "message": str(error)}
        assert answer.headers.get("retry-after") == ("31" if status == 429 else None)


async def test_a_number_without_whatsapp_is_replayed_too(http: httpx.AsyncClient, sender: FakeSender) -> None:
    sender.fails = StillNotOnWhatsApp("5491100000002 is not on WhatsApp.")
    answer = await http.post("/messages", json=TO | {"text": "a"}, headers={"Idempotency-Key": "one"})
    assert (answer.status_code, answer.headers["idempotent-replayed"]) == (400, "true")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (TO | {"text": "a"}, "chat_not_found"),
        (TO | {"text": "a", "replyTo": MESSAGE}, "message_not_found"),
    ],
)
async def test_what_whatsapp_has_not_is_named(
    http: httpx.AsyncClient, sender: FakeSender, body: Any, code: str
) -> None:
    sender.fails = NotFound("WhatsApp has it not.")
    answer = await http.post("/messages", json=body)
    assert (answer.status_code, answer.json()["error"]) == (404, code)


async def test_a_send_that_failed_leaves_no_file(
    http: httpx.AsyncClient, sender: FakeSender, media: MediaStore
) -> None:
    sender.fails = SendFailed("Not known.")
    assert (await http.post("/messages", content=plain(PNG))).status_code == 500
    assert left(media) == []
