"""One active replica."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest

from unit.operator.builders import NOW
from unit.operator.fake_client import FakeClient
from whatsapp_operator.client import ApiError, NotReached, path
from whatsapp_operator.lease import DURATION, GIVE_UP_AFTER, RENEW_EVERY, Lease, LeaseLost

WHERE = path("leases", "system", "op")


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def client() -> FakeClient:
    return FakeClient()


@pytest.fixture
def clock() -> Clock:
    return Clock()


def lease(client: FakeClient, clock: Clock, identity: str = "one") -> Lease:
    return Lease(
        client,  # type: ignore[arg-type]
        namespace="system",
        name="op",
        identity=identity,
        clock=clock,
        now=lambda: NOW,
    )


def holder(client: FakeClient) -> str:
    return str(client.objects[WHERE]["spec"]["holderIdentity"])


async def waits(other: Lease) -> bool:
    """Whether it cannot have the lease now, after having looked several times."""
    with suppress(TimeoutError):
        async with asyncio.timeout(0.1):
            await other.acquire(every=0)
            return False
    return True


async def test_a_held_lease_is_waited_for(client: FakeClient, clock: Clock) -> None:
    await lease(client, clock).acquire()
    assert await waits(lease(client, clock, "two"))
    assert holder(client) == "one"


async def test_a_lease_that_is_renewed_is_never_taken_however_late_its_time_is(
    client: FakeClient, clock: Clock
) -> None:
    """Only what is seen here counts: another machine's clock may be wrong."""
    first, second = lease(client, clock), lease(client, clock, "two")
    await first.acquire()
    for _ in range(3):
        assert await waits(second)
        clock.now += DURATION - 1
        await first._renew()
    assert await waits(second)


async def test_a_lease_is_taken_when_its_holder_has_died(client: FakeClient, clock: Clock) -> None:
    second = lease(client, clock, "two")
    await lease(client, clock).acquire()
    assert await waits(second)
    clock.now += DURATION + 1
    async with asyncio.timeout(5):
        await second.acquire(every=0)
    assert holder(client) == "two"


async def test_a_released_lease_is_free_at_once(client: FakeClient, clock: Clock) -> None:
    first = lease(client, clock)
    await first.acquire()
    await first.release()
    async with asyncio.timeout(5):
        await lease(client, clock, "two").acquire(every=0)
    assert holder(client) == "two"


async def test_releasing_what_another_holds_changes_nothing(client: FakeClient, clock: Clock) -> None:
    first = lease(client, clock)
    await first.acquire()
    client.objects[WHERE]["spec"]["holderIdentity"] = "two"
    client._store(WHERE, client.objects[WHERE])
    await first.release()
    assert holder(client) == "two"


async def test_a_holder_that_was_replaced_leaves(client: FakeClient, clock: Clock) -> None:
    first = lease(client, clock)
    await first.acquire()
    client.objects[WHERE]["spec"]["holderIdentity"] = "two"
    client._store(WHERE, client.objects[WHERE])
    with pytest.raises(LeaseLost, match="another replica"):
        await first.keep(every=0)


async def test_a_holder_that_cannot_renew_leaves_in_time(client: FakeClient, clock: Clock) -> None:
    first = lease(client, clock)
    await first.acquire()

    async def unreachable(*_: object) -> dict[str, object]:
        clock.now += 3
        raise NotReached(TimeoutError())

    client.replace = unreachable  # type: ignore[method-assign,assignment]
    with pytest.raises(LeaseLost, match="in time"):
        await first.keep(every=0)
    assert clock.now >= GIVE_UP_AFTER


async def test_a_renewal_that_fails_once_is_tried_again(client: FakeClient, clock: Clock) -> None:
    first = lease(client, clock)
    await first.acquire()
    client.fail("replace", WHERE, ApiError(500, "InternalError", "x"), ApiError(409, "Conflict", "x"))
    with suppress(TimeoutError):
        async with asyncio.timeout(0.1):
            await first.keep(every=0)
    assert [verb for verb, _ in client.writes()].count("replace") > 2


def test_a_holder_leaves_well_before_another_may_start() -> None:
    assert GIVE_UP_AFTER + RENEW_EVERY < DURATION
