"""Pairing codes: which page shows which, for whom, and why one is no longer good."""

from __future__ import annotations

import pytest

from whatsapp_simulator.errors import Refused
from whatsapp_simulator.pairing_codes import REMEMBERED_CODES, CodeEnd, PairingCodes, plain_code

ANA, BEA = "5491100000001", "5491100000002"


def refusal(codes: PairingCodes, number: str, code: str) -> tuple[str, int]:
    with pytest.raises(Refused) as caught:
        codes.page_of(number, code)
    return caught.value.code, caught.value.status


@pytest.mark.parametrize("text", ["", "ABC", "ABCD-EFG0", "ABCD-EFGI", "ABCDEFGHJ", "ÄBCDEFGH", "x" * 10_000])
def test_what_is_no_code_is_refused(text: str) -> None:
    with pytest.raises(Refused) as caught:
        plain_code(text)
    assert (caught.value.code, caught.value.status) == ("invalid_pairing_code", 400)
    assert len(caught.value.message) < 200


def test_a_code_is_read_as_people_type_it() -> None:
    assert plain_code(" abcd-1234 ") == "ABCD1234"


def test_a_wrong_code_and_one_of_another_number_are_told_apart() -> None:
    codes = PairingCodes()
    codes.show(1, ANA, "ABCD1234")
    assert refusal(codes, ANA, "XXXX9999") == ("pairing_code_wrong", 404)
    assert refusal(codes, BEA, "ABCD1234") == ("pairing_code_other_number", 409)
    assert codes.page_of(ANA, "ABCD1234") == 1


@pytest.mark.parametrize(
    ("end", "code"),
    [
        (CodeEnd.EXPIRED, "pairing_code_expired"),
        (CodeEnd.USED, "pairing_code_used"),
        (CodeEnd.GONE, "pairing_code_page_gone"),
    ],
)
def test_a_code_that_ended_is_refused_with_the_reason(end: CodeEnd, code: str) -> None:
    codes = PairingCodes()
    codes.show(1, ANA, "ABCD1234")
    codes.end(1, end)
    assert refusal(codes, ANA, "ABCD1234") == (code, 410)


def test_a_newer_code_of_the_page_replaces_the_older() -> None:
    codes = PairingCodes()
    old = codes.show(1, ANA, "ABCD1234")
    codes.show(1, ANA, "ABCD5678")
    assert refusal(codes, ANA, "ABCD1234") == ("pairing_code_expired", 410)
    assert not codes.expire(old)
    assert codes.page_of(ANA, "ABCD5678") == 1


def test_a_code_expires_once() -> None:
    codes = PairingCodes()
    shown = codes.show(1, ANA, "ABCD1234")
    assert codes.expire(shown)
    assert not codes.expire(shown)


def test_what_is_remembered_of_ended_codes_is_bounded() -> None:
    codes = PairingCodes()
    for number in range(REMEMBERED_CODES + 1):
        codes.show(1, ANA, f"CODE{number}")
        codes.end(1, CodeEnd.USED)
    assert refusal(codes, ANA, "CODE0") == ("pairing_code_wrong", 404)
    assert refusal(codes, ANA, "CODE1") == ("pairing_code_used", 410)
