"""Listing and watching, against a server that breaks off, expires and refuses."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest

from unit.hub.backend.kubernetes.api_server import ApiServer, session
from whatsapp_hub.backend.kubernetes import client, watch
from whatsapp_hub.backend.kubernetes.watch import Watch, pause


class Told:
    """A sink that remembers, and can be waited for."""

    def __init__(self) -> None:
        self.lists: list[list[str]] = []
        self.events: list[tuple[str, str]] = []
        self.changes = asyncio.Condition()

    def listed(self, namespace: str | None, bodies: list[dict[str, Any]]) -> None:
        self.lists.append([body["metadata"]["name"] for body in bodies])

    def changed(self, body: dict[str, Any]) -> None:
        self.events.append(("changed", body["metadata"]["name"]))

    def deleted(self, body: dict[str, Any]) -> None:
        self.events.append(("deleted", body["metadata"]["name"]))

    async def has(self, *, lists: int = 0, events: int = 0) -> None:
        async with asyncio.timeout(30):
            while len(self.lists) < lists or len(self.events) < events:  # noqa: ASYNC110 - told by calls
                await asyncio.sleep(0.005)


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(watch, "LONGEST_PAUSE", 0.05)


@pytest.fixture
async def server() -> AsyncIterator[ApiServer]:
    async with ApiServer().running() as running:
        yield running


@contextlib.asynccontextmanager
async def watching(server: ApiServer, namespace: str | None = "crm") -> AsyncIterator[Told]:
    told, made = Told(), await server.client()
    task = asyncio.create_task(Watch(made, namespace, told).run())
    try:
        yield told
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await made.close()


@pytest.mark.parametrize("status", [403, 404, 500, 503])
async def test_a_refused_list_is_tried_again_until_it_is_answered(
    server: ApiServer, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    server.refuse["list", "whatsappsessions"] = (status, "no")
    async with watching(server) as told:
        await server.until_called("list", 4)
        assert told.lists == []
        server.refuse.clear()
        await told.has(lists=1)
    said = [each for each in caplog.records if each.name == watch.__name__]
    assert [each.levelno for each in said].count(logging.WARNING) == 1  # however often it was tried


async def test_a_missing_right_is_named(server: ApiServer, caplog: pytest.LogCaptureFixture) -> None:
    server.refuse["list", "whatsappsessions"] = (403, "forbidden")
    async with watching(server):
        await server.until_called("list", 2)
    assert "list and watch whatsappsessions in the namespace crm" in caplog.text


async def test_a_watch_that_is_refused_ends_in_a_new_list(server: ApiServer) -> None:
    server.refuse["watch", "whatsappsessions"] = (500, "no")
    async with watching(server) as told:
        await told.has(lists=3)


async def test_a_version_that_is_gone_ends_in_a_new_list(
    server: ApiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "WATCH_SECONDS", 0.1)
    server.silent = True  # no bookmark brings it to the version of now
    async with watching(server) as told:
        await server.until_called("watch", 1)
        await server.put(session("other", "elsewhere"))
        server.forget_events()
        await told.has(lists=2)
    assert told.events == []


async def test_a_watch_that_breaks_off_ends_in_a_new_list(server: ApiServer) -> None:
    async with watching(server) as told:
        await server.until_called("watch", 1)
        await server.drop()
        await server.put(session("made-meanwhile"))
        await told.has(lists=2)
        assert told.lists[-1] == ["made-meanwhile"]


async def test_a_watch_that_falls_silent_ends_in_a_new_list(
    server: ApiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "SILENT_SECONDS", 0.2)
    server.silent = True
    async with watching(server) as told:
        await told.has(lists=2)


async def test_a_watch_that_the_server_ends_in_time_goes_on_without_a_list(
    server: ApiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "WATCH_SECONDS", 0.1)
    async with watching(server) as told:
        await server.until_called("watch", 3)
        await server.put(session("a"))
        await told.has(events=1)
        assert len(told.lists) == 1


async def test_a_server_that_is_away_at_the_start_is_waited_for() -> None:
    away = ApiServer()
    async with away.running():
        pass
    made = await away.client()  # its address answers no more
    told = Told()
    task = asyncio.create_task(Watch(made, "crm", told).run())
    try:
        async with away.running(int(away.url.rpartition(":")[2])):
            await told.has(lists=1)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await made.close()


async def test_every_page_of_a_list_counts(server: ApiServer) -> None:
    server.page = 2
    for name in "abcde":
        await server.put(session(name))
    async with watching(server) as told:
        await told.has(lists=1)
        assert told.lists == [list("abcde")]
        assert server.called("list") == 3


async def test_changes_are_told_in_their_order_and_of_this_namespace_only(server: ApiServer) -> None:
    async with watching(server) as told:
        await server.until_called("watch", 1)
        await server.put(session("other", "elsewhere"))
        await server.put(session("a"))
        await server.status("crm", "a", state="READY")
        await server.delete("crm", "a")
        await told.has(events=3)
        assert told.events == [("changed", "a"), ("changed", "a"), ("deleted", "a")]


async def test_the_whole_cluster_is_one_watch(server: ApiServer) -> None:
    await server.put(session("a", "one"))
    async with watching(server, None) as told:
        await server.until_called("watch", 1)
        await server.put(session("b", "two"))
        await told.has(events=1)
        assert (told.lists, told.events) == ([["a"]], [("changed", "b")])


@pytest.mark.parametrize(
    ("failures", "least", "most"), [(1, 0.25, 0.5), (3, 1, 2), (7, 15, 30), (500, 15, 30)]
)
def test_the_pause_grows_to_half_a_minute(
    failures: int, least: float, most: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "FIRST_PAUSE", 0.5)
    monkeypatch.setattr(watch, "LONGEST_PAUSE", 30.0)
    assert (pause(failures, 0), pause(failures, 1)) == (least, most)
