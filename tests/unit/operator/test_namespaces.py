"""The Service of a namespace: there while sessions are."""

from __future__ import annotations

import pytest

from unit.operator.fake_client import FakeClient
from whatsapp_operator.caches import SERVICES, SESSIONS, Caches
from whatsapp_operator.client import path
from whatsapp_operator.namespaces import service_in_step

WHERE = path(SERVICES, "crm", "whatsapp-sessions")
SESSION = {"metadata": {"name": "demo", "namespace": "crm", "uid": "1", "resourceVersion": "1"}}
OTHER = {"metadata": {"name": "demo", "namespace": "crm2", "uid": "2", "resourceVersion": "1"}}


@pytest.fixture
def client() -> FakeClient:
    return FakeClient()


@pytest.fixture
def caches() -> Caches:
    return Caches()


async def look(client: FakeClient, caches: Caches) -> None:
    await service_in_step(client, caches, "crm")  # type: ignore[arg-type]


async def test_a_service_of_somebody_else_is_left_alone(
    client: FakeClient, caches: Caches, caplog: pytest.LogCaptureFixture
) -> None:
    client.objects[WHERE] = {"metadata": {"name": "whatsapp-sessions", "uid": "x", "namespace": "crm"}}
    caches.event(SESSIONS, "ADDED", SESSION)
    await look(client, caches)
    assert client.objects[WHERE]["metadata"]["uid"] == "x"
    assert "kubectl -n crm delete service whatsapp-sessions" in caplog.text


async def test_it_is_made_with_the_first_session_and_only_once(client: FakeClient, caches: Caches) -> None:
    caches.event(SESSIONS, "ADDED", SESSION)
    await look(client, caches)
    await look(client, caches)
    assert [verb for verb, _ in client.writes()] == ["create"]


async def test_it_goes_with_the_last_session(client: FakeClient, caches: Caches) -> None:
    caches.event(SESSIONS, "ADDED", SESSION)
    caches.event(SESSIONS, "ADDED", OTHER)
    await look(client, caches)
    caches.event(SESSIONS, "DELETED", SESSION)
    await look(client, caches)
    assert client.writes()[-1] == ("delete", WHERE)
    client.calls.clear()
    await look(client, caches)
    assert client.calls == []


async def test_one_that_vanished_meanwhile_is_no_fault(client: FakeClient, caches: Caches) -> None:
    caches.event(SESSIONS, "ADDED", SESSION)
    await look(client, caches)
    del client.objects[WHERE]
    caches.event(SESSIONS, "DELETED", SESSION)
    await look(client, caches)
    assert caches[SERVICES].of(("crm", "")) == []
