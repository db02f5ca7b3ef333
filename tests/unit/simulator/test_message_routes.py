"""The control API's messages, groups and files."""

from __future__ import annotations

import base64
import hashlib
import io
from typing import Any

import httpx
import pytest
from PIL import Image

from whatsapp_simulator.kinds import MEDIA
from whatsapp_simulator.samples import sample

ANA, BEA, CAI = "5491100000001", "5491100000002", "5491100000003"
GROUP = "120363000000000001@g.us"
PLACE = {"latitude": -34.6, "longitude": -58.4}

BAD_SENDS: dict[str, tuple[dict[str, Any], int, str]] = {
    "an unknown type": ({"type": "dance"}, 400, "invalid_request"),
    "an unknown field": ({"text": "x", "colour": "red"}, 400, "invalid_request"),
    "a place without coordinates": ({"type": "location"}, 400, "invalid_content"),
    "a place off the earth": (
        {"type": "location", "location": {"latitude": 99, "longitude": 0}}, 400, "invalid_request",
    ),
    "a contact without a phone": ({"type": "contact", "contacts": [{"name": "Zoe"}]}, 400, "invalid_content"),
    "a poll of one": ({"type": "poll", "poll": {"name": "q", "options": ["a"]}}, 400, "invalid_request"),
    "a file that is no base64": ({"type": "image", "media": {"data": "§"}}, 400, "invalid_request"),
    "a quote of nothing": ({"text": "x", "quoted": "3EB0"}, 404, "unknown_message"),
    "a mention of nobody": ({"text": "x", "mentions": ["bea"]}, 400, "invalid_number"),
    "a LID that nobody has": ({"to": "123@lid", "text": "x"}, 404, "not_on_whatsapp"),
    "a group that is none": ({"to": GROUP, "text": "x"}, 404, "not_a_member"),
}  # fmt: skip


@pytest.fixture(autouse=True)
async def phones(http: httpx.AsyncClient) -> None:
    for number, name in ((ANA, "Ana"), (BEA, "Bea"), (CAI, "Cai")):
        await http.post(f"/phones/{number}", json={"name": name})


async def send(http: httpx.AsyncClient, number: str, **body: Any) -> dict[str, Any]:
    answer = await http.post(f"/phones/{number}/send", json={"to": BEA, **body})
    assert answer.status_code == 200, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def received(http: httpx.AsyncClient, number: str = BEA) -> dict[str, Any]:
    """The newest message of a phone."""
    found: dict[str, Any] = (await http.get(f"/phones/{number}/messages")).json()[-1]
    return found


@pytest.mark.parametrize(("body", "status", "code"), BAD_SENDS.values(), ids=BAD_SENDS)
async def test_a_bad_message_is_refused_and_not_stored(
    http: httpx.AsyncClient, body: dict[str, Any], status: int, code: str
) -> None:
    answer = await http.post(f"/phones/{ANA}/send", json={"to": BEA, **body})
    assert (answer.status_code, answer.json()["error"]) == (status, code)
    assert (await http.get("/ledger")).json() == []


@pytest.mark.parametrize("path", ["react", "edit", "delete", "vote"])
async def test_what_is_not_there_cannot_be_changed(http: httpx.AsyncClient, path: str) -> None:
    bodies: dict[str, dict[str, Any]] = {
        "react": {"emoji": "👍"}, "edit": {"text": "x"}, "delete": {}, "vote": {"options": []},
    }  # fmt: skip
    answer = await http.post(f"/phones/{ANA}/{path}", json={"messageId": "3EB0", **bodies[path]})
    assert (answer.status_code, answer.json()["error"]) == (404, "unknown_message")


async def test_a_text_has_no_file(http: httpx.AsyncClient) -> None:
    sent = await send(http, ANA, text="hello")
    answer = await http.get(f"/phones/{BEA}/messages/{sent['id']}/media")
    assert (answer.status_code, answer.json()["error"]) == (404, "no_media")


@pytest.mark.parametrize("kind", MEDIA)
async def test_a_kind_of_file_without_one_gets_a_small_valid_one(http: httpx.AsyncClient, kind: str) -> None:
    sent = await send(http, ANA, type=kind, text="look")
    made = sample(kind)
    message = await received(http)
    assert (message["type"], message["text"]) == (kind, "look")
    assert message["media"]["sha256"] == hashlib.sha256(made.data).hexdigest()
    assert (message["media"]["mimeType"], message["media"]["seconds"]) == (made.mime_type, made.seconds)
    answer = await http.get(f"/phones/{BEA}/messages/{sent['id']}/media")
    assert answer.content == made.data
    assert answer.headers["content-type"] == made.mime_type


async def test_a_given_file_arrives_byte_for_byte(http: httpx.AsyncClient) -> None:
    data = bytes(range(256)) * 100
    media = {"data": base64.b64encode(data).decode(), "mimeType": "x/y", "fileName": "tabla ñ.bin"}
    sent = await send(http, ANA, type="document", media=media)
    about = (await received(http))["media"]
    assert (about["size"], about["mimeType"], about["fileName"]) == (len(data), "x/y", "tabla ñ.bin")
    answer = await http.get(f"/phones/{BEA}/messages/{sent['id']}/media")
    assert answer.content == data


async def test_a_place_a_contact_and_a_poll_arrive_as_they_were(http: httpx.AsyncClient) -> None:
    await send(http, ANA, type="location", location={**PLACE, "name": "Obelisco"})
    assert (await received(http))["location"] == {**PLACE, "name": "Obelisco", "address": None}
    await send(http, ANA, type="contact", contacts=[{"name": "Zoe", "phone": "+54 9 11"}])
    (contact,) = (await received(http))["contacts"]
    assert contact["name"] == "Zoe"
    assert "waid=54911" in contact["vcard"]
    poll = {"name": "When?", "options": ["now", "later"], "multiple": True}
    sent = await send(http, ANA, type="poll", poll=poll)
    assert (await received(http))["poll"] == poll
    await http.post(f"/phones/{BEA}/vote", json={"messageId": sent["id"], "options": ["now"]})
    assert (await received(http, ANA))["votes"] == {BEA: ["now"]}


async def test_a_reply_names_what_it_answers_and_whom_it_mentions(http: httpx.AsyncClient) -> None:
    first = await send(http, ANA, text="question")
    await send(http, BEA, to=ANA, text="answer @Ana", quoted=first["id"], mentions=[ANA], forwarded=True)
    reply = await received(http, ANA)
    assert (reply["quoted"], reply["mentions"], reply["forwarded"]) == (first["id"], [ANA], True)


async def test_what_was_done_to_a_message_is_seen_on_both_phones(http: httpx.AsyncClient) -> None:
    sent = await send(http, ANA, text="helo")
    await http.post(f"/phones/{BEA}/react", json={"messageId": sent["id"], "emoji": "👍"})
    await http.post(f"/phones/{ANA}/edit", json={"messageId": sent["id"], "text": "hello"})
    for number in (ANA, BEA):
        message = await received(http, number)
        assert message["reactions"] == [{"from": BEA, "emoji": "👍"}]
        assert (message["text"], message["edited"], message["deleted"]) == ("hello", True, False)
    await http.post(f"/phones/{ANA}/delete", json={"messageId": sent["id"]})
    for number in (ANA, BEA):
        message = await received(http, number)
        assert (message["text"], message["deleted"]) == ("", True)


async def test_the_ledger_lists_what_was_accepted_in_order_and_can_be_continued(
    http: httpx.AsyncClient,
) -> None:
    first = await send(http, ANA, text="one")
    await send(http, BEA, to=ANA, type="image", text="two")
    await http.post(f"/phones/{BEA}/react", json={"messageId": first["id"], "emoji": "👍"})
    rows = (await http.get("/ledger")).json()
    assert [(row["owner"], row["chat"], row["type"], row["text"], row["repeats"]) for row in rows] == [
        (ANA, BEA, "text", "one", 0), (BEA, ANA, "image", "two", 0),
    ]  # fmt: skip
    assert (await http.get("/ledger", params={"after": rows[0]["seq"]})).json() == rows[1:]
    with_changes = (await http.get("/ledger", params={"changes": True})).json()
    assert [row["type"] for row in with_changes] == ["text", "image", "reaction"]
    assert with_changes[2]["target"] == first["id"]


async def test_a_phone_is_written_to_by_its_lid(http: httpx.AsyncClient) -> None:
    lid = (await http.post(f"/phones/{BEA}", json={"lidOnly": True})).json()["lid"]
    await send(http, ANA, to=f"{lid}@lid", text="hello")
    assert (await received(http))["from"] == ANA


async def test_a_group_is_made_changed_and_written_to(http: httpx.AsyncClient) -> None:
    answer = await http.post("/groups", json={"owner": ANA, "name": "Friends", "members": [BEA]})
    group = answer.json()
    assert group["members"] == [{"number": ANA, "admin": True}, {"number": BEA, "admin": False}]
    path = f"/groups/{group['id']}"
    changed = await http.post(f"{path}/members", json={"by": ANA, "action": "add", "members": [CAI]})
    assert changed.json() == (await http.get(path)).json() == (await http.get("/groups")).json()[0]
    await send(http, CAI, to=group["id"], text="hello")
    message = await received(http, ANA)
    assert (message["chat"], message["from"], message["author"], message["to"]) == (
        group["id"], CAI, CAI, group["id"],
    )  # fmt: skip
    of_group = await http.get(f"/phones/{BEA}/messages", params={"chat": group["id"]})
    assert [one["text"] for one in of_group.json()] == ["hello"]


async def test_a_group_with_a_number_without_a_phone_is_not_made(http: httpx.AsyncClient) -> None:
    answer = await http.post("/groups", json={"owner": ANA, "name": "x", "members": ["5491199999999"]})
    assert (answer.status_code, answer.json()["error"]) == (404, "not_on_whatsapp")
    assert (await http.get("/groups")).json() == []


async def test_every_phone_has_a_picture_of_its_own_unless_it_has_none(http: httpx.AsyncClient) -> None:
    pictures = set()
    for number in (ANA, BEA):
        lid = (await http.get(f"/phones/{number}")).json()["lid"]
        answer = await http.get(f"/picture/{lid}.png")
        with Image.open(io.BytesIO(answer.content)) as picture:
            assert picture.size == (640, 640)
        pictures.add(answer.content)
    assert len(pictures) == 2
    await http.post(f"/phones/{BEA}", json={"picture": False})
    assert (await http.get(f"/picture/{lid}.png")).status_code == 404


async def test_pages_upload_and_download_files_unless_the_network_is_down(http: httpx.AsyncClient) -> None:
    uploaded = (await http.post("/mms/upload", content=b"hello")).json()
    assert uploaded["sha256"] == hashlib.sha256(b"hello").hexdigest()
    assert (await http.get(uploaded["directPath"])).content == b"hello"
    assert (await http.get(f"/mms/{'0' * 64}")).status_code == 410
    await http.post("/network", json={"down": True})
    assert (await http.post("/mms/upload", content=b"x")).status_code == 503
    assert (await http.get(uploaded["directPath"])).status_code == 503
