"""Namespaces that may not be read, and that may be again."""

from __future__ import annotations

import pytest

from unit.operator.fake_client import FakeClient
from whatsapp_operator.caches import SESSIONS
from whatsapp_operator.client import ApiError, NotReached, path
from whatsapp_operator.scopes import refused, regained

FORBIDDEN = ApiError(403, "Forbidden", "whatsappsessions is forbidden")


@pytest.fixture
def client() -> FakeClient:
    return FakeClient()


def no_role(client: FakeClient, namespace: str, *errors: ApiError) -> None:
    client.fail("get", path(SESSIONS, namespace, "-"), *errors)


async def test_a_namespace_without_its_role_is_left_out_alone(client: FakeClient) -> None:
    no_role(client, "gone", FORBIDDEN)
    assert await refused(client, ("crm", "gone", "sales")) == ("gone",)  # type: ignore[arg-type]


async def test_without_chosen_namespaces_nothing_is_asked(client: FakeClient) -> None:
    assert await refused(client, ()) == ()  # type: ignore[arg-type]
    assert client.calls == []


async def test_a_namespace_that_is_back_is_named(client: FakeClient) -> None:
    no_role(client, "gone", FORBIDDEN, NotReached(TimeoutError()))
    no_role(client, "other", FORBIDDEN, FORBIDDEN, FORBIDDEN)
    assert await regained(client, ("gone", "other"), every=0) == "gone"  # type: ignore[arg-type]
