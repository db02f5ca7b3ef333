"""What every replica remembers, and whom it still has to tell of."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from unit.hub.backend.kubernetes.api_server import session
from whatsapp_hub.backend.kubernetes.memory import Memory
from whatsapp_hub.backend.protocol import Seen


async def news(memory: Memory, many: int) -> Sequence[Seen]:
    """So many, and no more are due."""
    follower = memory.news()
    found = [await asyncio.wait_for(anext(follower), 5) for _ in range(many)]
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(anext(follower), 0.05)
    return found


async def test_a_resource_that_cannot_be_read_is_told_to_nobody_and_never_passes_for_gone() -> None:
    memory = Memory(["crm"])
    memory.listed("crm", [session("a"), session("b") | {"spec": {"clienteId": "x"}}])
    memory.expect(["crm/a"])
    assert [each.uid for each in await news(memory, 1)] == ["crm/a"]
    broken = session("a") | {"status": {"state": "DANCING"}}
    memory.listed("crm", [broken])
    await news(memory, 0)


async def test_what_changed_twice_before_it_was_asked_for_is_told_once_as_it_is() -> None:
    memory = Memory(["crm"])
    memory.changed(session("a", status={"state": "INIT"}))
    memory.changed(session("a", status={"state": "READY"}))
    [seen] = await news(memory, 1)
    assert seen.view
    assert seen.view.state == "READY"


async def test_what_did_not_change_is_not_told_again() -> None:
    memory = Memory(["crm"])
    memory.changed(session("a"))
    await news(memory, 1)
    memory.listed("crm", [session("a")])
    await news(memory, 0)


async def test_a_row_whose_resource_is_in_no_list_is_told_as_gone() -> None:
    memory = Memory(["crm"])
    memory.expect(["crm/a", "crm/b"])
    await news(memory, 0)  # nothing is known yet
    memory.listed("crm", [session("b")])
    told = {each.uid: each.gone for each in await news(memory, 2)}
    assert told == {"crm/a": True, "crm/b": False}


async def test_a_list_of_one_namespace_says_nothing_of_another() -> None:
    memory = Memory(["one", "two"])
    memory.expect(["two/a"])
    memory.listed("one", [])
    await news(memory, 0)
    memory.listed("two", [])
    assert [each.gone for each in await news(memory, 1)] == [True]


async def test_a_list_of_the_whole_cluster_says_what_is_gone_everywhere() -> None:
    memory = Memory([None])
    memory.expect(["one/a", "two/a"])
    memory.listed(None, [session("a", "one")])
    assert {each.uid for each in await news(memory, 2) if each.gone} == {"two/a"}


async def test_a_row_in_a_namespace_that_is_not_watched_is_never_gone_and_says_why() -> None:
    memory = Memory(["crm"])
    memory.expect(["elsewhere/a"])
    [seen] = await news(memory, 1)
    assert (seen.gone, seen.view) == (False, None)
    assert "HUB_NAMESPACES" in seen.message


async def test_a_new_leader_is_told_everything_anew() -> None:
    memory = Memory(["crm"])
    memory.listed("crm", [session("a"), session("b")])
    await news(memory, 2)
    memory.expect(["crm/a", "crm/lost"])
    assert {each.uid: each.gone for each in await news(memory, 3)} == {
        "crm/a": False, "crm/b": False, "crm/lost": True,
    }  # fmt: skip


async def test_a_deleted_resource_is_gone_until_it_is_made_anew() -> None:
    memory = Memory(["crm"])
    memory.changed(session("a"))
    memory.deleted(session("a"))
    assert [each.gone for each in await news(memory, 1)] == [True]
    assert memory.facts("crm/a") is None
    memory.changed(session("a"))
    assert [each.gone for each in await news(memory, 1)] == [False]


async def test_a_deleted_row_is_not_missed() -> None:
    memory = Memory(["crm"])
    memory.add("crm/a")
    memory.drop("crm/a")
    memory.listed("crm", [])
    await news(memory, 0)


async def test_what_just_changed_is_told_before_what_a_list_repeats() -> None:
    memory = Memory(["crm"])
    memory.listed("crm", [session(name) for name in "abc"])
    memory.changed(session("c", status={"state": "QR_REQUIRED"}))
    memory.deleted(session("b"))
    told = await news(memory, 3)
    assert [each.uid for each in told] == ["crm/c", "crm/b", "crm/a"]
    assert told[1].gone


async def test_a_list_is_told_in_the_order_of_age() -> None:
    memory, bodies = Memory(["crm"]), []
    for name, made in (("a", "2026-01-03"), ("b", "2026-01-01"), ("c", "2026-01-02")):
        body = session(name)
        body["metadata"]["creationTimestamp"] = f"{made}T00:00:00Z"
        bodies.append(body)
    memory.listed("crm", bodies)
    assert [each.uid for each in await news(memory, 3)] == ["crm/b", "crm/c", "crm/a"]
