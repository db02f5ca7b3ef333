"""A phone number in any spelling is one string of digits, or is refused."""

from __future__ import annotations

import pytest

from whatsapp_simulator.errors import Refused
from whatsapp_simulator.numbers import device_wid, lid_wid, phone_number, user_wid


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0",
        "123456",
        "1234567890123456",
        "0123456789",
        "54911x456789",
        "5491123456789@g.us",
        "@c.us",
        "٥٤٩١١٢٣٤٥٦",
    ],
)
def test_what_is_no_phone_number_is_refused_with_the_cure(text: str) -> None:
    with pytest.raises(Refused) as caught:
        phone_number(text)
    assert (caught.value.code, caught.value.status) == ("invalid_number", 400)
    assert "country code first" in caught.value.message


@pytest.mark.parametrize(
    "text",
    [
        "5491123456789",
        "+54 9 11 2345-6789",
        "(549) 1123456789",
        "5491123456789@c.us",
        "5491123456789:7@c.us",
        "5491123456789@s.whatsapp.net",
    ],
)
def test_every_spelling_of_a_number_is_the_same_number(text: str) -> None:
    assert phone_number(text) == "5491123456789"


def test_ids_have_whatsapps_form() -> None:
    ids = (user_wid("549"), device_wid("549", 3), lid_wid("77"))
    assert ids == ("549@c.us", "549:3@c.us", "77@lid")
