"""Telling a running pod, against a fake pod on the loopback (the real one: tests/e2e)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import replace

import pytest

from unit.operator.fake_pod import KEY, FakePod, running
from whatsapp_operator import teller as module
from whatsapp_operator.observed import Told
from whatsapp_operator.teller import MAX_BACKOFF, Order, Teller, backoff, words_of

SESSION = ("crm", "demo")
SECRET = "whsec_topsecret"


def order(revision: str = "r1", **more: object) -> Order:
    facts = Order(
        pod_uid="pod-1",
        ip="127.0.0.1",
        api_keys=(KEY,),
        revision=revision,
        document={"revision": revision, "webhooks": [{"secrets": [SECRET]}]},
    )
    return replace(facts, **more)  # type: ignore[arg-type]


class Mouth:
    """A teller with what it reported."""

    def __init__(self, pod: FakePod) -> None:
        self.refused = 0
        self.news = 0
        self.noted = asyncio.Event()
        self.time = 0.0
        self.teller = Teller(
            changed=self._changed, unauthorized=self._unauthorized, port=pod.port, clock=lambda: self.time
        )

    def _changed(self, key: tuple[str, str]) -> None:
        assert key == SESSION
        self.news += 1
        self.noted.set()

    def _unauthorized(self, key: tuple[str, str]) -> None:
        self.refused += 1

    def told(self, uid: str = "pod-1") -> Told | None:
        return self.teller.told(SESSION, uid)

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while not condition():
                self.noted.clear()
                await self.noted.wait()


@pytest.fixture
async def pod() -> AsyncIterator[FakePod]:
    async with running() as fake:
        yield fake


@pytest.fixture
async def mouth(pod: FakePod, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Mouth]:
    monkeypatch.setattr(module, "FIRST_BACKOFF", 0.01)
    monkeypatch.setattr(module, "MAX_BACKOFF", 0.02)
    telling = Mouth(pod)
    yield telling
    await telling.teller.close()


def error(status: int, message: str = "") -> tuple[int, dict[str, object]]:
    return status, {"ok": False, "error": "x", "message": message}


async def test_a_pod_that_calls_it_wrong_is_not_asked_again_and_its_words_are_kept(
    pod: FakePod, mouth: Mouth, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    pod.config_answers = [error(400, "webhooks[0].url: 549110 is no URL; write https://…")]
    mouth.teller.tell(SESSION, order())
    await mouth.until(lambda: mouth.told() != Told(revision="r1"))
    assert mouth.told() == Told(
        revision="r1", problem="webhooks[0].url: 549110 is no URL; write https://…", refused=True
    )
    mouth.teller.tell(SESSION, order())
    assert len(pod.told) == 1
    assert "549110" not in caplog.text


async def test_a_pod_of_another_release_is_to_take_what_it_understands(pod: FakePod, mouth: Mouth) -> None:
    mouth.teller.tell(SESSION, order())
    await pod.until(lambda: bool(pod.told))
    assert pod.requests[0] == "unknown=ignore"


async def test_a_corrected_configuration_is_told_at_once(pod: FakePod, mouth: Mouth) -> None:
    pod.config_answers = [error(400, "wrong")]
    mouth.teller.tell(SESSION, order())
    await mouth.until(lambda: bool((told := mouth.told()) and told.refused))
    mouth.teller.tell(SESSION, order("r2"))
    await pod.until(lambda: [each["revision"] for each in pod.told] == ["r1", "r2"])


@pytest.mark.parametrize("status", [404, 405, 501])
async def test_a_pod_of_an_older_release_is_asked_once_in_its_life(
    pod: FakePod, mouth: Mouth, status: int
) -> None:
    pod.config_answers = [error(status)]
    mouth.teller.tell(SESSION, order())
    await mouth.until(lambda: bool((told := mouth.told()) and told.unsupported))
    for revision in ("r1", "r2", "r3"):
        mouth.teller.tell(SESSION, order(revision))
        told = mouth.told()
        assert told is not None
        assert (told.revision, told.unsupported) == (revision, True)
    assert len(pod.told) == 1
    mouth.teller.tell(SESSION, order("r3", pod_uid="pod-2"))
    await pod.until(lambda: len(pod.told) == 2)


async def test_a_pod_that_cannot_take_it_now_is_told_again(pod: FakePod, mouth: Mouth) -> None:
    pod.config_answers = [error(503, "the volume is full"), error(500)]
    mouth.teller.tell(SESSION, order())
    await mouth.until(lambda: mouth.told() == Told(revision="r1", problem="the volume is full"))
    await pod.until(lambda: len(pod.told) >= 3)


async def test_a_pod_that_does_not_answer_is_a_fact_and_no_error(pod: FakePod, mouth: Mouth) -> None:
    mouth.teller.tell(SESSION, order(ip="127.0.0.9"))
    await mouth.until(lambda: bool((told := mouth.told()) and told.problem))
    told = mouth.told()
    assert told is not None
    assert told.problem.startswith("it does not answer")
    assert not told.refused


async def test_the_key_that_the_pod_accepts_is_used(pod: FakePod, mouth: Mouth) -> None:
    mouth.teller.tell(SESSION, order(api_keys=("new", KEY)))
    await pod.until(lambda: len(pod.told) >= 1)
    assert pod.keys_seen[:2] == ["new", KEY]
    assert mouth.refused == 0


async def test_a_pod_that_accepts_no_key_is_reported(pod: FakePod, mouth: Mouth) -> None:
    mouth.teller.tell(SESSION, order(api_keys=("new", "newer")))
    await mouth.until(lambda: bool((told := mouth.told()) and told.problem))
    assert mouth.refused >= 1
    assert pod.told == []


async def test_a_pod_is_told_until_it_says_so_itself(pod: FakePod, mouth: Mouth) -> None:
    mouth.teller.tell(SESSION, order())
    await pod.until(lambda: len(pod.told) >= 3)
    mouth.teller.heard(SESSION)
    known = mouth.teller._tellings[SESSION].task
    assert known is not None
    async with asyncio.timeout(20):
        await known
    count = len(pod.told)
    assert mouth.told() == Told(revision="r1")
    assert count == len(pod.told)


async def test_a_call_under_way_is_not_cut_when_the_pod_says_so_first(pod: FakePod, mouth: Mouth) -> None:
    pod.hold = asyncio.Event()
    mouth.teller.tell(SESSION, order())
    await pod.until(lambda: bool(pod.told))
    task = mouth.teller._tellings[SESSION].task
    assert task is not None
    mouth.teller.heard(SESSION)
    pod.hold.set()
    async with asyncio.timeout(20):
        await task
    assert not task.cancelled()
    assert len(pod.told) == 1


async def test_telling_twice_is_telling_once(pod: FakePod, mouth: Mouth) -> None:
    pod.hold = asyncio.Event()
    for _ in range(5):
        mouth.teller.tell(SESSION, order())
    task = mouth.teller._tellings[SESSION].task
    await pod.until(lambda: bool(pod.told))
    assert len(pod.told) == 1
    assert mouth.teller._tellings[SESSION].task is task
    pod.hold.set()


async def test_a_pod_that_forgets_what_it_took_is_told_with_backoff(pod: FakePod, mouth: Mouth) -> None:
    mouth.teller.tell(SESSION, order())
    await pod.until(lambda: len(pod.told) >= 2)
    mouth.teller.heard(SESSION)
    mouth.time = 1.0
    mouth.teller.tell(SESSION, order())
    assert mouth.teller._tellings[SESSION].tries >= 2
    mouth.teller.heard(SESSION)
    mouth.time = 100.0
    mouth.teller.tell(SESSION, order())
    assert mouth.teller._tellings[SESSION].tries == 0


async def test_one_that_hangs_keeps_no_other_from_being_told(pod: FakePod, mouth: Mouth) -> None:
    async with running() as stuck:
        stuck.hold = asyncio.Event()
        hanging = Teller(changed=lambda key: None, unauthorized=lambda key: None, port=stuck.port)
        hanging.tell(("crm", "stuck"), order())
        await stuck.until(lambda: bool(stuck.told))
        hanging._port = pod.port
        hanging.tell(("crm", "other"), order())
        await pod.until(lambda: bool(pod.told))
        stuck.hold.set()
        await hanging.close()


async def test_nothing_is_said_of_another_pod_or_after_leaving(pod: FakePod, mouth: Mouth) -> None:
    assert mouth.told() is None
    mouth.teller.tell(SESSION, order())
    assert mouth.told("pod-2") is None
    mouth.teller.leave(SESSION)
    assert mouth.told() is None


async def test_no_key_and_no_secret_is_logged_or_printed(
    pod: FakePod, mouth: Mouth, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    pod.config_answers = [error(500), error(400, SECRET)]
    mouth.teller.tell(SESSION, order())
    await mouth.until(lambda: bool((told := mouth.told()) and told.refused))
    for text in (caplog.text, repr(order())):
        assert KEY not in text
        assert SECRET not in text


WORDS = {
    "a sentence": (b'{"message":"webhooks[0].url:\\n wrong"}', "webhooks[0].url: wrong"),
    "no JSON": (b"<html>", ""),
    "no object": (b"[1]", ""),
    "no text": (b'{"message":7}', ""),
    "no UTF-8": (b"\xff", ""),
    "endless": (b'{"message":"%s"}' % (b"x" * 1000), "x" * 300),
}


@pytest.mark.parametrize(("raw", "words"), WORDS.values(), ids=WORDS)
def test_the_pods_words_are_short_and_on_one_line(raw: bytes, words: str) -> None:
    assert words_of(raw) == words


def test_a_pod_is_told_ever_less_often() -> None:
    pauses = [backoff(tries, jitter=lambda: 1.0) for tries in range(1, 12)]
    assert pauses[:4] == [0.5, 1.0, 2.0, 4.0]
    assert max(pauses) == pauses[-1] == MAX_BACKOFF
    assert backoff(10_000, jitter=lambda: 0.0) == MAX_BACKOFF / 2
