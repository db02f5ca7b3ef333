"""Files by URL: bounded, guarded."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from yarl import URL

from whatsapp_session.net.fetch import Fetched, FetchFailed, TooLarge, fetch
from whatsapp_session.net.guard import ForbiddenAddress, Guard

GUARD = Guard(["127.0.0.1"])
HEADERS: list[dict[str, str]] = []


async def _file(request: web.Request) -> web.Response:
    HEADERS.append(dict(request.headers))
    return web.Response(
        body=b"x" * 100_000,
        content_type="image/png",
        headers={"Content-Disposition": request.query.get("disposition", "inline")},
    )


async def _hops(request: web.Request) -> web.Response:
    left = int(request.match_info["left"])
    raise web.HTTPFound(f"/hops/{left - 1}" if left > 1 else "/file.png")


async def _to(request: web.Request) -> web.Response:
    return web.Response(status=302, headers={"Location": request.query["url"]})


async def _drip(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    try:
        while True:
            await response.write(b"x")
            await asyncio.sleep(0.01)
    except ConnectionError:
        return response


async def _half(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Length": "1000"})
    await response.prepare(request)
    await response.write(b"x" * 10)
    assert request.transport
    request.transport.close()
    return response


async def _packed(request: web.Request) -> web.Response:
    return web.Response(body=b"\x1f\x8b", headers={"Content-Encoding": "gzip"})


@pytest.fixture
async def server() -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_get("/file.png", _file)
    app.router.add_get("/hops/{left}", _hops)
    app.router.add_get("/to", _to)
    app.router.add_get("/drip", _drip)
    app.router.add_get("/half", _half)
    app.router.add_get("/packed", _packed)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


async def size(url: str, *, limit: int = 10**6, timeout: float = 10.0) -> tuple[Fetched, int]:
    async with fetch(GUARD, url, limit=limit, timeout=timeout) as got:
        return got, sum([len(chunk) async for chunk in got.chunks])


@pytest.mark.parametrize(
    "target", ["http://169.254.169.254/", "http://[::1]/", "ftp://example.com/", "http://a@b/"]
)
async def test_a_redirect_to_a_forbidden_address_is_not_followed(server: str, target: str) -> None:
    with pytest.raises(ForbiddenAddress):
        await size(f"{server}/to?url={target}")


async def test_a_forbidden_address_is_not_asked(server: str) -> None:
    with pytest.raises(ForbiddenAddress):
        async with fetch(Guard(), f"{server}/file.png", limit=1, timeout=1):
            pass


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("/missing", "answered 404"),
        ("/hops/4", "redirects more than 3 times"),
        ("/to?url=http://[", "redirects to nowhere"),
        ("/half", "broke off"),
        ("/packed", "packed"),
    ],
)
async def test_what_does_not_come_says_why(server: str, path: str, why: str) -> None:
    with pytest.raises(FetchFailed, match=why):
        await size(server + path)


async def test_nobody_listening_says_so_without_the_url() -> None:
    with pytest.raises(FetchFailed, match="cannot be reached") as caught:
        await size("http://127.0.0.1:9/?token=hidden")
    assert "hidden" not in str(caught.value)


async def test_a_file_that_says_it_is_too_large_is_not_read(server: str) -> None:
    with pytest.raises(TooLarge, match="99999"):
        async with fetch(GUARD, f"{server}/file.png", limit=99_999, timeout=10):
            raise AssertionError("it was given out")


async def test_a_file_that_becomes_too_large_is_broken_off(server: str) -> None:
    with pytest.raises(TooLarge):
        await size(f"{server}/drip", limit=5)


async def test_a_file_that_drips_is_given_up(server: str) -> None:
    with pytest.raises(FetchFailed, match="within 0 s"):
        await size(f"{server}/drip", timeout=0.2)


@pytest.mark.parametrize("path", ["/file.png", "/hops/3"])
async def test_a_file_comes_whole_over_three_redirects_at_most(server: str, path: str) -> None:
    got, bytes_ = await size(server + path, limit=100_000)
    assert (got.mime_type, got.file_name, bytes_) == ("image/png", "file.png", 100_000)


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        ("attachment; filename=a.txt", "a.txt"),
        ('attachment; filename="../../etc/passwd"', "passwd"),
        ("attachment; filename*=UTF-8''ca%C3%B1a.png", "caña.png"),
        ("attachment; filename*=UTF-8''..%5C..%5Cevil.exe", "evil.exe"),
        ("inline", "file.png"),
        ("nonsense; ; ;", "file.png"),
    ],
)
async def test_the_name_is_plain(server: str, disposition: str, name: str) -> None:
    url = URL(f"{server}/file.png").with_query(disposition=disposition)
    got, _ = await size(str(url))
    assert got.file_name == name


async def test_no_key_and_no_cookie_go_along(server: str) -> None:
    HEADERS.clear()
    await size(f"{server}/file.png")
    assert {name.lower() for name in HEADERS[0]} == {"host", "accept", "accept-encoding", "user-agent"}
