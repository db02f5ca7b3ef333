"""Groups and LIDs as wa-js sees them: members, authors, joins and leaves, acknowledgements per member."""

from __future__ import annotations

import base64
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from integration.simulator.people import ANA, BEA, CAI, Told, arrived, attributes, newest, phone, send
from integration.simulator.processes import Simulator
from integration.simulator.wa_page import WaPage
from whatsapp_simulator.samples import sample

OpenPage = Callable[..., Awaitable[WaPage]]
PARTICIPANTS = """(id) => WPP.group.getParticipants(id)
  .then((all) => all.map((one) => [String(one.id), one.isAdmin]))"""
SEND = "([to, text, options]) => WPP.chat.sendTextMessage(to, text, {linkPreview: false, ...options})"


@pytest.fixture
async def lids(http: httpx.AsyncClient) -> dict[str, str]:
    """Number → LID, as pages name it."""
    names = {ANA: "Ana", BEA: "Bea", CAI: "Cai"}
    return {number: f"{(await phone(http, number, name=name))['lid']}@lid" for number, name in names.items()}


@pytest.fixture
async def page(
    simulator: Simulator, http: httpx.AsyncClient, open_page: OpenPage, lids: dict[str, str]
) -> WaPage:
    opened = await open_page(simulator)
    await opened.link(http, ANA)
    return opened


@pytest.fixture
async def told(page: WaPage) -> Told:
    made = Told(page)
    await made.start()
    return made


async def make_group(http: httpx.AsyncClient, page: WaPage) -> str:
    """Bea's group with Ana and Cai, once the page knows it."""
    answer = await http.post("/groups", json={"owner": BEA, "name": "Friends", "members": [ANA, CAI]})
    group_id: str = answer.json()["id"]
    await page.until(f"() => WPP.whatsapp.GroupMetadataStore.get('{group_id}')")
    return group_id


async def change(http: httpx.AsyncClient, group: str, by: str, action: str, *members: str) -> None:
    body = {"by": by, "action": action, "members": list(members)}
    answer = await http.post(f"/groups/{group}/members", json=body)
    assert answer.status_code == 200, answer.text


async def test_who_was_removed_cannot_write_any_more(
    page: WaPage, http: httpx.AsyncClient, told: Told, lids: dict[str, str]
) -> None:
    group = await make_group(http, page)
    await change(http, group, BEA, "remove", ANA)
    (removed,) = await told.next("group.participant_changed")
    assert removed["participants"] == [lids[ANA]]
    assert await page.run("(id) => WPP.chat.get(id).isReadOnly", group) is True
    result = (await page.run(SEND, [group, "still there?", {}]))["sendMsgResult"]
    assert (result["messageSendResult"], result["errorCode"]) == ("ERROR_UNKNOWN", "not_a_member")


async def test_a_group_is_known_with_its_members(
    page: WaPage, http: httpx.AsyncClient, lids: dict[str, str]
) -> None:
    group = await make_group(http, page)
    assert await page.run(PARTICIPANTS, group) == [
        [lids[BEA], True], [lids[ANA], False], [lids[CAI], False],
    ]  # fmt: skip
    listed = "WPP.group.getAllGroups().then((all) => all.map((one) => [String(one.id), one.formattedTitle]))"
    assert await page.run(listed) == [[group, "Friends"]]
    chats = "WPP.chat.list({onlyGroups: true}).then((all) => all.map((one) => String(one.id)))"
    assert await page.run(chats) == [group]
    number = "(lid) => WPP.contact.getPnLidEntry(lid).then((found) => found.phoneNumber._serialized)"
    assert await page.run(number, lids[BEA]) == f"{BEA}@c.us"


async def test_joins_leaves_and_rights_are_told(
    page: WaPage, http: httpx.AsyncClient, told: Told, lids: dict[str, str]
) -> None:
    group = await make_group(http, page)
    await told.next("chat.new_message")  # the notice that the group was made
    for by, action, operation in (
        (BEA, "promote", "promote"), (BEA, "demote", "demote"), (BEA, "remove", "remove"),
        (BEA, "add", "add"), (CAI, "leave", "remove"), (CAI, "join", "add"),
    ):  # fmt: skip
        await change(http, group, by, action, *([CAI] if by == BEA else []))
        (event,) = await told.next("group.participant_changed")
        assert (event["groupId"], event["action"], event["operation"]) == (group, action, operation)
        assert (event["author"], event["participants"]) == (lids[by], [lids[CAI]])
        (notice,) = await told.next("chat.new_message")
        assert (notice["type"], notice["author"]) == ("gp2", lids[by])
        members = [member[0] for member in await page.run(PARTICIPANTS, group)]
        assert (lids[CAI] in members) is (action not in ("remove", "leave"))


async def test_messages_into_a_group_are_acknowledged_by_each_member(
    page: WaPage, http: httpx.AsyncClient, told: Told, lids: dict[str, str]
) -> None:
    group = await make_group(http, page)
    await phone(http, CAI, autoRead=False)
    key = f"true_{group}_3EB0AABBCCDDEEFF001122_{lids[ANA]}"
    sent = await page.run(SEND, [group, "hello", {"messageId": key}])
    assert (sent["id"], sent["sendMsgResult"]["messageSendResult"]) == (key, "OK")
    for number in (BEA, CAI):
        message = await newest(http, number)
        assert (message["id"], message["chat"], message["author"]) == ("3EB0AABBCCDDEEFF001122", group, ANA)
    acks = await told.next("chat.msg_ack_change", 4)
    assert [(ack["ack"], ack.get("sender")) for ack in acks] == [
        (1, None), (2, lids[BEA]), (2, lids[CAI]), (3, lids[BEA]),
    ]  # fmt: skip
    reached = "(key) => WPP.whatsapp.MsgStore.get(key).ack"
    assert await page.run(reached, key) == 2
    await http.post(f"/phones/{CAI}/read", json={"chat": group})
    await page.until(f"() => WPP.whatsapp.MsgStore.get('{key}').ack === 3")


async def test_messages_from_a_group_name_their_author(
    page: WaPage, http: httpx.AsyncClient, lids: dict[str, str]
) -> None:
    group = await make_group(http, page)
    first = await send(http, CAI, to=group, text="hello @Ana", mentions=[ANA])
    key = f"false_{group}_{first['id']}_{lids[CAI]}"
    about = await attributes(page, key)
    assert (about["from"], about["author"], about["notifyName"]) == (group, lids[CAI], "Cai")
    assert about["mentionedJidList"] == [lids[ANA]]
    reply = await page.run(SEND, [group, "hi", {"quotedMsg": key}])
    assert (await newest(http, CAI))["quoted"] == first["id"]
    await http.post(f"/phones/{CAI}/react", json={"messageId": reply["id"].split("_")[2], "emoji": "👍"})
    script = "(key) => WPP.chat.getReactions(key).then((found) => found.reactions.length)"
    await page.until(f"() => ({script})('{reply['id']}')")


async def test_files_go_into_groups_and_come_from_them(
    page: WaPage, http: httpx.AsyncClient, lids: dict[str, str]
) -> None:
    group = await make_group(http, page)
    made = sample("image")
    url = f"data:image/jpeg;base64,{base64.b64encode(made.data).decode()}"
    script = "([to, file]) => WPP.chat.sendFileMessage(to, file, {type: 'image', caption: 'look'})"
    sent = await page.run(script, [group, url])
    assert sent["id"].endswith(f"_{lids[ANA]}")
    message = await newest(http, CAI)
    assert (await http.get(f"/phones/{CAI}/messages/{message['id']}/media")).content == made.data
    theirs = await send(http, CAI, to=group, type="voice")
    key = f"false_{group}_{theirs['id']}_{lids[CAI]}"
    await arrived(page, key)
    got = await page.run("(key) => WPP.chat.downloadMedia(key).then(WPP.util.blobToBase64)", key)
    assert base64.b64decode(got.partition(",")[2]) == sample("voice").data


async def test_the_past_of_a_group_is_there_after_a_restart(
    page: WaPage, simulator: Simulator, http: httpx.AsyncClient, open_page: OpenPage, lids: dict[str, str]
) -> None:
    group = await make_group(http, page)
    await page.run(SEND, [group, "mine", {}])
    theirs = await send(http, CAI, to=group, text="theirs")
    await arrived(page, f"false_{group}_{theirs['id']}_{lids[CAI]}")
    await page.close()
    await change(http, group, BEA, "promote", CAI)
    again = await open_page(simulator)
    await again.ready()
    read = """(id) => WPP.chat.getMessages(id, {count: -1})
      .then((all) => all.filter((msg) => msg.type === 'chat').map((msg) => [msg.body, String(msg.author)]))"""
    assert await again.run(read, group) == [["mine", lids[ANA]], ["theirs", lids[CAI]]]
    members: list[Any] = await again.run(PARTICIPANTS, group)
    assert [lids[CAI], True] in members


async def test_who_hides_the_number_is_known_by_lid_alone(
    page: WaPage, http: httpx.AsyncClient, told: Told, lids: dict[str, str]
) -> None:
    await phone(http, CAI, lidOnly=True)
    made = await send(http, CAI, text="guess who")
    (message,) = await told.next("chat.new_message")
    assert (message["id"], message["from"]) == (f"false_{lids[CAI]}_{made['id']}", lids[CAI])
    entry = await page.run("(lid) => WPP.contact.getPnLidEntry(lid)", lids[CAI])
    assert entry.get("phoneNumber") is None
    assert entry["contact"]["pushname"] == "Cai"
    assert (
        await page.run("(lid) => WPP.contact.queryWidExists(lid).then(({wid}) => String(wid))", lids[CAI])
        == (lids[CAI])
    )
    sent = await page.run(SEND, [lids[CAI], "you", {"messageId": f"true_{lids[CAI]}_3EB0AABBCCDDEEFF001122"}])
    assert sent["sendMsgResult"]["messageSendResult"] == "OK"
    assert (await newest(http, CAI))["text"] == "you"
    await page.until(f"() => WPP.whatsapp.MsgStore.get('{sent['id']}').ack === 3")
    assert await page.run("(lid) => WPP.contact.getProfilePictureUrl(lid)", lids[CAI])
