"""The master keys: made once, never guessed."""

from __future__ import annotations

import base64

import pytest

from unit.operator.fake_client import FakeClient
from whatsapp_operator.client import ApiError, path
from whatsapp_operator.master import MasterKeyError, hub_master_key, master_key

WHERE = path("secrets", "system", "master")


@pytest.mark.parametrize(
    "data", [{}, {"master-key": ""}, {"master-key": "c2hvcnQ="}, {"master-key": "no base64!"}]
)
async def test_a_secret_without_a_usable_key_is_refused_with_the_cure(data: dict[str, str]) -> None:
    client = FakeClient()
    client.objects[WHERE] = {"metadata": {"name": "master"}, "data": data}
    with pytest.raises(MasterKeyError, match="kubectl -n system delete secret master"):
        await master_key(client, "system", "master")  # type: ignore[arg-type]


async def test_a_right_that_is_missing_makes_no_second_key() -> None:
    client = FakeClient()
    client.fail("get", WHERE, ApiError(403, "Forbidden", "no"))
    with pytest.raises(ApiError):
        await master_key(client, "system", "master")  # type: ignore[arg-type]
    assert client.writes() == []


async def test_it_is_made_once_and_read_ever_after() -> None:
    client = FakeClient()
    made = await master_key(client, "system", "master")  # type: ignore[arg-type]
    assert len(made) == 32
    assert await master_key(client, "system", "master") == made  # type: ignore[arg-type]
    assert [verb for verb, _ in client.writes()] == ["create"]


async def test_two_operators_that_start_at_once_have_the_same() -> None:
    client = FakeClient()
    other = base64.b64encode(b"o" * 32).decode()
    client.objects[WHERE] = {"metadata": {"name": "master"}, "data": {"master-key": other}}
    client.fail("get", WHERE, ApiError(404, "NotFound", "not yet"))
    assert await master_key(client, "system", "master") == b"o" * 32  # type: ignore[arg-type]


async def test_the_hubs_is_as_the_hub_reads_it_from_a_file() -> None:
    client = FakeClient()
    text = base64.b64encode(b"h" * 40 + b"\n").decode()
    client.objects[WHERE] = {"metadata": {"name": "master"}, "data": {"master-key": text}}
    assert await hub_master_key(client, "system", "master") == b"h" * 40  # type: ignore[arg-type]


async def test_the_hubs_is_made_as_text_of_no_white_space() -> None:
    """The hub strips its file: random bytes could lose some of theirs."""
    client = FakeClient()
    made = await hub_master_key(client, "system", "master")  # type: ignore[arg-type]
    assert len(made) >= 32
    assert made.isascii()
    assert len(made.split()) == 1
    assert base64.b64decode(client.objects[WHERE]["data"]["master-key"]) == made
    assert await hub_master_key(client, "system", "master") == made  # type: ignore[arg-type]


async def test_a_key_of_the_hub_that_it_would_refuse_is_refused_here() -> None:
    client = FakeClient()
    short = base64.b64encode(b"h" * 31 + b" ").decode()
    client.objects[WHERE] = {"metadata": {"name": "master"}, "data": {"master-key": short}}
    with pytest.raises(MasterKeyError, match="at least 32 bytes"):
        await hub_master_key(client, "system", "master")  # type: ignore[arg-type]
