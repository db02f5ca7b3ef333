"""Words of strangers are harmless before a page has them."""

from __future__ import annotations

from typing import Any

import pytest

from whatsapp_hub.dashboard.strangers import degrees, moment, person, pieces, text, whole, word


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "data:text/html,<script>alert(1)</script>",
        "vbscript:x",
        "file:///etc/passwd",
        "//evil.example",
        "https://bank.example@evil.example/",
        "http://user:secret@evil.example",
        "https://",
        "https://[::1",
    ],
)
def test_an_address_that_is_not_plainly_http_is_no_link(address: str) -> None:
    found = pieces(f"see {address} now")
    assert [each.href for each in found if each.href] == []
    assert "".join(each.text for each in found) == f"see {address} now"


LINKS: dict[str, tuple[str, list[str]]] = {
    "alone": ("https://shop.example/a?b=c#d", ["https://shop.example/a?b=c#d"]),
    "a sentence's end is not of it": ("go to http://shop.example.", ["http://shop.example"]),
    "in brackets": ("(https://shop.example)", ["https://shop.example"]),
    "two": ("https://a.example https://b.example", ["https://a.example", "https://b.example"]),
    "an attribute cannot be ended": ('https://a.example/"onclick="x', ["https://a.example/"]),
    "a tag cannot be begun": ("https://a.example/<script>", ["https://a.example/"]),
    "in capitals": ("HTTPS://A.example", ["HTTPS://A.example"]),
}


@pytest.mark.parametrize(("said", "links"), LINKS.values(), ids=LINKS)
def test_addresses_become_links_and_no_word_is_lost(said: str, links: list[str]) -> None:
    found = pieces(said)
    assert [each.href for each in found if each.href] == links
    assert all(each.href in (None, each.text) for each in found)
    assert "".join(each.text for each in found) == said


@pytest.mark.parametrize("control", ["\u202e", "\u202d", "\u2066", "\u2069", "\u200f", "\u061c"])
def test_no_name_turns_the_line_around(control: str) -> None:
    assert word(f"invoice{control}fdp.exe") == "invoicefdp.exe"
    assert text(f"a{control}b") == "ab"


def test_a_text_keeps_its_lines_and_a_name_is_one() -> None:
    assert text("a\r\nb\tc\x00\x1b") == "a\nb\tc"
    assert word("  Ana\n\tMaría  ") == "Ana María"
    assert len(word("x" * 1000)) == 200


@pytest.mark.parametrize("value", [None, 7, [], {}, True])
def test_what_is_no_text_is_none(value: Any) -> None:
    assert (text(value), word(value), person(value), moment(value)) == ("", "", "", None)


def test_half_a_character_is_shown_as_such() -> None:
    assert text("a\ud83d").encode() == b"a?"


@pytest.mark.parametrize(
    ("said", "shown"),
    [("5491123456789", "+5491123456789"), ("549@c.us", "+549"), ("77@lid", "77@lid"), ("Ana", "Ana")],
)
def test_a_number_is_shown_as_one(said: str, shown: str) -> None:
    assert person(said) == shown


@pytest.mark.parametrize("value", [-1, True, "7", None, float("nan"), float("inf")])
def test_what_is_no_count_is_none(value: Any) -> None:
    assert whole(value) is None
    assert degrees(value if value != -1 else 999) is None


@pytest.mark.parametrize("value", ["yesterday", "99999-01-01T00:00:00Z", "1900-01-01T00:00:00Z", ""])
def test_what_is_no_time_is_none(value: str) -> None:
    assert moment(value) is None
