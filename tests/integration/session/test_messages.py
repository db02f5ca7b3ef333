from __future__ import annotations

import asyncio

from integration.session.conftest import FRIEND, PHONE, Phones
from integration.session.processes import SessionProcess, eventually


async def test_a_send_reaches_the_phone_and_its_acks_reach_the_stream(
    ready: SessionProcess, phones: Phones
) -> None:
    text = "Hola ñ 😀\nhttps://example.com"
    answer = await ready.send(FRIEND, text)
    assert answer.status_code == 200
    assert answer.json()["ok"] is True
    message_id = answer.json()["message_id"]
    assert await phones.received() == [text]
    told = await ready.events(4, "after=0&types=message.*")
    assert [event["type"] for event in told] == ["message.sent"] + ["message.ack"] * 3
    assert [event["data"].get("ack") for event in told] == [None, 1, 2, 3]
    assert {event["data"]["messageId"] for event in told} == {message_id}
    sent = told[0]["data"]
    assert (sent["from"], sent["to"], sent["fromMe"], sent["text"]) == (PHONE, FRIEND, True, text)


async def test_a_phones_message_reaches_the_live_stream(ready: SessionProcess, phones: Phones) -> None:
    following = asyncio.create_task(
        ready.events_until(lambda got: len(got) == 2, "types=session.snapshot,message.*")
    )
    await phones.send("buen día")
    received = (await following)[-1]
    assert received["type"] == "message.received"
    data = received["data"]
    assert data.pop("timestamp").endswith("Z")
    assert data.pop("lid").endswith("@lid")
    assert data == {
        "messageId": data["messageId"], "chatId": f"{FRIEND}@c.us", "from": FRIEND, "to": PHONE,
        "fromMe": False, "type": "text", "text": "buen día", "phone": FRIEND, "pushName": "Phone 0002",
    }  # fmt: skip


async def test_what_the_phone_itself_sends_is_told_as_sent(ready: SessionProcess, phones: Phones) -> None:
    await phones.send("from the phone", to=FRIEND, number=PHONE)
    (sent,) = await ready.events(1, "after=0&types=message.sent")
    assert sent["data"]["text"] == "from the phone"


async def test_a_number_without_whatsapp_is_refused_by_name(ready: SessionProcess) -> None:
    answer = await ready.send("5491199999999", "hello")
    assert (answer.status_code, answer.json()["error"]) == (400, "not_on_whatsapp")


async def test_order_holds_in_a_chat_while_both_sides_write(ready: SessionProcess, phones: Phones) -> None:
    async def friend() -> None:
        for number in range(20):
            await phones.send(f"in {number}")

    async def own() -> None:
        for number in range(20):
            assert (await ready.send(FRIEND, f"out {number}")).status_code == 200

    await asyncio.gather(friend(), own())

    def all_there(got: list[dict[str, object]]) -> bool:
        return len([event for event in got if event["type"] != "message.ack"]) == 40

    told = await ready.events_until(all_there, "after=0&types=message.*")
    texts = [event["data"]["text"] for event in told if event["type"] == "message.received"]
    assert texts == [f"in {number}" for number in range(20)]
    assert await phones.received() == [f"out {number}" for number in range(20)]
    assert len({event["id"] for event in told}) == len(told)


async def test_last_activity_moves_with_a_message(ready: SessionProcess, phones: Phones) -> None:
    assert (await ready.view())["lastActivity"] is None
    await phones.send("hello")

    async def moved() -> bool:
        return (await ready.view())["lastActivity"] is not None

    await eventually(moved, "lastActivity is set")
