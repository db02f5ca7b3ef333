"""The tables of `docs/contracts.md`, "One state machine, four vocabularies"."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from whatsapp_contracts.states import CALLBACK_STATUSES, Reason, State, callback_status, manager_word

VOCABULARY_COLUMNS = len(["", "state", "meaning", "manager", "B", "CD", ""])
DOCUMENT = (Path(__file__).parents[3] / "docs" / "contracts.md").read_text()


@pytest.mark.parametrize("state", State)
def test_the_manager_word_is_the_one_of_the_document(state: State) -> None:
    rows = [line.split("|") for line in DOCUMENT.splitlines() if line.startswith(f"| `{state.value}` ")]
    (row,) = [row for row in rows if len(row) == VOCABULARY_COLUMNS]
    assert row[3].strip() == f"`{manager_word(state)}`"


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_stands_in_the_document(reason: Reason) -> None:
    assert f"`{reason.value}`" in DOCUMENT


def words(cell: str) -> set[str]:
    return set(re.findall(r"`([a-z]+)`", cell))


@pytest.mark.parametrize("state", [State.INIT, State.QR_REQUIRED, State.READY])
def test_the_callback_status_of_a_live_state_is_the_one_of_the_document(state: State) -> None:
    rows = [line.split("|") for line in DOCUMENT.splitlines() if line.startswith(f"| `{state.value}` ")]
    (row,) = [row for row in rows if len(row) == VOCABULARY_COLUMNS]
    assert words(row[5]) == {callback_status(state, None, None)}


@pytest.mark.parametrize("by", [None, "request", "phone"])
@pytest.mark.parametrize("reason", Reason)
def test_only_what_needs_a_new_qr_is_expired(reason: Reason, by: str | None) -> None:
    needs = reason is Reason.QR_EXPIRED or (reason is Reason.LOGGED_OUT and by == "phone")
    assert callback_status(State.DISCONNECTED, reason, by) == ("expired" if needs else "disconnected")


def test_no_callback_status_is_outside_the_closed_set() -> None:
    every = {
        callback_status(state, reason, by)
        for state in State
        for reason in (None, *Reason)
        for by in (None, "request", "phone")
    }
    assert every == set(CALLBACK_STATUSES)
