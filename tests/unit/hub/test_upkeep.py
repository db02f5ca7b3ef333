"""What is done without anybody asking, also while a backend or a tenant stands in the way."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from unit.hub.world import World
from whatsapp_contracts.states import State
from whatsapp_hub import upkeep
from whatsapp_hub.database.models import LoginFailure, Session
from whatsapp_hub.store.directory import Directory


async def count(world: World, table: Any) -> int:
    async with world.services.database.read() as transaction:
        return int((await transaction.execute(select(func.count()).select_from(table))).scalar_one())


async def unclaimed(world: World) -> str:
    """A session that `generate-qr` made; its name."""
    async with world.services.database.begin() as transaction:
        number = await count(world, Session)
        row = Session(
            tenant_id=world.one.id, uid=f"uid{number}", session_id=f"session_{number}", status="pending",
            created_at=world.clock(), updated_at=world.clock(), cliente_id=1, operating_mode="Connected",
            generation=1, claim="waiting", message="", state=State.INIT.value,
        )  # fmt: skip
        transaction.add(row)
    return f"session_{number}"


async def test_what_a_backend_does_not_take_away_now_stays_and_holds_up_nothing_else(world: World) -> None:
    await unclaimed(world)
    async with world.services.database.begin() as transaction:
        await Directory(transaction).login_failed(["somebody"], world.clock())
    world.clock.pass_(days=1)
    world.backend.broken = "Kubernetes does not answer now."
    await upkeep.once(world.services)
    assert (await count(world, Session), await count(world, LoginFailure)) == (1, 0)
    world.backend.broken = None
    await upkeep.once(world.services)
    assert (await count(world, Session), len(world.backend.deleted)) == (0, 1)
    assert world.backend.deleted[0].retain is False


@pytest.mark.parametrize(
    ("state", "since", "claim", "is_over"),
    [
        (State.INIT, 60, None, False),
        (State.INIT, 121, None, True),
        (State.QR_REQUIRED, 121, None, True),
        (State.QR_REQUIRED, 300, 20, False),
        (State.QR_REQUIRED, 300, -1, True),
        (State.READY, 10_000, -1, False),
        (State.DISCONNECTED, 300, -1, True),
    ],
)
async def test_when_an_unclaimed_session_is_over(
    world: World, state: State, since: int, claim: int | None, is_over: bool
) -> None:
    now = world.clock()
    row = Session(state=state.value, created_at=now - timedelta(seconds=since))
    row.claim_until = None if claim is None else now + timedelta(seconds=claim)
    assert upkeep.over(row, now) is is_over
