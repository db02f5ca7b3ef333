"""Which versions of a key are good, through a rotation, an operator restart and a pause."""

from __future__ import annotations

from typing import Any

import pytest

from unit.operator.builders import NOW, later
from whatsapp_operator.rotation import rotation

ROTATED = {"version": 2, "previous": 1, "since": "2026-11-21T12:00:00Z"}

# wanted, status, seconds later, paused → versions, record, again in
CASES: dict[str, tuple[int, dict[str, Any], float, bool, tuple[int, ...], dict[str, Any], float | None]] = {
    "a new session": (1, {}, 0, False, (1,), {"version": 1}, None),
    "a new session of a later version": (5, {}, 0, False, (5,), {"version": 5}, None),
    "a session of an earlier release": (1, {"secretName": "x"}, 0, False, (1,), {"version": 1}, None),
    "its first rotation": (2, {"secretName": "x"}, 0, False, (2, 1), ROTATED, 600),
    "raised": (2, {"keys": {"version": 1}}, 0, False, (2, 1), ROTATED, 600),
    "in between": (2, {"keys": ROTATED}, 599, False, (2, 1), ROTATED, 600),
    "the old one goes": (2, {"keys": ROTATED}, 600, False, (2,), {"version": 2}, None),
    "long over": (2, {"keys": ROTATED}, 90_000, False, (2,), {"version": 2}, None),
    "raised again in between: the oldest goes at once": (
        3,
        {"keys": ROTATED},
        60,
        False,
        (3, 2),
        {"version": 3, "previous": 2, "since": "2026-11-21T12:01:00Z"},
        660,
    ),
    "paused: nothing is rotated": (2, {"keys": {"version": 1}}, 0, True, (1,), {"version": 1}, None),
    "a record that cannot be read ends the overlap": (
        2,
        {"keys": {"version": 2, "previous": 1, "since": "noon"}},
        0,
        False,
        (2,),
        {"version": 2},
        None,
    ),
}


@pytest.mark.parametrize(
    ("wanted", "status", "at", "paused", "versions", "record", "again"), CASES.values(), ids=CASES
)
def test_the_old_key_works_beside_the_new_one_for_ten_minutes(
    wanted: int,
    status: dict[str, Any],
    at: float,
    paused: bool,
    versions: tuple[int, ...],
    record: dict[str, Any],
    again: float | None,
) -> None:
    got = rotation(wanted, status, later(at), paused=paused)
    assert got.versions == versions
    assert got.record == record
    assert got.again == (None if again is None else later(again))


def test_a_rotation_is_the_same_when_it_is_judged_again() -> None:
    first = rotation(2, {"keys": {"version": 1}}, NOW)
    assert rotation(2, {"keys": first.record}, NOW) == first
