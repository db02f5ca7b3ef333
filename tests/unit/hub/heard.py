"""Resources as a backend tells them, for tests: heard by the hub, and what its rows are then."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from sqlalchemy import select

from unit.hub.world import Org, World
from whatsapp_contracts.sessions import SessionView
from whatsapp_contracts.states import State
from whatsapp_hub import intake
from whatsapp_hub.backend.protocol import Declared, Seen
from whatsapp_hub.database.models import Session, SessionChange

UID = "crm/a"


def said(**fields: Any) -> Declared:
    given: dict[str, Any] = {"namespace": "", "session_id": "caja_1", "cliente_id": 7}
    return Declared(**(given | fields))


def resource(state: State = State.INIT, *, uid: str = UID, ended: bool = False, **fields: Any) -> Seen:
    reason = fields.pop("reason", None)
    view = SessionView(state=state, reason=reason, message=fields.pop("message", ""))
    return Seen(uid=uid, view=view, ended=ended, since=fields.pop("since", None), declared=said(**fields))


async def hear(world: World, seen: Seen, *, there: Seen | None = None) -> None:
    """It is heard; what is there at that moment is the same, unless said."""
    if there is not None or not seen.gone:
        world.backend.there[seen.uid] = there or seen
    else:
        world.backend.there.pop(seen.uid, None)
    await intake.take_in(world.services, seen)


async def rows(world: World) -> list[Session]:
    async with world.services.database.read() as transaction:
        return list((await transaction.execute(select(Session).order_by(Session.id))).scalars())


async def history(world: World) -> list[SessionChange]:
    async with world.services.database.read() as transaction:
        return list((await transaction.execute(select(SessionChange).order_by(SessionChange.id))).scalars())


def refused(world: World, reason: str) -> float:
    value: float = world.services.metrics.resources_refused.labels(reason)._value.get()
    return value


async def status(world: World, session: str = "caja_1", org: Org | None = None) -> dict[str, Any]:
    headers = (org or world.one).headers
    answer = await world.http.get(f"/api/sessions/{session}/status", headers=headers)
    assert answer.status_code == 200, answer.text
    data: dict[str, Any] = answer.json()["data"]
    return data


@contextlib.asynccontextmanager
async def following(world: World, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    monkeypatch.setattr(intake, "RETRY_SECONDS", 0.01)
    monkeypatch.setattr(intake, "LONGEST_PAUSE", 0.05)
    task = asyncio.create_task(intake.run(world.services))
    try:
        yield
        assert not task.done(), task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(world: World, is_so: Callable[[list[Session]], bool]) -> None:
    async with asyncio.timeout(30):
        while not is_so(await rows(world)):  # noqa: ASYNC110 - no event tells it
            await asyncio.sleep(0.01)
