"""Logins by pairing code, and through a proxy."""

from __future__ import annotations

import asyncio
import base64
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from integration.session.conftest import FRIEND, PHONE, Phones
from integration.session.engine.driven import Driven
from integration.simulator.processes import Simulator
from whatsapp_session import wa_js
from whatsapp_session.config import Proxy
from whatsapp_session.engine import wa
from whatsapp_session.engine.protocol import LoginWish
from whatsapp_session.engine.runs import Patience
from whatsapp_session.facts import (
    BrowserLost,
    Healing,
    NetworkWentAway,
    PairingCodeShown,
    QrShown,
    Scanned,
    Synced,
)

pytestmark = pytest.mark.timeout(300)
WISH = LoginWish(pair_with=PHONE)


class TestProxy:
    """A proxy that asks everybody for `user` and `secret`, and remembers what it was asked for."""

    __test__ = False

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        self.refused = 0
        self.url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while not await self._one(reader, writer):
                pass
        writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """One request; whether the connection has ended with it."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        (method, target, _), *lines = [line.split(" ", 2) for line in head.strip().split("\r\n")]
        headers = {line[0].rstrip(":").lower(): " ".join(line[1:]) for line in lines}
        wanted = "Basic " + base64.b64encode(b"user:secret").decode()
        if headers.get("proxy-authorization") != wanted:
            self.refused += 1
            writer.write(
                b"HTTP/1.1 407 Proxy Authentication Required\r\n"
                b'Proxy-Authenticate: Basic realm="test"\r\nContent-Length: 0\r\n\r\n'
            )
            await writer.drain()
            return False
        self.asked.append((method, target))
        parts = urlsplit(f"//{target}" if method == "CONNECT" else target)
        there, back = await asyncio.open_connection(parts.hostname, parts.port)
        if method == "CONNECT":
            writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        else:
            kept = [f"{name}: {value}" for name, value in headers.items() if not name.startswith("proxy-")]
            kept = [line for line in kept if not line.startswith("connection:")] + ["connection: close"]
            path = parts.path + (f"?{parts.query}" if parts.query else "")
            back.write("\r\n".join([f"{method} {path} HTTP/1.1", *kept, "", ""]).encode("latin-1"))
        await asyncio.gather(_pipe(reader, back), _pipe(there, writer))
        return True


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()


@pytest.fixture
async def proxy() -> AsyncIterator[TestProxy]:
    made = TestProxy()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    yield made
    server.close()


async def test_a_proxy_that_refuses_is_the_networks_fault(
    make_engine: Callable[..., Driven], proxy: TestProxy
) -> None:
    driven = make_engine()
    driven.start(proxy=Proxy(server=proxy.url, username="user", password="wrong"))
    away = await driven.first(NetworkWentAway)
    assert "wrong" not in away.because
    assert (proxy.asked, proxy.refused > 0) == ([], True)


async def test_a_proxy_that_is_not_there_is_the_networks_fault(make_engine: Callable[..., Driven]) -> None:
    driven = make_engine()
    driven.start(proxy=Proxy(server="http://127.0.0.1:9"))
    assert "PROXY" in (await driven.first(NetworkWentAway)).because


async def test_everything_goes_through_the_proxy_with_its_user(
    make_engine: Callable[..., Driven], proxy: TestProxy, phones: Phones
) -> None:
    driven = make_engine()
    driven.start(proxy=Proxy(server=proxy.url, username="user", password="secret"))
    shown = await driven.first(QrShown)
    await phones.scan(shown.code)
    await driven.first(Synced)
    await driven.send_text(FRIEND, "through the proxy")
    assert [row["text"] for row in await driven.rows(FRIEND)] == ["through the proxy"]
    assert ("GET", f"{driven.url}/") in proxy.asked
    assert ("CONNECT", urlsplit(driven.url).netloc) in proxy.asked


async def test_a_login_by_pairing_code_shows_no_qr(driven_by_code: Driven) -> None:
    driven = driven_by_code
    shown = await driven.first(PairingCodeShown)
    await driven.phones.post(f"/phones/{PHONE}/pair", {"code": shown.code})
    await driven.first(Synced)
    assert not [one for one in driven.told if isinstance(one, QrShown)]
    assert [type(one) for one in driven.told if isinstance(one, PairingCodeShown | Scanned | Synced)] == [
        PairingCodeShown, Scanned, Synced,
    ]  # fmt: skip
    await driven.send_text(FRIEND, "paired")
    assert [row["text"] for row in await driven.rows(FRIEND)] == ["paired"]


async def test_a_pairing_code_that_ended_is_followed_by_another(
    start_simulator: Callable[..., Awaitable[Simulator]], tmp_path: Path
) -> None:
    simulator = await start_simulator("--pairing-code-seconds", "2")
    phones = Phones(simulator)
    await phones.post(f"/phones/{PHONE}")
    driven = Driven(tmp_path / "login", simulator.url, wa.script(wa_js.bundle()), phones)
    driven.start(WISH)
    try:
        first = await driven.first(PairingCodeShown)
        begun = len(driven.told)
        second = await driven.first(PairingCodeShown, begun)
        assert second.code != first.code
        assert second.expires_at > first.expires_at
    finally:
        await driven.end()
        await phones.http.aclose()


async def test_a_number_that_whatsapp_gives_no_code_for_ends_in_a_sentence_that_says_so(
    make_engine: Callable[..., Driven],
) -> None:
    driven = make_engine(patience=Patience(pairing_retry=timedelta(0), pauses=(0.0,) * 5))
    driven.start(LoginWish(pair_with="12"))
    assert "gave no pairing code" in (await driven.first(Healing)).because
    assert "gave no pairing code" in (await driven.first(BrowserLost)).because


async def test_a_pairing_code_is_asked_for_again_when_its_time_is_over(
    make_engine: Callable[..., Driven],
) -> None:
    driven = make_engine(patience=Patience(pairing_code=timedelta(seconds=1)))
    driven.start(WISH)
    first = await driven.first(PairingCodeShown)
    await driven.first(PairingCodeShown, where=lambda one: one.code != first.code)


@pytest.fixture
async def driven_by_code(make_engine: Callable[..., Driven], phones: Phones) -> Driven:
    await phones.post(f"/phones/{PHONE}")
    made = make_engine()
    made.start(WISH)
    return made
