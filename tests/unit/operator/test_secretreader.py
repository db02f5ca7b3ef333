"""When a Secret is read: at a change, now and then, soon while something is missing; and never a list."""

from __future__ import annotations

import base64

import pytest

from unit.operator.builders import NOW, later
from unit.operator.fake_client import FakeClient
from whatsapp_operator.client import ApiError, path
from whatsapp_operator.secretreader import Reading, SecretReader

HOOK = path("secrets", "crm", "hook")


@pytest.fixture
def client() -> FakeClient:
    fake = FakeClient()
    data = {"secret": base64.b64encode(b"x").decode()}
    fake.objects[HOOK] = {"metadata": {"name": "hook", "labels": {"a": "b"}}, "data": data}
    return fake


@pytest.fixture
def reader(client: FakeClient) -> SecretReader:
    return SecretReader(client)  # type: ignore[arg-type]


@pytest.mark.parametrize(("status", "problem"), [(404, "NotFound"), (403, "Forbidden")])
async def test_what_is_not_there_or_not_allowed_is_an_answer(
    client: FakeClient, reader: SecretReader, status: int, problem: str
) -> None:
    client.fail("get", HOOK, ApiError(status, "no", "no"))
    reading = Reading()
    await reader.read(reading, "crm", ["hook"], (1,), NOW)
    assert reading.found["hook"].problem == problem


async def test_an_api_server_that_cannot_say_is_no_answer(client: FakeClient, reader: SecretReader) -> None:
    client.fail("get", HOOK, ApiError(500, "InternalError", "etcd"))
    reading = Reading()
    with pytest.raises(ApiError):
        await reader.read(reading, "crm", ["hook"], (1,), NOW)
    await reader.read(reading, "crm", ["hook"], (1,), NOW)
    assert reading.found["hook"].problem == ""


async def test_it_is_read_at_a_change_and_after_two_minutes(client: FakeClient, reader: SecretReader) -> None:
    reading = Reading()
    for at, wishes, reads in ((0, 1, 1), (1, 1, 1), (2, 2, 2), (100, 2, 2), (122, 2, 3)):
        await reader.read(reading, "crm", ["hook"], (wishes,), later(at))
        assert len(client.calls) == reads, at
    assert reading.due == later(242)


async def test_while_something_is_missing_it_is_read_again_soon(
    client: FakeClient, reader: SecretReader
) -> None:
    reading = Reading()
    await reader.read(reading, "crm", ["hook"], (1,), NOW)
    reader.soon(reading)
    assert reading.due == later(15)
    await reader.read(reading, "crm", ["hook"], (1,), later(15))
    assert len(client.calls) == 2


async def test_sessions_that_share_a_secret_share_the_answer(
    client: FakeClient, reader: SecretReader
) -> None:
    readings = [Reading() for _ in range(10)]
    for reading in readings:
        await reader.read(reading, "crm", ["hook"], (1,), NOW)
    for reading in readings:
        await reader.read(reading, "crm", ["hook"], (1,), later(121))
    assert len(client.calls) == 2
    assert all(reading.found["hook"].labels == {"a": "b"} for reading in readings)


async def test_a_session_that_refers_to_nothing_costs_nothing(
    client: FakeClient, reader: SecretReader
) -> None:
    reading = Reading()
    await reader.read(reading, "crm", [], (1,), NOW)
    assert client.calls == []
    assert reading.due is None


async def test_a_reference_that_is_taken_out_is_forgotten(client: FakeClient, reader: SecretReader) -> None:
    reading = Reading()
    await reader.read(reading, "crm", ["hook"], (1,), NOW)
    await reader.read(reading, "crm", [], (2,), NOW)
    assert reading.found == {}
