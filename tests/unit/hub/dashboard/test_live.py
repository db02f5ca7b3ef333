"""The stream of a page, read as a browser reads it."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator

import pytest
from starlette.requests import Request

from unit.hub.dashboard.browser import logged_in
from unit.hub.world import World
from whatsapp_hub.dashboard import live
from whatsapp_hub.dashboard.visitor import COOKIE, whose
from whatsapp_hub.live import Word

PATIENCE = 30


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look again soon, so that a test of looking again is short."""
    monkeypatch.setattr(live, "CHANGED_EVERY", 0.0)


class Events:
    """What a stream says, event by event."""

    def __init__(self, stream: AsyncIterator[str]) -> None:
        self._stream = stream

    async def next(self) -> tuple[str, str]:
        async with asyncio.timeout(PATIENCE):
            async for text in self._stream:
                if found := re.match(r"event: (\S+)\n", text):
                    lines = re.findall(r"^data: ?(.*)$", text, re.MULTILINE)
                    return found[1], "\n".join(lines)
        raise StopAsyncIteration

    async def until(self, name: str) -> str:
        while True:
            got, data = await self.next()
            if got == name:
                return data


@contextlib.asynccontextmanager
async def stream(world: World, shown: str, token: str = "", view: str = "card") -> AsyncIterator[Events]:
    token = token or world.one.token
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/live",
        "query_string": b"",
        "headers": [(b"cookie", f"{COOKIE}={token}".encode())],
    }
    request = Request(scope)
    visitor = await whose(world.services, token, request)
    assert visitor
    made = live.Stream(world.services, request, visitor, live.on_page(shown), live.VIEWS[view])
    events = made.events()
    yield Events(events)
    await events.aclose()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", {}),
        ("1,2.ab", {1: "", 2: "ab"}),
        ("x,-1,0,1.5.5,²,99999999999,2147483648", {1: "5.5"}),
        (",".join(str(each) for each in range(1, 300)), dict.fromkeys(range(1, 101), "")),
    ],
)
def test_what_is_no_id_is_left_out(text: str, shown: dict[int, str]) -> None:
    assert live.on_page(text) == shown


async def test_another_organizations_session_is_not_told(world: World) -> None:
    await world.create("secret", world.two)
    await world.create("a")
    async with stream(world, "1,2") as events:
        await world.show_ready("secret", "5491100000002", org=world.two)
        await world.show_ready("a")
        told = [await events.next()]
        while "✅ Conectado" not in told[-1][1]:
            told.append(await events.next())
    assert {name for name, _ in told} <= {"session-2", "changed"}
    assert "secret" not in "".join(data for _, data in told)


async def test_a_code_that_rotates_is_told_with_its_picture(world: World) -> None:
    await world.create("a")
    await world.show_qr("a", "1@first")
    async with stream(world, "1") as events:
        first = await events.until("session-1")
        await world.show_qr("a", "1@second")
        second = await events.until("session-1")
        pictures = [re.findall(r'src="(data:image/png[^"]+)"', each) for each in (first, second)]
        assert all(len(each) == 1 for each in pictures)
        assert pictures[0] != pictures[1]
        await world.show_ready("a")
        assert "✅ Conectado" in await events.until("session-1")


async def test_what_the_page_has_already_is_not_told_again(world: World) -> None:
    await world.create("a")
    await world.create("b")
    page = (await (await logged_in(world)).get("/sessions")).text
    connect = re.search(r'sse-connect="/live\?sessions=([^"]+)"', page)
    assert connect
    async with stream(world, connect[1]) as events:
        await world.show_ready("a")
        assert (await events.next())[0] == "session-1"


async def test_a_session_that_is_not_on_the_page_is_told_as_a_change(world: World) -> None:
    async with stream(world, "") as events:
        following = asyncio.create_task(events.next())
        await world.watched()
        await world.create("a")
        await world.show_ready("a")
        assert await following == ("changed", "")


async def test_a_message_is_told_by_its_number_and_never_its_text(world: World) -> None:
    await world.create("a")
    row = await world.row("a")
    async with stream(world, "1") as events:
        await events.until("changed")
        word = Word(tenant_id=row.tenant_id, uid=row.uid, kind="message", id=7)
        await world.services.live.tell(word)
        assert await events.next() == ("message-1", "7")


async def test_what_is_lost_is_looked_for(world: World) -> None:
    await world.create("a")
    row = await world.row("a")
    async with stream(world, "1") as events:
        await events.until("session-1")
        async with world.services.database.begin() as transaction:
            transaction.add(row)
            row.state = "READY"
        await world.services.live.tell(Word(tenant_id=row.tenant_id, uid="other", kind="lost"))
        assert "✅ Conectado" in await events.until("session-1")


async def test_a_word_that_nobody_told_is_seen_at_the_next_look(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "LOOK", 0.05)
    await world.create("a")
    await world.show_qr("a")
    async with stream(world, "1") as events:
        assert 'alt="QR Code"' in await events.until("session-1")
        world.clock.pass_(minutes=1)  # the code has expired; nothing was said
        assert 'alt="QR Code"' not in await events.until("session-1")


async def test_the_stream_ends_with_the_login(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "LOOK", 0.05)
    monkeypatch.setattr(live, "LOGIN_EVERY", 0.05)
    async with stream(world, "") as events:
        world.clock.pass_(hours=25)
        assert await events.until("ended") == ""
        with pytest.raises(StopAsyncIteration):
            await events.next()
    assert not world.services.live.watched


async def test_many_changes_at_once_are_drawn_once(world: World) -> None:
    await world.create("a")
    async with stream(world, "1") as events:
        await events.until("session-1")
        for number in range(20):
            await world.show_qr("a", f"1@{number}")
        await world.show_ready("a")
        assert "✅ Conectado" in await events.until("session-1")


async def test_the_page_of_a_session_has_its_own_drawing(world: World) -> None:
    await world.create("a")
    async with stream(world, "1", view="detail") as events:
        assert "Identificador:" in await events.until("session-1")


async def test_a_code_that_rotates_makes_no_list_old(world: World) -> None:
    await world.create("a")
    await world.show_qr("a", "1@first")
    async with stream(world, "1") as events:
        await events.until("session-1")
        await events.until("changed")
        await world.show_qr("a", "1@second")
        assert (await events.next())[0] == "session-1"
        await world.show_ready("a")
        assert [(await events.next())[0] for _ in range(2)] == ["session-1", "changed"]


async def test_a_session_that_was_deleted_makes_the_list_old(world: World) -> None:
    await world.create("a")
    async with stream(world, "1") as events:
        await events.until("changed")
        await world.http.delete("/api/sessions/a", headers=world.one.headers)
        assert await events.next() == ("changed", "")


async def test_a_stream_ends_quietly_when_the_database_goes_away(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.create("a")

    async def away(*_: object) -> None:
        raise ConnectionError("away")

    async with stream(world, "1") as events:
        await events.until("session-1")
        monkeypatch.setattr(live.Stream, "_rows", away)
        await world.show_ready("a")
        with pytest.raises(StopAsyncIteration):
            await events.until("session-1")
