"""Writing status under a definition that is older than the operator; the rest: test_reconciler."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from unit.operator.builders import NOW, READY
from unit.operator.world import WHERE, World
from whatsapp_operator.client import ApiError

STATUS = f"{WHERE}/status"


def undeclared(*names: str) -> ApiError:
    """The API server's own words."""
    lines = "\n  ".join(f".status.{name}: field not declared in schema" for name in names)
    return ApiError(
        500, "InternalError", f"failed to create typed patch object (crm/demo): errors:\n  {lines}"
    )


def attempts(world: World) -> list[dict[str, Any]]:
    """The status of every write, refused or not."""
    return [
        body["status"]
        for verb, where, body in world.client.calls
        if (verb, where) == ("apply", STATUS) and body
    ]


async def test_another_error_is_raised_to_be_tried_again() -> None:
    world = World()
    world.client.fail("apply", STATUS, ApiError(500, "InternalError", "etcd"))
    with pytest.raises(ApiError):
        await world.look()
    assert len(attempts(world)) == 1


@pytest.mark.parametrize(
    "errors",
    [
        [undeclared("keys", "storedRevision")],
        [undeclared("keys"), undeclared("storedRevision.x")],
    ],
)
async def test_what_an_older_definition_lacks_is_left_out_and_the_rest_is_written(
    errors: list[ApiError],
) -> None:
    world = World()
    world.client.fail("apply", STATUS, *errors)
    status = await world.look()
    assert "keys" not in status
    assert "storedRevision" not in status
    assert status["state"] == "INIT"
    assert len(attempts(world)) == len(errors) + 1
    world.run_pod(READY)
    status = await world.look()
    assert world.ready() == ("True", "Connected")
    assert "keys" not in status
    assert len(attempts(world)) == len(errors) + 2, "it is not tried each time"


async def test_a_field_that_is_refused_again_after_it_was_left_out_ends_the_tries() -> None:
    world = World()
    world.client.fail("apply", STATUS, undeclared("keys"), undeclared("keys"))
    with pytest.raises(ApiError):
        await world.look()
    assert len(attempts(world)) == 2


async def test_a_quiet_session_under_an_older_definition_costs_no_write() -> None:
    world = World()
    await world.look()
    world.run_pod(READY)
    world.client.fail("apply", STATUS, undeclared("keys", "storedRevision", "configuration"))
    await world.look()
    world.client.calls.clear()
    await world.look()
    assert attempts(world) == []


async def test_an_upgraded_definition_is_noticed() -> None:
    world = World()
    world.client.fail("apply", STATUS, undeclared("keys"))
    assert "keys" not in await world.look()
    world.time = NOW + timedelta(minutes=10)
    assert (await world.look())["keys"] == {"version": 1}
