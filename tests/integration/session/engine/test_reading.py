"""What the engine reads of WhatsApp's page: chats, messages, people, groups, what was never told live."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from integration.session.conftest import FRIEND, PHONE
from integration.session.engine.driven import Driven
from whatsapp_session.engine.protocol import NotFound
from whatsapp_session.facts import ChatMessage

pytestmark = pytest.mark.timeout(300)
THIRD = "5491100000003"
UNKNOWN = "5491100000099@c.us"


def since() -> datetime:
    return datetime.now(UTC) - timedelta(hours=1)


async def friend_sends(driven: Driven, text: str, to: str = PHONE) -> str:
    return str((await driven.phones.post(f"/phones/{FRIEND}/send", {"to": to, "text": text}))["id"])


async def set_faults(driven: Driven, **faults: Any) -> None:
    answer = await driven.phones.http.put(f"{driven.url}/phones/{PHONE}/faults", json=faults)
    assert answer.is_success, answer.text


async def stored(driven: Driven, bare: str) -> ChatMessage | None:
    found = await driven.engine.messages(since(), timeout=60)
    return next((one for one in found if bare in one.message_id), None)


async def test_a_chat_that_is_not_there_is_not_found(driven: Driven) -> None:
    with pytest.raises(NotFound):
        await driven.engine.history(UNKNOWN, before=None, limit=10, timeout=30)
    with pytest.raises(NotFound):
        await driven.engine.mark_read(UNKNOWN, timeout=30)


async def test_a_picture_that_is_not_shown_is_not_found(driven: Driven) -> None:
    await driven.phones.post(f"/phones/{THIRD}", {"picture": False})
    with pytest.raises(NotFound):
        await driven.engine.picture(f"{THIRD}@c.us", timeout=30)


async def test_a_picture_is_given_whole(driven: Driven) -> None:
    await friend_sends(driven, "hello")
    await driven.message()
    picture = await driven.engine.picture(f"{FRIEND}@c.us", timeout=30)
    assert picture.mime_type == "image/png"
    assert picture.content.startswith(b"\x89PNG")
    assert picture.content.rstrip().endswith(b"IEND\xaeB`\x82")


async def test_chats_are_newest_first_with_what_is_unread_and_can_be_read(driven: Driven) -> None:
    await driven.phones.post(f"/phones/{PHONE}", {"autoRead": False})
    group = await driven.group(FRIEND)
    await friend_sends(driven, "one", to=group)
    await friend_sends(driven, "two")
    await driven.message(lambda one: one.text == "two")
    newest, older = await driven.engine.chats(timeout=30)
    assert (newest.id, newest.group, newest.unread) == (f"{FRIEND}@c.us", False, 1)
    assert (older.id, older.group, older.name) == (group, True, "Friends")
    await driven.engine.mark_read(newest.id, timeout=30)
    assert (await driven.engine.chats(timeout=30))[0].unread == 0


async def test_the_messages_of_a_chat_are_read_in_pages_newest_first(driven: Driven) -> None:
    bares = [await friend_sends(driven, f"text {number}") for number in range(12)]
    await driven.message(lambda one: one.text == "text 11")
    chat = f"{FRIEND}@c.us"
    got: list[str] = []
    before = None
    while page := await driven.engine.history(chat, before=before, limit=5, timeout=30):
        got += [one.message_id.split("_")[2] for one in page]
        before = page[-1].message_id
    assert got == bares[::-1]


async def test_contacts_and_groups_are_listed_with_number_and_lid(driven: Driven) -> None:
    await driven.phones.post(f"/phones/{THIRD}", {"lidOnly": True, "name": "Carla"})
    group_id = await driven.group(FRIEND, THIRD)
    await friend_sends(driven, "hello", to=group_id)
    await driven.phones.send("hello", number=THIRD)
    carla = await driven.message(lambda one: one.chat_id.endswith("@lid"))
    contacts = {one.id: one for one in await driven.engine.contacts(timeout=30)}
    assert contacts[f"{FRIEND}@c.us"].phone == FRIEND
    assert (contacts[carla.chat_id].phone, contacts[carla.chat_id].lid) == (None, carla.chat_id)
    (group,) = await driven.engine.groups(timeout=30)
    assert (group.id, group.name, group.owner) == (group_id, "Friends", PHONE)
    assert {one.phone: one.admin for one in group.participants} == {PHONE: True, FRIEND: False, None: False}
    assert all(one.lid for one in group.participants)


async def test_a_message_that_was_never_told_live_is_in_the_store(driven: Driven) -> None:
    await friend_sends(driven, "before")
    await driven.message(lambda one: one.text == "before")
    await set_faults(driven, dropLive=True)
    bare = await friend_sends(driven, "dropped")
    found = await stored(driven, bare)
    assert found is not None
    assert (found.text, found.sender) == ("dropped", FRIEND)


async def test_what_was_edited_and_deleted_meanwhile_is_in_the_store(driven: Driven) -> None:
    edited, deleted = await friend_sends(driven, "first"), await friend_sends(driven, "a secret")
    await driven.message(lambda one: deleted in one.message_id)
    await driven.engine.stop()
    await driven.phones.post(f"/phones/{FRIEND}/edit", {"messageId": edited, "text": "second"})
    await driven.phones.post(f"/phones/{FRIEND}/delete", {"messageId": deleted})
    await driven.ready()
    one = await stored(driven, edited)
    assert one is not None
    assert (one.text, one.message_id) == ("second", f"false_{FRIEND}@c.us_{edited}")
    assert one.edited_at is not None
    other = await stored(driven, deleted)
    assert other is not None
    assert (other.deleted, other.text, other.message_id) == (True, "", f"false_{FRIEND}@c.us_{deleted}")


async def test_a_store_with_many_chats_is_read_whole_while_messages_are_told(driven: Driven) -> None:
    numbers = [f"54911000{number:05d}" for number in range(100, 250)]
    for number in numbers:
        await driven.phones.post(f"/phones/{number}")
        await driven.phones.send(f"from {number}", number=number)
    await driven.message(lambda one: one.text == f"from {numbers[-1]}")
    found = await driven.engine.messages(since(), timeout=60)
    assert {f"from {number}" for number in numbers} <= {one.text for one in found}
    assert [one.sent_at for one in found] == sorted(one.sent_at for one in found)
    assert len({one.message_id for one in found}) == len(found)
