"""One attempt: where it goes, and what is said of it."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator

import aiohttp
import pytest

from unit.session.doubles import NOW
from unit.session.webhooks.stage import Recorder, receiver
from whatsapp_session.net.guard import Guard
from whatsapp_session.webhooks.calls import Call
from whatsapp_session.webhooks.policy import Answer
from whatsapp_session.webhooks.post import post, target

CALL = Call(id="evt_1", body="{}", path="/p")


async def words(url: str, *, guard: Guard | None = None) -> str:
    async with (guard or Guard(["127.0.0.1"])).client() as client:
        answer = await post(client, receiver(url), CALL, NOW, timeout=0.3)
    assert answer.status is None
    assert "hidden" not in str(answer)
    return str(answer)


@pytest.mark.parametrize(
    ("url", "path", "found"),
    [
        ("http://crm/hook", "", "http://crm/hook"),
        ("http://crm", "/p", "http://crm/p"),
        ("http://crm/", "/p", "http://crm/p"),
        ("http://crm/x/", "/p", "http://crm/x/p"),
        ("http://crm/x?a=b%20c", "/p", "http://crm/x/p?a=b%20c"),
        ("http://crm/a%2Fb", "/p", "http://crm/a%2Fb/p"),
    ],
)
def test_a_call_goes_behind_the_url(url: str, path: str, found: str) -> None:
    assert str(target(url, path)) == found


@pytest.fixture
async def odd() -> AsyncIterator[tuple[int, list[bytes]]]:
    """A server that says what a test puts into the list, then hangs up; its port."""
    says: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(says[0])
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1], says
    server.close()
    await server.wait_closed()


@pytest.mark.parametrize(
    ("said", "found"),
    [
        (b"", "the connection broke off"),
        (b"nonsense\r\n\r\n", "no answer: "),
        (b"HTTP/1.1 200 OK\r\nX: " + b"a" * 100_000 + b"\r\n\r\n", "no answer: "),
    ],
)
async def test_what_is_no_answer_is_said_in_our_words(
    odd: tuple[int, list[bytes]], said: bytes, found: str
) -> None:
    port, says = odd
    says.append(said)
    assert (await words(f"http://127.0.0.1:{port}/?token=hidden")).startswith(found)


async def test_what_cannot_be_connected_to_is_said_in_our_words() -> None:
    assert await words("http://127.0.0.1:9/?token=hidden") == "no connection: Connection refused"
    assert await words("http://nowhere.invalid/?token=hidden") == "its host name is not found"
    assert (await words("http://10.0.0.1/?token=hidden")).startswith("forbidden: 10.0.0.1 is")


async def test_a_receiver_without_tls_on_https_is_said_in_our_words() -> None:
    plain = Recorder()
    await plain.start()
    found = await words(f"https://127.0.0.1:{plain.port}/?token=hidden")
    assert found in ("it speaks no TLS", "the connection broke off")
    await plain.stop()


async def test_a_broken_body_after_a_status_is_an_answer(odd: tuple[int, list[bytes]]) -> None:
    port, says = odd
    says.append(b"HTTP/1.1 202 Accepted\r\nContent-Length: 1000\r\nRetry-After: 3\r\n\r\nshort")
    async with Guard(["127.0.0.1"]).client() as client:
        answer = await post(client, receiver(f"http://127.0.0.1:{port}/"), CALL, NOW)
    assert answer == Answer(status=202, retry_after="3")


async def test_an_own_header_cannot_replace_a_signature() -> None:
    crm = Recorder(secrets=())
    await crm.start()
    own = receiver(crm, headers=(("webhook-id", "forged"), ("X-Own", "mine")))
    async with Guard(["127.0.0.1"]).client() as client:
        await post(client, own, CALL, NOW)
    await crm.stop()
    assert crm.calls[0].id == "evt_1"
    assert crm.calls[0].headers["x-own"] == "mine"


async def test_no_certificate_is_taken_on_trust() -> None:
    async with Guard().client() as client:
        connector = client.connector
        assert isinstance(connector, aiohttp.TCPConnector)
        assert connector._ssl is True
    assert ssl.create_default_context().verify_mode is ssl.CERT_REQUIRED
