"""Events: once, counted, never in the way."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from unit.operator.builders import NOW, session
from unit.operator.fake_client import FakeClient
from whatsapp_operator.client import ApiError, path
from whatsapp_operator.recorder import Recorder


class Clock:
    now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def client() -> FakeClient:
    return FakeClient()


@pytest.mark.parametrize("status", [0, 403, 404, 409, 500])
async def test_an_event_that_cannot_be_written_stops_nothing(client: FakeClient, status: int) -> None:
    client.fail("create", path("events", "crm"), ApiError(status, "No", "no"))
    recorder = Recorder(client, now=Clock())  # type: ignore[arg-type]
    await recorder.say(session(), "PodCreated", "Made the pod")
    await recorder.say(session(), "PodCreated", "Made the pod")
    assert len(client.objects) == 1


async def test_the_same_again_raises_the_counter(client: FakeClient) -> None:
    clock = Clock()
    recorder = Recorder(client, now=clock)  # type: ignore[arg-type]
    for minute in range(3):
        clock.now = NOW + timedelta(minutes=minute)
        await recorder.say(session(), "QRRequired", "Scan")
    ((_, said),) = client.objects.items()
    assert said["count"] == 3
    assert said["firstTimestamp"] == "2026-11-21T12:00:00Z"
    assert said["lastTimestamp"] == "2026-11-21T12:02:00Z"


async def test_another_message_reason_or_session_is_another_event(client: FakeClient) -> None:
    recorder = Recorder(client, now=Clock())  # type: ignore[arg-type]
    await recorder.say(session(), "A", "1")
    await recorder.say(session(), "A", "2")
    await recorder.say(session(), "B", "1", warning=True)
    await recorder.say(session(uid="other"), "A", "1")
    assert len(client.objects) == 4
    assert sorted(each["type"] for each in client.objects.values()) == ["Normal"] * 3 + ["Warning"]


async def test_the_same_after_an_hour_is_said_anew(client: FakeClient) -> None:
    clock = Clock()
    recorder = Recorder(client, now=clock)  # type: ignore[arg-type]
    await recorder.say(session(), "A", "1")
    clock.now = NOW + timedelta(hours=2)
    await recorder.say(session(), "A", "1")
    assert len(client.objects) == 2
