"""Following a pod's events, against a fake pod on the loopback (the real one: tests/e2e)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable

import pytest

from unit.operator.builders import NOW, QR, READY
from unit.operator.fake_pod import KEY, FakePod, running, sse
from whatsapp_contracts.sessions import SessionView
from whatsapp_operator.observed import Heard
from whatsapp_operator.streams import MAX_BACKOFF, Streams, backoff

SESSION = ("crm", "demo")


class Follower:
    """Streams with what they reported."""

    def __init__(self, pod: FakePod, silence: float) -> None:
        self.refused = 0
        self._changes = asyncio.Condition()
        self._noted: set[asyncio.Task[None]] = set()
        self.streams = Streams(
            changed=self._changed, unauthorized=self._refused, now=lambda: NOW, port=pod.port, silence=silence
        )

    def _changed(self, key: tuple[str, str]) -> None:
        assert key == SESSION
        self._note()

    def _refused(self, key: tuple[str, str]) -> None:
        self.refused += 1
        self._note()

    def _note(self) -> None:
        async def notify() -> None:
            async with self._changes:
                self._changes.notify_all()

        task = asyncio.create_task(notify())
        self._noted.add(task)
        task.add_done_callback(self._noted.discard)

    def follow(self, uid: str = "pod-1", key: str = KEY) -> None:
        self.streams.follow(SESSION, uid, "127.0.0.1", (key,))

    def heard(self, uid: str = "pod-1") -> Heard:
        return self.streams.heard(SESSION, uid)

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(20), self._changes:
            await self._changes.wait_for(condition)


def said(view: SessionView) -> Heard:
    """A view that is heard now, of a pod of this release."""
    return Heard(view=view, live=True, tells_config=True)


@pytest.fixture
async def pod() -> AsyncIterator[FakePod]:
    async with running() as fake:
        yield fake


@pytest.fixture
async def follower(pod: FakePod) -> AsyncIterator[Follower]:
    following = Follower(pod, silence=45)
    yield following
    await following.streams.close()


async def test_a_pod_that_refuses_the_key_is_reported_and_tried_again(
    pod: FakePod, follower: Follower
) -> None:
    pod.show(READY)
    follower.follow(key="wrong")
    await follower.until(lambda: follower.refused >= 2)
    assert not follower.heard().live
    follower.follow(key=KEY)
    await follower.until(lambda: follower.heard().live)


async def test_a_pod_that_answers_something_else_is_not_believed(pod: FakePod, follower: Follower) -> None:
    pod.refuse = 500
    pod.show(READY)
    follower.follow()
    async with asyncio.timeout(20):
        await pod.asked_twice.wait()
    assert follower.heard() == Heard(silent_since=NOW)
    pod.refuse = None
    await follower.until(lambda: follower.heard().view == READY)


async def test_the_snapshot_comes_first_then_changes(pod: FakePod, follower: Follower) -> None:
    pod.show(QR)
    follower.follow()
    await follower.until(lambda: follower.heard() == said(QR))
    pod.show(READY)
    await follower.until(lambda: follower.heard() == said(READY))
    assert pod.requests == ["types=session.*"]


async def test_a_stream_that_breaks_is_followed_again_and_the_last_view_holds(
    pod: FakePod, follower: Follower
) -> None:
    pod.show(READY)
    follower.follow()
    await follower.until(lambda: follower.heard().live)
    pod.refuse = 503
    pod.cut()
    await follower.until(lambda: not follower.heard().live)
    assert follower.heard() == Heard(view=READY, live=False, silent_since=NOW)
    pod.refuse = None
    await follower.until(lambda: follower.heard().live)


async def test_a_stream_without_a_sign_of_life_is_dead(pod: FakePod) -> None:
    follower = Follower(pod, silence=0.2)
    try:
        pod.show(READY)
        follower.follow()
        await follower.until(lambda: follower.heard().live)
        await follower.until(lambda: not follower.heard().live)
        await follower.until(lambda: follower.heard().live)
        assert len(pod.requests) >= 2
    finally:
        await follower.streams.close()


UNREADABLE = {
    "an unknown state": sse("session.state", {"protocol": 9, "state": "DREAMING"}),
    "no view": sse("session.state", None),
    "a text": sse("session.state", "READY"),
    "no event": b"event: session.state\ndata: [1]\n\n",
    "no JSON": b"event: session.state\ndata: {\n\n",
    "no UTF-8": b"event: session.state\ndata: \xff\n\n",
}


@pytest.mark.parametrize("raw", UNREADABLE.values(), ids=UNREADABLE)
async def test_an_event_that_cannot_be_read_is_reported_and_skipped(
    pod: FakePod, follower: Follower, raw: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    pod.show(QR)
    follower.follow()
    await follower.until(lambda: follower.heard().live)
    pod.send(raw)
    pod.show(READY)
    await follower.until(lambda: follower.heard() == said(READY))
    assert "cannot be read" in caplog.text
    assert len(pod.requests) == 1


async def test_events_of_messages_are_never_looked_at(pod: FakePod, follower: Follower) -> None:
    pod.show(QR)
    follower.follow()
    await follower.until(lambda: follower.heard().live)
    pod.send(sse("message.received", {"text": "secret"}))
    pod.show(READY)
    await follower.until(lambda: follower.heard() == said(READY))


async def test_a_field_of_a_newer_pod_is_nothing(pod: FakePod, follower: Follower) -> None:
    pod.snapshot = sse("session.snapshot", READY.to_json() | {"mood": "good"})
    follower.follow()
    await follower.until(lambda: follower.heard() == said(READY))


async def test_a_successor_is_never_taken_for_its_predecessor(pod: FakePod, follower: Follower) -> None:
    pod.show(READY)
    follower.follow("old")
    await follower.until(lambda: follower.heard("old").live)
    assert follower.heard("new") == Heard()
    follower.follow("new")
    assert follower.heard("old") == Heard()
    assert follower.heard("new").view is None
    await follower.until(lambda: follower.heard("new").live)


async def test_what_is_left_is_forgotten(pod: FakePod, follower: Follower) -> None:
    pod.show(READY)
    follower.follow()
    await follower.until(lambda: follower.heard().live)
    follower.streams.leave(SESSION)
    assert follower.heard() == Heard()


async def test_following_twice_is_following_once(pod: FakePod, follower: Follower) -> None:
    pod.show(READY)
    for _ in range(3):
        follower.follow()
    await follower.until(lambda: follower.heard().live)
    assert len(pod.requests) == 1


async def test_no_key_qr_or_number_is_logged(
    pod: FakePod, follower: Follower, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    pod.show(QR)
    follower.follow()
    await follower.until(lambda: follower.heard().live)
    pod.show(READY)
    pod.cut()
    await follower.until(lambda: not follower.heard().live)
    for secret in (KEY, "1@abc", "5491100000001"):
        assert secret not in caplog.text


def test_a_starting_pod_is_asked_eagerly_and_a_lost_one_ever_less() -> None:
    assert [backoff(tries, False) for tries in (1, 2, 3, 4, 100)] == [0.2, 0.4, 0.5, 0.5, 0.5]
    pauses = [backoff(tries, True, jitter=lambda: 1.0) for tries in range(12)]
    assert pauses[:3] == [0.2, 0.4, 0.8]
    assert max(pauses) == pauses[-1] == MAX_BACKOFF
    assert backoff(1000, False, jitter=lambda: 0.0) == MAX_BACKOFF / 2


async def test_a_pod_that_knows_only_the_old_key_is_heard_by_it(pod: FakePod, follower: Follower) -> None:
    pod.show(READY)
    follower.streams.follow(SESSION, "pod-1", "127.0.0.1", ("new", KEY))
    await follower.until(lambda: follower.heard() == said(READY))
    assert pod.keys_seen == ["new", KEY]
    assert follower.refused == 0


async def test_a_rotated_key_cuts_no_stream_and_opens_the_next(pod: FakePod, follower: Follower) -> None:
    pod.show(READY)
    follower.follow()
    await follower.until(lambda: follower.heard().live)
    follower.follow(key="new")
    assert follower.heard() == said(READY)
    assert len(pod.requests) == 1
    pod.keys = ["new"]
    pod.cut()
    await follower.until(lambda: not follower.heard().live)
    await follower.until(lambda: follower.heard().live)
    assert pod.keys_seen == [KEY, "new"]


async def test_a_pod_of_an_earlier_release_is_known_by_what_it_does_not_tell(
    pod: FakePod, follower: Follower
) -> None:
    old = {key: value for key, value in READY.to_json().items() if key != "configRevision"}
    pod.snapshot = sse("session.snapshot", old)
    follower.follow()
    await follower.until(lambda: follower.heard() == Heard(view=READY, live=True))
