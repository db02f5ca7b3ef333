"""Rows that follow resources, and who of several replicas leads, on PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from integration.hub.postgres import PostgreSQL
from unit.hub import heard, test_first_admin, test_followed, test_intake
from unit.hub.world import World
from whatsapp_contracts.states import State
from whatsapp_hub import leader
from whatsapp_hub.leader import Leader

pytestmark = pytest.mark.integration

for _module in (test_intake, test_followed, test_first_admin):
    for _name, _value in vars(_module).items():
        if _name.startswith("test_"):
            globals()[f"{_name}_in_{_module.__name__.rpartition('.')[2]}"] = _value


@pytest.mark.parametrize("fields", [{"message": "\0"}, {"name": "x" * 201}])
async def test_what_postgresql_refuses_is_skipped_and_holds_up_no_other(
    world: World, monkeypatch: pytest.MonkeyPatch, fields: dict[str, Any]
) -> None:
    await heard.hear(world, heard.resource())
    world.backend.there[heard.UID] = heard.resource(**fields)
    async with heard.following(world, monkeypatch):
        world.backend.queue.put_nowait(heard.resource(State.QR_REQUIRED, **fields))
        world.backend.queue.put_nowait(heard.resource(State.READY, uid="crm/b", session_id="other"))
        world.backend.there["crm/b"] = heard.resource(uid="crm/b", session_id="other")
        await heard.until(world, lambda found: len(found) == 2)
    assert (await heard.rows(world))[0].state == "INIT"


class Replica:
    """A Leader whose work only says that it runs."""

    def __init__(self, url: str) -> None:
        self.leads = False
        self.terms = 0
        self.fails: Exception | None = None
        self._leader = Leader(url, self._changed)
        self.task = asyncio.create_task(self._leader.run(self._work))

    def _changed(self, leads: bool) -> None:
        self.leads = leads

    async def _work(self) -> None:
        self.terms += 1
        if self.fails:
            raise self.fails
        await asyncio.Event().wait()

    async def end(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not is_so():  # noqa: ASYNC110 - no event tells it
            await asyncio.sleep(0.02)


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leader, "TRY_SECONDS", 0.05)


async def test_of_three_replicas_one_leads_and_another_takes_over(database_url: str) -> None:
    replicas = [Replica(database_url) for _ in range(3)]
    try:
        await until(lambda: any(each.leads for each in replicas))
        for left in (2, 1):
            first = next(each for each in replicas if each.leads)
            assert [each.leads for each in replicas].count(True) == 1
            await first.end()
            replicas.remove(first)
            assert len(replicas) == left
            await until(lambda: any(each.leads for each in replicas))
    finally:
        for each in replicas:
            await each.end()


async def test_a_leader_whose_connection_is_cut_leads_no_more_and_then_anew(
    postgresql: PostgreSQL, database_url: str
) -> None:
    replica = Replica(database_url)
    try:
        await until(lambda: replica.leads)
        postgresql.stop()
        await until(lambda: not replica.leads)
        postgresql.start()
        await until(lambda: replica.leads)
        assert replica.terms == 2
    finally:
        await replica.end()


async def test_what_the_work_raises_ends_the_leader(database_url: str) -> None:
    replica = Replica(database_url)
    replica.fails = RuntimeError("a bug")
    with pytest.raises(RuntimeError, match="a bug"):
        await asyncio.wait_for(replica.task, 60)
    assert replica.leads is False
