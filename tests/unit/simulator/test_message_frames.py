"""What a logged-in page says about messages of every kind, about groups and people, and what it hears."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from unit.simulator.played_page import Frame, PlayedPage

ANA, BEA, CAI = "5491100000001", "5491100000002", "5491100000003"
BEA_WID = f"{BEA}@c.us"
OpenPage = Callable[[], PlayedPage]
Link = Callable[[str], Any]

REFUSED: dict[str, tuple[Frame, str]] = {
    "a kind that is not simulated": ({"kind": "order"}, "not_simulated"),
    "content that is none": ({"kind": "image", "content": {"media": 1}}, "invalid_content"),
    "content that is no object": ({"body": "x", "content": [1]}, "invalid_content"),
    "mentions that are no list": ({"body": "x", "content": {"mentions": 5}}, "invalid_content"),
    "a quote that is none": ({"body": "x", "content": {"quoted": [1]}}, "invalid_content"),
    "a picture without a file": ({"kind": "image"}, "invalid_content"),
    "a file that was not uploaded": (
        {"kind": "image", "content": {"media": {"sha256": "0" * 64, "size": 1, "mimeType": "a/b"}}},
        "media_missing",
    ),
    "a chat that is none": ({"to": "status@broadcast", "body": "x"}, "invalid_number"),
    "a group that is none": ({"to": "120363000000000001@g.us", "body": "x"}, "not_a_member"),
    "a mention of nobody": ({"body": "x", "content": {"mentions": ["1@lid"]}}, "not_on_whatsapp"),
    "a reaction to nothing": ({"kind": "reaction", "target": "3EB0", "body": "x"}, "unknown_message"),
    "an edit of nothing": ({"kind": "edit", "body": "x"}, "unknown_message"),
}


@pytest.fixture
async def page(http: httpx.AsyncClient, open_page: OpenPage, link: Link) -> PlayedPage:
    """Ana's, logged in; Bea and Cai have phones."""
    for number, name in ((BEA, "Bea"), (CAI, "Cai")):
        await http.post(f"/phones/{number}", json={"name": name})
    opened = open_page()
    await opened.log_in(await link(ANA))
    await opened.hear("caught_up")
    return opened


async def lid(http: httpx.AsyncClient, number: str) -> str:
    return f"{(await http.get(f'/phones/{number}')).json()['lid']}@lid"


async def newest(http: httpx.AsyncClient, number: str) -> dict[str, Any]:
    found: dict[str, Any] = (await http.get(f"/phones/{number}/messages")).json()[-1]
    return found


async def ask(page: PlayedPage, **frame: Any) -> Frame:
    page.say({"ask": 7, **frame})
    answer = await page.hear("answer")
    assert answer["ask"] == 7
    return answer


@pytest.mark.parametrize(("frame", "code"), REFUSED.values(), ids=REFUSED)
async def test_what_cannot_be_sent_is_refused_by_name_and_the_page_goes_on(
    page: PlayedPage, http: httpx.AsyncClient, frame: Frame, code: str
) -> None:
    page.say({"type": "send", "id": "3EB0AA", "to": BEA_WID, **frame})
    nack = await page.hear("nack")
    assert (nack["id"], nack["error"]) == ("3EB0AA", code)
    page.say({"type": "ping"})
    await page.hear("pong")
    assert (await http.get("/ledger")).json() == []


async def test_an_uploaded_file_is_sent_by_its_name(page: PlayedPage, http: httpx.AsyncClient) -> None:
    name = (await http.post("/mms/upload", content=b"hello")).json()["sha256"]
    media = {"sha256": name, "size": 5, "mimeType": "video/mp4", "seconds": 2}
    page.say(
        {"type": "send", "id": "3EB0AA", "to": BEA_WID, "kind": "video", "gif": True, "body": "look",
         "content": {"media": media}}
    )  # fmt: skip
    assert (await page.hear("ack"))["chat"] == BEA_WID
    message = await newest(http, BEA)
    assert (message["type"], message["text"], message["media"]["seconds"]) == ("gif", "look", 2)


async def test_a_reply_to_what_is_not_there_says_what_the_page_knows_of_it(
    page: PlayedPage, http: httpx.AsyncClient
) -> None:
    quoted = {"id": "3EB0OLD", "participant": await lid(http, BEA), "body": "long ago"}
    page.say({"type": "send", "id": "3EB0AA", "to": BEA_WID, "body": "x", "content": {"quoted": quoted}})
    await page.hear("ack")
    assert (await newest(http, BEA))["quoted"] == "3EB0OLD"


async def test_a_change_is_handed_in_under_an_id_and_made_once(
    page: PlayedPage, http: httpx.AsyncClient
) -> None:
    page.say({"type": "send", "id": "3EB0AA", "to": BEA_WID, "body": "helo"})
    await page.hear("ack")
    for _ in range(2):
        await page.hear("receipt")
    for _ in range(2):
        page.say({"type": "send", "id": "3EB0ED", "to": BEA_WID, "kind": "edit", "target": "3EB0AA",
                  "body": "hello"})  # fmt: skip
        assert (await page.hear("ack"))["id"] == "3EB0ED"
    assert ((await newest(http, BEA))["text"], (await newest(http, BEA))["edited"]) == ("hello", True)
    rows = (await http.get("/ledger", params={"changes": True})).json()
    assert [(row["type"], row["repeats"]) for row in rows] == [("text", 0), ("edit", 1)]


async def test_the_page_learns_who_is_in_its_groups(page: PlayedPage, http: httpx.AsyncClient) -> None:
    body = {"owner": BEA, "name": "Friends", "members": [ANA]}
    mine = (await http.post("/groups", json=body)).json()["id"]
    assert (await page.hear("message"))["message"]["type"] == "gp2"
    other = (await http.post("/groups", json={**body, "members": [CAI]})).json()["id"]
    group = (await ask(page, type="group", id=mine))["group"]
    assert (group["name"], [member["wid"] for member in group["members"]]) == (
        "Friends", [await lid(http, BEA), await lid(http, ANA)],
    )  # fmt: skip
    assert [member["admin"] for member in group["members"]] == [True, False]
    assert (await ask(page, type="group", id=other))["group"] is None
    assert [one["id"] for one in (await ask(page, type="groups"))["groups"]] == [mine]


async def test_a_login_tells_the_groups_and_what_became_of_messages(
    http: httpx.AsyncClient, open_page: OpenPage, link: Link, page: PlayedPage
) -> None:
    await http.post("/groups", json={"owner": BEA, "name": "Friends", "members": [ANA]})
    sent = (await http.post(f"/phones/{BEA}/send", json={"to": ANA, "text": "helo"})).json()
    await http.post(f"/phones/{BEA}/edit", json={"messageId": sent["id"], "text": "hello"})
    await http.post(f"/phones/{BEA}/react", json={"messageId": sent["id"], "emoji": "👍"})
    other = open_page()
    welcome = await other.log_in(await link(ANA))
    assert [group["name"] for group in welcome["groups"]] == ["Friends"]
    notice, message = welcome["messages"]
    assert (notice["type"], notice["chatName"]) == ("gp2", "Friends")
    assert message["edit"]["text"] == "hello"
    assert [reaction["body"] for reaction in message["reactions"]] == ["👍"]


async def test_who_hides_the_number_is_found_by_either_name(
    page: PlayedPage, http: httpx.AsyncClient
) -> None:
    await http.post(f"/phones/{BEA}", json={"lidOnly": True})
    hidden = await lid(http, BEA)
    by_lid = (await ask(page, type="exists", wid=hidden))["contact"]
    assert by_lid == {"wid": hidden, "name": "Bea", "lid": None}
    by_number = (await ask(page, type="exists", wid=BEA_WID))["contact"]
    assert by_number == {"wid": BEA_WID, "name": "Bea", "lid": None}
    page.say({"type": "send", "id": "3EB0AA", "to": BEA_WID, "body": "x"})
    ack = await page.hear("ack")
    assert (ack["chat"], ack["contact"]["wid"]) == (BEA_WID, hidden)


async def test_a_picture_is_told_for_people_who_have_one(page: PlayedPage, http: httpx.AsyncClient) -> None:
    await http.post(f"/phones/{CAI}", json={"picture": False})
    url = (await ask(page, type="picture", wid=BEA_WID))["url"]
    assert (await http.get(url)).headers["content-type"] == "image/png"
    for wid in (f"{CAI}@c.us", "120363000000000001@g.us", "5491199999999@c.us", "nonsense"):
        assert (await ask(page, type="picture", wid=wid))["url"] is None


async def test_messages_are_looked_up_by_key_and_the_past_by_chat(
    page: PlayedPage, http: httpx.AsyncClient
) -> None:
    sent = [(await http.post(f"/phones/{BEA}/send", json={"to": ANA, "text": f"m{number}"})).json()["id"]
            for number in range(5)]  # fmt: skip
    for _ in sent:
        await page.hear("message")
    keys = [
        {"chat": BEA_WID, "id": sent[1], "fromMe": False},
        {"chat": BEA_WID, "id": sent[2], "fromMe": True},
    ]
    found = await ask(page, type="lookup", keys=keys)
    assert [message["id"] for message in found["messages"]] == [sent[1]]
    assert found["contacts"][0]["name"] == "Bea"
    past = await ask(page, type="history", chat=BEA_WID, id=sent[4], fromMe=False, count=2)
    assert [message["id"] for message in past["messages"]] == sent[2:]
    assert (await ask(page, type="history", chat="1@lid", id="x", count=2))["messages"] == []
