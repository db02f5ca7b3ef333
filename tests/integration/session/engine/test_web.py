"""The web engine on pages that fail, with real Chromium and little patience."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from integration.session.processes import BOUND
from whatsapp_session import wa_js
from whatsapp_session.engine import profile, wa
from whatsapp_session.engine.browser import Options
from whatsapp_session.engine.protocol import NotConnected, Stage
from whatsapp_session.engine.web import Patience, WebEngine
from whatsapp_session.facts import BrowserLost, Fact, Healing, NetworkWentAway
from whatsapp_session.settings import DEFAULT_CHROMIUM

PATIENCE = Patience(
    limits={Stage.INJECT: timedelta(seconds=1)},
    pauses=(0.0,) * 5,
    retries=(0.1,),
    offline_reload=timedelta(0),
)


class Site:
    """A site that answers every request with `status` and a page that is not WhatsApp."""

    def __init__(self) -> None:
        self.status = b"200 OK"
        self.loads = 0
        self.url = ""
        self.requests: list[str] = []

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await reader.readuntil(b"\r\n\r\n")
        self.requests.append(request.decode())
        self.loads += request.startswith(b"GET / ")
        body = b"<title>not WhatsApp</title>"
        head = b"HTTP/1.1 %s\r\ncontent-type: text/html\r\ncontent-length: %d\r\nconnection: close\r\n\r\n"
        writer.write(head % (self.status, len(body)) + body)
        await writer.drain()
        writer.close()


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    made = Site()
    server = await asyncio.start_server(made.answer, "127.0.0.1", 0)
    made.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    yield made
    server.close()


@pytest.fixture
async def engine(site: Site, tmp_path: Path) -> AsyncIterator[WebEngine]:
    made = WebEngine(
        Options(executable=Path(DEFAULT_CHROMIUM), profile=tmp_path / "login", url=site.url, sandbox=False),
        script=wa.script(wa_js.bundle()),
        patience=PATIENCE,
    )
    yield made
    await made.stop()
    assert profile.browsers(tmp_path / "login") == []


async def told(engine: WebEngine, count: int) -> list[Fact]:
    got: list[Fact] = []
    async with asyncio.timeout(BOUND):
        async for one in engine.events():
            got.append(one.what)  # type: ignore[arg-type]
            if len(got) == count:
                break
    return got


async def test_a_page_that_is_not_whatsapp_is_given_up_after_the_whole_ladder_by_the_stages_name(
    engine: WebEngine, site: Site
) -> None:
    engine.start()
    *healings, lost = await told(engine, 6)
    because = (
        "Stuck waiting for wa-js to find WhatsApp's modules "
        "(1 s, page complete, 0 modules, wa-js not injected)."
    )
    assert healings == [Healing(because=because)] * 5
    assert lost == BrowserLost(because=because)
    assert site.loads == 6


async def test_a_site_that_answers_errors_is_the_networks_fault_and_tried_again(
    engine: WebEngine, site: Site
) -> None:
    site.status = b"503 Service Unavailable"
    engine.start()
    assert await told(engine, 3) == [NetworkWentAway(because=f"{site.url} answered 503.")] * 3


async def test_nothing_can_be_sent_before_there_is_a_page(engine: WebEngine) -> None:
    with pytest.raises(NotConnected):
        await engine.resolve("5491100000002", timeout=1)


async def test_a_second_stop_waits_for_the_browser_as_the_first_does(
    engine: WebEngine, tmp_path: Path
) -> None:
    engine.start()
    await told(engine, 1)
    first = asyncio.ensure_future(engine.stop())
    await asyncio.sleep(0)
    await engine.stop()
    assert profile.browsers(tmp_path / "login") == []
    await first


async def test_a_stop_in_the_middle_of_a_start_leaves_no_browser_and_a_new_run_works(
    engine: WebEngine, site: Site
) -> None:
    engine.start()
    await asyncio.sleep(0)
    await engine.stop()
    run = engine.start()
    async with asyncio.timeout(BOUND):
        async for one in engine.events():
            assert one.run == run
            break


async def test_no_header_of_the_browser_says_headless_and_the_hints_name_the_user_agents_version(
    site: Site, engine: WebEngine
) -> None:
    engine.start()
    await told(engine, 1)
    pages = [request for request in site.requests if request.startswith("GET / ")]
    assert pages
    for request in pages:
        headers = dict(line.split(": ", 1) for line in request.lower().splitlines()[1:] if ": " in line)
        major = headers["user-agent"].split("chrome/")[1].split(".")[0]
        assert f'"google chrome";v="{major}"' in headers["sec-ch-ua"]
        assert "headless" not in request.lower()
