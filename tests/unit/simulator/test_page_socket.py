"""What a page may say to the server, and what it gets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from unit.simulator.played_page import KEYS, PlayedPage

ANA, BEA = "5491100000001", "5491100000002"
OpenPage = Callable[[], PlayedPage]
Link = Callable[[str], Any]

BROKEN = {
    "not JSON": "{",
    "not an object": "[1]",
    "an unknown type": {"type": "dance"},
    "a type that is no text": {"type": ["send"]},
    "hello without keys": {"type": "hello"},
    "hello with a missing key": {"type": "hello", "keys": {"noise": KEYS["noise"]}},
    "login without a device": {"type": "login"},
    "a proof that nobody asked for": {"type": "proof", "answer": "00"},
    "a refresh before any code": {"type": "refresh"},
    "a message from a page that is not logged in": {"type": "send", "id": "1", "to": BEA, "body": "x"},
}


@pytest.mark.parametrize("frame", BROKEN.values(), ids=BROKEN)
async def test_a_page_that_breaks_the_protocol_is_closed_with_the_reason(
    frame: Any, open_page: OpenPage
) -> None:
    page = open_page()
    page.say(frame)
    closed = await page.hear("closed")
    assert closed["code"] == 1002
    assert closed["reason"]


async def test_a_message_to_nobody_is_refused_by_name(open_page: OpenPage, link: Link) -> None:
    page = open_page()
    await page.log_in(await link(ANA))
    await page.hear("caught_up")
    page.say({"type": "send", "id": "3EB0AA", "to": "5491199999999@c.us", "body": "hello"})
    nack = await page.hear("nack")
    assert (nack["id"], nack["error"]) == ("3EB0AA", "not_on_whatsapp")


async def test_a_message_is_acknowledged_step_by_step(
    http: httpx.AsyncClient, open_page: OpenPage, link: Link
) -> None:
    await http.post(f"/phones/{BEA}")
    page = open_page()
    await page.log_in(await link(ANA))
    await page.hear("caught_up")
    page.say({"type": "send", "id": "3EB0AA", "to": f"{BEA}@c.us", "body": "hello"})
    await page.hear("ack")
    assert [(await page.hear("receipt"))["ack"] for _ in range(2)] == [2, 3]
    (received,) = (await http.get(f"/phones/{BEA}/messages")).json()
    assert (received["id"], received["from"], received["text"]) == ("3EB0AA", ANA, "hello")


async def test_what_came_while_the_page_was_away_is_told_until_the_page_has_taken_it(
    http: httpx.AsyncClient, open_page: OpenPage, link: Link
) -> None:
    credential = await link(ANA)
    await http.post(f"/phones/{BEA}/send", json={"to": ANA, "text": "are you there?"})
    for _ in range(2):  # the first page closes before it says that it has the message
        page = open_page()
        welcome = await page.log_in(credential)
        assert (welcome["missed"], welcome["messages"]) == (1, [])
        missed = await page.hear("message")
        assert missed["message"]["body"] == "are you there?"
        await page.hear("caught_up")
        await page.leave()
    page = open_page()
    await page.log_in(credential)
    page.say({"type": "received", "seq": missed["message"]["seq"]})
    page.say({"type": "ping"})
    await page.hear("message")
    await page.hear("caught_up")
    await page.hear("pong")
    await page.leave()
    welcome = await open_page().log_in(credential)
    assert (welcome["missed"], [message["body"] for message in welcome["messages"]]) == (
        0,
        ["are you there?"],
    )


async def test_a_number_exists_when_it_has_a_phone(
    http: httpx.AsyncClient, open_page: OpenPage, link: Link
) -> None:
    await http.post(f"/phones/{BEA}", json={"name": "Bea"})
    page = open_page()
    await page.log_in(await link(ANA))
    await page.hear("caught_up")
    for wid, name in ((f"{BEA}@c.us", "Bea"), ("5491199999999@c.us", None), ("nonsense", None)):
        page.say({"type": "exists", "ask": 7, "wid": wid})
        answer = await page.hear("answer")
        assert (answer["ask"], (answer["contact"] or {}).get("name")) == (7, name)


async def test_reading_on_the_page_is_reading_on_the_phone(
    http: httpx.AsyncClient, open_page: OpenPage, link: Link
) -> None:
    await http.post(f"/phones/{ANA}", json={"autoRead": False})
    page = open_page()
    await page.log_in(await link(ANA))
    await page.hear("caught_up")
    await http.post(f"/phones/{BEA}/send", json={"to": ANA, "text": "hello"})
    await page.hear("message")
    page.say({"type": "seen", "chat": f"{BEA}@c.us"})
    await page.hear("read")
    (message,) = (await http.get(f"/phones/{BEA}/messages")).json()
    assert message["ack"] == 3


async def test_a_page_that_logs_out_is_forgotten(
    http: httpx.AsyncClient, open_page: OpenPage, link: Link
) -> None:
    page = open_page()
    await page.log_in(await link(ANA))
    await page.hear("caught_up")
    page.say({"type": "logout"})
    assert (await page.hear("logout"))["reason"] == "user_initiated"
    assert (await http.get(f"/phones/{ANA}")).json()["devices"] == []
