"""Which scan links a page, and the reason of each refusal."""

from __future__ import annotations

import base64

import pytest

from whatsapp_simulator.errors import Refused
from whatsapp_simulator.pairing import PageKeys, RefEnd, Refs, ScannedCode, check_room, check_scan, read_code
from whatsapp_simulator.records import Device

KEYS = PageKeys(*(base64.b64encode(bytes([number]) * 32).decode() for number in (1, 2, 3)))
OTHER = PageKeys(KEYS.noise, KEYS.identity, KEYS.noise)


def code_text(ref: str = "2@abc", keys: PageKeys = KEYS) -> str:
    return ",".join([ref, keys.noise, keys.identity, keys.adv])


def devices(count: int) -> list[Device]:
    return [
        Device(id=f"d{slot}", number="549", slot=slot, secret="00", name="Chrome", linked_at=0, synced_seq=0)
        for slot in range(1, count + 1)
    ]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "https://wa.me/549",
        code_text("1@abc"),
        code_text() + ",1,2",
        "2@abc,x,y,z",
        "2@abc," + "A" * 44 + ",,",
    ],
)
def test_another_qr_code_is_refused(text: str) -> None:
    with pytest.raises(Refused) as caught:
        read_code(text)
    assert (caught.value.code, caught.value.status) == ("not_a_whatsapp_qr", 400)


@pytest.mark.parametrize("text", [code_text(), code_text() + ",1", f"  {code_text()}\n"])
def test_the_code_is_read_with_and_without_its_last_part(text: str) -> None:
    assert read_code(text) == ScannedCode("2@abc", KEYS)


def test_a_ref_that_was_never_shown_is_unknown() -> None:
    with pytest.raises(Refused) as caught:
        Refs().page_of("2@never")
    assert (caught.value.code, caught.value.status) == ("qr_unknown", 404)


@pytest.mark.parametrize(
    ("end", "code"), [(RefEnd.ROTATED, "qr_expired"), (RefEnd.USED, "qr_used"), (RefEnd.GONE, "qr_page_gone")]
)
def test_a_ref_that_ended_says_why(end: RefEnd, code: str) -> None:
    refs = Refs()
    ref = refs.show(1)
    refs.end(1, end)
    with pytest.raises(Refused) as caught:
        refs.page_of(ref)
    assert (caught.value.code, caught.value.status) == (code, 410)


def test_a_rotated_ref_stays_refused_and_the_new_one_is_good() -> None:
    refs = Refs()
    old, new = refs.show(1), refs.show(1)
    with pytest.raises(Refused):
        refs.page_of(old)
    assert refs.page_of(new) == 1


def test_one_pages_end_leaves_anothers_ref_alone() -> None:
    refs = Refs()
    mine, other = refs.show(1), refs.show(2)
    refs.end(1, RefEnd.GONE)
    assert refs.page_of(other) == 2
    assert mine != other


def test_altered_keys_are_refused() -> None:
    with pytest.raises(Refused) as caught:
        check_scan(ScannedCode("2@abc", OTHER), KEYS)
    assert caught.value.code == "qr_keys_differ"


def test_a_fifth_device_is_refused_and_the_four_are_named() -> None:
    with pytest.raises(Refused) as caught:
        check_room(devices(4), 4)
    assert caught.value.code == "too_many_devices"
    assert "d1, d2, d3, d4" in caught.value.message


def test_a_fourth_device_is_allowed() -> None:
    check_scan(ScannedCode("2@abc", KEYS), KEYS)
    check_room(devices(3), 4)
