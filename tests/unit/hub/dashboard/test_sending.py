"""Sending from the dashboard."""

from __future__ import annotations

import json
from typing import Any

import pytest
from python_multipart.multipart import parse_options_header
from starlette.datastructures import Headers
from starlette.formparsers import MultiPartParser

from unit.hub.dashboard.talking import ANA, Person, person, talking
from unit.hub.world import World
from whatsapp_contracts.states import Reason, State
from whatsapp_hub.backend.protocol import Call

CHAT = f"/sessions/1/chats/{ANA}"
SEND = f"{CHAT}/messages"
NEW = "/sessions/1/messages"
KEY = "k" * 24
HTMX = {"HX-Request": "true"}


async def parts_of(call: Call) -> dict[str, Any]:
    """The form that the session got."""

    async def body() -> Any:
        yield call.body

    assert parse_options_header(call.headers["content-type"])[0] == b"multipart/form-data"
    form = await MultiPartParser(Headers(dict(call.headers)), body()).parse()
    file = form["file"]
    assert not isinstance(file, str)
    got = {
        "message": json.loads(str(form["message"])),
        "name": file.filename,
        "type": file.content_type,
        "content": await file.read(),
    }
    await form.close()
    return got


@pytest.mark.parametrize("path", [SEND, NEW])
async def test_only_who_may_write_sends_and_only_by_our_form(world: World, path: str) -> None:
    pod = await talking(world)
    me, viewer, stranger = (
        await person(world),
        await person(world, "viewer"),
        await person(world, org=world.two),
    )
    data = {"key": KEY, "text": "hola", "to": "5491123456789"}
    assert (await world.http.post(path, data=data)).status_code == 303  # to the login
    assert (await world.http.post(path, data=data, headers=me.headers)).status_code == 403
    elsewhere = {"Origin": "https://evil.example"}
    assert (await me.post(path, data, **elsewhere)).status_code == 403
    assert (await viewer.post(path, data)).status_code == 403
    assert (await stranger.post(path, data)).status_code == 404
    assert pod.calls == []


async def test_a_viewer_has_no_form_and_is_told_why(world: World) -> None:
    await talking(world)
    page = (await (await person(world, "viewer")).get(CHAT)).text
    assert 'id="composer"' not in page
    assert "Your role lets you read messages" in page
    assert 'id="new-chat"' not in page


async def test_a_session_that_is_not_connected_says_so_before_anything_is_written(world: World) -> None:
    await talking(world)
    await world.show("a", State.DISCONNECTED, Reason.LOGGED_OUT)
    page = (await (await person(world)).get(CHAT)).text
    assert "Nothing can be sent: WhatsApp is not connected." in page
    assert '<fieldset class="bare composer-row" disabled' in page


async def test_a_text_is_sent_and_drawn(world: World) -> None:
    pod = await talking(world)
    me = await person(world, "agent")
    answer = await me.post(SEND, {"key": KEY, "text": " hola\r\n<b>mundo</b> "}, **HTMX)
    assert answer.status_code == 200
    (call,) = pod.sent()
    assert json.loads(call.body or b"") == {"to": ANA, "type": "text", "text": "hola\n<b>mundo</b>"}
    assert "&lt;b&gt;mundo" in answer.text
    assert "bubble-mine" in answer.text
    assert len(answer.headers["x-form-key"]) > 20
    assert answer.headers["x-form-key"] != KEY


async def test_without_a_script_the_page_comes_back(world: World) -> None:
    await talking(world)
    answer = await (await person(world)).post(SEND, {"key": KEY, "text": "hola"})
    assert (answer.status_code, answer.headers["location"]) == (303, CHAT)


async def keys_of(me: Person, *written: dict[str, str]) -> list[str]:
    pod = me.world.backend.answer
    for each in written:
        await me.post(SEND, each, **HTMX)
    return [call.headers["idempotency-key"] for call in pod.sent()]  # type: ignore[attr-defined]


async def test_one_form_sends_one_message_however_often(world: World) -> None:
    await talking(world)
    me = await person(world)
    same = {"key": KEY, "text": "hola"}
    first, again, other, form = await keys_of(
        me, same, same, same | {"text": "adiós"}, same | {"key": "j" * 24}
    )
    assert first == again
    assert len({first, other, form}) == 3
    assert all(len(key) <= 255 and key.isascii() and key.isprintable() for key in (first, other, form))


FILES: dict[str, tuple[str, str, str]] = {
    "a photo": ("a.jpg", "image/jpeg", "image"),
    "a film": ("a.mp4", "video/mp4", "video"),
    "a page": ("a.html", "text/html", "document"),
    "a drawing": ("a.svg", "image/svg+xml", "document"),
    "no type": ("a", "nonsense", "document"),
}


@pytest.mark.parametrize(("name", "mime_type", "kind"), FILES.values(), ids=FILES)
async def test_a_file_is_sent_with_its_caption(world: World, name: str, mime_type: str, kind: str) -> None:
    pod = await talking(world)
    me = await person(world)
    answer = await me.post(
        SEND, {"key": KEY, "text": "look"}, {"file": (name, b"\x00bytes\r\n--x", mime_type)}, **HTMX
    )
    assert answer.status_code == 200, answer.text
    (call,) = pod.sent()
    got = await parts_of(call)
    assert got["message"] == {"to": ANA, "type": kind, "text": "look"}
    assert (got["name"], got["content"]) == (name, b"\x00bytes\r\n--x")
    assert name in answer.text


@pytest.mark.parametrize("name", ['a".pdf', "a\u202efdp.exe", "añ😀.pdf", "x" * 300, "../a.pdf"])
async def test_a_files_name_cannot_change_the_call(world: World, name: str) -> None:
    pod = await talking(world)
    await (await person(world)).post(SEND, {"key": KEY}, {"file": (name, b"1", "application/pdf")}, **HTMX)
    got = await parts_of(pod.sent()[0])
    assert (got["content"], got["type"]) == (b"1", "application/pdf")
    assert "\u202e" not in got["name"]


WRONG: dict[str, tuple[dict[str, str], dict[str, Any] | None, str]] = {
    "nothing": ({"text": "  \n "}, None, "Write a message, or attach a file."),
    "an empty file": ({}, {"file": ("a.pdf", b"", "application/pdf")}, "The file is empty."),
    "words beside sound": ({"text": "x"}, {"file": ("a.ogg", b"1", "audio/ogg")}, "no text beside audio"),
    "a form without its key": ({"text": "x", "key": "?"}, None, "The form has expired."),
}


@pytest.mark.parametrize(("data", "files", "seen"), WRONG.values(), ids=WRONG)
async def test_what_cannot_be_sent_is_said_in_place(
    world: World, data: dict[str, str], files: dict[str, Any] | None, seen: str
) -> None:
    pod = await talking(world)
    answer = await (await person(world)).post(SEND, {"key": KEY} | data, files, **HTMX)
    assert (answer.status_code, pod.sent()) == (400, [])
    assert seen in answer.text
    assert "<html" not in answer.text


REFUSALS: dict[str, tuple[str, str, int, str]] = {
    "no WhatsApp": ("not_on_whatsapp", "x", 400, "This number has no WhatsApp."),
    "not connected": ("session_not_ready", "x", 409, "WhatsApp is not connected."),
    "too fast": ("rate_limited", "x", 429, "Too many messages at once."),
    "not known": ("outcome_unknown", "x", 409, "Whether it arrived is not known."),
    "a new word": ("brand_new", "Do <b>this</b>.", 400, "Do &lt;b&gt;this&lt;/b&gt;."),
}


@pytest.mark.parametrize(("error", "text", "status", "seen"), REFUSALS.values(), ids=REFUSALS)
async def test_a_refusal_is_said_in_place_and_the_draft_stays(
    world: World, error: str, text: str, status: int, seen: str
) -> None:
    pod = await talking(world)
    pod.refusing = (error, text, status)
    me = await person(world)
    answer = await me.post(SEND, {"key": KEY, "text": "my <draft>"}, **HTMX)
    assert answer.status_code == status
    assert seen in answer.text
    page = (await me.post(SEND, {"key": KEY, "text": "my <draft>"})).text
    assert seen in page
    assert ">my &lt;draft&gt;</textarea>" in page
    assert f'name="key" value="{KEY}"' in page


async def test_a_session_that_is_away_loses_no_draft(world: World) -> None:
    await talking(world)
    world.backend.broken = "away"
    me = await person(world)
    answer = await me.post(SEND, {"key": KEY, "text": "hola"})
    assert answer.status_code == 503
    assert ">hola</textarea>" in answer.text
    assert "will not be sent twice" in answer.text


async def test_a_new_conversation_goes_to_its_chat(world: World) -> None:
    pod = await talking(world)
    answer = await (await person(world)).post(NEW, {"key": KEY, "to": "+54 9 (11) 2345-6789", "text": "hola"})
    assert (answer.status_code, answer.headers["location"]) == (303, CHAT)
    assert json.loads(pod.sent()[0].body or b"")["to"] == "5491123456789"


@pytest.mark.parametrize("to", ["", "12", "abc", "0123456789", "5491123456789@c.us", "1" * 16])
async def test_what_is_no_number_is_said_and_nothing_is_lost(world: World, to: str) -> None:
    pod = await talking(world)
    answer = await (await person(world)).post(NEW, {"key": KEY, "to": to, "text": "hola"})
    assert (answer.status_code, pod.sent()) == (400, [])
    assert "7 to 15 digits" in answer.text
    assert ">hola</textarea>" in answer.text
    assert KEY in answer.text


async def test_a_number_without_whatsapp_is_said_and_nothing_is_lost(world: World) -> None:
    pod = await talking(world)
    pod.refusing = ("not_on_whatsapp", "x", 400)
    answer = await (await person(world)).post(NEW, {"key": KEY, "to": "5491123456789", "text": "hola"})
    assert answer.status_code == 400
    assert "This number has no WhatsApp." in answer.text
    assert 'value="5491123456789"' in answer.text


async def test_a_large_file_passes_the_gate_and_a_larger_one_does_not(world: World) -> None:
    pod = await talking(world)
    me = await person(world)
    file = ("a.bin", b"0" * (2 * 1024 * 1024), "application/octet-stream")
    assert (await me.post(SEND, {"key": KEY}, {"file": file}, **HTMX)).status_code == 200
    huge = me.headers | {"Content-Length": str(200 * 1024 * 1024)}
    answer = await world.http.post(SEND, content=b"", headers=huge)
    assert answer.status_code == 413
    assert len(pod.sent()) == 1
