from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Any

import pytest

from unit.session.engine.fake_page import FakePage
from unit.session.engine.plain import MESSAGE
from whatsapp_session.engine import reading
from whatsapp_session.engine.protocol import (
    Chat,
    CheckFailed,
    Contact,
    EngineStuck,
    Group,
    NotFound,
    NotOnWhatsApp,
    Participant,
    Stage,
)

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def stored(number: int, t: int) -> dict[str, Any]:
    return {**MESSAGE, "id": f"true_x_{number}", "t": t}


async def test_a_number_that_nobody_could_ask_about_is_not_called_unknown() -> None:
    unsure = FakePage({"resolve": lambda _: {"ok": {"wid": None, "sure": False}}})
    with pytest.raises(CheckFailed):
        await reading.resolve(unsure.page, "1", timeout=1)
    with pytest.raises(CheckFailed):
        await reading.resolve(
            FakePage({"resolve": lambda _: EngineStuck(Stage.CHECK, 1)}).page, "1", timeout=1
        )


async def test_a_number_without_whatsapp_is_told_by_name_and_another_has_its_chat() -> None:
    nobody = FakePage({"resolve": lambda _: {"ok": {"wid": None, "sure": True}}})
    with pytest.raises(NotOnWhatsApp, match="5491100000099"):
        await reading.resolve(nobody.page, "5491100000099", timeout=1)
    page = FakePage({"resolve": lambda to: {"ok": {"wid": f"{to}@c.us"}}})
    assert await reading.resolve(page.page, "5491100000002", timeout=1) == "5491100000002@c.us"


async def test_the_store_is_read_in_slices_each_message_once_oldest_first(
    caplog: pytest.LogCaptureFixture,
) -> None:
    chats = [f"{number}@c.us" for number in range(25)]

    def of(asked: dict[str, Any]) -> dict[str, Any]:
        first = int(asked["chats"][0].split("@")[0])
        return {"ok": {"messages": [stored(1, 100), stored(first + 2, 50 - first)], "failed": first // 20}}

    page = FakePage(
        {"recent": lambda _: {"ok": {"messages": [stored(1, 100)], "chats": chats}}, "recentOf": of}
    )
    with caplog.at_level(logging.WARNING):
        found = await reading.recent(page.page, 10, timeout=10)
    assert [len(asked["chats"]) for method, asked in page.asked if method == "recentOf"] == [10, 10, 5]
    assert [one.message_id for one in found] == ["true_x_22", "true_x_12", "true_x_2", "true_x_1"]
    assert "1 chats" in caplog.text


async def test_messages_of_one_second_come_in_their_chats_order_and_not_as_the_page_holds_them() -> None:
    page = FakePage(
        {
            "recent": lambda _: {"ok": {"messages": [stored(3, 100)], "chats": ["x"]}},
            "recentOf": lambda _: {"ok": {"messages": [stored(n, 100) for n in (1, 2, 3)], "failed": 0}},
        }
    )
    found = await reading.recent(page.page, 10, timeout=10)
    assert [one.message_id for one in found] == ["true_x_1", "true_x_2", "true_x_3"]


async def test_all_slices_together_have_one_bound() -> None:
    with pytest.raises(EngineStuck, match="reading WhatsApp's store"):
        await reading.chats(FakePage().page, timeout=0)


async def test_a_chat_that_is_not_there_is_not_found() -> None:
    page = FakePage({"history": lambda _: {"error": "missing", "because": "No such chat"}})
    with pytest.raises(NotFound):
        await reading.history(page.page, "x", before=None, limit=5, timeout=1)


async def test_chats_are_newest_first_and_those_without_messages_last() -> None:
    def chat(id: str, t: int | None) -> dict[str, Any]:
        return {"id": id, "name": None, "group": False, "unread": 2, "t": t}

    answer = [chat("a", None), chat("b", 1767268800), chat("c", 1767268801)]
    got = await reading.chats(FakePage({"chats": lambda _: {"ok": answer}}).page, timeout=1)
    assert [one.id for one in got] == ["c", "b", "a"]
    assert got[1] == Chat(id="b", name=None, group=False, unread=2, last_message_at=NOON)


async def test_contacts_come_in_slices_each_once() -> None:
    def person(id: str) -> dict[str, Any]:
        return {
            "id": id,
            "phone": id,
            "lid": None,
            "name": "",
            "pushName": "Ana",
            "business": False,
            "mine": True,
        }

    def slices(asked: dict[str, int]) -> dict[str, Any]:
        last = asked["from"] > 0
        found = [person("2@c.us"), person("1@c.us")] if last else [person("2@c.us")]
        return {"ok": {"contacts": found, "more": not last}}

    got = await reading.contacts(FakePage({"contacts": slices}).page, timeout=1)
    assert [one.id for one in got] == ["1@c.us", "2@c.us"]
    assert got[0] == Contact(
        id="1@c.us", phone="1", lid=None, name=None, push_name="Ana", business=False, mine=True
    )


async def test_groups_have_their_members_and_one_that_was_left_is_none() -> None:
    member = {"id": "7@lid", "phone": None, "lid": "7@lid", "admin": True}

    def group(id: str, *, of: bool) -> dict[str, Any]:
        common = {"name": "Friends", "owner": "1@c.us", "t": 1767268800, "participants": [member]}
        return {"id": id, "member": of, **common}

    answers = {
        "groupIds": lambda _: {"ok": ["b@g.us", "a@g.us"]},
        "groups": lambda ids: {"ok": [group(id, of=id == "a@g.us") for id in ids]},
    }
    assert await reading.groups(FakePage(answers).page, timeout=1) == [
        Group(
            id="a@g.us",
            name="Friends",
            owner="1",
            created_at=NOON,
            participants=(Participant(id="7@lid", phone=None, lid="7@lid", admin=True),),
        )
    ]
