"""The running HTTP server, from a socket: what no HTTP client would send."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator

import pytest

from unit.session.api.server import KEY, Running, running
from whatsapp_session.api import protocol

BOUND = 20.0


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("session")) as made:
        yield made


def talk(server: Running, *sent: bytes, end: bool = False) -> bytes:
    """What the server says until it closes; it must close within the bound."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=BOUND) as connection:
        for piece in sent:
            connection.sendall(piece)
        if end:
            connection.shutdown(socket.SHUT_WR)
        got = b""
        while piece := connection.recv(65_536):
            got += piece
        return got


@pytest.mark.parametrize(
    "sent",
    [
        b"no http\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 500,
        b"GET /status HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 100_000 + b"\r\n\r\n",
        b"POST /send HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n",
        b"POST /send HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"POST /send HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n",
        b"GET /status HTTP/1.1\r\nHost: a\r\nbad header\r\n\r\n",
    ],
    ids=["words", "version", "TLS", "headers", "no length", "two lengths", "encoding", "a header"],
)
def test_what_is_no_http_is_answered_in_the_envelope_and_closed(server: Running, sent: bytes) -> None:
    head, _, body = talk(server, sent, end=True).partition(b"\r\n\r\n")
    status = int(head.split()[1])
    assert 400 <= status < 500
    answer = json.loads(body)
    assert answer["ok"] is False
    assert answer["error"] in {"invalid_request", "unauthorized"}


def test_who_does_not_end_its_headers_is_let_go_of(server: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "HEADERS_TIMEOUT", 0.05)
    assert talk(server) == b""
    assert talk(server, b"GET /sta") == b""
    second = talk(server, b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n", b"GET /sta")
    assert second.count(b"HTTP/1.1 200") == 1


def test_a_refused_upload_is_not_read(server: Running) -> None:
    head = f"POST /send HTTP/1.1\r\nHost: a\r\nX-API-Key: {KEY}\r\nContent-Length: 104857600\r\n\r\n"
    got = talk(server, head.encode())
    assert got.startswith(b"HTTP/1.1 413")
    assert b"payload_too_large" in got


def test_an_unauthorized_upload_is_not_read(server: Running) -> None:
    got = talk(server, b"POST /messages HTTP/1.1\r\nHost: a\r\nContent-Length: 1048576\r\n\r\n")
    assert got.startswith(b"HTTP/1.1 401")
