from __future__ import annotations

import json
from typing import Any

import pytest

from whatsapp_contracts.errors import ErrorCode
from whatsapp_session.api.bodies import MAX_TEXT, Plain, plain
from whatsapp_session.api.errors import ApiError

GOOD = {"to": "5491100000002", "message": "Hello"}
MISSING = object()


def body(**changes: Any) -> bytes:
    data = {key: value for key, value in (GOOD | changes).items() if value is not MISSING}
    return json.dumps(data).encode()


REFUSED: dict[str, tuple[bytes, str]] = {
    "no body": (b"", "The body is not JSON"),
    "no JSON": (b"to=1", "The body is not JSON"),
    "no UTF-8": (b'{"to": "\xff"}', "The body is not JSON"),
    "a deep nest": (b"[" * 100_000, "The body is not JSON"),
    "a list": (b"[]", "The body is not a JSON object"),
    "null": (b"null", "The body is not a JSON object"),
    "no to": (body(to=MISSING), "to is missing"),
    "to null": (body(to=None), "to is missing"),
    "to a number": (body(to=5491100000002), "to is not a string of digits"),
    "to with plus": (body(to="+5491100000002"), "without +, spaces or hyphens"),
    "to with spaces": (body(to="549 1100000002"), "without +, spaces or hyphens"),
    "to in other digits": (body(to="٥٤٩١١٠٠٠٠"), "to is not a string of digits"),
    "to a group": (body(to="123@g.us"), "to is not a string of digits"),
    "to empty": (body(to=""), "to is not a string of digits"),
    "to too short": (body(to="123456"), "to has not 7 to 15 digits"),
    "to too long": (body(to="1" * 16), "to has not 7 to 15 digits"),
    "to without country": (body(to="01123456789"), "the country code first"),
    "no message": (body(message=MISSING), "message is missing"),
    "message a number": (body(message=1), "message is not a string"),
    "message empty": (body(message=""), "message is empty"),
    "message blank": (body(message=" \n"), "message is empty"),
    "message too long": (body(message="x" * (MAX_TEXT + 1)), "Send it in parts"),
    "message with half a pair": (body(message="\ud800"), "Send valid Unicode"),
    "cliente_id a word": (body(cliente_id="abc"), "cliente_id is not a whole number"),
    "cliente_id true": (body(cliente_id=True), "cliente_id is not a whole number"),
    "cliente_id 51.5": (body(cliente_id=51.5), "cliente_id is not a whole number"),
}


@pytest.mark.parametrize(("content", "says"), REFUSED.values(), ids=REFUSED)
def test_a_wrong_body_is_an_invalid_request_that_names_the_field_and_the_cure(
    content: bytes, says: str
) -> None:
    with pytest.raises(ApiError) as caught:
        plain(content, 51)
    assert caught.value.code is ErrorCode.INVALID_REQUEST
    assert says in caught.value.message


def test_another_clients_body_is_a_mismatch() -> None:
    with pytest.raises(ApiError) as caught:
        plain(body(cliente_id=52), 51)
    assert caught.value.code is ErrorCode.CLIENTE_ID_MISMATCH


@pytest.mark.parametrize("cliente_id", [51, "51", None, MISSING], ids=["number", "text", "null", "left out"])
def test_the_own_client_may_be_named_or_left_out(cliente_id: object) -> None:
    assert plain(body(cliente_id=cliente_id), 51) == Plain(to="5491100000002", message="Hello")


def test_a_text_is_sent_as_it_is() -> None:
    text = " Hola ñ 😀\n" + "x" * (MAX_TEXT - 10)
    assert plain(body(message=text), 51).message == text
