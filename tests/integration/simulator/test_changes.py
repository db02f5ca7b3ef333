"""Reactions, edits and deletions for everyone, both ways, as wa-js tells and makes them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import httpx
import pytest

from integration.simulator.people import ANA, BEA, Told, arrived, messages, newest, phone, send
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


@pytest.fixture
async def told(page: WaPage) -> Told:
    made = Told(page)
    await made.start()
    return made


async def test_another_persons_message_can_be_neither_edited_nor_deleted_for_everyone(
    page: WaPage, http: httpx.AsyncClient
) -> None:
    made = await send(http, BEA, text="hello")
    key = f"false_{TO}_{made['id']}"
    await arrived(page, key)
    refused = await page.run("(key) => WPP.chat.editMessage(key, 'x').catch((error) => error.code)", key)
    assert refused == "edit_message_error"
    deleted = await page.run("([to, key]) => WPP.chat.deleteMessage(to, key, true, true)", [TO, key])
    assert deleted["isRevoked"] is False
    assert (await newest(http, BEA))["deleted"] is False


async def test_a_reaction_is_told_and_can_be_taken_back(
    page: WaPage, http: httpx.AsyncClient, told: Told
) -> None:
    key = (await page.send(BEA, "hello"))["id"]
    for emoji in ("👍", "❤️", ""):
        await http.post(f"/phones/{BEA}/react", json={"messageId": key.split("_")[2], "emoji": emoji})
        (reaction,) = await told.next("chat.new_reaction")
        assert (reaction["msgId"], reaction["reactionText"], reaction["sender"]) == (key, emoji, TO)
        assert reaction["id"].startswith(f"false_{TO}_")
    script = "(key) => WPP.chat.getReactions(key).then((found) => found.reactions.length)"
    assert await page.run(script, key) == 0


async def test_a_reaction_is_sent(page: WaPage, http: httpx.AsyncClient) -> None:
    made = await send(http, BEA, text="hello")
    key = f"false_{TO}_{made['id']}"
    await arrived(page, key)
    for emoji, shown in (("🎉", [{"from": ANA, "emoji": "🎉"}]), (None, [])):
        await page.run("([key, emoji]) => WPP.chat.sendReactionToMessage(key, emoji)", [key, emoji])
        assert (await newest(http, BEA))["reactions"] == shown


async def test_an_edit_is_told(page: WaPage, http: httpx.AsyncClient, told: Told) -> None:
    made = await send(http, BEA, type="image", text="helo")
    key = f"false_{TO}_{made['id']}"
    await arrived(page, key)
    await http.post(f"/phones/{BEA}/edit", json={"messageId": made["id"], "text": "hello"})
    assert await told.next("chat.msg_edited") == [{"id": key, "text": "hello"}]


async def test_an_edit_is_made(page: WaPage, http: httpx.AsyncClient, told: Told) -> None:
    key = (await page.send(BEA, "helo"))["id"]
    edited = await page.run("(key) => WPP.chat.editMessage(key, 'hello', {linkPreview: false})", key)
    assert edited["id"] == key
    message = await newest(http, BEA)
    assert (message["text"], message["edited"]) == ("hello", True)
    assert await told.next("chat.msg_edited") == [{"id": key, "text": "hello"}]
    assert len(await messages(http, BEA)) == 1


async def test_a_deletion_for_everyone_is_told(page: WaPage, http: httpx.AsyncClient, told: Told) -> None:
    made = await send(http, BEA, type="image", text="look")
    key = f"false_{TO}_{made['id']}"
    await arrived(page, key)
    await http.post(f"/phones/{BEA}/delete", json={"messageId": made["id"]})
    (revoke,) = await told.next("chat.msg_revoke")
    assert (revoke["refId"], revoke["type"], revoke["from"]) == (key, "sender_revoke", TO)
    await page.until(f"() => WPP.whatsapp.MsgStore.get('{key}').type === 'revoked'")
    failed = await page.run("(key) => WPP.chat.downloadMedia(key).catch((error) => error.code)", key)
    assert failed == "message_not_contains_media"


async def test_a_deletion_for_everyone_is_made(page: WaPage, http: httpx.AsyncClient) -> None:
    key = (await page.send(BEA, "hello"))["id"]
    deleted = await page.run("([to, key]) => WPP.chat.deleteMessage(to, key, true, true)", [TO, key])
    assert (deleted["isRevoked"], deleted["sendMsgResult"]) == (True, "OK")
    message = await newest(http, BEA)
    assert (message["deleted"], message["text"]) == (True, "")


async def test_what_happened_while_the_page_was_away_is_told_when_it_is_back(
    page: WaPage, simulator: Simulator, http: httpx.AsyncClient, open_page: OpenPage
) -> None:
    made = [await send(http, BEA, text=text) for text in ("to react", "to edit", "to delete")]
    await arrived(page, f"false_{TO}_{made[2]['id']}")
    own = (await page.send(BEA, "mine"))["id"]
    await page.close()
    react, edit, delete = (one["id"] for one in made)
    await http.post(f"/phones/{BEA}/react", json={"messageId": own.split("_")[2], "emoji": "👍"})
    await http.post(f"/phones/{BEA}/react", json={"messageId": react, "emoji": "🎉"})
    await http.post(f"/phones/{BEA}/edit", json={"messageId": edit, "text": "edited"})
    await http.post(f"/phones/{BEA}/delete", json={"messageId": delete})
    again = await open_page(simulator)
    await again.ready()
    shown = """(to) => WPP.chat.getMessages(to, {count: -1})
      .then((all) => all.map((msg) => [msg.type, msg.body, Boolean(msg.latestEditMsgKey)]))"""
    assert await again.run(shown, TO) == [
        ["chat", "to react", False], ["chat", "edited", True], ["revoked", "", False],
        ["chat", "mine", False],
    ]  # fmt: skip
    reactions = """(key) => WPP.chat.getReactions(key)
      .then((found) => found.reactions.map((one) => one.aggregateEmoji))"""
    assert await again.run(reactions, own) == ["👍"]
    assert await again.run(reactions, f"false_{TO}_{react}") == ["🎉"]


async def test_changes_that_a_killed_page_had_handed_in_are_made_by_the_next_one(
    page: WaPage, simulator: Simulator, http: httpx.AsyncClient, open_page: OpenPage
) -> None:
    edited, deleted = [(await page.send(BEA, text))["id"] for text in ("helo", "oops")]
    made = await send(http, BEA, text="hello")
    key = f"false_{TO}_{made['id']}"
    await arrived(page, key)
    await http.post("/network", json={"down": True})
    await page.until("() => !WPP.whatsapp.Socket.canSend")
    await page.run(
        """([to, edited, deleted, key]) => {
          WPP.chat.editMessage(edited, 'hello', {linkPreview: false});
          WPP.chat.deleteMessage(to, deleted, true, true);
          WPP.chat.sendReactionToMessage(key, '🎉');
        }""",
        [TO, edited, deleted, key],
    )
    kept = """new Promise((resolve) => { indexedDB.open('wawc').onsuccess = ({ target: { result } }) => {
      const all = result.transaction('user').objectStore('user').getAllKeys();
      all.onsuccess = () => resolve(all.result.filter((one) => one.startsWith('pending:')).length); }; })"""
    await page.until(f"() => {kept}.then((count) => count === 3)")
    await page.close()
    await http.post("/network", json={"down": False})
    again = await open_page(simulator)
    await again.ready()
    await again.until(f"() => WPP.whatsapp.MsgStore.get('{edited}').body === 'hello'")
    await again.until(f"() => WPP.whatsapp.MsgStore.get('{deleted}').type === 'revoked'")
    reactions = f"() => WPP.chat.getReactions('{key}').then((found) => found.reactions.length === 1)"
    await again.until(reactions)
    first, second, third = await messages(http, BEA)
    assert (first["text"], second["deleted"], third["reactions"]) == (
        "hello", True, [{"from": ANA, "emoji": "🎉"}],
    )  # fmt: skip
