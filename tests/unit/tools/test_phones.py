"""The eye that reads a QR, and what a person reads when the simulator refuses."""

from __future__ import annotations

import io

import httpx
import pytest
import qrcode

from whatsapp_tools.phones import Phones, read_qr
from whatsapp_tools.terminal import ToolError


def _phones(answer: httpx.Response | Exception) -> Phones:
    """Phones on a transport of this test's own: the simulator is not what is tested here."""

    def serve(request: httpx.Request) -> httpx.Response:
        if isinstance(answer, Exception):
            raise answer
        return answer

    phones = Phones("http://simulator")
    phones._http = httpx.Client(transport=httpx.MockTransport(serve))
    return phones


def test_a_refusal_shows_the_simulators_own_words() -> None:
    refused = httpx.Response(410, json={"error": "code_used", "message": "Show a new QR."})
    with pytest.raises(ToolError, match=r"POST /phones/1/scan with 410.*Show a new QR"):
        _phones(refused).scan("1", "2@old")


def test_a_simulator_that_is_away_is_named() -> None:
    with pytest.raises(ToolError, match=r"does not answer GET /connections.*refused"):
        _phones(httpx.ConnectError("refused")).connections()


def test_connections_are_those_of_the_number() -> None:
    found = httpx.Response(200, json=[{"id": "a", "number": "1"}, {"id": "b", "number": "2"}])
    assert _phones(found).connections("2") == [{"id": "b", "number": "2"}]


def test_a_qr_is_read_from_its_picture_and_an_empty_picture_is_refused() -> None:
    picture = io.BytesIO()
    qrcode.make("2@abc,def").save(picture)
    assert read_qr(picture.getvalue()) == "2@abc,def"
    blank = io.BytesIO()
    qrcode.make("x").get_image().crop((0, 0, 8, 8)).save(blank, "PNG")
    with pytest.raises(ValueError, match="0 QR codes"):
        read_qr(blank.getvalue())
