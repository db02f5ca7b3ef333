"""Places, contacts, polls, replies, mentions and forwarding, both ways, through the unmodified wa-js."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from integration.simulator.people import (
    ANA,
    BEA,
    CAI,
    Told,
    arrived,
    attributes,
    messages,
    newest,
    phone,
    send,
)
from integration.simulator.processes import Simulator
from integration.simulator.wa_page import WaPage

OpenPage = Callable[..., Awaitable[WaPage]]
TO = f"{BEA}@c.us"


@pytest.fixture
async def page(simulator: Simulator, http: httpx.AsyncClient, open_page: OpenPage) -> WaPage:
    await phone(http, BEA, name="Bea")
    opened = await open_page(simulator)
    await opened.link(http, ANA)
    return opened


async def sent(page: WaPage, http: httpx.AsyncClient, script: str, *more: Any) -> dict[str, Any]:
    """Runs `(to, ...) => WPP.chat.…`; the message as Bea's phone has it."""
    result = await page.run(f"(all) => ({script})(...all)", [TO, *more])
    assert result["sendMsgResult"]["messageSendResult"] == "OK"
    message = await newest(http, BEA)
    assert result["id"] == f"true_{TO}_{message['id']}"
    return message


async def test_a_type_that_is_not_simulated_is_refused_by_name(page: WaPage) -> None:
    script = "(to) => WPP.chat.sendRawMessage(to, {type: 'order', body: 'x'}, {createChat: true})"
    result = (await page.run(script, TO))["sendMsgResult"]
    assert (result["messageSendResult"], result["errorCode"]) == ("ERROR_UNKNOWN", "not_simulated")


async def test_a_place_is_sent(page: WaPage, http: httpx.AsyncClient) -> None:
    place = "{lat: -34.6, lng: -58.4, name: 'Obelisco', address: 'Av. 9 de Julio', createChat: true}"
    message = await sent(page, http, f"(to) => WPP.chat.sendLocationMessage(to, {place})")
    assert (message["type"], message["location"]) == (
        "location",
        {"latitude": -34.6, "longitude": -58.4, "name": "Obelisco", "address": "Av. 9 de Julio"},
    )


async def test_a_place_is_received(page: WaPage, http: httpx.AsyncClient) -> None:
    place = {"latitude": -34.6, "longitude": -58.4, "name": "Obelisco"}
    made = await send(http, BEA, type="location", location=place)
    about = await attributes(page, f"false_{TO}_{made['id']}")
    assert (about["type"], about["lat"], about["lng"], about["loc"]) == ("location", -34.6, -58.4, "Obelisco")


async def test_one_contact_and_several_are_sent(page: WaPage, http: httpx.AsyncClient) -> None:
    one = [{"id": f"{CAI}@c.us", "name": "Cai"}]
    two = [*one, {"id": f"{BEA}@c.us", "name": "Bea"}]
    for contacts in (one, two):
        script = "(to, all) => WPP.chat.sendVCardContactMessage(to, all, {createChat: true})"
        message = await sent(page, http, script, contacts)
        assert message["type"] == "contact"
        assert [contact["name"] for contact in message["contacts"]] == [one["name"] for one in contacts]
        assert f"waid={CAI}:+{CAI}" in message["contacts"][0]["vcard"]


async def test_one_contact_and_several_are_received(page: WaPage, http: httpx.AsyncClient) -> None:
    zoe, yan = {"name": "Zoe", "phone": "541"}, {"name": "Yan", "phone": "542"}
    made = await send(http, BEA, type="contact", contacts=[zoe])
    about = await attributes(page, f"false_{TO}_{made['id']}")
    assert (about["type"], about["vcardFormattedName"]) == ("vcard", "Zoe")
    assert "waid=541" in about["body"]
    made = await send(http, BEA, type="contact", contacts=[zoe, yan])
    about = await attributes(page, f"false_{TO}_{made['id']}")
    assert about["type"] == "multi_vcard"
    assert [one["displayName"] for one in about["vcardList"]] == ["Zoe", "Yan"]


async def test_a_poll_is_sent_and_its_votes_come_back(page: WaPage, http: httpx.AsyncClient) -> None:
    told = Told(page)
    await told.start()
    script = "(to) => WPP.chat.sendCreatePollMessage(to, 'When?', ['now', 'later'], {createChat: true})"
    message = await sent(page, http, script)
    assert message["poll"] == {"name": "When?", "options": ["now", "later"], "multiple": True}
    await http.post(f"/phones/{BEA}/vote", json={"messageId": message["id"], "options": ["later"]})
    (vote,) = await told.next("chat.poll_response")
    assert (vote["msgId"], vote["sender"]) == (f"true_{TO}_{message['id']}", TO)
    assert [chosen["name"] for chosen in vote["selectedOptions"] if chosen] == ["later"]


async def test_a_poll_is_received(page: WaPage, http: httpx.AsyncClient) -> None:
    made = await send(http, BEA, type="poll", poll={"name": "When?", "options": ["now", "later"]})
    about = await attributes(page, f"false_{TO}_{made['id']}")
    assert (about["type"], about["pollName"], about["pollSelectableOptionsCount"]) == (
        "poll_creation", "When?", 1,
    )  # fmt: skip
    assert [option["name"] for option in about["pollOptions"]] == ["now", "later"]


async def test_replies_name_what_they_answer(page: WaPage, http: httpx.AsyncClient) -> None:
    question = await send(http, BEA, text="question")
    key = f"false_{TO}_{question['id']}"
    await arrived(page, key)
    script = "(to, key) => WPP.chat.sendTextMessage(to, 'answer', {quotedMsg: key, linkPreview: false})"
    answer = await sent(page, http, script, key)
    assert answer["quoted"] == question["id"]
    made = await send(http, BEA, text="thanks", quoted=answer["id"])
    about = await attributes(page, f"false_{TO}_{made['id']}")
    assert (about["quotedStanzaID"], about["quotedParticipant"]) == (answer["id"], f"{ANA}@c.us")
    quoted = "(key) => WPP.chat.getQuotedMsg(key).then((msg) => msg.body)"
    assert await page.run(quoted, f"false_{TO}_{made['id']}") == "answer"


async def test_mentions_and_forwarding_are_told(page: WaPage, http: httpx.AsyncClient) -> None:
    script = "(to) => WPP.chat.sendTextMessage(to, 'hello @Bea', {mentionedList: [to], createChat: true})"
    message = await sent(page, http, script)
    assert message["mentions"] == [BEA]
    made = await send(http, BEA, text="hello @Ana", mentions=[ANA], forwarded=True)
    about = await attributes(page, f"false_{TO}_{made['id']}")
    assert (about["mentionedJidList"], about["isForwarded"]) == ([f"{ANA}@c.us"], True)


async def test_messages_are_forwarded_with_their_files(page: WaPage, http: httpx.AsyncClient) -> None:
    await phone(http, CAI, name="Cai")
    picture = await send(http, BEA, type="image", text="look")
    text = await send(http, BEA, text="read")
    keys = [f"false_{TO}_{one['id']}" for one in (picture, text)]
    await arrived(page, keys[1])
    script = "([to, keys]) => WPP.chat.forwardMessages(to, keys, {displayCaptionText: true})"
    assert await page.run(script, [f"{CAI}@c.us", keys]) == []
    first, second = await messages(http, CAI)
    assert (first["media"]["sha256"], first["text"]) == (picture["media"]["sha256"], "look")
    assert second["text"] == "read"
    assert first["forwarded"] is second["forwarded"] is True


async def test_the_contacts_picture_is_shown(page: WaPage, http: httpx.AsyncClient) -> None:
    await phone(http, CAI, picture=False)
    script = "(id) => WPP.contact.getProfilePictureUrl(id)"
    url = await page.run(script, TO)
    answer = await http.get(url)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
    assert await page.run(script, f"{CAI}@c.us") is None


async def test_a_chats_past_is_read_page_by_page(page: WaPage, http: httpx.AsyncClient) -> None:
    made = [await send(http, BEA, text=f"m{number}") for number in range(70)]
    await arrived(page, f"false_{TO}_{made[-1]['id']}")
    script = """([to, id]) => WPP.chat.getMessages(to, {count: 20, direction: 'before', id})
      .then((all) => all.map((msg) => [String(msg.id), msg.body]))"""
    found = await page.run("(to) => WPP.chat.getMessages(to, {count: 20})"
                           ".then((all) => all.map((msg) => [String(msg.id), msg.body]))", TO)  # fmt: skip
    texts = [text for _, text in found]
    while len(texts) < 70:
        found = await page.run(script, [TO, found[0][0]])
        texts = [text for _, text in found] + texts
    assert texts == [f"m{number}" for number in range(70)]
