"""Where a URL of somebody else's may lead."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web

from whatsapp_session.net.guard import ForbiddenAddress, Guard, public

FORBIDDEN = [
    "http://127.0.0.1/",
    "http://127.255.255.254/",
    "http://127.0.0.1./",
    "http://127.1/",
    "http://0/",
    "http://0.0.0.0/",
    "http://2130706433/",
    "http://017700000001/",
    "http://0177.0.0.1/",
    "http://0x7f000001/",
    "http://0x7f.0.0.1/",
    "http://0X7F.1/",
    "http://127.0.0.0x1/",
    "http://①②⑦.⓪.⓪.①/",
    "http://localhost/",
    "http://LOCALHOST./",
    "http://pod.localhost/",
    "http://10.0.0.1/",
    "http://172.16.0.1/",
    "http://172.31.255.255/",
    "http://192.168.1.1/",
    "http://100.64.0.1/",
    "http://100.127.255.255/",
    "http://169.254.169.254/latest/meta-data/",
    "http://0xa9fea9fe/",
    "http://192.0.0.1/",
    "http://192.0.0.9/",
    "http://192.0.2.1/",
    "http://192.88.99.1/",
    "http://198.18.0.1/",
    "http://198.51.100.1/",
    "http://203.0.113.1/",
    "http://224.0.0.1/",
    "http://239.255.255.250/",
    "http://240.0.0.1/",
    "http://255.255.255.255/",
    "http://[::]/",
    "http://[::1]/",
    "http://[0:0:0:0:0:0:0:1]/",
    "http://[::127.0.0.1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:a9fe:a9fe]/",
    "http://[::ffff:0:7f00:1]/",
    "http://[2002:7f00:1::]/",
    "http://[2002:a9fe:a9fe::1]/",
    "http://[64:ff9b::7f00:1]/",
    "http://[64:ff9b::169.254.169.254]/",
    "http://[64:ff9b:1::1]/",
    "http://[2001:0:7f00:1::]/",
    "http://[2001:db8::1]/",
    "http://[3fff::1]/",
    "http://[100::1]/",
    "http://[fc00::1]/",
    "http://[fd12::1]/",
    "http://[fe80::1]/",
    "http://[fe80::1%25eth0]/",
    "http://[fec0::1]/",
    "http://[ff02::1]/",
    "http://[5f00::1]/",
]
MALFORMED = [
    "",
    "example.com",
    "//example.com/",
    "ftp://example.com/",
    "file:///etc/passwd",
    "gopher://example.com/",
    "javascript:alert(1)",
    "http://",
    "http:///path",
    "http://example.com:0/",
    "http://example.com:99999/",
    "http://user@example.com/",
    "http://user:pass@example.com/",
    "http://:pass@example.com/",
    "http://[::1/",
    "http://exa mple.com/",
]
ALLOWED = [
    "http://example.com/",
    "https://example.com:8443/a?b=c",
    "http://1.1.1.1/",
    "http://8.8.8.8:8080/",
    "http://172.32.0.1/",
    "http://100.128.0.1/",
    "http://[2606:4700::1111]/",
    "http://[64:ff9b::8.8.8.8]/",
    "http://localhost.example.com/",
    "http://127.0.0.1.example.com/",
    "https://ñandú.example/",
]


@pytest.mark.parametrize("url", FORBIDDEN)
def test_no_spelling_of_a_special_address_passes(url: str) -> None:
    with pytest.raises(ForbiddenAddress):
        Guard().check(url)


@pytest.mark.parametrize("url", FORBIDDEN)
async def test_a_client_does_not_connect_to_it_either(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def connected(*_: object, **__: object) -> None:
        raise AssertionError("a connection was tried")

    monkeypatch.setattr(asyncio.get_running_loop(), "sock_connect", connected)
    async with Guard().client() as client:
        with pytest.raises((ForbiddenAddress, aiohttp.InvalidURL)):
            await client.get(url)


@pytest.mark.parametrize("url", MALFORMED)
def test_what_is_no_plain_http_url_is_refused(url: str) -> None:
    with pytest.raises(ForbiddenAddress):
        Guard().check(url)


@pytest.mark.parametrize("url", ALLOWED)
def test_public_addresses_and_names_pass(url: str) -> None:
    Guard().check(url)


def test_a_refusal_names_the_cure_and_not_the_query() -> None:
    with pytest.raises(ForbiddenAddress, match="ALLOWED_NETWORKS") as caught:
        Guard().check("http://10.0.0.1/?token=hidden")
    assert "hidden" not in str(caught.value)


@pytest.mark.parametrize(
    ("allowed", "url"),
    [
        ("10.0.0.0/8", "http://10.9.8.7/"),
        ("10.1.2.3", "http://10.1.2.3/"),
        ("10.0.0.1/8", "http://10.9.8.7/"),
        ("127.0.0.0/8", "http://localhost/"),
        ("127.0.0.0/8", "http://[::ffff:127.0.0.1]/"),
        ("::1/128", "http://localhost/"),
        ("fd00::/8", "http://[fd00::1]/"),
        ("localhost", "http://localhost/"),
        ("LocalHost.", "http://LOCALHOST/"),
    ],
)
def test_what_the_setting_names_passes(allowed: str, url: str) -> None:
    Guard([allowed]).check(url)


@pytest.mark.parametrize(
    ("allowed", "url"),
    [
        ("10.0.0.0/8", "http://172.16.0.1/"),
        ("10.0.0.0/8", "http://127.0.0.1/"),
        ("crm.local", "http://127.0.0.1/"),
        ("crm.local", "http://localhost/"),
        ("127.0.0.0/8", "http://2130706433/"),
        ("127.0.0.0/8", "http://[::1]/"),
        ("10.0.0.0/8", "ftp://10.0.0.1/"),
        ("10.0.0.0/8", "http://user@10.0.0.1/"),
    ],
)
def test_and_nothing_beside_it(allowed: str, url: str) -> None:
    with pytest.raises(ForbiddenAddress):
        Guard([allowed]).check(url)


@pytest.mark.parametrize(
    "entry", ["10.0.0.0/33", "300.1.1.1", "http://crm/", "a b", "*.crm", "0x7f.1", "crm:80"]
)
def test_a_wrong_entry_of_the_setting_is_named(entry: str) -> None:
    with pytest.raises(ValueError, match=entry.replace("*", r"\*")):
        Guard([entry])


def test_empty_entries_of_the_setting_are_none() -> None:
    with pytest.raises(ForbiddenAddress):
        Guard(["", "  "]).check("http://10.0.0.1/")


@pytest.mark.parametrize("text", ["2002:808:808::1", "64:ff9b::808:808", "::ffff:8.8.8.8"])
def test_an_ipv6_form_of_a_public_ipv4_is_public(text: str) -> None:
    assert public(ipaddress.ip_address(text))


class Names:
    """DNS that answers in turn what a test says, and counts."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int, family: int) -> list[str]:
        self.asked.append(host)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@pytest.fixture
async def inside() -> AsyncIterator[int]:
    """A server on loopback that must not be reached; its port."""

    async def secret(_: web.Request) -> web.Response:
        return web.Response(text="secret")

    async def away(_: web.Request) -> web.Response:
        raise web.HTTPFound("http://169.254.169.254/")

    app = web.Application()
    app.router.add_get("/", secret)
    app.router.add_get("/away", away)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield runner.addresses[0][1]
    await runner.cleanup()


@pytest.mark.parametrize(
    "answer",
    [["127.0.0.1"], ["10.0.0.1", "::1"], ["::ffff:127.0.0.1"], ["fe80::1%eth0"], ["169.254.169.254"]],
)
async def test_a_name_that_leads_inside_is_refused(inside: int, answer: list[str]) -> None:
    async with Guard(lookup=Names(answer)).client() as client:
        with pytest.raises(ForbiddenAddress, match=r"innocent\.example"):
            await client.get(f"http://innocent.example:{inside}/")


async def test_a_name_that_changes_its_answer_after_the_check_is_refused(inside: int) -> None:
    names = Names(["93.184.216.34"], ["127.0.0.1"])
    guard = Guard(lookup=names)
    url = f"http://rebinding.example:{inside}/"
    guard.check(url)
    assert await guard.addresses("rebinding.example", inside) == ["93.184.216.34"]
    async with guard.client() as client:
        with pytest.raises(ForbiddenAddress):
            await client.get(url)
    assert len(names.asked) == 2


async def test_only_the_public_ones_of_several_addresses_are_used() -> None:
    guard = Guard(lookup=Names(["10.0.0.1", "93.184.216.34", "::1"]))
    assert await guard.addresses("mixed.example", 80) == ["93.184.216.34"]


async def test_a_named_host_may_lead_anywhere(inside: int) -> None:
    async with (
        Guard(["crm.local"], lookup=Names(["127.0.0.1"])).client() as client,
        client.get(f"http://crm.local:{inside}/") as answer,
    ):
        assert await answer.text() == "secret"


async def test_a_redirect_is_judged_like_a_request(inside: int) -> None:
    async with Guard(["127.0.0.1"]).client() as client:
        with pytest.raises(ForbiddenAddress, match=r"169\.254"):
            await client.get(f"http://127.0.0.1:{inside}/away")


async def test_a_proxy_of_the_environment_is_not_used(inside: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    async with (
        Guard(["127.0.0.1"]).client() as client,
        client.get(f"http://127.0.0.1:{inside}/") as answer,
    ):
        assert answer.status == 200


async def test_the_systems_dns_is_asked_outside_the_loops_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def getaddrinfo(host: str, port: int, **_: object) -> list[object]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.216.34", port))]

    def busy(*_: object) -> None:
        raise AssertionError("the loop's threads write the journal")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    monkeypatch.setattr(asyncio.get_running_loop(), "run_in_executor", busy)
    assert await Guard().addresses("slow.example", 80) == ["93.184.216.34"]
    assert asked == ["slow.example"]


async def test_a_name_that_is_not_found_is_an_error_of_dns() -> None:
    with pytest.raises(OSError, match=r"."):
        await Guard().addresses("nowhere.invalid", 80)
    with pytest.raises(OSError, match="host name"):
        await Guard().addresses("a" * 64 + "\udcff", 80)


def test_what_is_lent_passes_until_something_else_is() -> None:
    guard = Guard()
    assert guard.lend(["Hub.whatsapp.svc.", "10.0.0.7"])
    guard.check("http://10.0.0.7:3000/")
    assert not guard.lend(["hub.whatsapp.svc", "10.0.0.7"]), "the same is no change"
    assert guard.lend(["hub.whatsapp.svc"])
    with pytest.raises(ForbiddenAddress):
        guard.check("http://10.0.0.7:3000/")


async def test_a_name_that_is_lent_may_resolve_to_a_private_address_and_no_other_may() -> None:
    async def lookup(host: str, port: int, family: int) -> list[str]:
        return ["10.96.0.12"]

    guard = Guard(lookup=lookup)
    with pytest.raises(ForbiddenAddress):
        await guard.addresses("hub.whatsapp.svc", 3000)
    guard.lend(["hub.whatsapp.svc"])
    assert await guard.addresses("hub.whatsapp.svc", 3000) == ["10.96.0.12"]
    with pytest.raises(ForbiddenAddress):
        await guard.addresses("other.whatsapp.svc", 3000)
