from __future__ import annotations

import pytest

from whatsapp_contracts.sessions import Account
from whatsapp_session.config import DISCONNECTED, PAIRING_CODE, Config, Login
from whatsapp_session.engine.protocol import LoginWish
from whatsapp_session.login import closed, ended, last_digits, wish, wrong


@pytest.mark.parametrize(
    ("expected", "found", "want"),
    [
        (None, "5491123456789", False),
        ("5491123456789", "5491123456789", False),
        ("5491123456789", "5491123456780", True),
        ("5491123456789", "541123456789", False),
        ("541123456789", "5491123456789", False),
        ("5215512345678", "525512345678", False),
        ("5511987654321", "551187654321", False),
        ("5511987654321", "551187654322", True),
        ("491711234567", "491711234568", True),
        ("5491123456789", "", False),
    ],
    ids=[
        "any number",
        "the same",
        "another",
        "Argentina without the 9",
        "Argentina with the 9",
        "Mexico without the 1",
        "Brazil without the ninth digit",
        "another in Brazil",
        "another where nothing is left out",
        "a number that is not known yet",
    ],
)
def test_only_the_number_that_is_asked_for_may_log_in_however_it_is_written(
    expected: str | None, found: str, want: bool
) -> None:
    assert wrong(Config(phone_number=expected), Account(phone=found)) is want


@pytest.mark.parametrize(
    ("allowed", "shown", "want"), [(None, 1000, False), (6, 5, False), (6, 6, True), (1, 1, True)]
)
def test_codes_end_when_as_many_were_shown_as_are_allowed(
    allowed: int | None, shown: int, want: bool
) -> None:
    assert ended(Config(login=Login(max_qr_rotations=allowed)), shown) is want


def test_a_pairing_code_is_for_the_number_and_a_qr_for_any() -> None:
    number = "5491123456789"
    assert wish(Config(phone_number=number)) == LoginWish()
    paired = Config(phone_number=number, login=Login(method=PAIRING_CODE))
    assert wish(paired) == LoginWish(pair_with=number)


def test_only_the_mode_closes() -> None:
    assert closed(Config(operating_mode=DISCONNECTED))
    assert not closed(Config())


def test_a_message_shows_four_digits_at_most() -> None:
    assert last_digits("5491123456789") == "6789"
    assert last_digits(None) == ""
